//! What the state of a service means for the revision that was asked for. Pure.

use std::collections::BTreeMap;

use aws_sdk_ecs::types as api;
use aws_smithy_types::DateTime;

use crate::resources::ecs::{last, primary};

/// What a read of a service must show before it counts: `DescribeServices` lags a few calls behind
/// `CreateService` and `UpdateService`.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct After {
    /// When the deployment was created that the change answered with; an older one is not judged.
    pub(crate) deployment: Option<DateTime>,
    /// When the service was created; one of its name that ended before is another.
    pub(crate) service: Option<DateTime>,
    /// How many tasks were wanted before the change, where it wants another number.
    pub(crate) count: Option<i32>,
}

impl After {
    /// Whether what was created then is from before the service that is meant.
    pub(super) fn is_before(&self, created: Option<DateTime>) -> bool {
        created
            .zip(self.service)
            .is_some_and(|(created, since)| created < since)
    }

    /// Whether a read is from before the change.
    fn is_behind(&self, service: &api::Service, deployment: &api::Deployment) -> bool {
        let older = |(created, since): (&DateTime, DateTime)| *created < since;
        let stale = deployment
            .created_at()
            .zip(self.deployment)
            .is_some_and(older);
        stale || self.count == Some(service.desired_count())
    }
}

/// How many tasks of a deployment may fail before it counts as failed: what trips the deployment
/// circuit breaker unless it is set otherwise, half of the wanted tasks, 3 to 200 ("How the Amazon ECS
/// deployment circuit breaker detects failures" in the ECS developer guide). Fewer is bad luck: a
/// task that found no capacity, or a registry that did not answer, is started again.
fn tolerated(desired: i32) -> i32 {
    (desired / 2 + desired % 2).clamp(3, 200)
}

/// The targets of a service's target group.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    /// The state of each.
    pub(super) states: Vec<String>,
    /// Why some are unhealthy.
    pub(super) unhealthy: Vec<String>,
}

/// What a look at a service says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RolloutState {
    /// The revision asked for runs, as often as wanted, and is healthy.
    Succeeded,
    /// It may yet; what it is doing.
    InProgress(String),
    /// It will not; what happened.
    Failed(String),
}

/// Judges by the deployment that ECS calls primary. A service that was rolled back looks as stable
/// as one that was not, so the revision is what counts, and where only the service deployment can
/// tell (the same revision, started anew), that.
pub(super) fn rollout_state(
    service: &api::Service,
    asked: &str,
    after: &After,
    targets: Option<&Targets>,
    rollout: Option<&api::ServiceDeployment>,
) -> RolloutState {
    let Some(deployment) = primary(service) else {
        return RolloutState::InProgress("no deployment yet".to_owned());
    };
    if after.is_behind(service, deployment) {
        return RolloutState::InProgress("its deployment begins".to_owned());
    }
    let runs = deployment.task_definition().unwrap_or_default();
    if runs != asked {
        // ECS has gone back already, or somebody has deployed another.
        return RolloutState::Failed(match rollout.and_then(given_up) {
            Some(why) => format!("{} does not run: {why}; {} runs", last(asked), last(runs)),
            None => format!("{} does not run: {} does", last(asked), last(runs)),
        });
    }
    if let Some(given_up) = rollout.and_then(given_up) {
        return RolloutState::Failed(format!("{} does not run: {given_up}", last(asked)));
    }
    let settled = rollout.is_none_or(is_settled);
    let stage = rollout.and_then(stage);
    let rollout = deployment.rollout_state();
    let (desired, running) = (service.desired_count(), deployment.running_count());
    if rollout == Some(&api::DeploymentRolloutState::Failed) {
        let why = deployment
            .rollout_state_reason()
            .unwrap_or("no reason given");
        return RolloutState::Failed(format!("{} does not run: {why}", last(asked)));
    }
    let failures = deployment.failed_tasks();
    if failures >= tolerated(desired) && failures > running {
        return RolloutState::Failed(format!(
            "{} does not run: {failures} of its tasks have failed so far",
            last(asked)
        ));
    }
    let all = service.running_count() + service.pending_count();
    if desired == 0 && all == 0 {
        return RolloutState::Succeeded;
    }
    if desired == 0 {
        let tasks = if all == 1 { "task" } else { "tasks" };
        return RolloutState::InProgress(format!("{all} {tasks} stopping"));
    }
    let healthy = targets.is_none_or(|targets| {
        let healthy = targets
            .states
            .iter()
            .filter(|state| *state == "healthy")
            .count();
        i32::try_from(healthy).is_ok_and(|healthy| healthy >= desired)
    });
    let completed = rollout.is_none_or(|state| *state == api::DeploymentRolloutState::Completed);
    if completed && settled && running == desired && service.running_count() == desired && healthy {
        return RolloutState::Succeeded;
    }
    let mut doing = format!("{running} of {desired} tasks running");
    let old = all - running - deployment.pending_count();
    if old > 0 {
        doing.push_str(&format!(", {old} old ones left"));
    }
    if let Some(targets) = targets {
        doing.push_str(&targets_in_words(targets));
    }
    if let Some(stage) = stage {
        doing.push_str(&format!(", {stage}"));
    }
    RolloutState::InProgress(doing)
}

/// How far the traffic has moved, where ECS moves it.
fn stage(rollout: &api::ServiceDeployment) -> Option<String> {
    use api::ServiceDeploymentLifecycleStage as At;
    let target = rollout.target_service_revision();
    let weight = target.and_then(|target| target.requested_production_traffic_weight());
    match rollout.lifecycle_stage()? {
        At::ProductionTrafficShift => {
            let weight = weight.unwrap_or(0.0);
            Some(format!("{weight} % of the traffic at the new ones"))
        }
        At::PostProductionTrafficShift | At::BakeTime => {
            Some("all traffic at the new ones, the old ones stay for a while".to_owned())
        }
        _ => None,
    }
}

fn is_settled(rollout: &api::ServiceDeployment) -> bool {
    rollout.status() == Some(&api::ServiceDeploymentStatus::Successful)
}

/// Why a service deployment will not come about; `None` while it may.
fn given_up(rollout: &api::ServiceDeployment) -> Option<String> {
    use api::ServiceDeploymentStatus as Status;
    let described = match rollout.status()? {
        Status::StopRequested | Status::Stopped => "its deployment was stopped",
        Status::RollbackRequested | Status::RollbackInProgress => "its deployment is rolled back",
        Status::RollbackSuccessful => "its deployment was rolled back",
        Status::RollbackFailed => "its deployment failed, and so did its rollback",
        _ => return None,
    };
    let why = rollout.status_reason();
    Some(why.map_or_else(|| described.to_owned(), |why| format!("{described}: {why}")))
}

/// `, target initial`, or `, targets: 1 healthy, 1 initial`.
fn targets_in_words(targets: &Targets) -> String {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for state in &targets.states {
        *count.entry(state).or_default() += 1;
    }
    match targets.states.as_slice() {
        [] => String::new(),
        [only] => format!(", target {only}"),
        _ => {
            let each: Vec<String> = count
                .iter()
                .map(|(state, n)| format!("{n} {state}"))
                .collect();
            format!(", targets: {}", each.join(", "))
        }
    }
}

#[cfg(test)]
mod tests;
