//! The ECS cluster, its Service Connect namespace, and the log groups of everything.

use std::collections::BTreeMap;

use super::BuildContext;
use crate::aws::Place;
use crate::engine::Ref;
use crate::resources::{Cluster as ClusterKind, DbInstance, LogGroup, Namespace};
use crate::stack::Network;

const STEP: &str = "cluster";

/// Log groups by the service that writes to them.
pub(super) struct Logs {
    pub(super) of: BTreeMap<String, Ref<LogGroup>>,
    pub(super) flow: Option<Ref<LogGroup>>,
    /// Those that RDS exports to.
    pub(super) database: Vec<Ref<LogGroup>>,
    /// That of Container Insights.
    pub(super) insights: Option<Ref<LogGroup>>,
}

/// The cluster and its namespace.
pub(super) struct Cluster {
    pub(super) name: String,
    pub(super) cluster: Ref<ClusterKind>,
    pub(super) namespace: Ref<Namespace>,
}

/// The log group of VPC flow logs.
fn flow_log_name(place: &Place) -> String {
    format!("/vpc/{}/flow-logs", place.stack)
}

/// ECS's name for the cluster.
fn cluster_name(context: &BuildContext<'_>) -> String {
    context.physical_name::<ClusterKind>("main", context.name("cluster"))
}

/// The log group of a service.
fn log_name(place: &Place, service: &str) -> String {
    format!("/ecs/{}/{service}", place.stack)
}

/// The name of the set-up task among the services' names.
pub(super) const SETUP: &str = "database-setup";

pub(super) fn log_groups(context: &mut BuildContext<'_>) -> Logs {
    let (stack, place) = (context.stack, context.place);
    let days = stack.log_days;
    let tags = context.tags();
    let database = context.physical_name::<DbInstance>("main", context.name("main"));
    let cluster = cluster_name(context);
    let mut add = |step, name: &str, group: String, by_service| {
        let group = LogGroup {
            name: context.physical_name::<LogGroup>(name, group),
            days,
            kms_key: stack.log_key.clone(),
            by_service,
            tags: tags.clone(),
        };
        context.graph.add(step, name, group)
    };
    let flow = match &stack.network {
        Network::Own(own) if own.flow_logs => {
            Some(add("network", "flow-logs", flow_log_name(place), false))
        }
        _ => None,
    };
    let services = stack.services.keys().map(String::as_str);
    let setup = stack.database.is_some().then_some(SETUP);
    let of = services
        .chain(setup)
        .map(|name| {
            (
                name.to_owned(),
                add(STEP, name, log_name(place, name), false),
            )
        })
        .collect();
    // "Publishing database logs to Amazon CloudWatch Logs" in the RDS user guide has the name.
    let exports = stack
        .database
        .as_ref()
        .map(|wanted| wanted.log_exports.as_slice());
    let database = exports
        .unwrap_or_default()
        .iter()
        .map(|export| {
            let group = format!("/aws/rds/instance/{database}/{export}");
            add("database", &format!("database-{export}"), group, true)
        })
        .collect();
    // "Container Insights performance log events" in the CloudWatch user guide has the name.
    let insights = (stack.cluster.container_insights != "disabled").then(|| {
        let group = format!("/aws/ecs/containerinsights/{cluster}/performance");
        add(STEP, "container-insights", group, true)
    });
    Logs {
        of,
        flow,
        database,
        insights,
    }
}

pub(super) fn declare(context: &mut BuildContext<'_>, logs: &Logs) -> Cluster {
    let wanted = &context.stack.cluster;
    let namespace = Namespace {
        name: wanted.namespace.clone(),
        tags: context.tags(),
    };
    let namespace = context.graph.add(STEP, "main", namespace);
    let name = cluster_name(context);
    let cluster = ClusterKind {
        name: name.clone(),
        container_insights: wanted.container_insights.clone(),
        namespace: namespace.clone(),
        logs: logs.insights.clone(),
        tags: context.tags(),
    };
    let cluster = context.graph.add(STEP, "main", cluster);
    Cluster {
        name,
        cluster,
        namespace,
    }
}
