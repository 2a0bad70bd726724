//! The services of a stack: those whose names are declared, and those that carry its tag under others.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types as api;

use crate::aws::{Cloud, Index};
use crate::engine::Fault;

use crate::resources::sdk::try_join_bounded;

/// Names of services, by cluster.
pub(in crate::resources) type Names = BTreeMap<String, BTreeSet<String>>;

/// The services of these names, and whatever else carries the stack's tag. Each question is asked
/// once a run, whoever asks.
pub(in crate::resources) async fn services(
    cloud: &Cloud,
    names: &Names,
) -> Result<Vec<api::Service>, Fault> {
    let (tagged, mut all) = tokio::try_join!(cloud.tagged(), described(cloud, names))?;
    all.extend(described(cloud, &others(cloud, &tagged, names)).await?);
    Ok(all)
}

async fn described(cloud: &Cloud, names: &Names) -> Result<Vec<api::Service>, Fault> {
    let asked = names
        .iter()
        .map(|(cluster, names)| super::described(cloud, cluster, names));
    let answers = try_join_bounded(asked).await?;
    Ok(answers
        .iter()
        .flat_map(|services| services.values().cloned())
        .collect())
}

/// Services that carry our tag and none of these names.
fn others(cloud: &Cloud, tagged: &Index, names: &Names) -> Names {
    let marker = cloud.place.arn("ecs", "service/");
    let mut others = Names::new();
    for path in tagged.after(&marker) {
        let Some((cluster, name)) = path.split_once('/') else {
            continue;
        };
        if !names.get(cluster).is_some_and(|names| names.contains(name)) {
            others
                .entry(cluster.to_owned())
                .or_default()
                .insert(name.to_owned());
        }
    }
    others
}
