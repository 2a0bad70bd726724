//! What is done to a running stack beside `up`: reads and changes AWS, prints nothing, returns values.

pub mod change;
pub mod history;
mod image;
mod marks;
mod migrate;
mod restore;
pub mod rollback;
mod rollout;
pub mod scale;
mod snapshot;
pub mod standing;
mod tasks;
pub mod update;
