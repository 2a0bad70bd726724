//! One deployment of a service, from the call that begins it to the verdict on it.

use std::time::Duration;

use aws_sdk_ecs::types as api;

use super::service_events::SeenEvents;
use super::service_state::ServiceState;
use crate::aws::grant::{Grant, on};
use crate::aws::{Cloud, fault};
use crate::engine::{Class, Fault, Job, Pace, Ready, Step};
use crate::resources::ecs::deployments::service_deployments;
use crate::resources::ecs::service::{
    After, DeploymentTarget, ServiceUpdate, deployment, reached, target_groups, update_service,
};
use crate::resources::ecs::task_definition::revision;
use crate::resources::ecs::{self, Presence};

/// How long a deployment takes, and how often to look.
pub(crate) fn pace(limit: Duration) -> Pace {
    Pace {
        limit,
        ..Pace::of(ROLLED_OUT.as_secs(), 0, 5)
    }
}

/// Until a deployment of a service is completed: a task's start, its health checks, and the connections of the old one.
pub(crate) const ROLLED_OUT: Duration = Duration::from_secs(180);
/// Until all tasks of a service have stopped: their connections end first.
pub(crate) const STOPPED: Duration = Duration::from_secs(90);

/// Moves the service and waits for the verdict, unless it shall not be waited for. What an
/// interrupted run has begun is not begun again.
///
/// # Errors
/// Of class failed when what was asked for will not run, with all that AWS knows of why.
pub(crate) async fn deploy(
    step: &Step<Cloud>,
    state: &ServiceState,
    task: &str,
    to: &ServiceUpdate,
    wait: bool,
) -> Result<(), Fault> {
    let service = now(step.job(), state).await?;
    let mut seen_events = SeenEvents::until_now(&service);
    // Only the newest after the change is followed.
    let before = match wait {
        true => newest(step.job(), &service).await?,
        false => None,
    };
    let runs = service.task_definition() == Some(task);
    let counts = to.count.is_none_or(|count| {
        i32::try_from(count).is_ok_and(|count| count == service.desired_count())
    });
    let deploys = to.force || !runs;
    let mut after = After::default();
    if deploys || !counts || to.goes_back.is_some() {
        let changed = update_service(step.job(), &service, to).await?;
        after.deployment = ecs::primary(&changed).and_then(|one| one.created_at().copied());
        after.count = (!counts).then(|| service.desired_count());
    }
    if !wait {
        return Ok(());
    }
    let mut asked = DeploymentTarget {
        cluster: service.cluster_arn.clone().unwrap_or_default(),
        name: service.service_name.clone().unwrap_or_default(),
        task: task.to_owned(),
        groups: target_groups(&service),
        // One that goes on already is the one to judge.
        rollout: service
            .current_service_deployment
            .clone()
            .filter(|_| !deploys),
        after,
    };
    let ended = step
        .until(async || {
            if deploys && asked.rollout.is_none() {
                asked.rollout = newest(step.job(), &service)
                    .await?
                    .filter(|newest| before.as_ref() != Some(newest));
                if asked.rollout.is_none() {
                    return Ok(Ready::NotYet("its deployment begins".to_owned()));
                }
            }
            let tell = |service: &api::Service| {
                for fresh in seen_events.new_events(service) {
                    step.job().note(fresh);
                }
            };
            reached(step.job(), &asked, tell).await
        })
        .await;
    match (ended, &asked.rollout) {
        (Err(failed), Some(rollout)) if failed.class == Class::Failed => {
            let what = failed.message.lines().next().unwrap_or_default();
            // Who does not go back by himself stops the tasks: ECS ends no deployment where it is
            // (`StopServiceDeployment` takes `ROLLBACK` alone).
            let line = match to.goes_back {
                Some(false) => None,
                _ => go_back(step, rollout, what).await?,
            };
            Err(with_line(failed, line))
        }
        (ended, _) => ended.map(|_| ()),
    }
}

/// The service as it is now.
pub(crate) async fn now(job: &Job<Cloud>, state: &ServiceState) -> Result<api::Service, Fault> {
    let cluster = state.service.cluster_arn().unwrap_or_default();
    let name = state.service.service_name().unwrap_or_default();
    // It was read a moment ago, so one that ECS does not know is a read that lags.
    let unknown = |fault: &Fault| fault.code == "MISSING";
    let probe = || async {
        match ecs::presence(job, cluster, name).await? {
            Presence::There(service) => Ok(*service),
            Presence::Deleted(_) => Err(absent(job, name)),
            Presence::Unknown => Err(Fault {
                code: "MISSING".to_owned(),
                ..absent(job, name)
            }),
        }
    };
    job.settle(unknown, probe).await
}

fn absent(job: &Job<Cloud>, name: &str) -> Fault {
    Fault::new(
        job.address().to_string(),
        Class::Absent,
        format!("the service {name} was deleted by someone else"),
    )
}

/// The ARN of the newest service deployment.
async fn newest(cloud: &Cloud, service: &api::Service) -> Result<Option<String>, Fault> {
    let cluster = service.cluster_arn().unwrap_or_default();
    let name = service.service_name().unwrap_or_default();
    let newest = service_deployments(cloud, cluster, name).await?;
    Ok(newest
        .into_iter()
        .next()
        .and_then(|newest| newest.service_deployment_arn))
}

/// Has ECS go back at once from a deployment that will not come about, and waits until it has.
/// `None` when there is nothing that it goes back to.
async fn go_back(step: &Step<Cloud>, rollout: &str, what: &str) -> Result<Option<String>, Fault> {
    use api::ServiceDeploymentStatus as Status;
    let job = step.job();
    let Some(is) = deployment(job, rollout).await? else {
        return Ok(None);
    };
    if matches!(is.status(), Some(Status::InProgress | Status::Pending)) {
        let stopped = job
            .ecs
            .stop_service_deployment()
            .service_deployment_arn(rollout)
            .stop_type(api::StopServiceDeploymentStopType::Rollback)
            .send()
            .await
            .map_err(fault("ecs:StopServiceDeployment"));
        if let Err(fault) = stopped {
            // It may have ended by itself meanwhile, or there is nothing to go back to.
            job.note(fault.to_string());
        }
    }
    job.note(format!("{what}; going back to what ran before"));
    step.until(async || {
        let is = deployment(job, rollout).await?;
        let status = is.as_ref().and_then(|is| is.status());
        let to = is
            .as_ref()
            .and_then(|is| is.rollback()?.service_revision_arn());
        match status {
            Some(Status::RollbackSuccessful) => {
                let to = match to {
                    Some(to) => definition_of(job, to).await?,
                    None => None,
                };
                Ok(Ready::Yes(Some(match to {
                    Some(to) => format!("revision {} runs again", revision(&to)),
                    None => "what ran before runs again".to_owned(),
                })))
            }
            Some(Status::RollbackFailed) => Ok(Ready::Yes(Some(
                "and the way back to what ran before failed".to_owned(),
            ))),
            Some(
                Status::RollbackRequested | Status::RollbackInProgress | Status::StopRequested,
            ) => Ok(Ready::NotYet("going back to what ran before".to_owned())),
            _ => Ok(Ready::Yes(None)),
        }
    })
    .await
}

/// The ARN of the task definition of a service revision.
async fn definition_of(cloud: &Cloud, of: &str) -> Result<Option<String>, Fault> {
    let answer = cloud
        .ecs
        .describe_service_revisions()
        .service_revision_arns(of)
        .send()
        .await
        .map_err(fault("ecs:DescribeServiceRevisions"))?;
    let found = answer.service_revisions.unwrap_or_default().pop();
    Ok(found.and_then(|found| found.task_definition))
}

fn with_line(mut failed: Fault, line: Option<String>) -> Fault {
    if let Some(line) = line {
        failed.message = format!("{}\n{line}", failed.message);
    }
    failed
}

/// What going back needs, and ending what was begun, beside what a change does.
pub(crate) const GRANTS: &[Grant] = &[
    on(
        &[
            "ecs:service/{cluster}/*",
            "ecs:service-deployment/{cluster}/*",
        ],
        &["ecs:StopServiceDeployment"],
    ),
    on(
        &[
            "ecs:task-definition/{stack}-*",
            "ecs:task-definition/{stack}:*",
            "ecs:task-definition/{task-definition}:*",
            "ecs:service/{cluster}/*",
        ],
        &["ecs:UntagResource"],
    ),
];
