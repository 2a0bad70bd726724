//! Tasks of ECS: which there are, and what ECS says of each.

use std::collections::BTreeSet;

use aws_sdk_ecs::types as api;

use super::last;
use crate::aws::{Cloud, answer_of, optional};
use crate::engine::Fault;

/// Whose tasks.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Of<'a> {
    /// Everything in the cluster.
    Cluster,
    /// A service's, while it is not gone.
    Service(&'a str),
    /// Those of a family of task definitions.
    Family(&'a str),
}

/// The ARNs of tasks that are meant to run (`Running`), or that have stopped or were told to
/// (`Stopped`) within the hour that ECS remembers. None where the cluster or the service is not there.
///
/// # Errors
/// The fault of a request.
pub(crate) async fn arns(
    cloud: &Cloud,
    cluster: &str,
    of: Of<'_>,
    status: api::DesiredStatus,
) -> Result<Vec<String>, Fault> {
    let request = cloud.ecs.list_tasks().cluster(cluster);
    let request = request.desired_status(status);
    let request = match of {
        Of::Cluster => request,
        Of::Service(name) => request.service_name(name),
        Of::Family(name) => request.family(name),
    };
    let items = request.into_paginator().items().send();
    let arns = optional("ecs:ListTasks", items.try_collect().await)?;
    Ok(arns.unwrap_or_default())
}

/// The tasks of these ARNs; a hundred to a request, which is the most that `DescribeTasks` takes.
/// One that ECS does not know yet, or no longer, is left out.
///
/// # Errors
/// The fault of a request.
pub(crate) async fn tasks(
    cloud: &Cloud,
    cluster: &str,
    arns: &[String],
) -> Result<Vec<api::Task>, Fault> {
    let mut tasks = Vec::new();
    for arns in arns.chunks(100) {
        let request = cloud.ecs.describe_tasks().cluster(cluster);
        let request = request.set_tasks(Some(arns.to_vec()));
        let answer = answer_of("ecs:DescribeTasks", request.send().await)?;
        tasks.extend(answer.tasks.unwrap_or_default());
    }
    Ok(tasks)
}

/// How many tasks of a service have not stopped: those that are meant to run, and those that were
/// told to stop and still drain, deactivate or stop. The counts of `DescribeServices` leave the
/// latter out, and they go on writing to their database until they are `STOPPED` ("Amazon ECS task
/// lifecycle" in the ECS developer guide).
///
/// # Errors
/// The fault of a request.
pub(crate) async fn remaining(cloud: &Cloud, cluster: &str, service: &str) -> Result<usize, Fault> {
    let of = Of::Service(service);
    let (running, stopped) = tokio::try_join!(
        arns(cloud, cluster, of, api::DesiredStatus::Running),
        arns(cloud, cluster, of, api::DesiredStatus::Stopped)
    )?;
    // Some are in both lists while they change over; what is meant to run counts whatever it is.
    let running: BTreeSet<String> = running.into_iter().collect();
    let stopped: Vec<String> = stopped
        .into_iter()
        .filter(|arn| !running.contains(arn))
        .collect();
    let stopping = tasks(cloud, cluster, &stopped)
        .await?
        .iter()
        .filter(|task| task.last_status() != Some("STOPPED"))
        .count();
    Ok(running.len() + stopping)
}

/// Every task of a cluster that is meant to run (`Running`), or that has ended or was told
/// to (`Stopped`), within the hour that ECS remembers. None where there is no cluster.
///
/// # Errors
/// The fault of a request.
pub(crate) async fn all(
    cloud: &Cloud,
    cluster: &str,
    status: api::DesiredStatus,
) -> Result<Vec<api::Task>, Fault> {
    let arns = arns(cloud, cluster, Of::Cluster, status).await?;
    tasks(cloud, cluster, &arns).await
}

/// Whether ECS started a task for the service of this name.
pub(crate) fn is_of(task: &api::Task, service: &str) -> bool {
    task.group()
        .and_then(|group| group.strip_prefix("service:"))
        == Some(service)
}

/// A task's id.
pub(crate) fn id(task: &api::Task) -> &str {
    task.task_arn().map_or("?", last)
}

/// `family:revision`.
pub(crate) fn revision(task: &api::Task) -> Option<String> {
    task.task_definition_arn().map(|arn| last(arn).to_owned())
}
