//! What bringing a database back does, in order: what an operator agrees to, and what progress counts.

use std::collections::BTreeMap;

use super::quiesce::{STOP, live, users};
use super::restorable_time::UPLOAD;
use super::restore::{RENAME, RESTORE};
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

/// How the instance called `identifier` goes back to `source`. An interrupted restore passes over what is done.
pub fn restore_plan(
    graph: &Graph<Cloud>,
    found: &BTreeMap<Address, AnyLive>,
    identifier: &str,
    source: &RestoreSource,
) -> RestorePlan {
    let instance = |name: &str| Address::new(DbInstance::KIND, name);
    let restored = restored_name(identifier);
    let mut stages = stops(graph, found);
    if *source == RestoreSource::Latest {
        let reach = StageAction::ReachBackups;
        stages.push(stage(instance(identifier), Verb::Update, reach, UPLOAD));
    }
    let restores = StageAction::RestoreBeside;
    stages.push(stage(instance(&restored), Verb::Create, restores, RESTORE));
    if let Some((address, _)) = setup(graph) {
        let check = StageAction::CheckRestored;
        stages.push(stage(address.clone(), Verb::Update, check, TASK));
    }
    let swap = StageAction::SwapNames;
    stages.push(stage(instance(identifier), Verb::Update, swap, RENAME));
    stages.push(Stage {
        actions: Vec::new(),
        ..stage(
            instance(&restored),
            Verb::Update,
            StageAction::SwapNames,
            RENAME,
        )
    });
    let starts = stopped(graph, found).map(|(address, _)| {
        let service = address.name().to_owned();
        let action = StageAction::StartService { service };
        stage(address.clone(), Verb::Update, action, Service::PACE)
    });
    let staged = |stages| StagedChange {
        subject: Subject::Database {
            instance: identifier.to_owned(),
            backup: match source {
                RestoreSource::Latest => "the last moment of its backups".to_owned(),
                other => other.to_string(),
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
        let action = StageAction::StopService {
            service: address.name().to_owned(),
            tasks: service.desired,
        };
        stage(address.clone(), Verb::Update, action, STOP)
    });
    let mut stops: Vec<Stage> = stops.collect();
    if let Some(first) = stops.first_mut().filter(|_| scaled) {
        first.actions.insert(0, StageAction::Suspend);
    }
    stops
}

fn stage(address: Address, verb: Verb, action: StageAction, pace: Pace) -> Stage {
    Stage {
        address,
        verb,
        actions: vec![action],
        estimate: Estimate::typical(pace.expected),
    }
}
