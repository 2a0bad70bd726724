//! The kinds of AWS objects, one file each. Adding one is a file and a line here.

use crate::aws::Cloud;
use crate::engine::{AnyKind, KindOf};

mod balancer_calls;
mod certificate_parts;
mod certificate_request;
mod dns;
mod ec2;
pub(crate) mod ecs;
mod elasticache;
mod elb;
mod groups;
pub mod held_secret;
mod listener_actions;
mod listener_extras;
mod listener_rule_calls;
mod listeners;
mod network_acl_entries;
mod own_tags;
mod ownership;
mod patience;
pub mod policy;
pub(crate) mod rds;
mod routes;
mod rule_calls;
mod rules;
mod sdk;
mod security_group_extras;
mod target_group_parts;
mod web_acl_calls;
mod web_acl_rules;

macro_rules! kinds {
    ($($module:ident :: $kind:ident,)*) => {
        $(pub(crate) mod $module; pub use $module::*;)*

        /// Every kind, what is needed before what needs it: the reverse is the order in which
        /// objects that left the file are deleted.
        pub static KINDS: &[&dyn AnyKind<Cloud>] = &[$(&KindOf::<$kind>::new(),)*];
    };
}

kinds! {
    log_group::LogGroup,
    role::Role,
    vpc::Vpc,
    internet_gateway::InternetGateway,
    subnet::Subnet,
    elastic_ip::ElasticIp,
    nat_gateway::NatGateway,
    route_table::RouteTable,
    vpc_endpoint::VpcEndpoint,
    security_group::SecurityGroup,
    security_group_rule::SecurityGroupRule,
    default_security_group::DefaultSecurityGroup,
    default_network_acl::DefaultNetworkAcl,
    flow_log::FlowLog,
    repository::Repository,
    bucket::Bucket,
    secret::Secret,
    db_subnet_group::DbSubnetGroup,
    db_parameter_group::DbParameterGroup,
    db_instance::DbInstance,
    cache_subnet_group::CacheSubnetGroup,
    cache::Cache,
    namespace::Namespace,
    cluster::Cluster,
    topic::Topic,
    certificate::Certificate,
    load_balancer::LoadBalancer,
    target_group::TargetGroup,
    listener::Listener,
    listener_rule::ListenerRule,
    web_acl::WebAcl,
    web_acl_association::WebAclAssociation,
    dns_record::DnsRecord,
    task_definition::TaskDefinition,
    database_setup::DatabaseSetup,
    service::Service,
    scalable_target::ScalableTarget,
    alarm::Alarm,
}
