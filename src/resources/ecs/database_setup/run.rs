//! Runs the task, follows it to its end and remembers its success.

use aws_sdk_ecs::types as api;

use crate::aws::{Job, Tags, all_tags, answer_of};
use crate::engine::{Fault, Ready};
use crate::presets::database_setup::explain;

use super::{DatabaseSetupLive, Run, SETUP_TAG, WAITS};
use crate::resources::ecs::task_failure::{failed, look_into, not_taken};
use crate::resources::ecs::tasks::{Of, arns, tasks};
use crate::resources::ecs::{ecs_tags, family, network, spreads, token};
use crate::resources::rds::tag_rds;

const RUN: &str = "ecs:RunTask";
/// Who started it, to find it again.
const STARTED_BY: &str = "ajuda";

/// Starts the task, or follows the one that an interrupted run has started.
pub(super) async fn run(job: &Job, version: &str, run: &Run) -> Result<DatabaseSetupLive, Fault> {
    let task = if version == WAITS {
        job.note("the database is prepared once the image of the task is in the registry");
        remember(job, &run.database, WAITS).await?;
        None
    } else {
        let task = match running(job, run, STARTED_BY).await? {
            Some(task) => task,
            None => start(job, run, STARTED_BY, None).await?,
        };
        Some((run.cluster.clone(), task))
    };
    Ok(DatabaseSetupLive {
        version: version.to_owned(),
        database: run.database.clone(),
        task,
    })
}

/// The task of that definition that `by` has started and that has not ended.
pub(super) async fn running(job: &Job, run: &Run, by: &str) -> Result<Option<String>, Fault> {
    let of = Of::Family(family(&run.definition));
    let arns = arns(job, &run.cluster, of, api::DesiredStatus::Running).await?;
    let there = tasks(job, &run.cluster, &arns).await?;
    Ok(there
        .into_iter()
        .find(|task| {
            task.started_by() == Some(by)
                && task.task_definition_arn() == Some(run.definition.as_str())
        })
        .and_then(|task| task.task_arn))
}

/// Starts a task; `overrides` change what it runs with.
pub(super) async fn start(
    job: &Job,
    run: &Run,
    by: &str,
    overrides: Option<api::TaskOverride>,
) -> Result<String, Fault> {
    let request = job
        .ecs
        .run_task()
        .client_token(token(job))
        .cluster(&run.cluster)
        .task_definition(&run.definition)
        .launch_type(api::LaunchType::Fargate)
        .network_configuration(network(RUN, &run.subnets, &run.groups, run.public_ip)?)
        .started_by(by)
        .set_overrides(overrides)
        .enable_ecs_managed_tags(true)
        .set_tags(Some(ecs_tags(&all_tags(job, &Tags::new()))));
    let send = || async { answer_of(RUN, request.clone().send().await) };
    let answer = job.settle(|fault| spreads(fault, RUN), send).await?;
    if let Some(task) = answer.tasks().first().and_then(api::Task::task_arn) {
        return Ok(task.to_owned());
    }
    Err(not_taken(RUN, "the task did not start", answer.failures()))
}

/// Looks whether the task has ended, and how.
pub(super) async fn ended(
    job: &Job,
    live: &DatabaseSetupLive,
) -> Result<Ready<DatabaseSetupLive>, Fault> {
    let Some((cluster, arn)) = &live.task else {
        return Ok(Ready::Yes(live.clone()));
    };
    let task = tasks(job, cluster, std::slice::from_ref(arn)).await?.pop();
    let status = task
        .as_ref()
        .and_then(api::Task::last_status)
        .unwrap_or("starting");
    let Some(task) = task.as_ref().filter(|_| status == "STOPPED") else {
        return Ok(Ready::NotYet(format!(
            "its task is {}",
            status.to_lowercase()
        )));
    };
    if succeeded(task) {
        remember(job, &live.database, &live.version).await?;
        return Ok(Ready::Yes(DatabaseSetupLive {
            task: None,
            ..live.clone()
        }));
    }
    Err(why(job, task).await?)
}

/// Why a task that ended did not do what it was to do.
pub(super) async fn why(job: &Job, task: &api::Task) -> Result<Fault, Fault> {
    let stopped = look_into(job, task).await?;
    let what = match stopped.exit_code {
        Some(code) => match explain(code) {
            Some(means) => format!("the database was not prepared: {means}"),
            None => format!("the database was not prepared: its task exited with code {code}"),
        },
        None => "the database was not prepared: its task did not start".to_owned(),
    };
    Ok(failed(
        job,
        what,
        stopped.details,
        stopped.log_group.as_deref(),
    ))
}

pub(super) fn succeeded(task: &api::Task) -> bool {
    let containers = task.containers();
    !containers.is_empty()
        && containers
            .iter()
            .all(|container| container.exit_code() == Some(0))
}

pub(super) async fn remember(job: &Job, database: &str, version: &str) -> Result<(), Fault> {
    let tag = Tags::from([(SETUP_TAG.to_owned(), version.to_owned())]);
    tag_rds(job, database, &tag).await
}
