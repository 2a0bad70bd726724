//! Tasks as they are shown.

use aws_sdk_ecs::types as api;

use super::TaskSummary;
use crate::aws::timestamp::Timestamp;
use crate::resources::ecs::tasks::{id, revision};

/// A task that runs or starts.
pub(super) fn running(task: &api::Task) -> TaskSummary {
    let health = task.health_status().map(|health| small(health.as_str()));
    TaskSummary {
        id: id(task).to_owned(),
        status: small(task.last_status().unwrap_or("unknown")),
        health: health.filter(|health| health != "unknown"),
        revision: revision(task),
        since: task.started_at().map(Timestamp::from),
    }
}

/// AWS's `IN_PROGRESS` as `in progress`.
pub(super) fn small(word: &str) -> String {
    word.to_lowercase().replace('_', " ")
}
