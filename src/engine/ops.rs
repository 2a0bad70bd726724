//! Turns a plan into operations and the order between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::plan::live_of;
use super::timeline::tails;
use super::{
    Action, Address, AdoptedFrom, AnyKind, AnyLive, Claim, Estimate, Graph, Observed, Plan,
    Replacement, Verb,
};

/// One thing to do.
pub(super) struct Op<C: 'static> {
    pub(super) address: Address,
    pub(super) verb: Verb,
    pub(super) kind: &'static dyn AnyKind<C>,
    /// The object that is changed or removed.
    pub(super) live: Option<AnyLive>,
    /// The object that a new one succeeds.
    pub(super) replaces: Option<AnyLive>,
    /// Indices of the operations that must have been done before.
    pub(super) needs: BTreeSet<usize>,
    /// How long it is expected to take.
    pub(super) estimate: Estimate,
    /// The longest chain of expected durations from here to the end.
    pub(super) tail: Duration,
    /// Whether its tags are written even when nothing else differs.
    pub(super) retag: bool,
    /// Whether what others added to its object goes.
    pub(super) remove_extras: bool,
    /// What its tags say of it.
    pub(super) noted: Option<Claim>,
    /// Whether no declaration is about its object.
    pub(super) orphan: bool,
    /// Whether its object is taken over.
    pub(super) adopts: bool,
    /// What it is one half of.
    pub(super) swap: Option<Swap>,
}

/// A replacement of which the new one is made first: planned for an output that was not known, it may
/// come out as what is there, and then both halves of it leave the object alone.
#[derive(Clone)]
pub(super) struct Swap {
    /// The object that is to be replaced.
    pub(super) old: AnyLive,
    /// Whether that stays.
    pub(super) stays: Arc<AtomicBool>,
}

/// Every operation of a plan, each with what it needs.
pub(super) fn operations<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    kinds: &[&'static dyn AnyKind<C>],
    plan: &Plan,
    observed: &Observed,
) -> Vec<Op<C>> {
    let mut build = Build {
        observed,
        ops: Vec::new(),
        creates: BTreeMap::new(),
        deletes: BTreeMap::new(),
        orphans: Vec::new(),
        delete_first: BTreeSet::new(),
    };
    for item in &plan.items {
        let noted = observed.claims.get(&item.address).cloned();
        build.add(graph, kinds, item, live_of(observed, item), noted);
    }
    build.order(graph, kinds);
    let mut ops = build.ops;
    let takes = |index: usize| ops[index].estimate.takes;
    for (index, tail) in tails(ops.len(), takes, |index| &ops[index].needs)
        .into_iter()
        .enumerate()
    {
        ops[index].tail = tail;
    }
    ops
}

struct Build<'o, C: 'static> {
    observed: &'o Observed,
    ops: Vec<Op<C>>,
    /// Creates and updates, by address.
    creates: BTreeMap<Address, usize>,
    /// Deletions of declared objects, by address.
    deletes: BTreeMap<Address, usize>,
    /// Deletions of objects no declaration names.
    orphans: Vec<usize>,
    /// What is replaced by deleting it first.
    delete_first: BTreeSet<Address>,
}

impl<C: Send + Sync + 'static> Build<'_, C> {
    fn push(
        &mut self,
        address: &Address,
        verb: Verb,
        kind: &'static dyn AnyKind<C>,
        live: Option<AnyLive>,
        estimate: Estimate,
    ) -> usize {
        self.ops.push(Op {
            estimate,
            address: address.clone(),
            verb,
            kind,
            live,
            replaces: None,
            needs: BTreeSet::new(),
            tail: Duration::ZERO,
            retag: false,
            remove_extras: false,
            noted: None,
            orphan: false,
            adopts: false,
            swap: None,
        });
        self.ops.len() - 1
    }

    fn add(
        &mut self,
        graph: &Graph<C>,
        kinds: &[&'static dyn AnyKind<C>],
        item: &super::Item,
        live: Option<AnyLive>,
        noted: Option<Claim>,
    ) {
        let Some(kind) = kinds.iter().find(|kind| kind.name() == item.address.kind()) else {
            return;
        };
        let address = &item.address;
        let declared = graph.get(address).filter(|_| item.orphan.is_none());
        let estimate = |verb: Verb| {
            let known = self.observed.estimates.get(&(address.clone(), verb));
            let typical = || {
                let declared = declared.map(|entry| entry.node.as_ref());
                let there = live.as_ref().filter(|_| verb != Verb::Create);
                Estimate {
                    takes: kind.takes(verb, declared, there, &item.changes),
                    basis: None,
                }
            };
            known.cloned().unwrap_or_else(typical)
        };
        match &item.action {
            Action::Keep => {}
            Action::Create => {
                let estimate = estimate(Verb::Create);
                let put = self.push(address, Verb::Create, *kind, None, estimate);
                self.creates.insert(address.clone(), put);
            }
            Action::Update | Action::Later { .. } => {
                let estimate = estimate(Verb::Update);
                let put = self.push(address, Verb::Update, *kind, live, estimate);
                self.ops[put].retag = item.taken.is_some();
                self.ops[put].remove_extras = item.changes.remove_extras();
                self.ops[put].adopts = matches!(item.taken, Some(AdoptedFrom::Adopted(_)));
                self.ops[put].noted = noted;
                self.creates.insert(address.clone(), put);
            }
            Action::Adopt => {
                let estimate = estimate(Verb::Adopt);
                let adopt = self.push(address, Verb::Adopt, *kind, live, estimate);
                self.ops[adopt].adopts = true;
            }
            Action::Delete => {
                let estimate = estimate(Verb::Delete);
                let drop = self.push(address, Verb::Delete, *kind, live, estimate);
                if item.orphan.is_none() {
                    self.deletes.insert(address.clone(), drop);
                } else {
                    self.ops[drop].orphan = true;
                    self.orphans.push(drop);
                }
            }
            Action::Replace { .. } => {
                let (create, delete) = (estimate(Verb::Create), estimate(Verb::Delete));
                // Also through what is kept: the old one of this would wait for its new one, and that
                // for what waits for the old one.
                let needs = self.needs_of(graph, address);
                let follows = needs.iter().any(|need| self.delete_first.contains(need));
                if follows || kind.replacement() == Replacement::DeleteFirst {
                    self.delete_first.insert(address.clone());
                }
                let swap = live
                    .clone()
                    .filter(|_| !self.delete_first.contains(address))
                    .map(|old| Swap {
                        old,
                        stays: Arc::default(),
                    });
                let put = self.push(address, Verb::Create, *kind, None, create);
                self.ops[put].noted = noted;
                self.ops[put].swap.clone_from(&swap);
                if kind.is_revision() {
                    self.ops[put].replaces.clone_from(&live);
                }
                self.creates.insert(address.clone(), put);
                let drop = self.push(address, Verb::Delete, *kind, live, delete);
                self.ops[drop].swap = swap;
                self.deletes.insert(address.clone(), drop);
            }
        }
    }

    fn order(&mut self, graph: &Graph<C>, kinds: &[&dyn AnyKind<C>]) {
        let mut edges: Vec<(usize, usize)> = Vec::new();
        for (address, _) in graph.iter() {
            let needs = self.needs_of(graph, address);
            if let Some(&put) = self.creates.get(address) {
                edges.extend(
                    needs
                        .iter()
                        .filter_map(|need| Some((put, *self.creates.get(need)?))),
                );
            }
            // What is removed waits for all that stood on it: to move over, or to go as well.
            for need in &needs {
                let Some(&drop) = self.deletes.get(need) else {
                    continue;
                };
                if !self.delete_first.contains(need) {
                    edges.extend(self.creates.get(address).map(|put| (drop, *put)));
                }
                edges.extend(self.deletes.get(address).map(|above| (drop, *above)));
            }
            if let (Some(&put), Some(&drop)) =
                (self.creates.get(address), self.deletes.get(address))
            {
                edges.push(if self.delete_first.contains(address) {
                    (put, drop)
                } else {
                    (drop, put)
                });
            }
        }
        for (after, before) in edges {
            self.ops[after].needs.insert(before);
        }
        // What a replacement left behind has its address, and with it who stands on it still.
        for &orphan in &self.orphans {
            let address = self.ops[orphan].address.clone();
            let users: Vec<usize> = (0..self.ops.len())
                .filter(|&index| {
                    self.needs_of(graph, &self.ops[index].address)
                        .contains(&address)
                })
                .collect();
            self.ops[orphan].needs.extend(users);
        }
        self.guess(kinds);
    }

    /// Orders deletions of what no declaration is about by their kinds, because nothing else tells
    /// what such an object needs: whatever is of a later kind goes before. That is a guess, so it
    /// gives way to what the graph knows.
    fn guess(&mut self, kinds: &[&dyn AnyKind<C>]) {
        let rank = |address: &Address| kinds.iter().position(|kind| kind.name() == address.kind());
        let mut guesses = Vec::new();
        for &orphan in &self.orphans {
            let own = rank(&self.ops[orphan].address);
            for (index, op) in self.ops.iter().enumerate() {
                if rank(&op.address) > own {
                    guesses.push((orphan, index));
                } else if op.verb == Verb::Delete && rank(&op.address) < own {
                    guesses.push((index, orphan));
                } else if op.verb != Verb::Delete && rank(&op.address) == own && op.kind.goes_last()
                {
                    guesses.push((orphan, index));
                }
            }
        }
        for (after, before) in guesses {
            if !self.waits_for(before, after) {
                self.ops[after].needs.insert(before);
            }
        }
    }

    /// Whether an operation waits for another, directly or not.
    fn waits_for(&self, one: usize, other: usize) -> bool {
        let mut open = vec![one];
        let mut seen = BTreeSet::new();
        while let Some(next) = open.pop() {
            if next == other {
                return true;
            }
            if seen.insert(next) {
                open.extend(&self.ops[next].needs);
            }
        }
        false
    }

    /// What an address needs, seeing through what is kept.
    fn needs_of(&self, graph: &Graph<C>, address: &Address) -> BTreeSet<Address> {
        let mut open: Vec<&Address> = graph
            .get(address)
            .map(|entry| entry.needs.iter().collect())
            .unwrap_or_default();
        let mut seen = BTreeSet::new();
        while let Some(need) = open.pop() {
            if !seen.insert(need.clone()) {
                continue;
            }
            if !self.creates.contains_key(need) && !self.deletes.contains_key(need) {
                open.extend(graph.get(need).into_iter().flat_map(|entry| &entry.needs));
            }
        }
        seen
    }
}
