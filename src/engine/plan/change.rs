//! A plan that makes a stack what the file says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::{Address, AnyKind, AnyLive, Conflict, Graph, Observed, Schedule, extra};
use super::item::{attribute, digest, hex, item, settle, take, waits_for_unread, wanted};
use super::remains::{deletions, unverified};
use super::{Action, Item, Plan};

/// Compares what is declared with what was observed.
pub fn plan<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    kinds: &[&'static dyn AnyKind<C>],
    observed: &Observed,
) -> Plan {
    let unread: BTreeSet<&str> = observed.unread.iter().map(|unread| unread.kind).collect();
    let blocked: BTreeSet<&Address> = observed
        .conflicts
        .iter()
        .map(|found| &found.address)
        .collect();
    // What is replaced loses its outputs, and what is changed those that the change makes anew, so
    // that what names them is planned as waiting for new ones.
    let mut known: BTreeMap<Address, AnyLive> = observed.found.clone();
    let mut items = Vec::with_capacity(graph.len());
    let mut unmanaged = Vec::new();
    let mut print = Sha256::new();
    for (address, entry) in graph.iter() {
        if unread.contains(address.kind()) || blocked.contains(address) {
            continue;
        }
        let live = observed.found.get(address);
        let want = wanted(entry, &known, live);
        let have = live.map_or(Value::Null, |live| entry.node.kind().props(live));
        digest(&mut print, address, &want, &have);
        let claim = observed.claims.get(address);
        let mut item = item(address, entry, live, claim, &want, &have);
        settle(&mut item, entry, &items);
        take(&mut item, observed);
        attribute(&mut item, claim, &want, &have);
        if live.is_some() && waits_for_unread(&item, &want, &unread) {
            continue;
        }
        if matches!(item.action, Action::Replace { .. }) {
            known.remove(address);
        } else if let Some(pending) = live.and_then(|live| entry.node.pending(live, &item.changes))
        {
            known.insert(address.clone(), pending);
        }
        if let Some(live) = live {
            let extras = entry.node.kind().extras(live);
            for one in &extras {
                print.update(format!("{address}\n{}\n", one.what));
            }
            extra::note(&mut item, extras, graph.removes_extras(), &mut unmanaged);
        }
        items.push(item);
    }
    items.extend(deletions(kinds, observed, &mut print));
    // What is open to everybody first.
    unmanaged.sort_by(|one, other| (!one.extra.open, one).cmp(&(!other.extra.open, other)));
    let mut conflicts = observed.conflicts.clone();
    doubts(graph, observed, &mut items, &mut conflicts);
    let plan = Plan {
        staged: Vec::new(),
        items,
        unverified: unverified(kinds, observed, std::iter::empty()),
        unmanaged,
        conflicts,
        unread: observed.unread.clone(),
        fingerprint: hex(&print.finalize()),
        schedule: Schedule::default(),
    };
    plan.timed(graph, kinds, observed)
}

/// What only its tags say to be ours is read, and stays as it is: what would change it, or anything
/// that names it, is in conflict. One that has nothing but tags yet, as a VPC that is still empty, is
/// used, and only not replaced.
fn doubts<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    observed: &Observed,
    items: &mut Vec<Item>,
    conflicts: &mut Vec<Conflict>,
) {
    for (address, doubted) in &observed.doubts {
        let concerned = items.iter().any(|item| {
            if doubted.only_tags {
                return item.address == *address && matches!(item.action, Action::Replace { .. });
            }
            let names = graph
                .get(&item.address)
                .is_some_and(|entry| entry.needs.contains(address));
            item.action != Action::Keep && (item.address == *address || names)
        });
        if concerned {
            items.retain(|item| item.address != *address || item.orphan.is_some());
            conflicts.push(doubted.conflict(address));
        }
    }
}

impl Observed {
    /// The conflicts that a plan would have that changes everything at `changed`, whatever it changes.
    pub fn in_the_way_of<C: Send + Sync + 'static>(
        &self,
        graph: &Graph<C>,
        changed: &BTreeSet<Address>,
    ) -> Vec<Conflict> {
        let needs = |address| {
            graph
                .get(address)
                .into_iter()
                .flat_map(|entry| &entry.needs)
        };
        let concerned: BTreeSet<&Address> = changed.iter().flat_map(needs).chain(changed).collect();
        let doubts = self.doubts.iter().filter(|(_, doubted)| !doubted.only_tags);
        doubts
            .filter(|(address, _)| concerned.contains(address))
            .map(|(address, doubted)| doubted.conflict(address))
            .collect()
    }
}
