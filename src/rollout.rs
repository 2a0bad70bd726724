//! One change of a running service, laid over what runs: update, rollback, scale, and what ran before. Decided
//! first, as a plan of stages; then carried out by the engine's workflow.

pub mod change;
pub mod dependencies;
pub mod deployment;
mod diff;
mod downgrade;
pub mod history;
pub mod image;
mod perform;
mod recreate;
pub mod rollback;
mod rollback_tags;
pub mod scale;
mod service_events;
pub mod service_state;
mod snapshot;
mod stages;
pub(crate) mod unfinished_rollback;
pub mod update;

pub(crate) use snapshot::GRANTS as SNAPSHOT;
