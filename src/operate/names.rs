//! What the objects of a stack are called at AWS, as the file declares them: an object that was taken
//! over keeps the name it had.

use std::collections::BTreeSet;

use crate::aws::Cloud;
use crate::engine::{Address, Graph, Resource};
use crate::resources::{Alarm, Cluster, DbInstance, LogGroup, Secret, Service};

fn declared<'g, R: Resource + 'static>(graph: &'g Graph<Cloud>, name: &str) -> Option<&'g R> {
    let entry = graph.get(&Address::new(R::KIND, name))?;
    entry.node.declaration().downcast_ref()
}

/// The name of the cluster.
pub fn cluster(graph: &Graph<Cloud>) -> String {
    declared::<Cluster>(graph, "main").map_or_else(String::new, |one| one.name.clone())
}

/// The name of the service that the file calls `name`.
pub fn service(graph: &Graph<Cloud>, name: &str) -> String {
    declared::<Service>(graph, name).map_or_else(|| name.to_owned(), |one| one.name.clone())
}

/// The log group of the service that the file calls `name`.
pub fn log_group(graph: &Graph<Cloud>, name: &str) -> String {
    declared::<LogGroup>(graph, name).map_or_else(|| name.to_owned(), |one| one.name.clone())
}

/// The identifier of the database; none where the file has none.
pub fn database(graph: &Graph<Cloud>) -> Option<String> {
    // RDS keeps identifiers in small letters.
    declared::<DbInstance>(graph, "main").map(|one| one.identifier.to_ascii_lowercase())
}

/// The name of the secret whose address is `secret/<name>`.
pub fn secret(graph: &Graph<Cloud>, name: &str) -> String {
    declared::<Secret>(graph, name).map_or_else(|| name.to_owned(), |one| one.name.clone())
}

/// The names of all alarms.
pub fn alarms(graph: &Graph<Cloud>) -> BTreeSet<String> {
    let alarms = graph.iter().filter(|(at, _)| at.kind() == Alarm::KIND);
    let declared = alarms.filter_map(|(at, _)| declared::<Alarm>(graph, at.name()));
    declared.map(|one| one.name.clone()).collect()
}
