//! The stages of a restore, from stopping what uses the database to the swap of the names. What an operator agrees
//! to, what progress counts and what is carried out is this one list.

use std::collections::BTreeMap;

use super::quiesce::{self, STOP, live, users};
use super::restorable_time::{UPLOAD, wait_until_restorable};
use super::restore::{self, Progress, RENAME, RESTORE, Restoration, Swapped};
use super::setup;
use super::setup_run::{TASK, setup_answer};
use crate::aws::Cloud;
use crate::engine::{
    Address, AnyLive, Estimate, Fault, Graph, Halted, Pace, Plan, ResolveContext, Resource, Stage,
    StageAction, StageWork, StagedChange, Step, Subject, Verb, Workflow,
};
use crate::resources::application_auto_scaling::scalable_target::{self, ScalableTargetLive};
use crate::resources::rds::db_instance::restore::{RestoreSource, restored_name};
use crate::resources::{DbInstance, Mode, ScalableTarget, Service, ServiceLive, SetupRunner};

/// What becomes of a database that goes back, and of what uses it.
#[derive(Debug)]
pub struct RestorePlan {
    /// How the database goes back.
    pub restore: StagedChange,
    /// The start of what was stopped. What else the file says of it is seen then.
    pub restart: StagedChange,
    stages: Vec<RestoreStage>,
    restoration: Restoration,
}

impl RestorePlan {
    /// All of it.
    pub fn full_plan(&self) -> Plan {
        let mut all = self.restore.clone();
        all.stages.extend(self.restart.stages.iter().cloned());
        Plan::of_stages(all)
    }

    /// Brings the database back; nothing that uses it runs after that.
    ///
    /// # Errors
    /// When a stage failed, which the report tells; the same call goes on.
    pub async fn carry_out(&self, workflow: &mut Workflow<Cloud>) -> Result<(), Halted> {
        workflow.carry_out(&self.stages, &self.restoration).await
    }

    /// What that left; `None` before its end.
    pub fn swapped(&self) -> Option<&Swapped> {
        self.restoration.swapped()
    }
}

/// One stage, with what carries it out.
#[derive(Debug)]
struct RestoreStage {
    planned: Stage,
    pace: Pace,
    act: Act,
}

#[derive(Debug)]
enum Act {
    /// Forgets a restore from something else, whose instance bears the name already.
    Forget,
    /// Keeps scaling from happening.
    Suspend(ScalableTargetLive),
    /// Stops every task of a service.
    Stop(Box<ServiceLive>),
    /// Waits until the database's own backups reach what was written last.
    ReachBackups,
    /// Restores the backup into a new instance.
    RestoreBeside,
    /// Logs in to that one, as the set-up does.
    CheckRestored(SetupRunner),
    /// Gives the instance that is there another name.
    Displace,
    /// Gives the restored one its name.
    TakeName,
}

impl StageWork<Cloud> for RestoreStage {
    type Change = Restoration;

    fn planned(&self) -> &Stage {
        &self.planned
    }

    fn pace(&self, _: &Restoration) -> Pace {
        self.pace
    }

    async fn perform(&self, step: &Step<Cloud>, of: &Restoration) -> Result<(), Fault> {
        match &self.act {
            Act::Forget => restore::forget(step.job(), &of.identifier).await,
            Act::Suspend(target) => scalable_target::suspend(step.job(), target, true).await,
            Act::Stop(service) => quiesce::stop(step, service).await,
            Act::ReachBackups => wait_until_restorable(step, &of.identifier).await,
            Act::RestoreBeside => restore::restore_backup(step, of).await,
            Act::CheckRestored(setup_runner) => {
                let Some(restored) = restore::restored(step.job(), of).await? else {
                    return Ok(());
                };
                let told = setup_answer(step, setup_runner, Mode::Prepare, Some(&restored)).await;
                told.map(drop)
            }
            Act::Displace => restore::displace(step, of).await,
            Act::TakeName => restore::take_name(step, of).await,
        }
    }
}

/// How the instance called `identifier`, the database at `address`, goes back to `source`, from where `progress` says
/// that an interrupted restore has got to.
pub fn restore_plan(
    graph: &Graph<Cloud>,
    found: &BTreeMap<Address, AnyLive>,
    (address, identifier): (&Address, &str),
    source: &RestoreSource,
    progress: &Progress,
) -> RestorePlan {
    let instance = |name: &str| Address::new(DbInstance::KIND, name);
    let restored = restored_name(identifier);
    let begun = !matches!(progress, Progress::None);
    let (named, displaced) = match progress {
        Progress::None => (false, false),
        Progress::Beside { old, .. } => (false, old.is_none()),
        Progress::Swapped(_) => (true, true),
    };
    let mut stages = Vec::new();
    let marked = live::<DbInstance>(found, address).is_some_and(restore::is_marked);
    if !begun && marked {
        stages.push(stage(
            address.clone(),
            Verb::Update,
            None,
            Pace::QUICK,
            Act::Forget,
        ));
    }
    stages.extend(quiesce_stages(graph, found));
    if *source == RestoreSource::Latest && !begun {
        let reach = Some(StageAction::ReachBackups);
        stages.push(stage(
            instance(identifier),
            Verb::Update,
            reach,
            UPLOAD,
            Act::ReachBackups,
        ));
    }
    if !displaced {
        let restores = Some(StageAction::RestoreBeside);
        stages.push(stage(
            instance(&restored),
            Verb::Create,
            restores,
            RESTORE,
            Act::RestoreBeside,
        ));
    }
    if !named && let Some((address, setup)) = setup(graph) {
        let check = Some(StageAction::CheckRestored);
        let find = |address: &_| found.get(address).cloned();
        let act = Act::CheckRestored(setup.setup_runner(&ResolveContext::new(&find, None)));
        stages.push(stage(address.clone(), Verb::Update, check, TASK, act));
    }
    let mut swap = Some(StageAction::SwapNames);
    if !displaced {
        stages.push(stage(
            instance(identifier),
            Verb::Update,
            swap.take(),
            RENAME,
            Act::Displace,
        ));
    }
    // One that bears the name may not be the stack's yet.
    let (name, pace) = match named {
        true => (identifier, Pace::QUICK),
        false => (restored.as_str(), RENAME),
    };
    let swap = swap.filter(|_| !named);
    stages.push(stage(
        instance(name),
        Verb::Update,
        swap,
        pace,
        Act::TakeName,
    ));
    let starts = stopped(graph, found).map(|(address, _)| {
        let service = address.name().to_owned();
        let start = StageAction::StartService { service };
        planned(address.clone(), Verb::Update, Some(start), Service::PACE)
    });
    let staged = |stages| StagedChange {
        subject: Subject::Database {
            instance: identifier.to_owned(),
            backup: source.to_string(),
        },
        changes: Vec::new(),
        stages,
        warnings: Vec::new(),
    };
    RestorePlan {
        restore: staged(stages.iter().map(|stage| stage.planned.clone()).collect()),
        restart: staged(starts.collect()),
        stages,
        restoration: Restoration::new(address, identifier, source),
    }
}

/// The services that use the database and are there.
fn stopped<'g>(
    graph: &'g Graph<Cloud>,
    found: &'g BTreeMap<Address, AnyLive>,
) -> impl Iterator<Item = (&'g Address, &'g ServiceLive)> {
    users(graph).filter_map(|(address, _)| Some((address, live::<Service>(found, address)?)))
}

/// Each service that uses the database stops; what scales them is suspended before.
fn quiesce_stages(graph: &Graph<Cloud>, found: &BTreeMap<Address, AnyLive>) -> Vec<RestoreStage> {
    let scaling = graph.iter().filter_map(|(address, entry)| {
        let target = live::<ScalableTarget>(found, address)?;
        let of_user = users(graph).any(|(user, _)| entry.needs.contains(user));
        of_user.then_some((address, target))
    });
    let mut suspends = Some(StageAction::Suspend);
    let suspended = scaling.map(|(address, target)| {
        let act = Act::Suspend(target.clone());
        stage(
            address.clone(),
            Verb::Update,
            suspends.take(),
            Pace::QUICK,
            act,
        )
    });
    let mut stages: Vec<RestoreStage> = suspended.collect();
    stages.extend(stopped(graph, found).map(|(address, service)| {
        // One that an interrupted run has stopped, or nobody started, is only looked at.
        let tasks = service.desired.max(service.running);
        let stop = (tasks > 0).then(|| StageAction::StopService {
            service: address.name().to_owned(),
            tasks,
        });
        let act = Act::Stop(Box::new(service.clone()));
        stage(address.clone(), Verb::Update, stop, STOP, act)
    }));
    stages
}

fn stage(
    address: Address,
    verb: Verb,
    action: Option<StageAction>,
    pace: Pace,
    act: Act,
) -> RestoreStage {
    RestoreStage {
        planned: planned(address, verb, action, pace),
        pace,
        act,
    }
}

fn planned(address: Address, verb: Verb, action: Option<StageAction>, pace: Pace) -> Stage {
    Stage {
        address,
        verb,
        actions: action.into_iter().collect(),
        estimate: Estimate::typical(pace.expected),
    }
}
