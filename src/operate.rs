//! What is done to a running stack beside `up`: reads and changes AWS through [`crate::aws::Cloud`]
//! and the kinds' own calls, prints nothing, returns values.

pub mod exec;
pub mod logs;
pub mod look;
pub mod moment;
pub mod names;
pub mod plugin;
pub mod run;
pub mod tasks;
pub mod tunnel;
