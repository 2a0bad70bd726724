//! The engine: a graph of declared resources, what is there, the difference, and its making.
//!
//! It knows no AWS service and no terminal: it is generic over the cloud, and [`Event`]s are its only output.

mod address;
mod applied;
mod apply;
mod as_one;
mod diff;
mod event;
mod extra;
mod fault;
mod field;
mod graph;
mod job;
mod link;
mod lost;
mod node;
mod observe;
mod observed;
mod ops;
mod outlook;
mod plan;
mod planned_refusals;
mod proof;
mod props_with;
mod resolve_context;
mod resource;
mod run_context;
mod schedule;
mod shown;
mod tag_keys;
mod timeline;
mod wait;
mod workflow;

pub use address::Address;
pub use applied::{Applied, Cause};
pub use apply::{Outcome, Report, apply};
pub use as_one::{as_one, text_of, words};
pub use diff::{Change, Changes, KNOWN_AFTER, diff, is_unknown, known_later};
pub use event::{Event, Expected, Verb};
pub use extra::{Extra, Unmanaged};
pub use fault::{Class, Fault, Sent};
pub use field::Field;
pub use graph::{Entry, Graph, Ref};
pub use job::{Cancel, Job, Notes};
pub use link::Link;
pub use lost::lost;
pub use node::{AnyKind, AnyLive, BoxFuture, KindOf, Node};
pub use observe::observe;
pub use observed::{Conflict, Doubt, Doubted, Observed, Obstacle, Orphan, Ties, Unread};
pub use outlook::{Outlook, Tracker, Waited};
pub use plan::{
    Action, AdoptedFrom, Item, Plan, Stage, StageAction, StagedChange, Subject, Summary,
    Unverified, plan, plan_adopt, plan_destroy,
};
pub use planned_refusals::{PlannedRefusal, planned_refusals};
pub use props_with::PropsWith;
pub use resolve_context::ResolveContext;
pub use resource::{
    Claim, Effect, Found, Gone, Ownership, Pace, Piece, Ready, Replacement, Resource, Takes,
};
pub use run_context::{RunContext, Step};
pub use schedule::{Estimate, Schedule, Work, schedule};
pub use shown::{until_shown, until_steady};
pub use tag_keys::TagKeys;
pub use workflow::{Halted, StageWork, Workflow};
