//! Stopping what uses the database, and what starts again after it.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::{Cloud, RunContext};
use crate::engine::{Address, AnyLive, Fault, Graph, Pace, Ready, Resource, Step, Verb};
use crate::resources::application_auto_scaling::scalable_target;
use crate::resources::ecs::{Presence, presence, service::stop_all};
use crate::resources::{DatabaseSetup, DbInstance, ScalableTarget, Service, ServiceLive};

/// What stopping the tasks of a service takes: their grace period and the draining of their targets.
pub(super) const STOP: Pace = Pace::about(180);

/// The services that use the database, with their addresses.
pub(super) fn users(graph: &Graph<Cloud>) -> impl Iterator<Item = (&Address, &Service)> {
    graph
        .iter()
        .filter_map(|(address, entry)| Some((address, entry.node.declaration().downcast_ref()?)))
        .filter(|(_, service): &(_, &Service)| service.after_setup.is_some())
}

/// What is brought back after a standstill: the database, its preparation, the services that use it
/// and what scales them.
pub fn follows(graph: &Graph<Cloud>) -> BTreeSet<Address> {
    let services: BTreeSet<&Address> = users(graph).map(|(address, _)| address).collect();
    graph
        .iter()
        .filter(|(address, entry)| {
            [DbInstance::KIND, DatabaseSetup::KIND].contains(&address.kind())
                || services.contains(address)
                || address.kind() == ScalableTarget::KIND
                    && entry.needs.iter().any(|need| services.contains(need))
        })
        .map(|(address, _)| address.clone())
        .collect()
}

/// Suspends the scaling of every service that uses the database, then stops its tasks and waits until
/// none runs. Answers the names of those that were stopped.
///
/// # Errors
/// The fault of a request, or an interruption.
pub async fn quiesce(
    run: &RunContext,
    graph: &Graph<Cloud>,
    found: &BTreeMap<Address, AnyLive>,
) -> Result<Vec<String>, Fault> {
    for (address, entry) in graph.iter() {
        let of_user = users(graph).any(|(user, _)| entry.needs.contains(user));
        if of_user && let Some(target) = live::<ScalableTarget>(found, address) {
            scalable_target::suspend(&run.job(address), target, true).await?;
        }
    }
    let mut stopped = Vec::new();
    for (address, _) in users(graph) {
        if let Some(service) = live::<Service>(found, address) {
            stop(run, address, service).await?;
            stopped.push(address.name().to_owned());
        }
    }
    Ok(stopped)
}

/// What is there at an address, under whatever name: one that was taken over keeps its own.
pub(super) fn live<'f, R: Resource>(
    found: &'f BTreeMap<Address, AnyLive>,
    address: &Address,
) -> Option<&'f R::Live> {
    found.get(address)?.downcast_ref()
}

async fn stop(run: &RunContext, address: &Address, service: &ServiceLive) -> Result<(), Fault> {
    let stop = async |step: &Step<Cloud>| {
        // One that was made a moment ago may not be described yet, and has tasks that write all the same.
        let described = step.until(async || {
            let presence = presence(step.job(), &service.cluster, &service.name).await?;
            Ok(match presence {
                Presence::There(there) => Ready::Yes(Some(there)),
                Presence::Deleted(_) => Ready::Yes(None),
                Presence::Unknown => Ready::NotYet("not visible yet".to_owned()),
            })
        });
        match described.await? {
            Some(there) => stop_all(step, &there, None).await,
            None => Ok(()),
        }
    };
    run.step(address.clone(), Verb::Update, STOP, stop).await
}
