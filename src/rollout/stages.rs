//! The stages of a change: what is done to a service and around it, one after the other. What is shown
//! beforehand, what progress counts and what is carried out is this one list.

use std::sync::OnceLock;
use std::time::Duration;

use super::change::{Change, Database, Strategy, TargetRevision, Waiting};
use super::deployment::{self, ROLLED_OUT, STOPPED};
use super::{recreate, rollback_tags, snapshot};
use crate::aws::Cloud;
use crate::database::{SNAPSHOT, restore};
use crate::engine::{
    Address, Estimate, Fault, Pace, Resource, Stage, StageAction, StageWork, Step, Verb,
};
use crate::message::Message;
use crate::resources::DbInstance;
use crate::resources::application_auto_scaling::scalable_target::{self, ScalableTargetLive};
use crate::resources::ecs::service::{ServiceUpdate, moving_minutes};
use crate::resources::ecs::task_definition::{NewRevision, register_copy, revision};

/// One stage, with what carries it out.
pub(crate) struct ServiceStage<'c> {
    /// As it stands in the plan.
    pub(crate) planned: Stage,
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

impl Act<'_> {
    /// How long it is expected to take.
    fn estimate(&self, change: &Change) -> Estimate {
        let typical = Estimate::typical;
        match self {
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

impl ServiceStage<'_> {
    /// Whether there is nothing to carry out.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.act, Act::Restored)
    }
}

impl<'c> StageWork<Cloud> for ServiceStage<'c> {
    type Change = Performance<'c>;

    fn planned(&self) -> &Stage {
        &self.planned
    }

    /// What was asked for will not run, and the rollback has come to its end.
    fn is_end(&self) -> bool {
        matches!(self.act, Act::EndRollback)
    }

    fn pace(&self, with: &Performance<'c>) -> Pace {
        let usual = match &self.act {
            Act::Snapshot(_) => SNAPSHOT,
            Act::StopAll | Act::FirstTask | Act::AllTasks => deployment::pace(with.waiting.limit),
            // What ECS was told to wait is no part of how long it may take.
            Act::Deploy(_) => deployment::pace(with.waiting.limit + moving(with.change)),
            _ => Pace::QUICK,
        };
        Pace {
            expected: self.planned.estimate.takes,
            ..usual
        }
    }

    async fn perform(&self, step: &Step<Cloud>, with: &Performance<'c>) -> Result<(), Fault> {
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
                deployment::deploy(step, state, with.task(), &to, with.waiting.until_done).await
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

fn stage<'c>(
    change: &Change,
    address: Address,
    actions: Vec<StageAction>,
    act: Act<'c>,
) -> ServiceStage<'c> {
    ServiceStage {
        planned: Stage {
            address,
            verb: match act {
                Act::Snapshot(_) | Act::Register(_) => Verb::Create,
                _ => Verb::Update,
            },
            actions,
            estimate: act.estimate(change),
        },
        act,
    }
}

/// The stages of a change, in order; none when there is nothing to do.
pub(crate) fn stages(change: &Change) -> Vec<ServiceStage<'_>> {
    let state = &change.state;
    let of_task = |act| stage(change, state.task_address(), Vec::new(), act);
    let of_service = |actions, act| stage(change, state.address(), actions, act);
    let of_scaling = |actions, act| stage(change, state.scaling_address(), actions, act);
    let mut middle = Vec::new();
    if let Strategy::Migrating(taken @ Database::Snapshot { name, .. }) = &change.strategy {
        let name = name.clone();
        let actions = vec![StageAction::Snapshot { name }];
        middle.push(stage(
            change,
            snapshot::address(),
            actions,
            Act::Snapshot(taken),
        ));
    }
    if let TargetRevision::New(new) = &change.to {
        let actions = vec![StageAction::Register];
        middle.push(stage(
            change,
            state.task_address(),
            actions,
            Act::Register(new),
        ));
    }
    match &change.strategy {
        Strategy::Rolling => {
            let (actions, to) = rolling(change);
            if !actions.is_empty() {
                middle.push(of_service(actions, Act::Deploy(to)));
            }
        }
        Strategy::Migrating(database) => {
            let scaling = state.scaling.as_ref();
            let suspend = |it| of_scaling(vec![StageAction::Suspend], Act::Suspend(it));
            middle.extend(scaling.map(suspend));
            middle.push(of_service(stopping(change), Act::StopAll));
            if let Database::Restored { name } = database {
                let snapshot = name.clone();
                let actions = vec![StageAction::Restore { snapshot }];
                let address = Address::new(DbInstance::KIND, "main");
                middle.push(stage(change, address, actions, Act::Restored));
            }
            let first = match change.back {
                true => StageAction::First,
                false => StageAction::Migrate,
            };
            middle.push(of_service(vec![first], Act::FirstTask));
            let others = (change.count > 1).then_some(StageAction::Grow {
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
fn rolling(change: &Change) -> (Vec<StageAction>, ServiceUpdate) {
    let service = &change.state.service;
    let now = u32::try_from(service.desired_count()).unwrap_or(0);
    let to = ServiceUpdate {
        count: (change.count != now).then_some(change.count),
        force: change.restart,
        ..ServiceUpdate::default()
    };
    let mut actions = Vec::new();
    actions.extend(to.count.map(|to| StageAction::Scale { from: now, to }));
    if change.restart || !matches!(change.to, TargetRevision::Same) {
        let tasks = change.count;
        actions.push(match moving_minutes(service) {
            Some(minutes) => StageAction::Shift { tasks, minutes },
            None => StageAction::Roll { tasks },
        });
    } else if actions.is_empty() && (change.state.is_moving() || rollback_tags::is_noted(change)) {
        actions.push(StageAction::Follow);
    }
    (actions, to)
}

/// An interrupted run has stopped what ran before, and started the one.
fn stopping(change: &Change) -> Vec<StageAction> {
    let state = &change.state;
    let tasks = u32::try_from(state.service.desired_count()).unwrap_or(0);
    let goes_on = matches!(change.to, TargetRevision::Same) && state.unfinished().is_some();
    let stops = tasks > 0 && !goes_on;
    stops
        .then_some(StageAction::Stop { tasks })
        .into_iter()
        .collect()
}
