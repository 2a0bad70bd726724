//! Writing and taking off the tags of a rollback that is under way.

use super::change::{Change, Strategy};
use super::service_state::ServiceState;
use super::unfinished_rollback::UnfinishedRollback;
use crate::aws::{Cloud, Tags, fault};
use crate::engine::{Fault, Job};
use crate::resources::ecs::revision_tags::{BACK, ROLLBACK};
use crate::resources::ecs::tag_ecs;
use crate::resources::ecs::task_definition::revision;

/// Notes that a rollback is begun, unless that stands there already.
///
/// # Errors
/// The fault of a call: nothing was changed.
pub(crate) async fn begin(job: &Job<Cloud>, change: &Change) -> Result<(), Fault> {
    let state = &change.state;
    let running = state.revision.arn();
    let Some(to) = change.revision().filter(|to| *to != running) else {
        return Ok(());
    };
    if state.rollback.is_some() {
        return Ok(());
    }
    let rollback = UnfinishedRollback {
        from: running.to_owned(),
        to: revision(to),
        count: change.count,
        alone: change.strategy != Strategy::Rolling,
    };
    // The one that it goes to first: once the service has moved, that one leads to the other.
    let back = Tags::from([(BACK.to_owned(), state.number().to_string())]);
    tag_ecs(job, to, &back).await?;
    let begun = Tags::from([(ROLLBACK.to_owned(), rollback.text())]);
    tag_ecs(job, running, &begun).await
}

/// Whether there is a note to take off.
pub(crate) fn is_noted(change: &Change) -> bool {
    let moves = change.revision() != Some(change.state.revision.arn());
    change.back && (moves || change.state.rollback.is_some())
}

/// Notes that it has ended, whatever came of it.
///
/// # Errors
/// The fault of the call: the same command goes on.
pub(crate) async fn end(job: &Job<Cloud>, state: &ServiceState) -> Result<(), Fault> {
    let begun = state.rollback.as_ref();
    let from = begun.map_or(state.revision.arn(), |rollback| &rollback.from);
    job.ecs
        .untag_resource()
        .resource_arn(from)
        .tag_keys(ROLLBACK)
        .send()
        .await
        .map_err(fault("ecs:UntagResource"))
        .map(|_| ())
}
