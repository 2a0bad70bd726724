//! Each kind of resource against a real AWS wire implementation, through its whole life.

mod support;

#[path = "kinds/log_group.rs"]
mod log_group;
#[path = "kinds/vpc.rs"]
mod vpc;
