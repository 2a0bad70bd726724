//! The plan: what would be done, and why. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    Address, AnyKind, AnyLive, Cause, Change, Changes, Claim, Conflict, Doubt, Entry, Graph,
    Observed, Obstacle, Seen, Unmanaged, Unread,
    diff::{known_after, unknowns},
    extra,
    tag_keys::taken_out,
};

/// What is done with one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Action {
    /// Nothing: it is as wanted.
    Keep,
    /// It is made.
    Create,
    /// It is changed where it stands.
    Update,
    /// A new one takes its place.
    Replace {
        /// The fields that force it.
        because: Vec<String>,
    },
    /// It is removed.
    Delete,
    /// It may have to change, which is known once these exist.
    Later {
        /// What it waits for.
        on: Vec<Address>,
    },
    /// It is taken over: tagged as ours, and nothing else; its changes are what comes then.
    Adopt,
}

/// How an object that had no tag of this address comes to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Taken {
    /// The file has renamed its address.
    MovedFrom(Address),
    /// It was somebody's, under this name or id of AWS.
    Adopted(String),
}

/// One resource in a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// Which one.
    pub address: Address,
    /// The step it is printed under.
    pub step: &'static str,
    /// AWS's name of the object that is deleted.
    pub id: Option<String>,
    /// What is done.
    pub action: Action,
    /// Which fields differ; for a create, every field that is wanted.
    pub changes: Changes,
    /// Whether it holds data.
    pub data: bool,
    /// What an operator should know of it.
    pub notes: Vec<String>,
    /// How it comes to its address, if it was not there before.
    pub taken: Option<Taken>,
    /// The fields of a new one that are shown first ([`super::Resource::HEADLINE`]).
    pub headline: &'static [&'static str],
    /// Whether what takes its place is the next of the same, such as a revision.
    pub succeeds: bool,
}

impl Item {
    /// Whether a new object takes the place of one that is lost. A revision is not: the old one stays
    /// listed, and nothing was in it.
    pub fn is_replaced(&self) -> bool {
        matches!(self.action, Action::Replace { .. }) && !self.succeeds
    }
}

/// What would be done to a stack.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// Every resource, in the order of its steps; deletions last.
    pub items: Vec<Item>,
    /// Objects with the stack's tags that are left alone, because nothing else says that they are its.
    pub unverified: Vec<Unverified>,
    /// What others have added to objects of the stack, what is open to everybody first.
    pub unmanaged: Vec<Unmanaged>,
    /// Objects in the way.
    pub conflicts: Vec<Conflict>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// A hash of what was seen and what is wanted.
    pub fingerprint: String,
}

/// An object with the stack's tags that is not deleted unless its address is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unverified {
    /// Its address, by its tag.
    pub address: Address,
    /// AWS's name of it.
    pub id: String,
    /// Why it is not believed to be ajuda's.
    pub because: Doubt,
    /// Whether it holds data.
    pub holds_data: bool,
}

/// How many of each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// To make.
    pub create: usize,
    /// To change, or that may change; a new revision is a change.
    pub update: usize,
    /// To replace.
    pub replace: usize,
    /// To remove.
    pub delete: usize,
    /// As wanted.
    pub keep: usize,
    /// Not deleted, because only their tags say that they are the stack's.
    pub unverified: usize,
}

impl Plan {
    /// How many of each.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary {
            unverified: self.unverified.len(),
            ..Summary::default()
        };
        for item in &self.items {
            *match item.action {
                Action::Keep => &mut summary.keep,
                Action::Create => &mut summary.create,
                Action::Update | Action::Later { .. } | Action::Adopt => &mut summary.update,
                Action::Replace { .. } if item.succeeds => &mut summary.update,
                Action::Replace { .. } => &mut summary.replace,
                Action::Delete => &mut summary.delete,
            } += 1;
        }
        summary
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.items.iter().all(|item| item.action == Action::Keep)
    }

    /// What AWS changed, or may have changed, since it was applied: the same plan without what the file
    /// changed. Of what is not there nothing tells whether it is new in the file or gone from AWS,
    /// so it stays, if anything of the stack is there.
    pub fn drift(mut self) -> Self {
        let nothing = self.items.iter().all(|item| item.action == Action::Create);
        self.items.retain_mut(|item| match item.action {
            Action::Keep => true,
            Action::Create => !nothing,
            Action::Delete | Action::Later { .. } | Action::Adopt => false,
            Action::Update | Action::Replace { .. } => {
                item.taken = None;
                item.changes.0.retain(|change| {
                    matches!(
                        change.cause,
                        Some(Cause::Aws | Cause::Both | Cause::Unknown)
                    )
                });
                !item.changes.is_empty()
            }
        });
        self
    }

    /// What would be deleted or replaced although it holds data.
    pub fn endangered(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| {
            item.data && matches!(item.action, Action::Delete | Action::Replace { .. })
        })
    }
}

/// Compares what is declared with what was observed.
pub fn plan<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    kinds: &[&dyn AnyKind<C>],
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
    Plan {
        items,
        unverified: unverified(kinds, observed, std::iter::empty()),
        unmanaged,
        conflicts,
        unread: observed.unread.clone(),
        fingerprint: hex(&print.finalize()),
    }
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
            items.retain(|item| item.address != *address || item.id.is_some());
            conflicts.push(Conflict {
                address: address.clone(),
                id: doubted.id.clone(),
                of: None,
                because: match doubted.because {
                    Doubt::Older => Obstacle::Older,
                    Doubt::Name | Doubt::Place | Doubt::Note => Obstacle::Claims,
                },
            });
        }
    }
}

/// What is left alone: orphans that are not believed, and `others`.
fn unverified<'o, C>(
    kinds: &[&dyn AnyKind<C>],
    observed: &'o Observed,
    others: impl Iterator<Item = (&'o Address, &'o String, Doubt)>,
) -> Vec<Unverified> {
    let holds_data = |address: &Address| {
        let mut kinds = kinds.iter();
        kinds.any(|kind| kind.name() == address.kind() && kind.holds_data())
    };
    let orphans = observed
        .orphans
        .iter()
        .filter_map(|one| Some((&one.address, &one.id, one.doubt?)));
    others
        .chain(orphans)
        .map(|(address, id, because)| Unverified {
            address: address.clone(),
            id: id.clone(),
            because,
            holds_data: holds_data(address),
        })
        .collect()
}

/// A plan that removes everything observed, except what `keep` says and what only its tags say to be
/// ours.
pub fn plan_destroy<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    kinds: &[&dyn AnyKind<C>],
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
            id: None,
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
            succeeds: kind.succeeds(),
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
    Plan {
        items,
        unverified: unverified(kinds, observed, claims.chain(doubted)),
        unmanaged: Vec::new(),
        conflicts: Vec::new(),
        unread: observed.unread.clone(),
        fingerprint: hex(&print.finalize()),
    }
}

/// Whether an object is not deleted with its stack: what has nothing but its tags at all, is.
fn is_doubted(observed: &Observed, address: &Address) -> bool {
    let doubted = observed.doubts.get(address);
    doubted.is_some_and(|doubted| !doubted.only_tags && doubted.because != Doubt::Older)
}

/// A plan that takes over what `observed` has adopted, and does nothing else.
///
/// Its items show what the next `plan` would change.
pub fn plan_adopt<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    kinds: &[&dyn AnyKind<C>],
    observed: &Observed,
) -> Plan {
    let mut next = plan(graph, kinds, observed);
    next.items
        .retain(|item| matches!(item.taken, Some(Taken::Adopted(_))));
    for item in &mut next.items {
        item.action = Action::Adopt;
    }
    let adopted: BTreeSet<&Address> = next.items.iter().map(|item| &item.address).collect();
    next.unmanaged.retain(|one| adopted.contains(&one.address));
    next
}

fn wanted<C>(
    entry: &Entry<C>,
    known: &BTreeMap<Address, AnyLive>,
    live: Option<&AnyLive>,
) -> Value {
    let find = |address: &Address| known.get(address).cloned();
    let seen = Seen::new(&find, live.cloned());
    entry.node.want(&seen)
}

fn item<C>(
    address: &Address,
    entry: &Entry<C>,
    live: Option<&AnyLive>,
    claim: Option<&Claim>,
    want: &Value,
    have: &Value,
) -> Item {
    let kind = entry.node.kind();
    let mut changes = kind.diff(want, have);
    let keys = claim.and_then(|claim| claim.tag_keys.as_ref());
    changes.0.extend(taken_out(want, have, keys));
    let action = match live {
        None => Action::Create,
        Some(_) if changes.is_empty() => Action::Keep,
        Some(_) => {
            let because: Vec<String> = known_changes(&changes)
                .filter(|change| change.replaces)
                .map(|change| change.path.clone())
                .collect();
            // A forced field whose new value is not known yet will differ: its old object goes.
            let because = if because.is_empty() {
                changes.forced()
            } else {
                because
            };
            if !because.is_empty() {
                Action::Replace { because }
            } else if known_changes(&changes).next().is_some() {
                Action::Update
            } else {
                let mut on = Vec::new();
                unknowns(want, &mut on);
                on.sort();
                on.dedup();
                Action::Later { on }
            }
        }
    };
    Item {
        address: address.clone(),
        step: entry.step,
        id: None,
        action,
        changes,
        data: kind.holds_data(),
        notes: live.map_or_else(Vec::new, |live| kind.notes(live)),
        taken: None,
        headline: kind.headline(),
        succeeds: kind.succeeds(),
    }
}

/// What waits for a new object whose identity it names is changed for sure.
fn settle<C>(item: &mut Item, entry: &Entry<C>, before: &[Item]) {
    if !matches!(item.action, Action::Later { .. }) {
        return;
    }
    let anew = |address: &str| {
        before.iter().any(|one| {
            let made = matches!(one.action, Action::Create | Action::Replace { .. });
            made && one.address.to_string() == address
        })
    };
    let kind = entry.node.kind();
    let mut named = item
        .changes
        .0
        .iter()
        .filter(|change| kind.follows(&change.path));
    if named.any(|change| known_after(&change.after).is_some_and(anew)) {
        item.action = Action::Update;
    }
}

/// What is found under another address, or was somebody's, has its tags written at least.
fn take(item: &mut Item, observed: &Observed) {
    let moved = || observed.claims.get(&item.address)?.moved_from.clone();
    item.taken = match observed.adopted.get(&item.address) {
        Some(id) => Some(Taken::Adopted(id.clone())),
        None => moved().map(Taken::MovedFrom),
    };
    if item.taken.is_some() && item.action == Action::Keep {
        item.action = Action::Update;
    }
}

/// Says of each difference who made it.
fn attribute(item: &mut Item, claim: Option<&Claim>, want: &Value, have: &Value) {
    if have.is_null() {
        return;
    }
    let applied = claim.and_then(|claim| claim.applied.as_ref());
    for change in &mut item.changes.0 {
        change.cause = if change.unknown {
            // It differs because something it names is made anew.
            None
        } else {
            Some(applied.map_or(Cause::Unknown, |applied| {
                applied.cause(&change.path, want, have)
            }))
        };
    }
}

/// Whether all that differs is what could not be read: then nothing is known of it either.
fn waits_for_unread(item: &Item, want: &Value, unread: &BTreeSet<&str>) -> bool {
    let mut on = Vec::new();
    unknowns(want, &mut on);
    !item.changes.is_empty()
        && known_changes(&item.changes).next().is_none()
        && on.iter().all(|on| unread.contains(on.kind()))
}

fn known_changes(changes: &Changes) -> impl Iterator<Item = &Change> {
    changes.0.iter().filter(|change| !change.unknown)
}

/// Orphans, in the reverse order of the kinds.
fn deletions<C>(kinds: &[&dyn AnyKind<C>], observed: &Observed, print: &mut Sha256) -> Vec<Item> {
    let mut items = Vec::new();
    for kind in kinds.iter().rev() {
        for orphan in &observed.orphans {
            if orphan.address.kind() != kind.name() || orphan.doubt.is_some() {
                continue;
            }
            digest(
                print,
                &orphan.address,
                &Value::Null,
                &kind.props(&orphan.live),
            );
            items.push(Item {
                address: orphan.address.clone(),
                step: "no longer in the file",
                id: Some(orphan.id.clone()),
                action: Action::Delete,
                changes: Changes::default(),
                data: kind.holds_data(),
                notes: Vec::new(),
                taken: None,
                headline: &[],
                succeeds: kind.succeeds(),
            });
        }
    }
    items
}

fn digest(print: &mut Sha256, address: &Address, want: &Value, have: &Value) {
    // serde_json keeps keys sorted, so equal values are equal bytes.
    print.update(format!("{address}\n{want}\n{have}\n"));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The object an item of a plan is about, if there is one.
pub(super) fn live_of(observed: &Observed, item: &Item) -> Option<AnyLive> {
    match &item.id {
        Some(id) => observed
            .orphans
            .iter()
            .find(|orphan| orphan.address == item.address && &orphan.id == id)
            .map(|orphan| Arc::clone(&orphan.live)),
        None => observed.found.get(&item.address).cloned(),
    }
}
