//! Instances in the stack's subnet group that are not the stack's: they keep it from being deleted.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use crate::aws::{Cloud, STACK_TAG};
use crate::engine::{Address, Fault, Orphan, Ownership, Resource, Ties};

use super::DbInstance;
use super::props::DbInstanceLive;
use super::read::all;
use super::restore::{displaced_name, restored_name};

/// How the tags begin that ajuda writes.
const PREFIX: &str = "ajuda:";

/// What stands in a subnet group beside the stack's own database.
#[derive(Debug, Default)]
pub struct Beside {
    /// What a restore left: the instance whose place another took, or one that has not taken it yet.
    pub ours: Vec<DbInstanceLive>,
    /// The identifiers of others.
    pub others: Vec<String>,
}

/// What stands in the subnet group `group` beside the instance called `identifier`.
///
/// # Errors
/// The fault of the request.
pub async fn left_by_restores(
    cloud: &Cloud,
    identifier: &str,
    group: &str,
) -> Result<Beside, Fault> {
    let mut found = Beside::default();
    for live in all(cloud).await? {
        let stands = live.props.subnet_group.eq_ignore_ascii_case(group);
        if !stands || matches!(cloud.owner(&live.tags, None), Some(Ownership::Ours(_))) {
            continue;
        }
        if is_left(&live.identifier, identifier) {
            found.ours.push(live);
        } else {
            found.others.push(live.identifier);
        }
    }
    Ok(found)
}

/// The instances that restores of the one called `identifier` have left, and no other stack's: by their name, by
/// a note of ajuda's on them, and where `restored` is there by its subnet group as well.
pub fn left(
    cloud: &Cloud,
    all: &[DbInstanceLive],
    identifier: &str,
    restored: Option<&DbInstanceLive>,
) -> Vec<DbInstanceLive> {
    let all = all.iter().filter(|live| {
        let noted = live.tags.keys().any(|key| key.starts_with(PREFIX));
        let stack = live.tags.get(STACK_TAG);
        let group = |own: &DbInstanceLive| own.props.subnet_group == live.props.subnet_group;
        is_left(&live.identifier, identifier)
            && noted
            && stack.is_none_or(|stack| *stack == cloud.place.stack)
            && restored.is_none_or(group)
    });
    all.cloned().collect()
}

/// Whether a restore of the instance called `of` gives this name.
pub fn is_left(name: &str, of: &str) -> bool {
    let at = name.len().saturating_sub(14);
    let time_stamp = name
        .get(at..)
        .filter(|end| end.bytes().all(|byte| byte.is_ascii_digit()));
    name == restored_name(of)
        || time_stamp.is_some_and(|time_stamp| displaced_name(of, time_stamp) == name)
}

impl DbInstanceLive {
    /// Itself as something of the stack that is in no declaration, under an address of its own name.
    pub fn as_orphan(self) -> Orphan {
        Orphan {
            address: Address::new(DbInstance::KIND, self.identifier.clone()),
            id: self.identifier.clone(),
            live: std::sync::Arc::new(self),
            doubt: None,
            ties: Ties::default(),
            noted: true,
        }
    }

    /// When another instance took its place, as its name says; `None` where none did.
    pub fn set_aside(&self) -> Option<DateTime> {
        let (_, stamp) = self.identifier.rsplit_once("-before-")?;
        let part = |from: usize, to: usize| stamp.get(from..to).unwrap_or_default();
        let (date, time) = (
            [part(0, 4), part(4, 6), part(6, 8)],
            [part(8, 10), part(10, 12), part(12, 14)],
        );
        let text = format!("{}T{}Z", date.join("-"), time.join(":"));
        DateTime::from_str(&text, Format::DateTime).ok()
    }

    /// Every instance of the account in the region, whoever's they are.
    ///
    /// # Errors
    /// The fault of a request.
    pub async fn all(cloud: &Cloud) -> Result<Vec<Self>, Fault> {
        all(cloud).await
    }

    /// Whether a call to delete it is refused until its protection is off.
    pub fn is_protected(&self) -> bool {
        self.props.deletion_protection
    }
}

#[cfg(test)]
mod tests {
    use super::is_left;

    #[test]
    fn what_a_restore_left_is_known_by_its_name() {
        for (name, left) in [
            ("chat-restored", true),
            ("chat-before-20261123010203", true),
            ("chat", false),
            ("chat-before-16-13-20261123010203", false),
            ("chat-before-2026112301020x", false),
            ("chat-2-before-20261123010203", false),
            ("a", false),
            ("ä-before-20261123010203", false),
        ] {
            assert_eq!(is_left(name, "chat"), left, "{name}");
        }
    }
}
