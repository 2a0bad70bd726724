//! Each kind of resource against a real AWS wire implementation, through its whole life.

mod support;

#[path = "kinds/cache_subnet_group.rs"]
mod cache_subnet_group;
#[path = "kinds/db_parameter_group.rs"]
mod db_parameter_group;
#[path = "kinds/db_subnet_group.rs"]
mod db_subnet_group;
#[path = "kinds/default_network.rs"]
mod default_network;
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
