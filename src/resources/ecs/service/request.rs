//! The calls that make and change a service.

use aws_sdk_ecs::operation::update_service::UpdateServiceInput;
use aws_sdk_ecs::operation::update_service::builders::UpdateServiceInputBuilder;
use aws_sdk_ecs::types as api;

use crate::aws::{Job, Required, all_tags, answer_of};
use crate::engine::{Changes, Fault, Field};
use crate::{field, fields};

use super::props::{ConnectProps, FAILED, IN_PROGRESS, ServiceProps, TargetProps, live};
use super::{Service, ServiceLive};
use crate::resources::ecs::{ecs_tags, network, spreads, token};
use crate::resources::sdk::build_error;

const CREATE: &str = "ecs:CreateService";
const UPDATE: &str = "ecs:UpdateService";

pub(super) async fn create(
    job: &Job,
    want: &ServiceProps,
    first_alone: bool,
) -> Result<ServiceLive, Fault> {
    let rest = Some(want.count).filter(|count| first_alone && *count > 1);
    let request = (job.ecs.create_service())
        .client_token(token(job))
        .cluster(&want.cluster)
        .service_name(&want.name)
        .task_definition(&want.task)
        .desired_count(signed(rest.map_or(want.count, |_| 1)))
        .launch_type(want.launch_type.as_str().into())
        .platform_version(&want.platform)
        .network_configuration(placed(CREATE, want)?)
        .set_load_balancers(Some(balancers(&want.target)))
        .set_health_check_grace_period_seconds(want.health_grace.map(signed))
        .service_connect_configuration(connect(CREATE, &want.connect)?)
        .deployment_configuration(limits(want))
        .availability_zone_rebalancing(want.zone_rebalancing.as_str().into())
        .enable_execute_command(want.exec)
        .propagate_tags(want.propagate_tags.as_str().into())
        .enable_ecs_managed_tags(want.managed_tags)
        .set_tags(Some(ecs_tags(&all_tags(job, &want.tags))));
    let send = || async { answer_of(CREATE, request.clone().send().await) };
    let answer = job.settle(|fault| settles(fault, CREATE), send).await?;
    let made = answer.service.required(CREATE, "service")?;
    Ok(ServiceLive {
        rest,
        ..asked(live(&made)?, want)
    })
}

/// Sends only what differs: what is sent may begin a deployment.
pub(super) async fn update(
    job: &Job,
    old: &ServiceLive,
    want: &ServiceProps,
    changes: &Changes,
    first_alone: bool,
) -> Result<ServiceLive, Fault> {
    let again = old.observed.rollout == FAILED;
    // One that was begun alone, by a run that was cut short, may not be ready.
    let unready = old.desired == 0 || old.desired == 1 && old.observed.rollout == IN_PROGRESS;
    let rest = Some(want.count).filter(|count| {
        first_alone && unready && *count > 1 && changes.changed(field!(ServiceProps, count))
    });
    let waits = rest.is_some() && old.desired == 1;
    let (count, rollout) = (Service::COUNT.path(), field!(ServiceProps, rollout).path());
    let sent = |path: &str| {
        !Field::TAGS.covers(path) && (path != rollout || again) && (path != count || !waits)
    };
    if !changes.fields.iter().any(|change| sent(&change.path)) {
        return Ok(ServiceLive {
            rest,
            ..asked(old.clone(), want)
        });
    }
    let mut request = UpdateServiceInput::builder()
        .cluster(&old.cluster)
        .service(&old.name);
    if changes.changed(field!(ServiceProps, task)) {
        request = request.task_definition(&want.task);
    }
    if changes.changed(field!(ServiceProps, count)) && !waits {
        request = request.desired_count(signed(rest.map_or(want.count, |_| 1)));
    }
    if changes.any_changed(&fields!(ServiceProps, subnets, groups, public_ip)) {
        request = request.network_configuration(placed(UPDATE, want)?);
    }
    if changes.changed(field!(ServiceProps, target)) {
        request = request.set_load_balancers(Some(balancers(&want.target)));
    }
    if changes.any_changed(&fields!(ServiceProps, target, health_grace)) {
        request = request.set_health_check_grace_period_seconds(want.health_grace.map(signed));
    }
    if changes.changed(field!(ServiceProps, connect)) {
        request = request.service_connect_configuration(connect(UPDATE, &want.connect)?);
    }
    if changes.any_changed(&fields!(
        ServiceProps,
        minimum_percent,
        maximum_percent,
        circuit_breaker,
        strategy
    )) {
        request = request.deployment_configuration(limits(want));
    }
    if changes.changed(field!(ServiceProps, zone_rebalancing)) {
        request = request.availability_zone_rebalancing(want.zone_rebalancing.as_str().into());
    }
    if changes.changed(field!(ServiceProps, exec)) {
        request = request.enable_execute_command(want.exec);
    }
    if changes.changed(field!(ServiceProps, propagate_tags)) {
        request = request.propagate_tags(want.propagate_tags.as_str().into());
    }
    if changes.changed(field!(ServiceProps, managed_tags)) {
        request = request.enable_ecs_managed_tags(want.managed_tags);
    }
    if changes.changed(field!(ServiceProps, platform)) {
        request = request.platform_version(&want.platform);
    }
    // Tasks that run take these up only when new ones take their place (`UpdateService`). And scaling
    // up from nothing is no deployment by itself: no circuit breaker would watch the first tasks.
    let first_tasks = changes.changed(field!(ServiceProps, count)) && old.desired == 0;
    if first_tasks || again || changes.any_changed(&fields!(ServiceProps, exec, endpoints)) {
        request = request.force_new_deployment(true);
    }
    let changed = send(job, &request).await?;
    let mut changed = asked(live(&changed)?, want);
    if old.desired != want.count && !waits {
        changed.after.count = Some(signed(old.desired));
    }
    changed.rest = rest;
    Ok(changed)
}

/// What is asked of a service outside a plan; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServiceUpdate {
    /// The ARN of another revision.
    pub(crate) task: Option<String>,
    /// How many tasks.
    pub(crate) count: Option<u32>,
    /// Begin a new deployment in any case: tasks read their secrets when they start.
    pub(crate) force: bool,
    /// Whether ECS goes back by itself when the tasks of a deployment keep failing.
    pub(crate) goes_back: Option<bool>,
}

/// Moves a service, which was just described.
///
/// # Errors
/// The fault of the call.
pub(crate) async fn update_service(
    job: &Job,
    service: &api::Service,
    to: &ServiceUpdate,
) -> Result<api::Service, Fault> {
    let limits = to.goes_back.map(|goes_back| {
        let mut limits = service
            .deployment_configuration
            .clone()
            .unwrap_or_else(|| api::DeploymentConfiguration::builder().build());
        let breaker = limits
            .deployment_circuit_breaker
            .get_or_insert_with(|| api::DeploymentCircuitBreaker::builder().build());
        breaker.enable = true;
        breaker.rollback = goes_back;
        limits
    });
    let request = UpdateServiceInput::builder()
        .set_cluster(service.cluster_arn.clone())
        .set_service(service.service_name.clone())
        .set_task_definition(to.task.clone())
        .set_desired_count(to.count.map(signed))
        .set_deployment_configuration(limits)
        .set_force_new_deployment(to.force.then_some(true));
    send(job, &request).await
}

/// The call that changes a service: a listener, a role or a service of that name that is still going
/// away are waited for.
async fn send(job: &Job, request: &UpdateServiceInputBuilder) -> Result<api::Service, Fault> {
    let call = || async { answer_of(UPDATE, request.clone().send_with(&job.ecs).await) };
    let answer = job.settle(|fault| settles(fault, UPDATE), call).await?;
    answer.service.required(UPDATE, "service")
}

/// The answer of the call, which may be of before it, with what was asked for.
fn asked(live: ServiceLive, want: &ServiceProps) -> ServiceLive {
    ServiceLive {
        asked: Some(want.clone()),
        ..live
    }
}

/// A listener that was made a moment ago, and a service of that name that is still going.
fn settles(fault: &Fault, operation: &str) -> bool {
    spreads(fault, operation)
        || fault.is(operation, &["InvalidParameterException"])
            && (fault
                .message
                .contains("does not have an associated load balancer")
                || fault.message.contains("still Draining"))
}

fn placed(
    operation: &'static str,
    want: &ServiceProps,
) -> Result<api::NetworkConfiguration, Fault> {
    network(operation, &want.subnets, &want.groups, want.public_ip)
}

fn balancers(target: &TargetProps) -> Vec<api::LoadBalancer> {
    let Some(group) = &target.group else {
        return Vec::new();
    };
    let traffic = target.alternate.as_ref().map(|alternate| {
        api::AdvancedConfiguration::builder()
            .alternate_target_group_arn(alternate)
            .set_production_listener_rule(target.rule.clone())
            .set_role_arn(target.role.clone())
            .build()
    });
    let balancer = api::LoadBalancer::builder()
        .target_group_arn(group)
        .set_container_name(target.container.clone())
        .set_container_port(target.port.map(i32::from))
        .set_advanced_configuration(traffic)
        .build();
    vec![balancer]
}

fn connect(
    operation: &'static str,
    connect: &ConnectProps,
) -> Result<api::ServiceConnectConfiguration, Fault> {
    let builder = api::ServiceConnectConfiguration::builder()
        .enabled(connect.namespace.is_some())
        .set_namespace(connect.namespace.clone());
    let (Some(name), Some(port)) = (&connect.port_name, connect.port) else {
        return Ok(builder.build());
    };
    let alias = api::ServiceConnectClientAlias::builder()
        .port(i32::from(port))
        .set_dns_name(connect.alias.clone())
        .build()
        .map_err(build_error(operation))?;
    let timeout = connect.request_timeout.map(|seconds| {
        api::TimeoutConfiguration::builder()
            .per_request_timeout_seconds(signed(seconds))
            .set_idle_timeout_seconds(connect.idle_timeout.map(signed))
            .build()
    });
    let offered = api::ServiceConnectService::builder()
        .port_name(name)
        .discovery_name(name)
        .client_aliases(alias)
        .set_timeout(timeout)
        .build()
        .map_err(build_error(operation))?;
    Ok(builder.services(offered).build())
}

fn limits(want: &ServiceProps) -> api::DeploymentConfiguration {
    let breaker = api::DeploymentCircuitBreaker::builder()
        .enable(true)
        .rollback(true)
        .build();
    let strategy = &want.strategy;
    let kind = api::DeploymentStrategy::from(strategy.kind.as_str());
    let linear = (kind == api::DeploymentStrategy::Linear).then(|| {
        api::LinearConfiguration::builder()
            .set_step_percent(strategy.percent)
            .set_step_bake_time_in_minutes(strategy.step_minutes)
            .build()
    });
    let canary = (kind == api::DeploymentStrategy::Canary).then(|| {
        api::CanaryConfiguration::builder()
            .set_canary_percent(strategy.percent)
            .set_canary_bake_time_in_minutes(strategy.step_minutes)
            .build()
    });
    api::DeploymentConfiguration::builder()
        .minimum_healthy_percent(signed(want.minimum_percent))
        .maximum_percent(signed(want.maximum_percent))
        .deployment_circuit_breaker(breaker)
        .strategy(kind)
        .set_bake_time_in_minutes(strategy.bake_minutes)
        .set_linear_configuration(linear)
        .set_canary_configuration(canary)
        .build()
}

fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
