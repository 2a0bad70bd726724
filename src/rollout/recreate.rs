//! The stages of a service whose versions must not use one database at once: all stop, one task migrates, the
//! others start.
//!
//! The first task finds the old schema and migrates it before it answers; those after it find
//! nothing to do, so one revision serves for all. ECS must not go back by itself meanwhile: the old
//! image on a migrated database is what this way is there to prevent.

use super::deployment::{deploy, now};
use super::service_state::ServiceState;
use crate::aws::{Cloud, Tags, fault};
use crate::engine::{Class, Fault, Job, Step};
use crate::message::Message;
use crate::resources::ecs::service::{ServiceUpdate, stop_all};
use crate::resources::ecs::{self, revision_tags};

/// Takes the marks of an upgrade that has not ended off the revision `task`, and gives up the one that
/// was begun and is left.
///
/// # Errors
/// The fault of a call.
pub(super) async fn settle(
    job: &Job<Cloud>,
    state: &ServiceState,
    task: &str,
) -> Result<(), Fault> {
    forget(job, task, &[revision_tags::TASKS, revision_tags::FAILED]).await?;
    match state.left_behind() {
        // What was given up is not to be continued, and not to be gone back to.
        Some(begun) if begun.arn() != task => {
            failed(job, begun.arn()).await?;
            forget(job, begun.arn(), &[revision_tags::TASKS]).await
        }
        _ => Ok(()),
    }
}

/// What nobody would guess of a wait that was given up: ECS does not go on by itself.
pub(super) fn explain_downtime(fault: Fault) -> Fault {
    if fault.class == Class::TimedOut {
        return fault.hint("the service is down until this is done: the same command continues");
    }
    fault
}

/// Stops every task, unless only the wanted revision runs already.
///
/// # Errors
/// The fault of a call, the end of the time, or an interruption.
pub(super) async fn stop(
    step: &Step<Cloud>,
    state: &ServiceState,
    task: &str,
) -> Result<(), Fault> {
    let service = now(step.job(), state).await?;
    let alone = service.deployments().len() <= 1 && service.task_definition() == Some(task);
    if alone {
        // An interrupted run has come further than this.
        return Ok(());
    }
    if service.running_count() > 0 {
        step.job()
            .note("all tasks stop; the service is down from here on");
    }
    stop_all(step, &service, Some(false)).await
}

/// Starts one task and waits until it is ready. One that fails is not tried again and again: it
/// would go on migrating.
///
/// # Errors
/// Of class failed when it did not become healthy: then all are stopped.
pub(super) async fn start_first_task(
    step: &Step<Cloud>,
    state: &ServiceState,
    task: &str,
    way_back: &Message,
) -> Result<(), Fault> {
    let service = now(step.job(), state).await?;
    let there = service.task_definition() == Some(task);
    let goes_on = there && service.desired_count() > 0;
    step.job().note("one task starts");
    let one = ServiceUpdate {
        task: (!there).then(|| task.to_owned()),
        count: (!goes_on).then_some(1),
        // Scaling up from nothing is no deployment by itself, and nothing would judge it.
        force: !goes_on,
        goes_back: Some(false),
    };
    let ended = deploy(step, state, task, &one, true).await;
    let Err(failed) = ended else {
        return Ok(());
    };
    if failed.class != Class::Failed {
        return Err(failed);
    }
    let service = now(step.job(), state).await?;
    stop_all(step, &service, None).await?;
    self::failed(step.job(), task).await?;
    let message = format!(
        "{}\nno task runs now: the database may be half migrated",
        failed.message
    );
    let log = failed.hint.clone();
    let hints = log.into_iter().chain([way_back.clone()]);
    let hint = Message::join(hints, "; ");
    Err(Fault { message, ..failed }.hint(hint))
}

/// Marks a revision whose migration failed.
async fn failed(job: &Job<Cloud>, task: &str) -> Result<(), Fault> {
    let mark = Tags::from([(revision_tags::FAILED.to_owned(), "migration".to_owned())]);
    ecs::tag_ecs(job, task, &mark).await
}

/// Takes marks off a revision.
async fn forget(job: &Job<Cloud>, task: &str, marks: &[&str]) -> Result<(), Fault> {
    job.ecs
        .untag_resource()
        .resource_arn(task)
        .set_tag_keys(Some(marks.iter().map(|&mark| mark.to_owned()).collect()))
        .send()
        .await
        .map_err(fault("ecs:UntagResource"))
        .map(|_| ())
}
