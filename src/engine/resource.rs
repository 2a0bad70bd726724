//! The contract of one kind of resource.

use std::future::Future;
use std::time::Duration;

use serde::Serialize;

use super::{
    Address, Applied, Changes, Extra, Fault, Field, Job, ResolveContext, TagKeys, Ties, Verb,
};
use crate::message::Message;

/// One kind of object in the cloud: how it is wanted, found, made, changed and removed.
///
/// A value of the type is a declaration: what the stack says of one object, with [`super::Ref`]s
/// to what it needs. `want`, `props` and `effect` are pure; the others talk to the cloud.
pub trait Resource: Send + Sync + Sized + 'static {
    /// What the calls are made with.
    type Cloud: Send + Sync + 'static;

    /// What both sides can say: one vocabulary for desired and observed.
    ///
    /// A field that is `None` in what is wanted is left to AWS and not compared. Lists that have
    /// no order are sorted, and things with names are maps, so that a difference is one line.
    type Props: Serialize + Send + Sync;

    /// What AWS answered, ids included.
    type Live: Clone + Send + Sync + 'static;

    /// The kind's name in addresses: lower case with hyphens, AWS's word for it.
    const KIND: &'static str;

    /// Whether it holds data that cannot be made again: never deleted or replaced without being named.
    const DATA: bool = false;

    /// How it is replaced when a change cannot be made in place.
    const REPLACEMENT: Replacement = Replacement::CreateFirst;

    /// Whether an object that left the file goes only after what is made and changed of its kind in the
    /// same run, because that may do what the old one did. `list` of such a kind knows an object again
    /// whose address alone has changed: AWS may refuse an equal one beside it.
    const GOES_LAST: bool = false;

    /// Whether what takes an object's place is the next of the same, such as a revision: it keeps what
    /// the file leaves to what runs ([`ResolveContext::live`]). Otherwise it is made as if nothing had been there.
    const IS_REVISION: bool = false;

    /// The fields of a new one that a reviewer looks for first: what it costs, who can reach it, what keeps
    /// its data. The others are shown when asked for.
    const HEADLINE: &'static [Field] = &[];

    /// The fields that AWS cannot change where the object stands (`createOnlyProperties` in the schemas of
    /// CloudFormation): a change of one, or of something in it, takes a new object.
    const CREATE_ONLY: &'static [Field] = &[];

    /// The fields that name another object by what a new one in its place surely has another of, such as the
    /// ARN of a revision.
    const FOLLOWS: &'static [Field] = &[];

    /// How long making one takes and how often to look.
    const PACE: Pace = Pace::QUICK;

    /// How long each kind of work on one usually takes.
    const TAKES: Takes = Takes::always(Self::PACE.expected.as_secs());

    /// What the stack wants. Every reference must be asked for on every call, whatever is known:
    /// the asking is the dependency.
    fn desired(&self, seen: &ResolveContext<'_>) -> Self::Props;

    /// What is there, in the words of [`Self::Props`].
    fn props(live: &Self::Live) -> Self::Props;

    /// What a change of the field at `path` (dots between names) means.
    fn effect(path: &str) -> Effect {
        match Self::CREATE_ONLY.iter().any(|field| field.covers(path)) {
            true => Effect::Replace,
            false => Effect::InPlace,
        }
    }

    /// Whether the value at `path` must not be shown.
    fn sensitive(path: &str) -> bool {
        let _ = path;
        false
    }

    /// What is known of it while an update with these changes is still to come: what others name of
    /// it and the update will make anew is `unknown`. `None` when all of that stays.
    fn pending(&self, live: &Self::Live, changes: &Changes, unknown: &str) -> Option<Self::Live> {
        let _ = (live, changes, unknown);
        None
    }

    /// [`Self::TAKES`] of one piece of work, for kinds of which the file or the change says more. Pure.
    fn takes(piece: &Piece<'_, Self>) -> Duration {
        Self::TAKES.of(piece.verb)
    }

    /// [`Self::PACE`] of one object, for kinds whose objects are told how long to take.
    fn pace(live: &Self::Live) -> Pace {
        let _ = live;
        Self::PACE
    }

    /// What an operator should know of it beside the differences, such as what waits for a maintenance window.
    fn notes(live: &Self::Live) -> Vec<Message> {
        let _ = live;
        Vec::new()
    }

    /// Why the cloud would refuse these changes of what is there, as far as it is known before: each one
    /// says what would be right. A plan tells them, and nothing of it is begun.
    fn refusals(&self, live: &Self::Live, changes: &Changes) -> Vec<String> {
        let _ = (live, changes);
        Vec::new()
    }

    /// What others have added to it that is no resource of the stack. Where the file has such things
    /// removed, `update` is told by [`Changes::remove_extras`].
    fn extras(live: &Self::Live) -> Vec<Extra> {
        let _ = live;
        Vec::new()
    }

    /// What an operator should know of how it is declared beside what is there.
    fn remarks(&self, live: &Self::Live) -> Vec<String> {
        let _ = live;
        Vec::new()
    }

    /// Whether an object that carries our tags has the name that ajuda gives at `address`, or that the
    /// declaration gives it; `None` where objects have no name of their own. A name is what nobody
    /// changes by writing tags, and the address may be one that somebody made up: a kind whose names
    /// say nothing beyond the address proves nothing by them.
    fn named(
        cloud: &Self::Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &Self::Live,
    ) -> Option<bool> {
        let _ = (cloud, address, declared, live);
        None
    }

    /// What ties an object to others, told by anything but its tags. What has neither a name nor ties
    /// is never deleted after it has left the file.
    fn ties(live: &Self::Live) -> Ties {
        let _ = live;
        Ties::default()
    }

    /// Whether the field at `path` says which version of `other`, such as of a secret's value, the object has.
    fn has_version_of(&self, other: &Address, path: &str) -> bool {
        let _ = (other, path);
        false
    }

    /// What it cannot have been made without: where it is there, so were those, made by ajuda.
    fn made_with(&self) -> Vec<Address> {
        Vec::new()
    }

    /// Finds every object of this kind that carries the stack's tag, and every one that bears the
    /// name of a declared one. Reading calls only, batched, the same number however many there are.
    fn list(
        cloud: &Self::Cloud,
        declared: &[(&Address, &Self)],
    ) -> impl Future<Output = Result<Vec<Found<Self::Live>>, Fault>> + Send;

    /// Makes it. Safe to repeat after a reply that was lost.
    fn create(
        &self,
        job: &Job<Self::Cloud>,
        want: &Self::Props,
    ) -> impl Future<Output = Result<Self::Live, Fault>> + Send;

    /// Changes what differs, and nothing else.
    fn update(
        &self,
        job: &Job<Self::Cloud>,
        live: &Self::Live,
        want: &Self::Props,
        changes: &Changes,
    ) -> impl Future<Output = Result<Self::Live, Fault>> + Send;

    /// Removes it; what is already gone is success. What may go with it is said by the declaration
    /// ([`Job::declared`]), and never by the object: of one that no declaration is about, nothing may.
    fn delete(
        job: &Job<Self::Cloud>,
        live: &Self::Live,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Looks whether it can be used yet, after a create or an update.
    fn ready(
        job: &Job<Self::Cloud>,
        live: &Self::Live,
    ) -> impl Future<Output = Result<Ready<Self::Live>, Fault>> + Send {
        let _ = job;
        let live = live.clone();
        async move { Ok(Ready::Yes(live)) }
    }

    /// Looks whether it is gone, after a delete.
    fn gone(
        job: &Job<Self::Cloud>,
        live: &Self::Live,
    ) -> impl Future<Output = Result<Gone, Fault>> + Send {
        let _ = (job, live);
        async { Ok(Gone::Yes) }
    }
}

/// What a changed field means for the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It can be changed where it stands.
    InPlace,
    /// AWS cannot change it: a new object takes its place.
    Replace,
}

/// In which order a replacement happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replacement {
    /// The new one first, then what stands on it moves over, then the old one goes.
    CreateFirst,
    /// The old one must go first, because only one of them can be there.
    DeleteFirst,
}

/// How long each kind of work on an object usually takes, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Takes {
    /// To make one.
    pub create: u64,
    /// To change one.
    pub update: u64,
    /// To remove one.
    pub delete: u64,
}

impl Takes {
    /// The same for all of it.
    pub const fn always(seconds: u64) -> Self {
        Self {
            create: seconds,
            update: seconds,
            delete: seconds,
        }
    }

    /// The pace of making one; the others in seconds as [`Pace::of`] has them.
    pub const fn pace(self, limit: u64, every: u64) -> Pace {
        Pace::of(self.create, limit, every)
    }

    /// How long that takes. Only tags are written where something is taken over.
    pub const fn of(self, verb: Verb) -> Duration {
        Duration::from_secs(match verb {
            Verb::Create => self.create,
            Verb::Update => self.update,
            Verb::Delete => self.delete,
            Verb::Adopt => 1,
        })
    }
}

/// One piece of work, for whoever judges how long it takes.
pub struct Piece<'p, R: Resource> {
    /// What is done.
    pub verb: Verb,
    /// The declaration; `None` of an object that has left the file.
    pub declared: Option<&'p R>,
    /// What is there; `None` of one that is made.
    pub live: Option<&'p R::Live>,
    /// What differs; of one that is made, every field that is wanted.
    pub changes: &'p Changes,
}

/// How long a kind takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// What making one usually takes on AWS.
    pub expected: Duration,
    /// When to give up waiting.
    pub limit: Duration,
    /// How often to look while waiting.
    pub every: Duration,
}

impl Pace {
    /// Made by the call itself.
    pub const QUICK: Self = Self::of(1, 120, 1);

    /// Seconds: usual, at most, between looks.
    pub const fn of(expected: u64, limit: u64, every: u64) -> Self {
        Self {
            expected: Duration::from_secs(expected),
            limit: Duration::from_secs(limit),
            every: Duration::from_secs(every),
        }
    }

    /// What usually takes `expected` seconds, and is given up after five times that, or a quarter
    /// of an hour.
    pub const fn about(expected: u64) -> Self {
        let limit = expected * 5;
        Self::of(expected, if limit > 900 { limit } else { 900 }, 15)
    }
}

/// Whether a made or changed object can be used.
#[derive(Debug, Clone)]
pub enum Ready<L> {
    /// It can, and this is it now.
    Yes(L),
    /// Not yet; what it is doing, in a few words.
    NotYet(String),
}

/// Whether a deleted object is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gone {
    /// It is.
    Yes,
    /// Not yet; what holds it, in a few words.
    NotYet(String),
}

impl From<Gone> for Ready<()> {
    fn from(gone: Gone) -> Self {
        match gone {
            Gone::Yes => Self::Yes(()),
            Gone::NotYet(doing) => Self::NotYet(doing),
        }
    }
}

/// An object that AWS has.
#[derive(Debug, Clone)]
pub struct Found<L> {
    /// Whose it is.
    pub owner: Ownership,
    /// AWS's name or id of it, to show.
    pub id: String,
    /// What AWS answered.
    pub live: L,
}

/// Whose an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    /// This stack's, under this address.
    Ours(Claim),
    /// It bears the name of that declared resource and not our tag; `of` tells whose it is, if it says.
    Foreign {
        /// The declared resource whose name it bears.
        named: Address,
        /// The other stack, if its tag names one.
        of: Option<String>,
    },
}

impl Ownership {
    /// The declared resource that it is, or is in the way of; an address that is not declared where it has left
    /// the file.
    pub fn address(&self) -> &Address {
        match self {
            Self::Ours(claim) => &claim.address,
            Self::Foreign { named, .. } => named,
        }
    }
}

/// What an object of ours says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Its address in the stack.
    pub address: Address,
    /// The address that it still carries, when the file has given it another.
    pub moved_from: Option<Address>,
    /// What was last applied to it, if that was noted.
    pub applied: Option<Applied>,
    /// Which of its tags the file has set, if that was noted.
    pub tag_keys: Option<TagKeys>,
}

impl From<Address> for Claim {
    fn from(address: Address) -> Self {
        Self {
            address,
            moved_from: None,
            applied: None,
            tag_keys: None,
        }
    }
}
