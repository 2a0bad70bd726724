//! Reads what AWS has: every kind at once, each with its own few batched calls.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::observed::{Conflict, Doubt, Observed, Obstacle, Unread};
use super::proof::{Claimed, settle};
use super::{Address, AnyKind, AnyLive, Found, Graph, Node, Ownership};

/// Reads all `kinds` at once. What cannot be read is in the result, not an error.
pub async fn observe<C: Send + Sync + 'static>(
    cloud: &Arc<C>,
    graph: &Arc<Graph<C>>,
    kinds: &[&'static dyn AnyKind<C>],
) -> Observed {
    let mut reads = JoinSet::new();
    for kind in kinds.iter().copied() {
        let (cloud, graph) = (Arc::clone(cloud), Arc::clone(graph));
        reads.spawn(async move {
            let nodes: Vec<&dyn Node<C>> = graph
                .iter()
                .filter(|(address, _)| address.kind() == kind.name())
                .map(|(_, entry)| entry.node.as_ref())
                .collect();
            let found = kind.list(&cloud, &nodes).await;
            let addresses = nodes.iter().map(|node| node.address().clone()).collect();
            (kind, addresses, found)
        });
    }
    let mut observed = Observed::default();
    let mut claimed = Vec::new();
    while let Some(read) = reads.join_next().await {
        let (kind, addresses, found): (&'static dyn AnyKind<C>, Vec<Address>, _) = match read {
            Ok(read) => read,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        match found {
            Ok(found) => {
                for found in found {
                    match classify(cloud.as_ref(), graph, kind, found) {
                        Ok(claim) => claimed.push(claim),
                        Err((conflict, live)) => {
                            observed.foreign.insert(conflict.address.clone(), live);
                            observed.conflicts.push(conflict);
                        }
                    }
                }
            }
            Err(fault) => observed.unread.push(Unread {
                kind: kind.name(),
                addresses,
                fault,
            }),
        }
    }
    settle(graph, claimed, &mut observed);
    let taken = taken(cloud.as_ref(), graph, kinds, &observed);
    observed.conflicts.extend(taken);
    // The reads end in any order; what is told of them does not depend on it.
    observed
        .orphans
        .sort_by(|a, b| (&a.address, &a.id).cmp(&(&b.address, &b.id)));
    // What has an object of its own is in nobody's way: that one was given another name.
    let found = &observed.found;
    observed
        .conflicts
        .retain(|conflict| !found.contains_key(&conflict.address));
    observed
        .conflicts
        .sort_by(|a, b| (&a.address, &a.id).cmp(&(&b.address, &b.id)));
    observed.unread.sort_by_key(|unread| unread.kind);
    observed
}

/// Names that are wanted and held by what the stack has under other addresses: the file called them so
/// before and does not say that it has renamed them. Nothing could be made there.
fn taken<C: Send + Sync + 'static>(
    cloud: &C,
    graph: &Graph<C>,
    kinds: &[&dyn AnyKind<C>],
    observed: &Observed,
) -> Vec<Conflict> {
    let mut taken = Vec::new();
    let renamed = observed.orphans.iter();
    for orphan in renamed.filter(|orphan| orphan.doubt == Some(Doubt::Name)) {
        let mut kinds = kinds.iter();
        let Some(kind) = kinds.find(|kind| kind.name() == orphan.address.kind()) else {
            continue;
        };
        let wanted = graph.iter().filter(|(address, entry)| {
            address.kind() == kind.name()
                && !observed.found.contains_key(address)
                && kind.named(cloud, address, Some(entry.node.as_ref()), &orphan.live) == Some(true)
        });
        taken.extend(wanted.map(|(address, _)| Conflict {
            address: address.clone(),
            id: orphan.id.clone(),
            of: None,
            because: Obstacle::Claims,
        }));
    }
    taken
}

/// What an object claims, or whose way it is in.
fn classify<C: Send + Sync + 'static>(
    cloud: &C,
    graph: &Graph<C>,
    kind: &'static dyn AnyKind<C>,
    found: Found<AnyLive>,
) -> Result<Claimed<C>, (Conflict, AnyLive)> {
    match found.owner {
        Ownership::Ours(claim) => {
            let node = graph.get(&claim.address).map(|entry| entry.node.as_ref());
            Ok(Claimed {
                kind,
                named: kind.named(cloud, &claim.address, node, &found.live),
                ties: kind.ties(&found.live),
                id: found.id,
                live: found.live,
                claim,
            })
        }
        Ownership::Foreign { named, of } => {
            let conflict = Conflict {
                address: named,
                id: found.id,
                of,
                because: Obstacle::Name,
            };
            Err((conflict, found.live))
        }
    }
}
