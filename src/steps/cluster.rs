//! The ECS cluster, its Service Connect namespace, and the log groups of everything.

use std::collections::BTreeMap;

use super::Site;
use crate::aws::Place;
use crate::engine::Ref;
use crate::resources::{Cluster as ClusterKind, LogGroup, Namespace};
use crate::stack::Network;

const STEP: &str = "cluster";

/// Log groups by the service that writes to them.
pub(super) struct Logs {
    pub(super) of: BTreeMap<String, Ref<LogGroup>>,
    pub(super) flow: Option<Ref<LogGroup>>,
}

/// The cluster and its namespace.
pub(super) struct Cluster {
    pub(super) name: String,
    pub(super) cluster: Ref<ClusterKind>,
    pub(super) namespace: Ref<Namespace>,
}

/// The log group of VPC flow logs.
pub(super) fn flow_log_name(place: &Place) -> String {
    format!("/vpc/{}/flow-logs", place.stack)
}

/// The log group of a service.
pub(crate) fn log_name(place: &Place, service: &str) -> String {
    format!("/ecs/{}/{service}", place.stack)
}

/// The name of the set-up task among the services' names.
pub(super) const SETUP: &str = "database-setup";

pub(super) fn log_groups(site: &mut Site<'_>) -> Logs {
    let days = site.stack.log_days;
    let tags = site.tags();
    let mut add = |step, name: &str, group: String| {
        let group = LogGroup {
            name: group,
            days,
            tags: tags.clone(),
        };
        site.graph.add(step, name, group)
    };
    let flow = match &site.stack.network {
        Network::Own(own) if own.flow_logs => {
            Some(add("network", "flow-logs", flow_log_name(site.place)))
        }
        _ => None,
    };
    let services = site.stack.services.keys().map(String::as_str);
    let setup = site.stack.database.is_some().then_some(SETUP);
    let of = services
        .chain(setup)
        .map(|name| (name.to_owned(), add(STEP, name, log_name(site.place, name))))
        .collect();
    Logs { of, flow }
}

pub(super) fn declare(site: &mut Site<'_>) -> Cluster {
    let wanted = &site.stack.cluster;
    let namespace = Namespace {
        name: wanted.namespace.clone(),
        tags: site.tags(),
    };
    let namespace = site.graph.add(STEP, "main", namespace);
    let name = site.name("cluster");
    let cluster = ClusterKind {
        name: name.clone(),
        container_insights: wanted.container_insights.clone(),
        namespace: namespace.clone(),
        tags: site.tags(),
    };
    let cluster = site.graph.add(STEP, "main", cluster);
    Cluster {
        name,
        cluster,
        namespace,
    }
}
