//! The verdict on a deployment: whether the revision asked for is the one that runs and is healthy.
//!
//! Ends as soon as AWS knows that it will not be, and says why.

use aws_sdk_ecs::types as api;

use crate::aws::{Job, fault};
use crate::engine::{Class, Fault, Ready};

use super::super::ecs::one;
use super::super::ecs::trouble::{Of, failed, look_into, stopped, tasks};
use super::ServiceLive;
use super::judge::{Judgement, Targets, judge};
use super::props::live;

pub(super) async fn ready(job: &Job, asked: &ServiceLive) -> Result<Ready<ServiceLive>, Fault> {
    let Some(service) = one(job, &asked.cluster, &asked.name).await? else {
        return Err(Fault::new(
            job.address().to_string(),
            Class::Absent,
            format!("the service {} is gone: somebody deleted it", asked.name),
        ));
    };
    let group = asked.said.target.group.as_deref();
    let targets = match group.filter(|_| service.desired_count() > 0) {
        Some(group) => Some(targets(job, group).await?),
        None => None,
    };
    match judge(&service, &asked.said.task, targets.as_ref()) {
        Judgement::Good => Ok(Ready::Yes(live(&service)?)),
        Judgement::NotYet(doing) => Ok(Ready::NotYet(doing)),
        Judgement::Bad(what) => Err(tell(job, asked, &service, what, targets.as_ref()).await?),
    }
}

async fn targets(job: &Job, group: &str) -> Result<Targets, Fault> {
    let answer = job
        .elb
        .describe_target_health()
        .target_group_arn(group)
        .send()
        .await
        .map_err(fault("elasticloadbalancing:DescribeTargetHealth"))?;
    let mut targets = Targets::default();
    for health in answer.target_health_descriptions() {
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
async fn tell(
    job: &Job,
    asked: &ServiceLive,
    service: &api::Service,
    what: String,
    targets: Option<&Targets>,
) -> Result<Fault, Fault> {
    let mut story = Vec::new();
    let mut log_group = None;
    if let Some(task) = culprit(job, asked).await? {
        let stopped = look_into(job, &task).await?;
        story.extend(stopped.story);
        log_group = stopped.log_group;
    }
    if let Some(why) = targets.and_then(|targets| targets.unhealthy.first()) {
        story.push(format!("the load balancer says of a target: {why}"));
    }
    if let Some((status, why)) = deployment(job, asked).await {
        match why {
            Some(why) if !what.contains(&why) => story.push(format!("deployment {status}: {why}")),
            _ => story.push(format!("deployment {status}")),
        }
    }
    let mark = format!("(service {}) ", asked.name);
    let events: Vec<&str> = service
        .events()
        .iter()
        .filter_map(|event| event.message())
        .take(3)
        .map(|message| message.strip_prefix(&mark).unwrap_or(message))
        .collect();
    if !events.is_empty() {
        story.push("the last events:".to_owned());
        story.extend(events.iter().rev().map(|event| format!("  {event}")));
    }
    Ok(failed(job, what, story, log_group.as_deref()))
}

/// The task of the wanted revision that stopped last, and not because ECS had no more need of it.
async fn culprit(job: &Job, asked: &ServiceLive) -> Result<Option<api::Task>, Fault> {
    let arns = stopped(job, &asked.cluster, Of::Service(&asked.name)).await?;
    let tasks = tasks(job, &asked.cluster, &arns).await?;
    let unneeded = |task: &api::Task| {
        task.stopped_reason()
            .is_some_and(|reason| reason.starts_with("Scaling activity initiated"))
    };
    Ok(tasks
        .into_iter()
        .filter(|task| task.task_definition_arn() == Some(asked.said.task.as_str()))
        .filter(|task| !unneeded(task))
        .max_by_key(|task| {
            let time = task.stopping_at().or(task.created_at());
            time.map_or(0, |time| time.as_nanos())
        }))
}

/// The status of the service deployment and its reason; a caller who may not ask is told nothing.
async fn deployment(job: &Job, asked: &ServiceLive) -> Option<(String, Option<String>)> {
    let answer = job
        .ecs
        .list_service_deployments()
        .cluster(&asked.cluster)
        .service(&asked.name)
        .max_results(1)
        .send()
        .await
        .ok()?;
    let newest = answer.service_deployments().first()?;
    let status = newest.status()?.as_str().to_lowercase().replace('_', " ");
    Some((status, newest.status_reason().map(str::to_owned)))
}
