//! What can be said of a service, and how it is read from AWS's answer.

use aws_sdk_ecs::types as api;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::Serialize;

use crate::aws::{Required, Tags, user_tags};
use crate::engine::{Fault, Field};
use crate::field;

use super::{After, ServiceLive};
use crate::resources::ecs::{last, primary, tags_of_ecs};

/// What can be said of a service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceProps {
    pub(super) name: String,
    /// The cluster's name.
    pub(super) cluster: String,
    pub(super) status: String,
    /// The ARN of the revision.
    pub(super) task: String,
    pub(crate) count: u32,
    pub(super) subnets: Vec<String>,
    pub(super) groups: Vec<String>,
    pub(crate) public_ip: bool,
    pub(super) target: TargetProps,
    pub(super) connect: ConnectProps,
    /// Seconds; nothing to say without a target.
    pub(super) health_grace: Option<u32>,
    pub(super) strategy: StrategyProps,
    pub(super) minimum_percent: u32,
    pub(super) maximum_percent: u32,
    /// `rollback`, `stop` or `off`: what happens when tasks of a new deployment keep failing.
    pub(super) circuit_breaker: String,
    pub(super) zone_rebalancing: String,
    pub(super) exec: bool,
    pub(super) propagate_tags: String,
    pub(super) managed_tags: bool,
    pub(super) platform: String,
    pub(super) launch_type: String,
    /// `COMPLETED`, `IN_PROGRESS`: the next run waits for its verdict, or `FAILED`: it is begun anew.
    pub(super) rollout: String,
    /// When the newest Service Connect name that its tasks can use was made: not after they were.
    pub(super) endpoints: Option<String>,
    pub(super) tags: Tags,
}

impl ServiceProps {
    /// How many tasks there are to be.
    pub(crate) const COUNT: Field = field!(ServiceProps, count);
}

/// Where the load balancer finds it; all `None` when none does.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct TargetProps {
    pub(super) group: Option<String>,
    pub(super) container: Option<String>,
    pub(super) port: Option<u16>,
    /// The second target group, where traffic moves between two.
    pub(super) alternate: Option<String>,
    /// The ARN of the rule whose weights ECS changes for that.
    pub(super) rule: Option<String>,
    /// The ARN of the role that it does so with.
    pub(super) role: Option<String>,
}

impl StrategyProps {
    /// Minutes that traffic takes to move and the old tasks stay after it, at least.
    pub(super) fn minutes(&self) -> u32 {
        let step = f64::from(self.step_minutes.unwrap_or(0));
        let percent = self.percent.unwrap_or(100.0).max(0.1);
        let steps = match self.kind.as_str() {
            "LINEAR" => (100.0 / percent).ceil() - 1.0,
            "CANARY" => 1.0,
            _ => 0.0,
        };
        // Both are small: 1440 minutes for each of at most 1000 steps.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and not negative"
        )]
        let moving = (steps * step) as u32;
        moving + self.bake_minutes.map_or(0, unsigned)
    }
}

impl TargetProps {
    /// The groups that tasks may be registered in.
    pub(super) fn groups(&self) -> Vec<String> {
        self.group.iter().chain(&self.alternate).cloned().collect()
    }
}

/// Minutes that a deployment of a service has traffic to move, at least; `None` where it moves none.
pub(crate) fn moving_minutes(service: &api::Service) -> Option<u32> {
    let strategy = strategy(service.deployment_configuration());
    (strategy.kind != "ROLLING").then(|| strategy.minutes())
}

/// The groups that the tasks of a service may be registered in.
pub(crate) fn target_groups(service: &api::Service) -> Vec<String> {
    target(service).groups()
}

/// How a new revision takes over; what has nothing to say is `None`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct StrategyProps {
    /// `ROLLING`, `BLUE_GREEN`, `LINEAR` or `CANARY`.
    pub(super) kind: String,
    pub(super) percent: Option<f64>,
    pub(super) step_minutes: Option<i32>,
    pub(super) bake_minutes: Option<i32>,
}

/// Its part in Service Connect.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct ConnectProps {
    /// The namespace's ARN; `None` when it takes no part.
    pub(super) namespace: Option<String>,
    pub(super) port_name: Option<String>,
    pub(super) alias: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) request_timeout: Option<u32>,
    pub(super) idle_timeout: Option<u32>,
}

const DESCRIBE: &str = "ecs:DescribeServices";

pub(super) const COMPLETED: &str = "COMPLETED";
/// One that goes on.
pub(super) const IN_PROGRESS: &str = "IN_PROGRESS";
/// A deployment whose tasks kept failing, when there was nothing to go back to.
pub(super) const FAILED: &str = "FAILED";

/// Reads a service.
pub(super) fn live(service: &api::Service) -> Result<ServiceLive, Fault> {
    use api::DeploymentRolloutState::Failed;
    let text = |text: Option<&str>, field| text.map(str::to_owned).required(DESCRIBE, field);
    let deployment = primary(service);
    let rollout = deployment.and_then(api::Deployment::rollout_state);
    let network = service
        .network_configuration()
        .and_then(api::NetworkConfiguration::awsvpc_configuration);
    let limits = service.deployment_configuration();
    let target = target(service);
    let observed = ServiceProps {
        name: text(service.service_name(), "serviceName")?,
        cluster: last(service.cluster_arn().required(DESCRIBE, "clusterArn")?).to_owned(),
        status: text(service.status(), "status")?,
        task: service.task_definition().unwrap_or_default().to_owned(),
        count: unsigned(service.desired_count()),
        subnets: sorted(network.map(api::AwsVpcConfiguration::subnets)),
        groups: sorted(network.map(api::AwsVpcConfiguration::security_groups)),
        public_ip: network.and_then(api::AwsVpcConfiguration::assign_public_ip)
            == Some(&api::AssignPublicIp::Enabled),
        connect: connect(deployment),
        health_grace: target.group.is_some().then(|| {
            service
                .health_check_grace_period_seconds()
                .map_or(0, unsigned)
        }),
        target,
        strategy: strategy(limits),
        // The defaults of `DeploymentConfiguration` in the ECS API.
        minimum_percent: limits
            .and_then(api::DeploymentConfiguration::minimum_healthy_percent)
            .map_or(100, unsigned),
        maximum_percent: limits
            .and_then(api::DeploymentConfiguration::maximum_percent)
            .map_or(200, unsigned),
        circuit_breaker: breaker(
            limits.and_then(api::DeploymentConfiguration::deployment_circuit_breaker),
        )
        .to_owned(),
        zone_rebalancing: service
            .availability_zone_rebalancing()
            .unwrap_or(&api::AvailabilityZoneRebalancing::Disabled)
            .as_str()
            .to_owned(),
        exec: service.enable_execute_command(),
        propagate_tags: service
            .propagate_tags()
            .unwrap_or(&api::PropagateTags::None)
            .as_str()
            .to_owned(),
        managed_tags: service.enable_ecs_managed_tags(),
        platform: service.platform_version().unwrap_or("LATEST").to_owned(),
        launch_type: service
            .launch_type()
            .map_or_else(String::new, |launch| launch.as_str().to_owned()),
        // There is no verdict on no tasks.
        rollout: rollout
            .filter(|state| **state == Failed || service.desired_count() > 0)
            .map_or(COMPLETED, api::DeploymentRolloutState::as_str)
            .to_owned(),
        endpoints: deployment.and_then(|one| one.created_at()).and_then(time),
        tags: user_tags(&tags_of_ecs(service.tags())),
    };
    Ok(ServiceLive {
        created: service.created_at().and_then(time).unwrap_or_default(),
        deployed: observed.endpoints.clone().unwrap_or_default(),
        rest: None,
        name: observed.name.clone(),
        arn: text(service.service_arn(), "serviceArn")?,
        cluster: observed.cluster.clone(),
        desired: observed.count,
        running: unsigned(service.running_count()),
        rollout: deployment
            .filter(|_| service.desired_count() > 0)
            .filter(|_| rollout.is_some_and(|state| state.as_str() != COMPLETED))
            .and_then(api::Deployment::rollout_state_reason)
            .map(str::to_owned),
        after: After {
            deployment: deployment.and_then(|one| one.created_at().copied()),
            service: service.created_at().copied(),
            count: None,
        },
        observed,
        asked: None,
    })
}

fn target(service: &api::Service) -> TargetProps {
    service
        .load_balancers()
        .first()
        .map_or_else(TargetProps::default, |balancer| {
            let traffic = balancer.advanced_configuration();
            TargetProps {
                group: balancer.target_group_arn().map(str::to_owned),
                container: balancer.container_name().map(str::to_owned),
                port: balancer
                    .container_port()
                    .and_then(|port| u16::try_from(port).ok()),
                alternate: traffic.and_then(|traffic| traffic.alternate_target_group_arn.clone()),
                rule: traffic.and_then(|traffic| traffic.production_listener_rule.clone()),
                role: traffic.and_then(|traffic| traffic.role_arn.clone()),
            }
        })
}

fn strategy(limits: Option<&api::DeploymentConfiguration>) -> StrategyProps {
    use api::DeploymentStrategy::{Canary, Linear, Rolling};
    let kind = limits
        .and_then(|limits| limits.strategy())
        .unwrap_or(&Rolling);
    let linear = limits.and_then(|limits| limits.linear_configuration());
    let canary = limits.and_then(|limits| limits.canary_configuration());
    let (percent, step_minutes) = match kind {
        Linear => (
            linear.and_then(|linear| linear.step_percent),
            linear.and_then(|linear| linear.step_bake_time_in_minutes),
        ),
        Canary => (
            canary.and_then(|canary| canary.canary_percent),
            canary.and_then(|canary| canary.canary_bake_time_in_minutes),
        ),
        _ => (None, None),
    };
    let bake = limits.and_then(|limits| limits.bake_time_in_minutes());
    StrategyProps {
        kind: kind.as_str().to_owned(),
        percent,
        step_minutes,
        bake_minutes: bake.filter(|_| *kind != Rolling),
    }
}

fn connect(deployment: Option<&api::Deployment>) -> ConnectProps {
    let Some(connect) = deployment
        .and_then(api::Deployment::service_connect_configuration)
        .filter(|connect| connect.enabled())
    else {
        return ConnectProps::default();
    };
    let offered = connect.services().first();
    let alias = offered.and_then(|offered| offered.client_aliases().first());
    let timeout = offered.and_then(api::ServiceConnectService::timeout);
    ConnectProps {
        namespace: connect.namespace().map(str::to_owned),
        port_name: offered.map(|offered| offered.port_name().to_owned()),
        alias: alias.and_then(|alias| alias.dns_name().map(str::to_owned)),
        port: alias.and_then(|alias| u16::try_from(alias.port()).ok()),
        request_timeout: timeout
            .and_then(api::TimeoutConfiguration::per_request_timeout_seconds)
            .map(unsigned),
        idle_timeout: timeout
            .and_then(api::TimeoutConfiguration::idle_timeout_seconds)
            .map(unsigned),
    }
}

fn breaker(breaker: Option<&api::DeploymentCircuitBreaker>) -> &'static str {
    match breaker {
        Some(breaker) if breaker.enable() && breaker.rollback() => "rollback",
        Some(breaker) if breaker.enable() => "stop",
        _ => "off",
    }
}

/// To the second and in one form, so that the later text is the later time.
fn time(at: &DateTime) -> Option<String> {
    let seconds = DateTime::from_secs(at.secs());
    seconds.fmt(Format::DateTime).ok()
}

fn sorted(list: Option<&[String]>) -> Vec<String> {
    let mut list = list.unwrap_or_default().to_vec();
    list.sort();
    list
}

fn unsigned(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}
