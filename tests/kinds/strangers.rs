//! Objects that bear a declared name and are somebody else's.

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
