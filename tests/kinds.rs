//! Each kind of resource against a real AWS wire implementation, through its whole life.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

#[path = "kinds/alarm.rs"]
mod alarm;
#[path = "kinds/app.rs"]
mod app;
#[path = "kinds/bucket.rs"]
mod bucket;
#[path = "kinds/cache.rs"]
mod cache;
#[path = "kinds/cache_subnet_group.rs"]
mod cache_subnet_group;
#[path = "kinds/certificate.rs"]
mod certificate;
#[path = "kinds/cluster.rs"]
mod cluster;
#[path = "kinds/database_setup.rs"]
mod database_setup;
#[path = "kinds/db_instance.rs"]
mod db_instance;
#[path = "kinds/db_parameter_group.rs"]
mod db_parameter_group;
#[path = "kinds/db_subnet_group.rs"]
mod db_subnet_group;
#[path = "kinds/default_network.rs"]
mod default_network;
#[path = "kinds/default_network_acl.rs"]
mod default_network_acl;
#[path = "kinds/default_security_group.rs"]
mod default_security_group;
#[path = "kinds/dns_record.rs"]
mod dns_record;
#[path = "kinds/edge.rs"]
mod edge;
#[path = "kinds/elastic_ip.rs"]
mod elastic_ip;
#[path = "kinds/extras.rs"]
mod extras;
#[path = "kinds/flow_log.rs"]
mod flow_log;
#[path = "kinds/internet_gateway.rs"]
mod internet_gateway;
#[path = "kinds/listener.rs"]
mod listener;
#[path = "kinds/listener_moves.rs"]
mod listener_moves;
#[path = "kinds/load_balancer.rs"]
mod load_balancer;
#[path = "kinds/log_group.rs"]
mod log_group;
#[path = "kinds/namespace.rs"]
mod namespace;
#[path = "kinds/nat_gateway.rs"]
mod nat_gateway;
#[path = "kinds/network.rs"]
mod network;
#[path = "kinds/repository.rs"]
mod repository;
#[path = "kinds/role.rs"]
mod role;
#[path = "kinds/route_table.rs"]
mod route_table;
#[path = "kinds/scalable_target.rs"]
mod scalable_target;
#[path = "kinds/secret.rs"]
mod secret;
#[path = "kinds/secret_urls.rs"]
mod secret_urls;
#[path = "kinds/security_group.rs"]
mod security_group;
#[path = "kinds/security_group_rule.rs"]
mod security_group_rule;
#[path = "kinds/service.rs"]
mod service;
#[path = "kinds/service_verdict.rs"]
mod service_verdict;
#[path = "kinds/strangers.rs"]
mod strangers;
#[path = "kinds/subnet.rs"]
mod subnet;
#[path = "kinds/target_group.rs"]
mod target_group;
#[path = "kinds/task_definition.rs"]
mod task_definition;
#[path = "kinds/task_revisions.rs"]
mod task_revisions;
#[path = "kinds/tasks.rs"]
mod tasks;
#[path = "kinds/topic.rs"]
mod topic;
#[path = "kinds/vpc.rs"]
mod vpc;
#[path = "kinds/vpc_endpoint.rs"]
mod vpc_endpoint;
#[path = "kinds/web_acl.rs"]
mod web_acl;
#[path = "kinds/whole_network.rs"]
mod whole_network;
