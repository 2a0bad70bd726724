//! Finds services by name in the declared clusters, and by tag in all.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::Cloud;
use crate::engine::{Address, Fault, Found};

use super::props::live;
use super::{Service, ServiceLive};
use crate::resources::ecs::services::services;
use crate::resources::ecs::tags_of_ecs;
use crate::resources::ownership::declared_as;

pub(super) async fn list(
    cloud: &Cloud,
    declared: &[(&Address, &Service)],
) -> Result<Vec<Found<ServiceLive>>, Fault> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, service) in declared {
        let named = names.entry(service.cluster_name.clone()).or_default();
        named.insert(service.name.clone());
    }
    let mut found = Vec::new();
    for service in &services(cloud, &names).await? {
        let live = live(service)?;
        let address = declared_as(declared, |one| {
            one.name == live.name && one.cluster_name == live.cluster
        });
        // What is draining is in nobody's way for long.
        let address = address.filter(|_| live.observed.status == "ACTIVE");
        if let Some(owner) = cloud.owner(&tags_of_ecs(service.tags()), address) {
            found.push(Found {
                owner,
                id: live.name.clone(),
                live,
            });
        }
    }
    Ok(found)
}
