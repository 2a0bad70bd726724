//! Reads what AWS has: every kind at once, each with its own few batched calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tokio::task::JoinSet;

use super::proof::{Claimed, settle};
use super::{Address, AnyKind, AnyLive, Claim, Doubt, Fault, Found, Graph, Node, Owner, Ties};

/// What AWS has of a stack.
#[derive(Default, Clone)]
pub struct Observed {
    /// Declared resources that exist.
    pub found: BTreeMap<Address, AnyLive>,
    /// What those say of themselves.
    pub claims: BTreeMap<Address, Claim>,
    /// Those among them that only their tags say to be ours: they are read, and not changed.
    pub doubts: BTreeMap<Address, Doubted>,
    /// Objects with our tags that no declaration names, or that a replacement left behind.
    pub orphans: Vec<Orphan>,
    /// Objects that are in the way of declared ones.
    pub conflicts: Vec<Conflict>,
    /// What AWS answered of those without our tag.
    pub strangers: BTreeMap<Address, AnyLive>,
    /// What is taken over: its address, and AWS's name of it.
    pub adopted: BTreeMap<Address, String>,
    /// What could not be read.
    pub unread: Vec<Unread>,
}

/// An object with our tags that no declaration names.
#[derive(Clone)]
pub struct Orphan {
    /// Its address, by its tag.
    pub address: Address,
    /// AWS's name of it.
    pub id: String,
    /// What AWS answered.
    pub live: AnyLive,
    /// Why it is not deleted; `None` when it is.
    pub doubt: Option<Doubt>,
    /// What ties it to others.
    pub ties: Ties,
    /// Whether it carries a note of what ajuda applied to such an object.
    pub noted: bool,
}

/// A declared object that is not known to be ajuda's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubted {
    /// AWS's name of it.
    pub id: String,
    /// Why it is doubted.
    pub because: Doubt,
    /// Whether nothing but tags could tell yet: then it is used, and only not replaced.
    pub only_tags: bool,
    /// What ties it to others.
    pub ties: Ties,
}

/// An object in the way of a declared one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// The declared resource.
    pub address: Address,
    /// AWS's name of the object in its way.
    pub id: String,
    /// The other stack it belongs to, if it says so.
    pub of: Option<String>,
    /// How it is in the way.
    pub because: Obstacle,
}

/// How an object is in the way of a declared one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// It has the declared name and not the stack's tags.
    Name,
    /// It carries the stack's tags, and nothing but those says that it is the stack's.
    Claims,
    /// It has the declared name and the stack's tags, and may be older than the stack.
    Older,
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
        let at = self.conflicts.iter().position(|one| {
            one.address == *address && one.of.is_none() && one.because == Obstacle::Name
        });
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
                    match told(cloud.as_ref(), graph, kind, found) {
                        Ok(claim) => claimed.push(claim),
                        Err((conflict, live)) => {
                            observed.strangers.insert(conflict.address.clone(), live);
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
fn told<C: Send + Sync + 'static>(
    cloud: &C,
    graph: &Graph<C>,
    kind: &'static dyn AnyKind<C>,
    found: Found<AnyLive>,
) -> Result<Claimed<C>, (Conflict, AnyLive)> {
    match found.owner {
        Owner::Ours(claim) => {
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
        Owner::Stranger { named, of } => {
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
