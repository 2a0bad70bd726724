//! The way of a service whose versions must never meet at one database: snapshot, all stop, one task
//! migrates, the others start.
//!
//! The first task finds the old schema and migrates it before it answers; those after it find
//! nothing to do, so one revision serves for all. ECS must not go back by itself meanwhile: the old
//! image on a migrated database is what this way is there to prevent.

use std::time::Duration;

use super::change::{Change, Database};
use super::rollout::{bring_about, now, pace};
use super::standing::Standing;
use super::{marks, restore, snapshot};
use crate::aws::{Cloud, Tags, fault};
use crate::engine::{Class, Fault, Halted, Job, Pace, Step, Verb, Workflow};
use crate::resources::ecs::service::{Move, stop_all};
use crate::resources::{application_auto_scaling::scalable_target, ecs};

/// Carries it out, from wherever an interrupted run left it.
///
/// # Errors
/// When a step failed, which the report tells.
pub(crate) async fn carry_out(
    change: &Change,
    database: &Database,
    workflow: &mut Workflow<Cloud>,
    limit: Duration,
    way_back: &str,
) -> Result<(), Halted> {
    let standing = &change.standing;
    if let Database::Snapshot {
        of,
        name,
        before,
        begun,
    } = database
    {
        snapshot::take(workflow, of, name, before.as_deref(), *begun).await?;
    }
    let task = change.target(workflow).await?;
    hold_scaling(workflow, standing, true).await?;
    let address = standing.address();
    workflow
        .step(address.clone(), Verb::Update, pace(limit), async |step| {
            stop(step, standing, &task).await.map_err(down)?;
            match &change.database {
                Some(instance) if !change.back => restore::forget(step.job(), instance).await,
                _ => Ok(()),
            }
        })
        .await?;
    workflow
        .step(address, Verb::Update, pace(limit), async |step| {
            first(step, standing, &task, way_back).await.map_err(down)?;
            let all = Move {
                count: Some(change.count),
                goes_back: Some(true),
                ..Move::default()
            };
            bring_about(step, standing, &task, &all, true).await
        })
        .await?;
    hold_scaling(workflow, standing, false).await?;
    // Last: until then the same command goes on from here.
    let address = standing.task_address();
    workflow
        .step(address, Verb::Update, Pace::QUICK, async |step| {
            forget(step.job(), &task, &[marks::TASKS, marks::FAILED]).await?;
            match standing.left_behind() {
                // What was given up is not to be continued, and not to be gone back to.
                Some(begun) if begun.arn() != task => {
                    failed(step.job(), begun.arn()).await?;
                    forget(step.job(), begun.arn(), &[marks::TASKS]).await
                }
                _ => Ok(()),
            }
        })
        .await
}

/// What nobody would guess of a wait that was given up: ECS does not go on by itself.
fn down(fault: Fault) -> Fault {
    if fault.class == Class::TimedOut {
        return fault
            .hint("nobody can use it until this is done: the same command goes on with it");
    }
    fault
}

/// Suspends scaling, or resumes it.
async fn hold_scaling(
    workflow: &mut Workflow<Cloud>,
    standing: &Standing,
    suspended: bool,
) -> Result<(), Halted> {
    let Some(target) = &standing.scaling else {
        return Ok(());
    };
    let address = standing.scaling_address();
    workflow
        .step(address, Verb::Update, Pace::QUICK, async |step| {
            step.job().note(if suspended {
                "scaling is suspended"
            } else {
                "scaling goes on"
            });
            scalable_target::suspend(step.job(), target, suspended).await
        })
        .await
}

/// Stops every task, unless only the wanted revision runs already.
async fn stop(step: &Step<Cloud>, standing: &Standing, task: &str) -> Result<(), Fault> {
    let service = now(step.job(), standing).await?;
    let alone = service.deployments().len() <= 1 && service.task_definition() == Some(task);
    if alone {
        // An interrupted run has come further than this.
        return Ok(());
    }
    if service.running_count() > 0 {
        step.job()
            .note("all tasks stop; nobody can use it from here on");
    }
    stop_all(step, &service, Some(false)).await
}

/// Starts one task and waits until it is ready. One that fails is not tried again and again: it
/// would go on migrating.
async fn first(
    step: &Step<Cloud>,
    standing: &Standing,
    task: &str,
    way_back: &str,
) -> Result<(), Fault> {
    let service = now(step.job(), standing).await?;
    let there = service.task_definition() == Some(task);
    let goes_on = there && service.desired_count() > 0;
    step.job().note("one task starts");
    let one = Move {
        task: (!there).then(|| task.to_owned()),
        count: (!goes_on).then_some(1),
        // Scaling up from nothing is no deployment by itself, and nothing would judge it.
        force: !goes_on,
        goes_back: Some(false),
    };
    let ended = bring_about(step, standing, task, &one, true).await;
    let Err(failed) = ended else {
        return Ok(());
    };
    if failed.class != Class::Failed {
        return Err(failed);
    }
    let service = now(step.job(), standing).await?;
    stop_all(step, &service, None).await?;
    self::failed(step.job(), task).await?;
    let log = failed.hint.clone().unwrap_or_default();
    let message = format!(
        "{}\n{log}\nno task runs now: the database may be half migrated",
        failed.message
    );
    Err(Fault { message, ..failed }.hint(way_back))
}

/// Marks a revision whose migration failed.
async fn failed(job: &Job<Cloud>, task: &str) -> Result<(), Fault> {
    let mark = Tags::from([(marks::FAILED.to_owned(), "migration".to_owned())]);
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
