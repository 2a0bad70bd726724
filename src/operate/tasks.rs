//! Tasks of the stack's cluster, for every verb that looks at them or goes into them.

use aws_sdk_ecs::types as api;

use crate::aws::Cloud;
use crate::engine::Fault;
use crate::resources::ecs::{last, tasks};

/// Every task of a cluster that is meant to run (`Running`), or that has ended or was told
/// to (`Stopped`), within the hour that ECS remembers. None where there is no cluster.
///
/// # Errors
/// The fault of a request.
pub async fn all(
    cloud: &Cloud,
    cluster: &str,
    status: api::DesiredStatus,
) -> Result<Vec<api::Task>, Fault> {
    let arns = tasks::arns(cloud, cluster, tasks::Of::Cluster, status).await?;
    tasks::tasks(cloud, cluster, &arns).await
}

/// Whether ECS started a task for the service of this name.
pub fn is_of(task: &api::Task, service: &str) -> bool {
    task.group()
        .and_then(|group| group.strip_prefix("service:"))
        == Some(service)
}

/// A task's id.
pub fn id(task: &api::Task) -> &str {
    task.task_arn().map_or("?", last)
}

/// `family:revision`.
pub fn revision(task: &api::Task) -> Option<String> {
    task.task_definition_arn().map(|arn| last(arn).to_owned())
}
