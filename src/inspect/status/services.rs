//! How the services are.

use std::collections::BTreeSet;

use aws_sdk_ecs::operation::list_service_deployments::builders::ListServiceDeploymentsFluentBuilder;
use aws_sdk_ecs::types as api;
use tokio::task::JoinSet;

use super::assessment::of_service;
use super::revision::TaskRevision;
use super::tasks::{running, small};
use super::{DeploymentSummary, Health, ServiceSummary, TargetsSummary, UnreadSummary, targets};
use crate::aws::timestamp::Timestamp;
use crate::aws::{Cloud, fault};
use crate::engine::{Fault, Graph, Ownership};
use crate::resources::ecs::service::target_groups;
use crate::resources::ecs::stopped_task::last_stopped;
use crate::resources::ecs::tasks::{all, is_of};
use crate::resources::ecs::{described, primary, tags_of_ecs};
use crate::resources::physical_names;
use crate::stack::Stack;

/// Reads every service of the file, and what could not be read of them.
pub async fn read(
    cloud: &Cloud,
    stack: &Stack,
    graph: &Graph<Cloud>,
) -> (Vec<ServiceSummary>, Vec<UnreadSummary>) {
    let cluster = physical_names::cluster(graph);
    let called: BTreeSet<String> = stack
        .services
        .keys()
        .map(|name| physical_names::service(graph, name))
        .collect();
    let (services, current, ended) = tokio::join!(
        described(cloud, &cluster, &called),
        all(cloud, &cluster, api::DesiredStatus::Running),
        all(cloud, &cluster, api::DesiredStatus::Stopped),
    );
    let mut unread = Vec::new();
    let services = match services {
        Ok(services) => services,
        Err(fault) => {
            unread.push(UnreadSummary::new("services", &fault));
            let looks = stack
                .services
                .keys()
                .map(|name| empty(name, Health::Unread));
            return (looks.collect(), unread);
        }
    };
    let mut known = |tasks: Result<Vec<api::Task>, Fault>, what| {
        tasks.unwrap_or_else(|fault| {
            unread.push(UnreadSummary::new(what, &fault));
            Vec::new()
        })
    };
    let (current, ended) = (known(current, "tasks"), known(ended, "stopped tasks"));
    let mut more = more(cloud, &cluster, services.values());
    let mut looks = Vec::new();
    for name in stack.services.keys() {
        let called = physical_names::service(graph, name);
        let service = services
            .get(&called)
            .filter(|service| is_ours(cloud, service));
        let Some(service) = service else {
            looks.push(empty(name, Health::Absent));
            continue;
        };
        let mine = |task: &&api::Task| is_of(task, &called);
        let mut summary = shown(name, service);
        summary.stopped = summary.desired == 0 && !may_stand_still(stack, name);
        summary.tasks = current.iter().filter(mine).map(running).collect();
        summary.image = image(current.iter().filter(mine), name);
        summary.last_stopped = last_stopped(ended.iter().filter(mine));
        looks.push(summary);
    }
    while let Some(answer) = more.join_next().await {
        let Ok((called, deployment, targets)) = answer else {
            continue;
        };
        let Some(summary) = looks
            .iter_mut()
            .find(|summary| physical_names::service(graph, &summary.name) == called)
        else {
            continue;
        };
        let about = |what: &str| format!("{what} of {}", summary.name);
        match deployment {
            Ok(newest) => merge(summary.deployment.as_mut(), newest),
            Err(fault) => unread.push(UnreadSummary::new(about("deployments"), &fault)),
        }
        match targets {
            Ok(targets) => summary.targets = targets,
            Err(fault) => unread.push(UnreadSummary::new(about("targets"), &fault)),
        }
    }
    for summary in &mut looks {
        summary.health = of_service(summary);
    }
    unread.sort_by(|a, b| a.what.cmp(&b.what));
    (looks, unread)
}

/// Whether the file lets a service have no task.
fn may_stand_still(stack: &Stack, name: &str) -> bool {
    stack.services.get(name).is_some_and(|service| {
        let scaled = service.autoscaling.as_ref();
        service.count == Some(0) || scaled.is_some_and(|scaling| scaling.min == 0)
    })
}

fn is_ours(cloud: &Cloud, service: &api::Service) -> bool {
    let owner = cloud.owner(&tags_of_ecs(service.tags()), None);
    matches!(owner, Some(Ownership::Ours(_)))
}

fn empty(name: &str, health: Health) -> ServiceSummary {
    ServiceSummary {
        name: name.to_owned(),
        health,
        desired: 0,
        running: 0,
        pending: 0,
        stopped: false,
        revision: None,
        image: None,
        image_tag: None,
        exec: false,
        deployment: None,
        targets: None,
        tasks: Vec::new(),
        last_stopped: None,
    }
}

fn shown(name: &str, service: &api::Service) -> ServiceSummary {
    let deployment = primary(service);
    ServiceSummary {
        desired: count(service.desired_count()),
        running: count(service.running_count()),
        pending: count(service.pending_count()),
        revision: service.task_definition().and_then(TaskRevision::of),
        exec: service.enable_execute_command(),
        deployment: deployment.map(|deployment| DeploymentSummary {
            status: small(
                deployment
                    .rollout_state()
                    .map_or("unknown", api::DeploymentRolloutState::as_str),
            ),
            since: deployment.created_at().map(Timestamp::from),
            reason: deployment.rollout_state_reason().map(str::to_owned),
            failed_tasks: count(deployment.failed_tasks()),
        }),
        ..empty(name, Health::Changing)
    }
}

/// What the newest service deployment says is said instead of what the service's own words are: only
/// it tells that ECS has rolled back.
fn merge(shown: Option<&mut DeploymentSummary>, newest: Option<api::ServiceDeploymentBrief>) {
    let (Some(shown), Some(newest)) = (shown, newest) else {
        return;
    };
    // A deployment that failed with nothing to go back to is `stopped` in its words.
    if let Some(status) = newest.status().filter(|_| shown.status != "failed") {
        shown.status = small(status.as_str());
    }
    shown.since = newest.created_at().map(Timestamp::from).or(shown.since);
    if let Some(reason) = newest.status_reason() {
        shown.reason = Some(reason.to_owned());
    }
}

/// The image of the newest task's container that is the service's.
fn image<'t>(tasks: impl Iterator<Item = &'t api::Task>, container: &str) -> Option<String> {
    let newest = tasks.max_by_key(|task| task.created_at().map(Timestamp::from))?;
    let of = |one: &&api::Container| one.name() == Some(container);
    newest
        .containers()
        .iter()
        .find(of)?
        .image()
        .map(str::to_owned)
}

type More = (
    String,
    Result<Option<api::ServiceDeploymentBrief>, Fault>,
    Result<Option<TargetsSummary>, Fault>,
);

/// The reads that AWS does not batch, all at once.
fn more<'s>(
    cloud: &Cloud,
    cluster: &str,
    services: impl Iterator<Item = &'s api::Service>,
) -> JoinSet<More> {
    let mut reads = JoinSet::new();
    for service in services {
        let Some(name) = service.service_name().map(str::to_owned) else {
            continue;
        };
        let groups = target_groups(service);
        let deployments = cloud
            .ecs
            .list_service_deployments()
            .cluster(cluster)
            .service(&name)
            .max_results(1);
        let ask = |group| cloud.elb.describe_target_health().target_group_arn(group);
        let targets = groups.into_iter().map(ask).collect();
        reads.spawn(async move {
            let (newest, targets) = tokio::join!(newest(deployments), targets::read(targets));
            (name, newest, targets)
        });
    }
    reads
}

async fn newest(
    request: ListServiceDeploymentsFluentBuilder,
) -> Result<Option<api::ServiceDeploymentBrief>, Fault> {
    let answer = request
        .send()
        .await
        .map_err(fault("ecs:ListServiceDeployments"))?;
    let mut all = answer.service_deployments.unwrap_or_default();
    Ok((!all.is_empty()).then(|| all.swap_remove(0)))
}

fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}
