//! The plan: what would be done, and why. Pure.

use std::sync::Arc;

use serde::Serialize;

use super::{
    Address, AnyKind, AnyLive, Cause, Changes, Conflict, Doubt, Expected, Field, Graph, Observed,
    Schedule, Unmanaged, Unread, schedule,
};
use crate::message::Message;

mod adopt;
mod change;
mod destroy;
mod item;
mod remains;
mod staged;

pub use adopt::plan_adopt;
pub use change::plan;
pub use destroy::plan_destroy;
pub use staged::{Stage, StageAction, StagedChange, Subject};

/// What is done with one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
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
pub enum AdoptedFrom {
    /// The file has renamed its address.
    MovedFrom(Address),
    /// It was somebody's, under this name or id of AWS.
    Adopted(String),
}

/// One resource in a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Which one.
    pub address: Address,
    /// The step it is printed under.
    pub step: &'static str,
    /// AWS's name of an object that has left the file: no declaration is about it.
    pub orphan: Option<String>,
    /// What is done.
    pub action: Action,
    /// Which fields differ; for a create, every field that is wanted.
    pub changes: Changes,
    /// Whether it holds data.
    pub data: bool,
    /// What an operator should know of it.
    pub notes: Vec<Message>,
    /// How it comes to its address, if it was not there before.
    pub taken: Option<AdoptedFrom>,
    /// The fields of a new one that are shown first ([`super::Resource::HEADLINE`]).
    pub headline: &'static [Field],
    /// Whether what takes its place is the next of the same, such as a revision.
    pub is_revision: bool,
}

impl Item {
    /// Whether a new object takes the place of one that is lost. A revision is not: the old one stays
    /// listed, and nothing was in it.
    pub fn is_replaced(&self) -> bool {
        matches!(self.action, Action::Replace { .. }) && !self.is_revision
    }
}

/// What would be done to a stack, or to one thing of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// What is done in stages, one after the other and before all else.
    pub staged: Vec<StagedChange>,
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
    /// How long it takes.
    pub schedule: Schedule,
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
    /// The same with how long it takes, by what `observed` tells of that now.
    #[must_use]
    pub fn timed<C: Send + Sync + 'static>(
        self,
        graph: &Graph<C>,
        kinds: &[&'static dyn AnyKind<C>],
        observed: &Observed,
    ) -> Self {
        let schedule = schedule(graph, kinds, &self, observed);
        Self { schedule, ..self }
    }

    /// A plan of one change in stages and nothing else.
    pub fn of_stages(change: StagedChange) -> Self {
        Self {
            schedule: change.schedule(),
            staged: vec![change],
            ..Self::default()
        }
    }

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
                Action::Replace { .. } if item.is_revision => &mut summary.update,
                Action::Replace { .. } => &mut summary.replace,
                Action::Delete => &mut summary.delete,
            } += 1;
        }
        summary
    }

    /// The work that carrying it out is: a replacement is two pieces of it.
    pub fn expected(&self) -> Vec<Expected> {
        let staged = self.staged.iter().flat_map(StagedChange::expected);
        let items = self.items.iter();
        let items = items
            .filter(|item| item.action != Action::Keep)
            .map(|item| Expected {
                address: item.address.clone(),
                step: item.step,
                many: match item.action {
                    Action::Replace { .. } => 2,
                    _ => 1,
                },
            });
        staged.chain(items).collect()
    }

    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.items.iter().all(|item| item.action == Action::Keep)
            && self.staged.iter().all(StagedChange::is_empty)
    }

    /// What AWS changed, or may have changed, since it was applied: the same plan without what the file
    /// changed. Of what is not there nothing tells whether it is new in the file or gone from AWS,
    /// so it stays, if anything of the stack is there.
    pub fn drift(mut self) -> Self {
        // Nothing of it is carried out.
        self.schedule = Schedule::default();
        let nothing = self.items.iter().all(|item| item.action == Action::Create);
        self.items.retain_mut(|item| match item.action {
            Action::Keep => true,
            Action::Create => !nothing,
            Action::Delete | Action::Later { .. } | Action::Adopt => false,
            Action::Update | Action::Replace { .. } => {
                item.taken = None;
                item.changes.fields.retain(|change| {
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

/// The object an item of a plan is about, if there is one.
pub(super) fn live_of(observed: &Observed, item: &Item) -> Option<AnyLive> {
    match &item.orphan {
        Some(id) => observed
            .orphans
            .iter()
            .find(|orphan| orphan.address == item.address && &orphan.id == id)
            .map(|orphan| Arc::clone(&orphan.live)),
        None => observed.found.get(&item.address).cloned(),
    }
}
