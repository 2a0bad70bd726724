//! Reads what AWS has: every kind at once, each with its own few batched calls.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use tokio::task::JoinSet;

use super::{Address, AnyKind, AnyLive, Claim, Fault, Found, Graph, Node, Owner};

/// What AWS has of a stack.
#[derive(Default)]
pub struct Observed {
    /// Declared resources that exist.
    pub found: BTreeMap<Address, AnyLive>,
    /// What those say of themselves.
    pub claims: BTreeMap<Address, Claim>,
    /// Objects of ours that no declaration names, or that a replacement left behind.
    pub orphans: Vec<Orphan>,
    /// Objects that bear a declared name and not our tag.
    pub conflicts: Vec<Conflict>,
    /// What AWS answered of each of those.
    pub strangers: BTreeMap<Address, AnyLive>,
    /// What is taken over: its address, and AWS's name of it.
    pub adopted: BTreeMap<Address, String>,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

/// An object of ours that no declaration names.
#[derive(Clone)]
pub struct Orphan {
    /// Its address, by its tag.
    pub address: Address,
    /// AWS's name of it.
    pub id: String,
    /// What AWS answered.
    pub live: AnyLive,
}

/// An object that bears a declared name and not our tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The declared resource.
    pub address: Address,
    /// AWS's name of the object in its way.
    pub id: String,
    /// The other stack it belongs to, if it says so.
    pub of: Option<String>,
}

/// A kind that could not be read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unread {
    /// Which kind.
    pub kind: &'static str,
    /// Its declared resources.
    pub addresses: Vec<Address>,
    /// Why.
    pub fault: Fault,
}

impl Observed {
    /// Takes the object in the way of `address` for ours; false when there is none, or it belongs to
    /// another stack.
    pub fn adopt(&mut self, address: &Address) -> bool {
        let at = self
            .conflicts
            .iter()
            .position(|conflict| conflict.address == *address && conflict.of.is_none());
        let (Some(at), Some(live)) = (at, self.strangers.remove(address)) else {
            return false;
        };
        let conflict = self.conflicts.remove(at);
        self.adopted.insert(address.clone(), conflict.id);
        self.found.insert(address.clone(), live);
        true
    }
}

/// Reads all `kinds` at once. What cannot be read is in the result, not an error.
pub async fn observe<C: Send + Sync + 'static>(
    cloud: &Arc<C>,
    graph: &Arc<Graph<C>>,
    kinds: &'static [&'static dyn AnyKind<C>],
) -> Observed {
    let mut reads = JoinSet::new();
    for kind in kinds {
        let (cloud, graph) = (Arc::clone(cloud), Arc::clone(graph));
        reads.spawn(async move {
            let nodes: Vec<&dyn Node<C>> = graph
                .iter()
                .filter(|(address, _)| address.kind() == kind.name())
                .map(|(_, entry)| entry.node.as_ref())
                .collect();
            let found = kind.list(&cloud, &nodes).await;
            let addresses = nodes.iter().map(|node| node.address().clone()).collect();
            (*kind, addresses, found)
        });
    }
    let mut observed = Observed::default();
    while let Some(read) = reads.join_next().await {
        let (kind, addresses, found): (&dyn AnyKind<C>, Vec<Address>, _) = match read {
            Ok(read) => read,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        match found {
            Ok(found) => sort(kind, graph, found, &mut observed),
            Err(fault) => observed.unread.push(Unread {
                kind: kind.name(),
                addresses,
                fault,
            }),
        }
    }
    // The reads end in any order; what is told of them does not depend on it.
    observed
        .orphans
        .sort_by(|a, b| (&a.address, &a.id).cmp(&(&b.address, &b.id)));
    // What has an object of its own is in nobody's way: that one was given another name.
    let found = &observed.found;
    observed
        .conflicts
        .retain(|conflict| !found.contains_key(&conflict.address));
    observed.conflicts.sort_by(|a, b| a.address.cmp(&b.address));
    observed.unread.sort_by_key(|unread| unread.kind);
    observed
}

fn sort<C: Send + Sync + 'static>(
    kind: &dyn AnyKind<C>,
    graph: &Graph<C>,
    found: Vec<Found<AnyLive>>,
    observed: &mut Observed,
) {
    let mut ours: BTreeMap<Address, Vec<Found<AnyLive>>> = BTreeMap::new();
    for found in found {
        match &found.owner {
            Owner::Ours(claim) => ours.entry(claim.address.clone()).or_default().push(found),
            Owner::Stranger { named, of } => {
                observed.strangers.insert(named.clone(), found.live);
                observed.conflicts.push(Conflict {
                    address: named.clone(),
                    id: found.id,
                    of: of.clone(),
                });
            }
        }
    }
    for (address, mut same) in ours {
        // What a kind has met twice is one object still, and none of it is left behind.
        let mut met = BTreeSet::new();
        same.retain(|found| met.insert(found.id.clone()));
        if let Some(entry) = graph.get(&address) {
            let current = current(kind, entry.node.as_ref(), &same);
            let found = same.swap_remove(current);
            observed.found.insert(address.clone(), found.live);
            if let Owner::Ours(claim) = found.owner {
                observed.claims.insert(address.clone(), claim);
            }
        }
        observed
            .orphans
            .extend(same.into_iter().map(|found| Orphan {
                address: address.clone(),
                id: found.id,
                live: found.live,
            }));
    }
}

/// Which of several objects with one address is the one that is wanted: the one that would not
/// have to be replaced. The others are left over from a replacement that was cut short.
fn current<C>(kind: &dyn AnyKind<C>, node: &dyn Node<C>, same: &[Found<AnyLive>]) -> usize {
    if same.len() == 1 {
        return 0;
    }
    let nothing = |_: &Address| None;
    same.iter()
        .position(|found| {
            let seen = super::Seen::new(&nothing, Some(Arc::clone(&found.live)));
            let want = node.want(&seen);
            let changes = kind.diff(&want, &kind.props(&found.live));
            changes
                .0
                .iter()
                .all(|change| !change.replaces || change.unknown)
        })
        .unwrap_or(0)
}
