//! One resource of a plan: what is done with it, and who made the difference.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::super::{
    Address, AnyLive, Cause, Change, Changes, Claim, Entry, Observed, ResolveContext,
    diff::{known_after, unknowns},
    tag_keys::taken_out,
};
use super::{Action, AdoptedFrom, Item};

pub(super) fn wanted<C>(
    entry: &Entry<C>,
    known: &BTreeMap<Address, AnyLive>,
    live: Option<&AnyLive>,
) -> Value {
    let find = |address: &Address| known.get(address).cloned();
    let seen = ResolveContext::new(&find, live.cloned());
    entry.node.desired(&seen)
}

pub(super) fn item<C>(
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
    changes.fields.extend(taken_out(want, have, keys));
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
        orphan: None,
        action,
        changes,
        data: kind.holds_data(),
        notes: live.map_or_else(Vec::new, |live| kind.notes(live)),
        taken: None,
        headline: kind.headline(),
        is_revision: kind.is_revision(),
    }
}

/// What waits for a new object whose identity it names is changed for sure.
pub(super) fn settle<C>(item: &mut Item, entry: &Entry<C>, before: &[Item]) {
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
        .fields
        .iter()
        .filter(|change| kind.follows(&change.path));
    if named.any(|change| known_after(&change.after).is_some_and(anew)) {
        item.action = Action::Update;
    }
}

/// What is found under another address, or was somebody's, has its tags written at least.
pub(super) fn take(item: &mut Item, observed: &Observed) {
    let moved = || observed.claims.get(&item.address)?.moved_from.clone();
    item.taken = match observed.adopted.get(&item.address) {
        Some(id) => Some(AdoptedFrom::Adopted(id.clone())),
        None => moved().map(AdoptedFrom::MovedFrom),
    };
    if item.taken.is_some() && item.action == Action::Keep {
        item.action = Action::Update;
    }
}

/// Says of each difference who made it.
pub(super) fn attribute(item: &mut Item, claim: Option<&Claim>, want: &Value, have: &Value) {
    if have.is_null() {
        return;
    }
    let applied = claim.and_then(|claim| claim.applied.as_ref());
    for change in &mut item.changes.fields {
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
pub(super) fn waits_for_unread(item: &Item, want: &Value, unread: &BTreeSet<&str>) -> bool {
    let mut on = Vec::new();
    unknowns(want, &mut on);
    !item.changes.is_empty()
        && known_changes(&item.changes).next().is_none()
        && on.iter().all(|on| unread.contains(on.kind()))
}

fn known_changes(changes: &Changes) -> impl Iterator<Item = &Change> {
    changes.fields.iter().filter(|change| !change.unknown)
}

pub(super) fn digest(print: &mut Sha256, address: &Address, want: &Value, have: &Value) {
    // serde_json keeps keys sorted, so equal values are equal bytes.
    print.update(format!("{address}\n{want}\n{have}\n"));
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
