//! Objects that no declaration is about: somebody else's with a declared name, and our own that left the file.

use std::sync::Arc;

use ajuda::aws::Cloud;
use ajuda::engine::{Graph, observe, plan};
use ajuda::resources::KINDS;

use crate::support::life::Declare;

/// What a plan finds in its way, a line each: `address id`.
pub async fn in_the_way(cloud: &Arc<Cloud>, declare: Declare<'_>) -> Vec<String> {
    let mut graph = Graph::default();
    declare(&mut graph);
    let graph = Arc::new(graph);
    let plan = plan(&graph, KINDS, &observe(cloud, &graph, KINDS).await);
    plan.conflicts
        .iter()
        .map(|found| format!("{} {}", found.address, found.id))
        .collect()
}

/// What a plan for an empty file deletes, a line each: `address id`.
pub async fn left(cloud: &Arc<Cloud>) -> Vec<String> {
    let graph = Arc::new(Graph::default());
    let plan = plan(&graph, KINDS, &observe(cloud, &graph, KINDS).await);
    assert_eq!(plan.unread, []);
    plan.items
        .iter()
        .map(|item| {
            format!(
                "{} {}",
                item.address,
                item.orphan.as_deref().unwrap_or_default()
            )
        })
        .collect()
}
