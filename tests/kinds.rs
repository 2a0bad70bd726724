//! Each kind of resource against a real AWS wire implementation, through its whole life.

mod support;

#[path = "kinds/db_parameter_group.rs"]
mod db_parameter_group;
#[path = "kinds/log_group.rs"]
mod log_group;
#[path = "kinds/strangers.rs"]
mod strangers;
#[path = "kinds/repository.rs"]
mod repository;
#[path = "kinds/target_group.rs"]
mod target_group;
#[path = "kinds/topic.rs"]
mod topic;
#[path = "kinds/vpc.rs"]
mod vpc;
