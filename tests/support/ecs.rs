//! Tasks of ECS as AWS shows them, those that have stopped too.

use ajuda::aws::Cloud;
use aws_sdk_ecs::types::{DesiredStatus, Task};

/// Every task of a service that ECS remembers.
pub async fn every_task(cloud: &Cloud, cluster: &str, service: &str) -> Vec<Task> {
    let mut arns = Vec::new();
    for status in [DesiredStatus::Running, DesiredStatus::Stopped] {
        let list = cloud
            .ecs
            .list_tasks()
            .cluster(cluster)
            .service_name(service);
        let list = list.desired_status(status).into_paginator().items().send();
        let more = list.collect::<Result<Vec<_>, _>>().await;
        arns.extend(more.unwrap());
    }
    let described = cloud.ecs.describe_tasks().cluster(cluster);
    let described = described.set_tasks(Some(arns)).send().await.unwrap();
    described.tasks.unwrap_or_default()
}

/// Tasks of different revisions that were there at the same time, each with its revision: from the
/// moment at which ECS made one to the moment at which it was `STOPPED`, whatever it did in between.
pub fn meetings(tasks: &[Task]) -> Vec<String> {
    let revision = |task: &Task| task.task_definition_arn().unwrap_or_default().to_owned();
    let begins = |task: &Task| task.created_at().unwrap().as_nanos();
    let ends = |task: &Task| task.stopped_at().map_or(i128::MAX, |at| at.as_nanos());
    let mut met = Vec::new();
    for (index, one) in tasks.iter().enumerate() {
        for other in &tasks[index + 1..] {
            let apart = ends(one) <= begins(other) || ends(other) <= begins(one);
            if revision(one) != revision(other) && !apart {
                met.push(format!("{} met {}", revision(one), revision(other)));
            }
        }
    }
    met
}
