//! Stopping what uses the database, and what starts again after it.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::Cloud;
use crate::engine::{Address, AnyLive, Fault, Graph, Pace, Ready, Resource, Step};
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

/// What is there at an address, under whatever name: one that was taken over keeps its own.
pub(super) fn live<'f, R: Resource>(
    found: &'f BTreeMap<Address, AnyLive>,
    address: &Address,
) -> Option<&'f R::Live> {
    found.get(address)?.downcast_ref()
}

/// Stops all tasks of a service, and waits until none is left that could write.
///
/// # Errors
/// The fault of a request, or an interruption.
pub(super) async fn stop(step: &Step<Cloud>, service: &ServiceLive) -> Result<(), Fault> {
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
}
