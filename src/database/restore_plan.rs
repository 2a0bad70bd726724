//! What bringing a database back does, in order: what an operator agrees to, and what progress counts.

use std::collections::BTreeMap;

use super::quiesce::{STOP, live, users};
use super::restorable_time::UPLOAD;
use super::restore::{Progress, RENAME, RESTORE};
use super::setup;
use super::setup_run::TASK;
use crate::aws::Cloud;
use crate::engine::{
    Address, AnyLive, Estimate, Graph, Pace, Plan, Resource, Stage, StageAction, StagedChange,
    Subject, Verb,
};
use crate::resources::rds::db_instance::restore::{RestoreSource, restored_name};
use crate::resources::{DbInstance, ScalableTarget, Service, ServiceLive};

/// What becomes of a database that goes back, and of what uses it.
#[derive(Debug, Clone)]
pub struct RestorePlan {
    /// What [`super::quiesce()`], [`super::restore::restore()`] and [`super::restore::swap()`] do, one after the other.
    pub restore: StagedChange,
    /// The start of what was stopped. What else the file says of it is seen then.
    pub restart: StagedChange,
}

impl RestorePlan {
    /// All of it.
    pub fn full_plan(&self) -> Plan {
        let mut all = self.restore.clone();
        all.stages.extend(self.restart.stages.iter().cloned());
        Plan::of_stages(all)
    }
}

/// How the instance called `identifier` goes back to `source`, from where `progress` says that an interrupted restore has
/// got to.
pub fn restore_plan(
    graph: &Graph<Cloud>,
    found: &BTreeMap<Address, AnyLive>,
    identifier: &str,
    source: &RestoreSource,
    progress: &Progress,
) -> RestorePlan {
    let instance = |name: &str| Address::new(DbInstance::KIND, name);
    let restored = restored_name(identifier);
    let mut stages = stops(graph, found);
    let begun = !matches!(progress, Progress::None);
    let (named, displaced) = match progress {
        Progress::None => (false, false),
        Progress::Beside { old, .. } => (false, old.is_none()),
        Progress::Swapped(_) => (true, true),
    };
    if *source == RestoreSource::Latest && !begun {
        let reach = vec![StageAction::ReachBackups];
        stages.push(stage(instance(identifier), Verb::Update, reach, UPLOAD));
    }
    if !displaced {
        let restores = vec![StageAction::RestoreBeside];
        stages.push(stage(instance(&restored), Verb::Create, restores, RESTORE));
    }
    let set_up = setup(graph).filter(|_| !named);
    stages.extend(set_up.map(|(address, _)| {
        let check = vec![StageAction::CheckRestored];
        stage(address.clone(), Verb::Update, check, TASK)
    }));
    let mut swap = vec![StageAction::SwapNames];
    if !displaced {
        let swap = std::mem::take(&mut swap);
        stages.push(stage(instance(identifier), Verb::Update, swap, RENAME));
    }
    if !named {
        stages.push(stage(instance(&restored), Verb::Update, swap, RENAME));
    }
    let starts = stopped(graph, found).map(|(address, _)| {
        let service = address.name().to_owned();
        let start = vec![StageAction::StartService { service }];
        stage(address.clone(), Verb::Update, start, Service::PACE)
    });
    let staged = |stages| StagedChange {
        subject: Subject::Database {
            instance: identifier.to_owned(),
            backup: match source {
                RestoreSource::Latest => "the last moment of its backups".to_owned(),
                RestoreSource::Time(_) => source.to_string().replacen("time ", "", 1),
                RestoreSource::Snapshot(_) => source.to_string(),
            },
        },
        changes: Vec::new(),
        stages,
        warnings: Vec::new(),
    };
    RestorePlan {
        restore: staged(stages),
        restart: staged(starts.collect()),
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
fn stops(graph: &Graph<Cloud>, found: &BTreeMap<Address, AnyLive>) -> Vec<Stage> {
    let scaled = graph.iter().any(|(address, entry)| {
        live::<ScalableTarget>(found, address).is_some()
            && users(graph).any(|(user, _)| entry.needs.contains(user))
    });
    let stops = stopped(graph, found).map(|(address, service)| {
        // One that an interrupted run has stopped, or nobody started, is only looked at.
        let tasks = service.desired.max(service.running);
        let stop = (tasks > 0).then(|| StageAction::StopService {
            service: address.name().to_owned(),
            tasks,
        });
        stage(
            address.clone(),
            Verb::Update,
            stop.into_iter().collect(),
            STOP,
        )
    });
    let mut stops: Vec<Stage> = stops.collect();
    if let Some(first) = stops.first_mut().filter(|_| scaled) {
        first.actions.insert(0, StageAction::Suspend);
    }
    stops
}

fn stage(address: Address, verb: Verb, actions: Vec<StageAction>, pace: Pace) -> Stage {
    Stage {
        address,
        verb,
        actions,
        estimate: Estimate::typical(pace.expected),
    }
}
