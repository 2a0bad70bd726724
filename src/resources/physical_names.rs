//! What the objects of a stack are called at AWS, as the file declares them: an object that was taken
//! over keeps the name it had.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::Cloud;
use crate::engine::{Address, Fault, Graph, Ownership, Resource};
use crate::resources::ecs;
use crate::resources::rds::db_instance::leftovers::is_left;
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
    // RDS keeps identifiers in lowercase letters.
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

/// The name in the ARN of an object of those kinds that are asked for by name, with its kind.
fn named(cloud: &Cloud, arn: &str) -> Option<(&'static str, String)> {
    let after = |service: &str, marker: &str| {
        let rest = arn.strip_prefix(&cloud.place.arn(service, marker))?;
        Some(rest.to_owned())
    };
    let of = |kind, name: Option<String>| name.map(|name| (kind, name));
    of(Cluster::KIND, after("ecs", "cluster/"))
        .or_else(|| {
            let path = after("ecs", "service/")?;
            let (_, name) = path.split_once('/')?;
            of(Service::KIND, Some(name.to_owned()))
        })
        .or_else(|| of(LogGroup::KIND, after("logs", "log-group:")))
        .or_else(|| of(DbInstance::KIND, after("rds", "db:")))
        .or_else(|| of(Alarm::KIND, after("cloudwatch", "alarm:")))
        .or_else(|| {
            // Secrets Manager ends the ARN in a hyphen and six characters of its own.
            let name = after("secretsmanager", "secret:")?;
            let end = name.len().checked_sub(7)?;
            of(Secret::KIND, name.get(..end).map(str::to_owned))
        })
}

/// The families of the revisions that the services run. One request for ten services.
///
/// # Errors
/// The fault of the request.
pub async fn families(cloud: &Cloud, graph: &Graph<Cloud>) -> Result<BTreeSet<String>, Fault> {
    let services = graph.iter().filter(|(at, _)| at.kind() == Service::KIND);
    let names = services.map(|(at, _)| service(graph, at.name())).collect();
    let there = ecs::described(cloud, &cluster(graph), &names).await?;
    let revisions = there.values().filter_map(|one| one.task_definition());
    Ok(revisions.map(|arn| ecs::family(arn).to_owned()).collect())
}

/// What the file calls the object at `address`, for the kinds that are asked for by name.
fn declared_name(graph: &Graph<Cloud>, address: &Address) -> Option<String> {
    let name = address.name();
    match address.kind() {
        Cluster::KIND => Some(cluster(graph)),
        Service::KIND => Some(service(graph, name)),
        LogGroup::KIND => Some(log_group(graph, name)),
        DbInstance::KIND => database(graph),
        Alarm::KIND => declared::<Alarm>(graph, name).map(|one| one.name.clone()),
        Secret::KIND => Some(secret(graph, name)),
        _ => None,
    }
}

/// The names of objects that are the stack's, by their tags, under another name than the file gives: one
/// that was taken over keeps its name when its line under `[adopt]` is gone. One request.
///
/// It says where to look, and no more: tags are written by others too, and the index of them is late.
///
/// # Errors
/// The fault of the request.
pub async fn kept(cloud: &Cloud, graph: &Graph<Cloud>) -> Result<BTreeMap<Address, String>, Fault> {
    let index = cloud.tagged().await?;
    let mut there: BTreeMap<Address, BTreeSet<String>> = BTreeMap::new();
    for arn in index.arns() {
        let (Some((kind, name)), Some(tags)) = (named(cloud, arn), index.last_known(arn)) else {
            continue;
        };
        if let Some(Ownership::Ours(claim)) = cloud.owner(tags, None)
            && claim.address.kind() == kind
            && graph.get(&claim.address).is_some()
        {
            there.entry(claim.address).or_default().insert(name);
        }
    }
    let kept = there.into_iter().filter_map(|(address, names)| {
        let in_file = declared_name(graph, &address)?;
        // What a restore has set aside keeps its tags until it is done, and is not the database.
        let set_aside =
            |name: &String| address.kind() == DbInstance::KIND && is_left(name, &in_file);
        // Of several, nothing here tells which is the one.
        let mut names = names.into_iter().filter(|name| !set_aside(name));
        match (names.next(), names.next()) {
            (Some(name), None) if name != in_file => Some((address, name)),
            _ => None,
        }
    });
    Ok(kept.collect())
}
