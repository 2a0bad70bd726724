//! What others add to an object of the stack: a rule in its security group, a listener at its load
//! balancer. It is no resource of the stack, carries no tag of it, and no field of the file speaks of it.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Action, Address, Cause, Change, Changes, Field, Item};

/// Where a plan says that such additions are taken out: no field of any kind.
const UNMANAGED: Field = Field::found("unmanaged");

/// One addition of others, as a kind tells it of its object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Extra {
    /// What it is, in a few words.
    pub what: String,
    /// Whether it opens the object to everybody, as a rule for 0.0.0.0/0 does.
    pub open: bool,
}

/// One addition of others, in a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unmanaged {
    /// The object of the stack that it was added to.
    pub address: Address,
    /// What it is.
    #[serde(flatten)]
    pub extra: Extra,
    /// Whether the plan takes it out.
    pub removed: bool,
}

impl Change {
    /// Everything that others added goes.
    pub(super) fn of_extras(extras: &[Extra]) -> Self {
        let before: Vec<&str> = extras.iter().map(|one| one.what.as_str()).collect();
        Self {
            cause: Some(Cause::Aws),
            ..Self::by_file(UNMANAGED.path(), json!(before), Value::Array(Vec::new()))
        }
    }

    /// Whether it takes out what others added, and is no field of the object.
    pub fn is_of_extras(&self) -> bool {
        self.path == UNMANAGED.path()
    }
}

impl Changes {
    /// Whether what others added to the object shall go.
    pub fn remove_extras(&self) -> bool {
        self.changed(UNMANAGED)
    }
}

/// Notes what others added to the object of `item`, and plans to take it out where the file says so
/// (`remove`). What is replaced or deleted takes it along.
pub(super) fn note(
    item: &mut Item,
    mut extras: Vec<Extra>,
    remove: bool,
    into: &mut Vec<Unmanaged>,
) {
    extras.sort();
    let stays = matches!(
        item.action,
        Action::Keep | Action::Update | Action::Later { .. }
    );
    if remove && stays && !extras.is_empty() {
        item.changes.fields.push(Change::of_extras(&extras));
        item.action = Action::Update;
    }
    let removed = remove || !stays;
    into.extend(extras.into_iter().map(|extra| Unmanaged {
        address: item.address.clone(),
        extra,
        removed,
    }));
}
