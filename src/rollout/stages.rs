//! The stages of a change: what is done to a service and around it, one after the other. What is shown
//! beforehand, what progress counts and what is carried out is this one list.

use std::sync::OnceLock;
use std::time::Duration;

use super::change::{Change, Database, Strategy, TargetRevision, Waiting};
use super::deployment::{self, ROLLED_OUT, STOPPED};
use super::deployment_plan::Line;
use super::{recreate, rollback_tags, snapshot};
use crate::aws::Cloud;
use crate::database::{SNAPSHOT, restore};
use crate::engine::{Address, Estimate, Fault, Pace, Step, Verb};
use crate::message::Message;
use crate::resources::application_auto_scaling::scalable_target::{self, ScalableTargetLive};
use crate::resources::ecs::service::{ServiceUpdate, moving_minutes};
use crate::resources::ecs::task_definition::{NewRevision, register_copy, revision};

/// One stage.
pub(crate) struct Stage<'c> {
    /// What is worked on.
    pub(crate) address: Address,
    /// What is done to it.
    pub(crate) verb: Verb,
    /// What of it the operator agrees to; nothing where it only notes how far the change is.
    pub(crate) lines: Vec<Line>,
    act: Act<'c>,
}

enum Act<'c> {
    /// Notes that a rollback is begun.
    BeginRollback,
    /// Takes a snapshot of the database.
    Snapshot(&'c Database),
    /// Registers a revision.
    Register(&'c NewRevision),
    /// Keeps scaling from happening.
    Suspend(&'c ScalableTargetLive),
    /// Stops every task.
    StopAll,
    /// Nothing: the database has gone back before.
    Restored,
    /// Starts one task, and stops all again when it does not become healthy.
    FirstTask,
    /// Starts the others, and has ECS go back by itself again.
    AllTasks,
    /// Has ECS replace the tasks or their number.
    Deploy(ServiceUpdate),
    /// Lets scaling happen again.
    Resume(&'c ScalableTargetLive),
    /// Takes off the marks of an upgrade that has not ended.
    Settle,
    /// Notes that a rollback has ended.
    EndRollback,
}

/// What the stages of one change are carried out with.
pub(crate) struct Performance<'c> {
    /// The change.
    pub(crate) change: &'c Change,
    /// How its end is waited for.
    pub(crate) waiting: Waiting,
    /// What to do when a migration failed.
    pub(crate) way_back: &'c Message,
    /// The ARN of the revision that was registered.
    registered: OnceLock<String>,
}

impl<'c> Performance<'c> {
    pub(crate) fn new(change: &'c Change, waiting: Waiting, way_back: &'c Message) -> Self {
        Self {
            change,
            waiting,
            way_back,
            registered: OnceLock::new(),
        }
    }

    /// The ARN of the revision that is to run; a new one is registered before it is asked for.
    fn task(&self) -> &str {
        let registered = self.registered.get().map(String::as_str);
        registered.or(self.change.revision()).unwrap_or_default()
    }
}

impl Stage<'_> {
    /// Whether it is carried out as well when what was asked for will not run.
    pub(crate) fn is_end(&self) -> bool {
        matches!(self.act, Act::EndRollback)
    }

    /// Whether there is anything to carry out.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.act, Act::Restored)
    }

    /// How often to look, and how long at most.
    pub(crate) fn pace(&self, with: &Performance<'_>) -> Pace {
        let usual = match &self.act {
            Act::Snapshot(_) => SNAPSHOT,
            Act::StopAll | Act::FirstTask | Act::AllTasks => deployment::pace(with.waiting.limit),
            // What ECS was told to wait is no part of how long it may take.
            Act::Deploy(_) => deployment::pace(with.waiting.limit + moving(with.change)),
            _ => Pace::QUICK,
        };
        Pace {
            expected: self.estimate(with.change).takes,
            ..usual
        }
    }

    /// How long it is expected to take.
    pub(crate) fn estimate(&self, change: &Change) -> Estimate {
        let typical = Estimate::typical;
        match &self.act {
            Act::Snapshot(Database::Snapshot {
                usual: Some(usual), ..
            }) => usual.clone(),
            Act::Snapshot(_) => typical(SNAPSHOT.expected),
            Act::StopAll => typical(STOPPED),
            Act::Restored => typical(restore::RESTORE.expected),
            Act::FirstTask => typical(ROLLED_OUT),
            // The first runs already.
            Act::AllTasks if change.count <= 1 => typical(Pace::QUICK.expected),
            Act::AllTasks => typical(ROLLED_OUT),
            Act::Deploy(_) => {
                let rolls = change.restart || !matches!(change.to, TargetRevision::Same);
                let own = change.state.rollout.clone();
                own.filter(|_| rolls)
                    .unwrap_or_else(|| typical(ROLLED_OUT + moving(change)))
            }
            _ => typical(Pace::QUICK.expected),
        }
    }

    /// Carries it out, from wherever an interrupted run left it.
    ///
    /// # Errors
    /// The fault of a call, the end of the time, or an interruption: the same command goes on.
    pub(crate) async fn perform(
        &self,
        step: &Step<Cloud>,
        with: &Performance<'_>,
    ) -> Result<(), Fault> {
        let (job, change) = (step.job(), with.change);
        let state = &change.state;
        match &self.act {
            Act::BeginRollback => rollback_tags::begin(job, change).await,
            Act::Snapshot(database) => snapshot::take(step, database).await,
            Act::Register(new) => {
                let made = register_copy(job, new).await?;
                job.note(format!("revision {}", revision(made.arn())));
                // A change registers one revision.
                let _ = with.registered.set(made.arn().to_owned());
                Ok(())
            }
            Act::Suspend(target) => {
                job.note("scaling is suspended");
                scalable_target::suspend(job, target, true).await
            }
            Act::StopAll => {
                let stopped = recreate::stop(step, state, with.task()).await;
                stopped.map_err(recreate::explain_downtime)?;
                match &change.database {
                    Some(instance) if !change.back => restore::forget(job, instance).await,
                    _ => Ok(()),
                }
            }
            Act::Restored => Ok(()),
            Act::FirstTask => {
                let first =
                    recreate::start_first_task(step, state, with.task(), with.way_back).await;
                first.map_err(recreate::explain_downtime)
            }
            Act::AllTasks => {
                let all = ServiceUpdate {
                    count: Some(change.count),
                    goes_back: Some(true),
                    ..ServiceUpdate::default()
                };
                deployment::deploy(step, state, with.task(), &all, true).await
            }
            Act::Deploy(to) => {
                let moves = !matches!(change.to, TargetRevision::Same);
                let to = ServiceUpdate {
                    task: moves.then(|| with.task().to_owned()),
                    ..to.clone()
                };
                deployment::deploy(step, state, with.task(), &to, with.waiting.whole).await
            }
            Act::Resume(target) => {
                job.note("scaling goes on");
                scalable_target::suspend(job, target, false).await
            }
            Act::Settle => recreate::settle(job, state, with.task()).await,
            Act::EndRollback => rollback_tags::end(job, state).await,
        }
    }
}

/// How long traffic moves while a service is deployed.
fn moving(change: &Change) -> Duration {
    let minutes = moving_minutes(&change.state.service).unwrap_or(0);
    Duration::from_secs(60).saturating_mul(minutes)
}

/// The stages of a change, in order; none when there is nothing to do.
pub(crate) fn stages(change: &Change) -> Vec<Stage<'_>> {
    let state = &change.state;
    let stage = |address: Address, lines: Vec<Line>, act| Stage {
        address,
        verb: Verb::Update,
        lines,
        act,
    };
    let of_task = |act| stage(state.task_address(), Vec::new(), act);
    let of_service = |lines, act| stage(state.address(), lines, act);
    let mut middle = Vec::new();
    if let Strategy::Migrating(taken @ Database::Snapshot { name, .. }) = &change.way {
        let line = Line::Snapshot { name: name.clone() };
        middle.push(Stage {
            verb: Verb::Create,
            ..stage(snapshot::address(), vec![line], Act::Snapshot(taken))
        });
    }
    if let TargetRevision::New(new) = &change.to {
        middle.push(Stage {
            verb: Verb::Create,
            ..stage(
                state.task_address(),
                vec![Line::Register],
                Act::Register(new),
            )
        });
    }
    match &change.way {
        Strategy::Rolling => {
            let (lines, to) = rolling(change);
            if !lines.is_empty() {
                middle.push(of_service(lines, Act::Deploy(to)));
            }
        }
        Strategy::Migrating(database) => {
            let scaling = state.scaling.as_ref();
            let of_scaling = |lines, act| stage(state.scaling_address(), lines, act);
            middle.extend(scaling.map(|it| of_scaling(vec![Line::Suspend], Act::Suspend(it))));
            middle.push(of_service(stopping(change), Act::StopAll));
            if let Database::Restored { name } = database {
                let snapshot = name.clone();
                middle.push(of_service(vec![Line::Restore { snapshot }], Act::Restored));
            }
            let first = match change.back {
                true => Line::First,
                false => Line::Migrate,
            };
            middle.push(of_service(vec![first], Act::FirstTask));
            let others = (change.count > 1).then_some(Line::Grow {
                tasks: change.count,
            });
            middle.push(of_service(others.into_iter().collect(), Act::AllTasks));
            middle.extend(scaling.map(|it| of_scaling(Vec::new(), Act::Resume(it))));
            // Last: until then the same command continues.
            middle.push(of_task(Act::Settle));
        }
    }
    if middle.is_empty() || !rollback_tags::is_noted(change) {
        return middle;
    }
    // Before a database goes back it was noted already.
    let begins = state.rollback.is_none() && change.restores().is_none();
    let begin = begins.then(|| of_task(Act::BeginRollback));
    let end = of_task(Act::EndRollback);
    begin.into_iter().chain(middle).chain([end]).collect()
}

/// What ECS is asked to bring about while the service goes on.
fn rolling(change: &Change) -> (Vec<Line>, ServiceUpdate) {
    let service = &change.state.service;
    let now = u32::try_from(service.desired_count()).unwrap_or(0);
    let to = ServiceUpdate {
        count: (change.count != now).then_some(change.count),
        force: change.restart,
        ..ServiceUpdate::default()
    };
    let mut lines = Vec::new();
    lines.extend(to.count.map(|to| Line::Scale { from: now, to }));
    if change.restart || !matches!(change.to, TargetRevision::Same) {
        let tasks = change.count;
        lines.push(match moving_minutes(service) {
            Some(minutes) => Line::Shift { tasks, minutes },
            None => Line::Roll { tasks },
        });
    } else if lines.is_empty() && (change.state.is_moving() || rollback_tags::is_noted(change)) {
        lines.push(Line::Follow);
    }
    (lines, to)
}

/// An interrupted run has stopped what ran before, and started the one.
fn stopping(change: &Change) -> Vec<Line> {
    let state = &change.state;
    let tasks = u32::try_from(state.service.desired_count()).unwrap_or(0);
    let goes_on = matches!(change.to, TargetRevision::Same) && state.unfinished().is_some();
    let stops = tasks > 0 && !goes_on;
    stops.then_some(Line::Stop { tasks }).into_iter().collect()
}
