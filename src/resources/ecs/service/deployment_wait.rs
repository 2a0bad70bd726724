//! The verdict on a deployment: whether the revision asked for is the one that runs and is healthy.
//!
//! Ends as soon as AWS knows that it will not be, and says why.

use aws_sdk_ecs::types as api;

use crate::aws::{Job, Required, answer_of};
use crate::engine::{Class, Fault, Ready};

use super::ServiceLive;
use super::events::without_service_name;
use super::request::{ServiceUpdate, update_service};
use super::rollout_state::{After, RolloutState, Targets, rollout_state};
use crate::resources::ecs::deployments::service_deployments;
use crate::resources::ecs::task_failure::{failed, look_into};
use crate::resources::ecs::tasks::{Of, arns, tasks};
use crate::resources::ecs::{Presence, presence};
use crate::resources::sdk::try_join_bounded;

/// What was asked of a service.
#[derive(Debug, Clone)]
pub(crate) struct DeploymentTarget {
    /// Its cluster's name.
    pub(crate) cluster: String,
    /// Its name.
    pub(crate) name: String,
    /// The ARN of the revision that is to run.
    pub(crate) task: String,
    /// The target groups that its tasks register in.
    pub(crate) groups: Vec<String>,
    /// The ARN of the service deployment that brings it about, where one does.
    pub(crate) rollout: Option<String>,
    /// What a read must show before it counts.
    pub(crate) after: After,
}

/// A service as one look found it.
struct Observed {
    /// The service; `None` while ECS does not know it yet.
    service: Option<api::Service>,
    /// What that means for what was asked.
    state: RolloutState,
    targets: Option<Targets>,
}

impl Observed {
    /// ECS does not show what was asked of it.
    fn not_yet() -> Self {
        Self {
            service: None,
            state: RolloutState::InProgress("not visible yet".to_owned()),
            targets: None,
        }
    }
}

pub(super) async fn ready(job: &Job, live: &ServiceLive) -> Result<Ready<ServiceLive>, Fault> {
    let asked = DeploymentTarget {
        cluster: live.cluster.clone(),
        name: live.name.clone(),
        task: live.wanted().task.clone(),
        groups: live.wanted().target.groups(),
        rollout: None,
        after: live.after,
    };
    Ok(match reached(job, &asked, |_| ()).await? {
        Ready::Yes(service) if live.rest.is_some_and(|rest| is_fewer(&service, rest)) => {
            let all = ServiceUpdate {
                count: live.rest,
                ..ServiceUpdate::default()
            };
            update_service(job, &service, &all).await?;
            Ready::NotYet("the first task is ready, the others start".to_owned())
        }
        Ready::Yes(service) => Ready::Yes(super::props::live(&service)?),
        Ready::NotYet(doing) => Ready::NotYet(doing),
    })
}

/// Looks once whether what was asked for runs and is healthy; `seen` gets the service as it is.
///
/// # Errors
/// Of class failed when it will not run, with all that AWS knows of why; of class absent when the service
/// was deleted; or the fault of a read.
pub(crate) async fn reached(
    job: &Job,
    asked: &DeploymentTarget,
    seen: impl FnOnce(&api::Service),
) -> Result<Ready<api::Service>, Fault> {
    let observed = probe(job, asked).await?;
    if let Some(service) = &observed.service {
        seen(service);
    }
    match &observed.state {
        RolloutState::Succeeded => {
            let service = observed
                .service
                .required("ecs:DescribeServices", "services");
            service.map(Ready::Yes)
        }
        RolloutState::InProgress(doing) => Ok(Ready::NotYet(doing.clone())),
        RolloutState::Failed(what) => {
            Err(failure_details(job, asked, &observed, what.clone()).await?)
        }
    }
}

fn is_fewer(service: &api::Service, count: u32) -> bool {
    u32::try_from(service.desired_count()).unwrap_or(0) < count
}

async fn probe(job: &Job, asked: &DeploymentTarget) -> Result<Observed, Fault> {
    let service = match presence(job, &asked.cluster, &asked.name).await? {
        Presence::There(service) => *service,
        // One that is made anew has the ARN of the one before it, and a read from before shows that one.
        Presence::Deleted(created) if asked.after.is_before(created) => {
            return Ok(Observed::not_yet());
        }
        Presence::Deleted(_) => {
            return Err(Fault::new(
                job.address().to_string(),
                Class::Absent,
                format!("the service {} was deleted by someone else", asked.name),
            ));
        }
        Presence::Unknown => {
            return Ok(Observed::not_yet());
        }
    };
    let rollout = match &asked.rollout {
        Some(arn) => deployment(job, arn).await?,
        None => None,
    };
    let targets = if asked.groups.is_empty() || service.desired_count() == 0 {
        None
    } else {
        Some(targets(job, &asked.groups).await?)
    };
    let state = rollout_state(
        &service,
        &asked.task,
        &asked.after,
        targets.as_ref(),
        rollout.as_ref(),
    );
    Ok(Observed {
        service: Some(service),
        state,
        targets,
    })
}

/// A service deployment as it is now.
///
/// # Errors
/// The fault of the call.
pub(crate) async fn deployment(
    job: &Job,
    arn: &str,
) -> Result<Option<api::ServiceDeployment>, Fault> {
    let request = (job.ecs.describe_service_deployments()).service_deployment_arns(arn);
    let answer = answer_of("ecs:DescribeServiceDeployments", request.send().await)?;
    Ok(answer.service_deployments.unwrap_or_default().pop())
}

async fn targets(job: &Job, groups: &[String]) -> Result<Targets, Fault> {
    let answers = try_join_bounded(groups.iter().map(async |group| {
        let request = job.elb.describe_target_health().target_group_arn(group);
        answer_of(
            "elasticloadbalancing:DescribeTargetHealth",
            request.send().await,
        )
    }))
    .await?;
    let mut targets = Targets::default();
    for health in answers
        .iter()
        .flat_map(|answer| answer.target_health_descriptions())
    {
        let health = health.target_health();
        let state = health
            .and_then(|health| Some(health.state()?.as_str()))
            .unwrap_or("unknown");
        targets.states.push(state.to_owned());
        let why = health.and_then(|health| health.description());
        if let Some(why) = why.filter(|_| state == "unhealthy") {
            targets.unhealthy.push(why.to_owned());
        }
    }
    Ok(targets)
}

/// Everything AWS knows of a deployment that did not come about.
async fn failure_details(
    job: &Job,
    asked: &DeploymentTarget,
    observed: &Observed,
    what: String,
) -> Result<Fault, Fault> {
    let mut details = Vec::new();
    let mut log_group = None;
    if let Some(task) = last_failed_task(job, asked).await? {
        let stopped = look_into(job, &task).await?;
        details.extend(stopped.details);
        log_group = stopped.log_group;
    }
    if let Some(why) = (observed.targets.as_ref()).and_then(|targets| targets.unhealthy.first()) {
        details.push(format!("the load balancer says of a target: {why}"));
    }
    if let Some((status, why)) = newest(job, asked).await {
        match why {
            Some(why) if !what.contains(&why) => {
                details.push(format!("deployment {status}: {why}"))
            }
            _ if status == "in progress" => {}
            _ => details.push(format!("deployment {status}")),
        }
    }
    let events: Vec<String> = (observed.service.iter())
        .flat_map(|service| service.events().iter().map(move |event| (service, event)))
        .filter_map(|(service, event)| without_service_name(service, event))
        .take(3)
        .collect();
    if !events.is_empty() {
        details.push("the last events:".to_owned());
        details.extend(events.iter().rev().map(|event| format!("  {event}")));
    }
    Ok(failed(job, what, details, log_group.as_deref()))
}

/// The task of the wanted revision that stopped last, and not because ECS had no more need of it.
async fn last_failed_task(job: &Job, asked: &DeploymentTarget) -> Result<Option<api::Task>, Fault> {
    let of = Of::Service(&asked.name);
    let arns = arns(job, &asked.cluster, of, api::DesiredStatus::Stopped).await?;
    let tasks = tasks(job, &asked.cluster, &arns).await?;
    let unneeded = |task: &api::Task| {
        task.stopped_reason()
            .is_some_and(|reason| reason.starts_with("Scaling activity initiated"))
    };
    Ok(tasks
        .into_iter()
        .filter(|task| task.task_definition_arn() == Some(asked.task.as_str()))
        .filter(|task| !unneeded(task))
        .max_by_key(|task| {
            let time = task.stopping_at().or(task.created_at());
            time.map_or(0, |time| time.as_nanos())
        }))
}

/// The status of the service deployment and its reason; a caller who may not ask is told nothing.
async fn newest(job: &Job, asked: &DeploymentTarget) -> Option<(String, Option<String>)> {
    let all = service_deployments(job, &asked.cluster, &asked.name).await;
    let all = all.ok()?;
    let newest = all.first()?;
    let status = newest.status()?.as_str().to_lowercase().replace('_', " ");
    Some((status, newest.status_reason().map(str::to_owned)))
}
