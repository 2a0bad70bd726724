//! Service-linked roles: each service makes its own in an account the first time that it is used, by the permission
//! `iam:CreateServiceLinkedRole` of whoever calls ("Using service-linked roles" of each service's guide).

use std::collections::BTreeSet;

use super::{CheckContext, Finding};
use crate::aws::fault;
use crate::aws::grant::{Grant, anywhere};
use crate::engine::{Fault, Resource};
use crate::message::{Command, commands, message};
use crate::resources::{Cache, Cluster, DbInstance, LoadBalancer, ScalableTarget};

/// The kind that needs it, its name, and the service that it is for.
const ROLES: [(&str, &str, &str); 5] = [
    (Cluster::KIND, "AWSServiceRoleForECS", "ecs.amazonaws.com"),
    (
        DbInstance::KIND,
        "AWSServiceRoleForRDS",
        "rds.amazonaws.com",
    ),
    (
        LoadBalancer::KIND,
        "AWSServiceRoleForElasticLoadBalancing",
        "elasticloadbalancing.amazonaws.com",
    ),
    (
        Cache::KIND,
        "AWSServiceRoleForElastiCache",
        "elasticache.amazonaws.com",
    ),
    (
        ScalableTarget::KIND,
        "AWSServiceRoleForApplicationAutoScaling_ECSService",
        "ecs.application-autoscaling.amazonaws.com",
    ),
];

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let wanted = ROLES
        .iter()
        .filter(|(kind, ..)| context.made(kind).next().is_some());
    let wanted: Vec<_> = wanted.collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut roles = context
        .cloud
        .iam
        .list_roles()
        .path_prefix("/aws-service-role/")
        .into_paginator()
        .items()
        .send();
    let mut there = BTreeSet::new();
    while let Some(role) = roles.next().await {
        there.insert(role.map_err(fault("iam:ListRoles"))?.role_name);
    }
    let found = wanted.into_iter().map(|(_, name, service)| {
        if there.contains(*name) {
            return Finding::ok(*name, "is there");
        }
        let reason = message![
            format!("is not there: {service} makes it at its first use, if whoever runs "),
            commands::up(),
            " may iam:CreateServiceLinkedRole",
        ];
        let make = Command::aws("iam create-service-linked-role");
        Finding::warn(*name, reason).fix(make.option("--aws-service-name", *service))
    });
    Ok(found.collect())
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[anywhere(&["iam:ListRoles"])];
