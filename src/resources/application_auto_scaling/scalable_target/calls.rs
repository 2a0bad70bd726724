//! The calls of Application Auto Scaling, for the number of tasks of ECS services.

use std::collections::BTreeMap;

use aws_sdk_applicationautoscaling::types as api;

use crate::aws::{Cloud, Job, Required, Tags, all_items, answer_of, deleted, done};
use crate::engine::Fault;

use super::{ScalableTargetLive, ScalableTargetProps};
use crate::resources::sdk::build_error;

const COUNT: api::ScalableDimension = api::ScalableDimension::EcsServiceDesiredCount;
const ECS: api::ServiceNamespace = api::ServiceNamespace::Ecs;
const REGISTER: &str = "application-autoscaling:RegisterScalableTarget";
const PUT: &str = "application-autoscaling:PutScalingPolicy";
const TARGETS: &str = "application-autoscaling:DescribeScalableTargets";

/// The policy's name among those of its target.
const POLICY: &str = "cpu";

/// Every scalable ECS service of the account and region, the tags not read.
///
/// # Errors
/// The fault of either call.
pub(super) async fn targets(cloud: &Cloud) -> Result<Vec<ScalableTargetLive>, Fault> {
    let (mut targets, mut policies) = tokio::try_join!(described(cloud, None), policies(cloud))?;
    for target in &mut targets {
        let of = policies.remove(&target.id).unwrap_or_default();
        target.cpu_percent = of.cpu_percent;
        target.added = of.added;
    }
    Ok(targets)
}

/// The target of that resource id, without its policy and tags; `None` when there is none.
///
/// # Errors
/// The fault of the call.
pub(super) async fn describe(cloud: &Cloud, id: &str) -> Result<Option<ScalableTargetLive>, Fault> {
    Ok(described(cloud, Some(id)).await?.pop())
}

async fn described(cloud: &Cloud, only: Option<&str>) -> Result<Vec<ScalableTargetLive>, Fault> {
    let request = (cloud.autoscaling.describe_scalable_targets())
        .service_namespace(ECS)
        .scalable_dimension(COUNT)
        .set_resource_ids(only.map(|id| vec![id.to_owned()]));
    let items = request.into_paginator().items().send();
    all_items(TARGETS, items.try_collect().await, live)
}

fn live(target: api::ScalableTarget) -> Result<ScalableTargetLive, Fault> {
    let suspended = target.suspended_state().is_some_and(|state| {
        [
            state.dynamic_scaling_in_suspended(),
            state.dynamic_scaling_out_suspended(),
            state.scheduled_scaling_suspended(),
        ]
        .contains(&Some(true))
    });
    Ok(ScalableTargetLive {
        min: target.min_capacity(),
        max: target.max_capacity(),
        cpu_percent: None,
        suspended,
        added: Vec::new(),
        tags: Tags::new(),
        id: target.resource_id,
        arn: (target.scalable_target_arn).required(TARGETS, "ScalableTargetARN")?,
    })
}

/// The policies of one target.
#[derive(Default)]
struct Policies {
    /// What ours keeps the CPU at.
    cpu_percent: Option<f64>,
    /// The names of others.
    added: Vec<String>,
}

/// Every policy of ECS services, by resource id.
async fn policies(cloud: &Cloud) -> Result<BTreeMap<String, Policies>, Fault> {
    const OPERATION: &str = "application-autoscaling:DescribeScalingPolicies";
    let request = (cloud.autoscaling.describe_scaling_policies())
        .service_namespace(ECS)
        .scalable_dimension(COUNT);
    let items = request.into_paginator().items().send();
    let mut all: BTreeMap<String, Policies> = BTreeMap::new();
    let described = answer_of(OPERATION, items.try_collect().await)?;
    for policy in &described {
        let of = all.entry(policy.resource_id().to_owned()).or_default();
        if policy.policy_name() != POLICY {
            of.added.push(policy.policy_name().to_owned());
            continue;
        }
        let Some(tracking) = policy.target_tracking_scaling_policy_configuration() else {
            continue;
        };
        let metric = tracking
            .predefined_metric_specification()
            .map(api::PredefinedMetricSpecification::predefined_metric_type);
        // Another metric under this name is not the policy that is wanted.
        if metric == Some(&api::MetricType::EcsServiceAverageCpuUtilization) {
            of.cpu_percent = Some(tracking.target_value());
        }
    }
    Ok(all)
}

/// Sets the bounds, and the tags of a target that is new; returns its ARN.
///
/// # Errors
/// `ValidationException` for tags on a target that is there already, among others.
pub(super) async fn register(
    job: &Job,
    want: &ScalableTargetProps,
    tags: Option<&Tags>,
) -> Result<String, Fault> {
    let state = api::SuspendedState::builder()
        .dynamic_scaling_in_suspended(want.suspended)
        .dynamic_scaling_out_suspended(want.suspended)
        .scheduled_scaling_suspended(want.suspended)
        .build();
    let request = (job.autoscaling.register_scalable_target())
        .service_namespace(ECS)
        .scalable_dimension(COUNT)
        .resource_id(&want.resource)
        .min_capacity(want.min)
        .max_capacity(want.max)
        .suspended_state(state)
        .set_tags(tags.map(|tags| tags.clone().into_iter().collect()));
    let send = || async { answer_of(REGISTER, request.clone().send().await) };
    let answer = job.settle(is_pending, send).await?;
    (answer.scalable_target_arn).required(REGISTER, "ScalableTargetARN")
}

/// Puts the policy that follows the CPU.
///
/// # Errors
/// The fault of the call.
pub(super) async fn follow(job: &Job, want: &ScalableTargetProps) -> Result<(), Fault> {
    let Some(percent) = want.cpu_percent else {
        return Ok(());
    };
    let metric = api::PredefinedMetricSpecification::builder()
        .predefined_metric_type(api::MetricType::EcsServiceAverageCpuUtilization)
        .build()
        .map_err(build_error(PUT))?;
    let tracking = api::TargetTrackingScalingPolicyConfiguration::builder()
        .predefined_metric_specification(metric)
        .target_value(percent)
        .build()
        .map_err(build_error(PUT))?;
    let request = (job.autoscaling.put_scaling_policy())
        .service_namespace(ECS)
        .scalable_dimension(COUNT)
        .resource_id(&want.resource)
        .policy_name(POLICY)
        .policy_type(api::PolicyType::TargetTrackingScaling)
        .target_tracking_scaling_policy_configuration(tracking);
    let send = || async { done(PUT, request.clone().send().await) };
    job.settle(is_pending, send).await
}

/// Removes one policy of a target; one that is gone is as wanted.
///
/// # Errors
/// The fault of the call.
pub(super) async fn forget(job: &Job, id: &str, policy: &str) -> Result<(), Fault> {
    const DELETE: &str = "application-autoscaling:DeleteScalingPolicy";
    let request = (job.autoscaling.delete_scaling_policy())
        .service_namespace(ECS)
        .scalable_dimension(COUNT)
        .resource_id(id)
        .policy_name(policy);
    let send = || async { deleted(DELETE, request.clone().send().await) };
    job.settle(is_pending, send).await
}

/// Removes the target together with its policies; one that is gone is as wanted.
///
/// # Errors
/// The fault of the call.
pub(super) async fn deregister(job: &Job, id: &str) -> Result<(), Fault> {
    const DEREGISTER: &str = "application-autoscaling:DeregisterScalableTarget";
    let request = (job.autoscaling.deregister_scalable_target())
        .service_namespace(ECS)
        .scalable_dimension(COUNT)
        .resource_id(id);
    let send = || async { deleted(DEREGISTER, request.clone().send().await) };
    job.settle(is_pending, send).await
}

/// "An Application Auto Scaling resource that already has a pending update" (the API's
/// `ConcurrentUpdateException`).
fn is_pending(fault: &Fault) -> bool {
    fault.code == "ConcurrentUpdateException"
}

/// The tags of a target.
///
/// # Errors
/// The fault of the call.
pub(super) async fn own_tags(cloud: &Cloud, arn: &str) -> Result<Tags, Fault> {
    let request = (cloud.autoscaling.list_tags_for_resource()).resource_arn(arn);
    let answer = answer_of(
        "application-autoscaling:ListTagsForResource",
        request.send().await,
    )?;
    Ok(answer.tags.unwrap_or_default().into_iter().collect())
}
