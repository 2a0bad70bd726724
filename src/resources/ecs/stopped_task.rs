//! Tasks that ended, and why, as ECS tells it.

use aws_sdk_ecs::types as api;
use serde::Serialize;

use super::task_failure::failed_container;
use super::tasks::id;
use crate::aws::timestamp::Timestamp;

/// A task that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoppedTask {
    /// Its id.
    pub id: String,
    /// When it ended.
    pub at: Option<Timestamp>,
    /// Why, in ECS's words.
    pub reason: String,
    /// The container that ended it.
    pub container: Option<String>,
    /// That container's exit code; none when it never ran.
    pub exit_code: Option<i32>,
    /// That container's own reason, such as that it ran out of memory.
    pub container_reason: Option<String>,
}

impl StoppedTask {
    /// Why, in one line: ECS's reason, the exit code, and the container's own reason.
    pub fn why(&self) -> String {
        let mut text = self.reason.clone();
        if let (Some(container), Some(code)) = (&self.container, self.exit_code) {
            text.push_str(&format!("; container {container} exited with code {code}"));
        }
        if let Some(own) = &self.container_reason {
            text.push_str(&format!(": {own}"));
        }
        text
    }
}

/// The task that ended last without being told to by an operator, a deployment or an autoscaler.
pub(crate) fn last_stopped<'t>(tasks: impl Iterator<Item = &'t api::Task>) -> Option<StoppedTask> {
    tasks
        .filter(|task| !was_told(task))
        .max_by_key(|task| ended(task))
        .map(stopped)
}

fn ended(task: &api::Task) -> Option<Timestamp> {
    let time = task.stopped_at().or(task.stopping_at());
    time.or(task.created_at()).map(Timestamp::from)
}

/// ("Stopped task error messages" in the ECS developer guide.)
fn was_told(task: &api::Task) -> bool {
    task.stop_code() == Some(&api::TaskStopCode::UserInitiated)
        || task
            .stopped_reason()
            .is_some_and(|reason| reason.starts_with("Scaling activity initiated"))
}

fn stopped(task: &api::Task) -> StoppedTask {
    let failed = failed_container(task);
    let reason = task
        .stopped_reason()
        .unwrap_or("no reason given")
        .to_owned();
    let own = failed.and_then(api::Container::reason).map(str::to_owned);
    StoppedTask {
        id: id(task).to_owned(),
        at: ended(task),
        container: failed.and_then(api::Container::name).map(str::to_owned),
        exit_code: failed.and_then(api::Container::exit_code),
        container_reason: own.filter(|own| *own != reason),
        reason,
    }
}
