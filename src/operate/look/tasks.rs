//! Tasks as they are shown.

use aws_sdk_ecs::types as api;

use super::super::moment::Moment;
use super::super::tasks::{id, revision};
use super::{StoppedLook, TaskLook};
use crate::resources::ecs::trouble::culprit;

/// A task that runs or starts.
pub(super) fn running(task: &api::Task) -> TaskLook {
    let health = task.health_status().map(|health| small(health.as_str()));
    TaskLook {
        id: id(task).to_owned(),
        status: small(task.last_status().unwrap_or("unknown")),
        health: health.filter(|health| health != "unknown"),
        revision: revision(task),
        since: task.started_at().map(Moment::from),
    }
}

/// The task that ended last without being told to by an operator, a deployment or an autoscaler.
pub(in super::super) fn last_stopped<'t>(
    tasks: impl Iterator<Item = &'t api::Task>,
) -> Option<StoppedLook> {
    tasks
        .filter(|task| !was_told(task))
        .max_by_key(|task| ended(task))
        .map(stopped)
}

fn ended(task: &api::Task) -> Option<Moment> {
    let time = task.stopped_at().or(task.stopping_at());
    time.or(task.created_at()).map(Moment::from)
}

/// ("Stopped task error messages" in the ECS developer guide.)
fn was_told(task: &api::Task) -> bool {
    task.stop_code() == Some(&api::TaskStopCode::UserInitiated)
        || task
            .stopped_reason()
            .is_some_and(|reason| reason.starts_with("Scaling activity initiated"))
}

fn stopped(task: &api::Task) -> StoppedLook {
    let culprit = culprit(task);
    let reason = task
        .stopped_reason()
        .unwrap_or("no reason given")
        .to_owned();
    let own = culprit.and_then(api::Container::reason).map(str::to_owned);
    StoppedLook {
        id: id(task).to_owned(),
        at: ended(task),
        container: culprit.and_then(api::Container::name).map(str::to_owned),
        exit_code: culprit.and_then(api::Container::exit_code),
        container_reason: own.filter(|own| *own != reason),
        reason,
    }
}

/// AWS's `IN_PROGRESS` as `in progress`.
pub(super) fn small(word: &str) -> String {
    word.to_lowercase().replace('_', " ")
}
