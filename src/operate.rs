//! What is done to a running stack beside `up`: reads and changes AWS through [`crate::aws::Cloud`]
//! and the kinds' own calls, prints nothing, returns values and sends events.

pub mod change;
pub mod database;
mod differences;
pub mod embedding;
pub mod exec;
pub mod history;
pub mod image;
pub mod logs;
pub mod look;
pub mod lost;
mod marks;
mod migrate;
pub mod models;
pub mod moment;
pub mod names;
mod news;
mod older;
pub mod operator_secrets;
pub mod plugin;
pub mod proposal;
pub mod restore;
pub mod rollback;
mod rollout;
pub mod run;
pub mod running;
pub mod scale;
pub mod scope;
pub mod secrets;
mod snapshot;
mod stages;
pub mod standing;
pub mod surroundings;
pub mod tasks;
pub mod tunnel;
pub mod update;
