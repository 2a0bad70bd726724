//! What is done to a running stack beside `up`: reads and changes AWS through [`crate::aws::Cloud`]
//! and the kinds' own calls, prints nothing, returns values and sends events.

pub mod database;
pub mod errand;
pub mod restore;
pub mod scope;
pub mod secrets;
