//! Finds services by name in the declared clusters, and by tag in all.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types as api;

use crate::aws::{Cloud, Tags};
use crate::engine::{Address, Fault, Found};

use super::super::ecs::{self, tags_of_ecs};
use super::super::sdk::together;
use super::props::live;
use super::{Service, ServiceLive};

pub(super) async fn find(
    cloud: &Cloud,
    declared: &[(&Address, &Service)],
) -> Result<Vec<Found<ServiceLive>>, Fault> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, service) in declared {
        let named = names.entry(service.cluster_name.clone()).or_default();
        named.insert(service.name.clone());
    }
    let (tagged, named) = tokio::try_join!(cloud.tagged(), described(cloud, &names))?;
    let left = described(cloud, &left(cloud, &tagged, &names)).await?;
    let mut found = Vec::new();
    for service in named.iter().chain(&left) {
        let live = live(service)?;
        let address = declared
            .iter()
            .find(|(_, declared)| {
                declared.name == live.name && declared.cluster_name == live.cluster
            })
            .map(|(address, _)| *address);
        // What is draining is in nobody's way for long.
        let address = address.filter(|_| live.said.status == "ACTIVE");
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

async fn described(
    cloud: &Cloud,
    names: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Vec<api::Service>, Fault> {
    let asked = names
        .iter()
        .map(|(cluster, names)| ecs::described(cloud, cluster, names));
    let answers = together(asked).await?;
    Ok(answers
        .iter()
        .flat_map(|services| services.values().cloned())
        .collect())
}

/// Services that carry our tag and no declaration names, by cluster.
fn left(
    cloud: &Cloud,
    tagged: &BTreeMap<String, Tags>,
    named: &BTreeMap<String, BTreeSet<String>>,
) -> BTreeMap<String, BTreeSet<String>> {
    let marker = cloud.place.arn("ecs", "service/");
    let mut left: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in tagged.keys().filter_map(|arn| arn.strip_prefix(&marker)) {
        let Some((cluster, name)) = path.split_once('/') else {
            continue;
        };
        if !named.get(cluster).is_some_and(|names| names.contains(name)) {
            left.entry(cluster.to_owned())
                .or_default()
                .insert(name.to_owned());
        }
    }
    left
}
