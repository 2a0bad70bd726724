//! Stopping what uses the database, and what starts again after it.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_applicationautoscaling::types as scaling;

use crate::aws::{Cloud, Errand, fault};
use crate::engine::{Address, AnyLive, Fault, Graph, Pace, Resource, Step, Verb};
use crate::resources::ecs::service::idle;
use crate::resources::{DatabaseSetup, DbInstance, ScalableTarget, Service};

/// What stopping the tasks of a service takes: their grace period and the draining of their targets.
const STOP: Pace = Pace::about(180);

/// The services that use the database, with their addresses.
fn users(graph: &Graph<Cloud>) -> impl Iterator<Item = (&Address, &Service)> {
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
pub async fn still(
    errand: &Errand,
    graph: &Graph<Cloud>,
    found: &BTreeMap<Address, AnyLive>,
) -> Result<Vec<String>, Fault> {
    for (address, entry) in graph.iter() {
        let Some(target) = entry.node.declaration().downcast_ref::<ScalableTarget>() else {
            continue;
        };
        let of_user = users(graph).any(|(user, _)| entry.needs.contains(user));
        if of_user && found.contains_key(address) {
            suspend(errand, target).await?;
        }
    }
    let mut stopped = Vec::new();
    for (address, service) in users(graph) {
        if found.contains_key(address) {
            stop(errand, address, service).await?;
            stopped.push(address.name().to_owned());
        }
    }
    Ok(stopped)
}

async fn suspend(errand: &Errand, target: &ScalableTarget) -> Result<(), Fault> {
    let all = scaling::SuspendedState::builder()
        .dynamic_scaling_in_suspended(true)
        .dynamic_scaling_out_suspended(true)
        .scheduled_scaling_suspended(true)
        .build();
    errand
        .cloud
        .autoscaling
        .register_scalable_target()
        .service_namespace(scaling::ServiceNamespace::Ecs)
        .scalable_dimension(scaling::ScalableDimension::EcsServiceDesiredCount)
        .resource_id(format!(
            "service/{}/{}",
            target.cluster_name, target.service_name
        ))
        .suspended_state(all)
        .send()
        .await
        .map_err(fault("application-autoscaling:RegisterScalableTarget"))
        .map(|_| ())
}

async fn stop(errand: &Errand, address: &Address, service: &Service) -> Result<(), Fault> {
    let stop = async |step: &Step<Cloud>| {
        step.job()
            .ecs
            .update_service()
            .cluster(&service.cluster_name)
            .service(&service.name)
            .desired_count(0)
            .send()
            .await
            .map_err(fault("ecs:UpdateService"))?;
        step.until(async || idle(step.job(), &service.cluster_name, &service.name).await)
            .await
    };
    errand.step(address.clone(), Verb::Update, STOP, stop).await
}
