//! What no declaration is about: deleted, or left alone where only its tags say whose it is.

use serde_json::Value;
use sha2::Sha256;

use super::super::{Address, AnyKind, Changes, Doubt, Observed};
use super::item::digest;
use super::{Action, Item, Unverified};

/// Orphans, in the reverse order of the kinds.
pub(super) fn deletions<C>(
    kinds: &[&dyn AnyKind<C>],
    observed: &Observed,
    print: &mut Sha256,
) -> Vec<Item> {
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
                orphan: Some(orphan.id.clone()),
                action: Action::Delete,
                changes: Changes::default(),
                data: kind.holds_data(),
                notes: Vec::new(),
                taken: None,
                headline: &[],
                is_revision: kind.is_revision(),
            });
        }
    }
    items
}

/// What is left alone: orphans that are not believed, and `others`.
pub(super) fn unverified<'o, C>(
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
