//! A plan that removes a stack, and how what has left the file is removed.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::{Address, AnyKind, Changes, Doubt, Graph, Observed, Obstacle, Schedule};
use super::item::{digest, hex};
use super::remains::{deletions, unverified};
use super::{Action, Item, Plan};

/// A plan that removes everything observed, except what `keep` says and what only its tags say to be
/// ours.
pub fn plan_destroy<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    kinds: &[&'static dyn AnyKind<C>],
    observed: &Observed,
    keep: impl Fn(&Address) -> bool,
) -> Plan {
    let mut print = Sha256::new();
    let mut items: Vec<Item> = Vec::new();
    for (address, entry) in graph.iter() {
        let Some(live) = observed
            .found
            .get(address)
            .filter(|_| !is_doubted(observed, address))
        else {
            continue;
        };
        let kind = entry.node.kind();
        digest(&mut print, address, &Value::Null, &kind.props(live));
        items.push(Item {
            address: address.clone(),
            step: entry.step,
            orphan: None,
            action: if keep(address) {
                Action::Keep
            } else {
                Action::Delete
            },
            changes: Changes::default(),
            data: kind.holds_data(),
            notes: Vec::new(),
            taken: None,
            headline: &[],
            is_revision: kind.is_revision(),
        });
    }
    items.reverse();
    let orphans = deletions(kinds, observed, &mut print);
    items.extend(orphans.into_iter().map(|mut item| {
        if keep(&item.address) {
            item.action = Action::Keep;
        }
        item
    }));
    // Of several that claim one address none goes.
    let claims = observed
        .conflicts
        .iter()
        .filter(|one| one.because == Obstacle::Claims)
        .map(|one| (&one.address, &one.id, Doubt::Place));
    let doubted = observed
        .doubts
        .iter()
        .filter(|(address, _)| is_doubted(observed, address))
        .map(|(address, one)| (address, &one.id, one.because));
    let plan = Plan {
        staged: Vec::new(),
        items,
        unverified: unverified(kinds, observed, claims.chain(doubted)),
        unmanaged: Vec::new(),
        conflicts: Vec::new(),
        unread: observed.unread.clone(),
        fingerprint: hex(&print.finalize()),
        schedule: Schedule::default(),
    };
    plan.timed(graph, kinds, observed)
}

/// Whether an object is not deleted with its stack: what has nothing but its tags at all, is.
fn is_doubted(observed: &Observed, address: &Address) -> bool {
    let doubted = observed.doubts.get(address);
    doubted.is_some_and(|doubted| !doubted.only_tags && doubted.because != Doubt::Older)
}
