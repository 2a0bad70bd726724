//! Finds the revisions that services run, and those that nothing runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::aws::{Cloud, Tags};
use crate::engine::{Address, Fault, Found, Owner};

use super::super::ecs::{self, Services, family, registry};
use super::super::sdk::together;
use super::revisions::{describe, revision};
use super::{TaskDefinition, TaskDefinitionLive, TaskImage};

type Declared<'a> = (&'a Address, &'a TaskDefinition);

/// One revision for each declared family, and the newest of each family of ours that is not declared.
pub(super) async fn find(
    cloud: &Cloud,
    declared: &[Declared<'_>],
) -> Result<Vec<Found<TaskDefinitionLive>>, Fault> {
    let (tagged, running) = tokio::try_join!(cloud.tagged(), running(cloud, declared))?;
    let newest = newest(cloud, &tagged);
    let there = together(declared.iter().map(|&(address, task)| {
        let newest = newest.get(task.family.as_str()).copied();
        one(cloud, address, task, running.get(&task.cluster), newest)
    }));
    let named: BTreeSet<&str> = declared
        .iter()
        .map(|(_, task)| task.family.as_str())
        .collect();
    let left: Vec<&str> = newest
        .iter()
        .filter(|(family, _)| !named.contains(*family))
        .map(|(_, arn)| *arn)
        .collect();
    let left = together(left.into_iter().map(|arn| describe(cloud, arn)));
    let (mut there, left) = tokio::try_join!(there, left)?;
    look_for_images(cloud, declared, &mut there).await?;
    let found = there.into_iter().flatten().map(|there| there.found);
    let left = left.into_iter().flatten().filter_map(|live| {
        let owner = cloud.owner(&live.tags, None)?;
        Some(found_as(owner, live))
    });
    Ok(found.chain(left).collect())
}

/// A revision, and whether tasks of it are wanted: then its image was pulled and needs no look.
struct There {
    found: Found<TaskDefinitionLive>,
    runs: bool,
}

fn found_as(owner: Owner, live: TaskDefinitionLive) -> Found<TaskDefinitionLive> {
    Found {
        owner,
        id: format!("{}:{}", live.family, live.revision),
        live,
    }
}

/// The services of the declared clusters: the same question that services ask.
async fn running(
    cloud: &Cloud,
    declared: &[Declared<'_>],
) -> Result<BTreeMap<String, Arc<Services>>, Fault> {
    let mut names: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (_, task) in declared {
        let named = names.entry(&task.cluster).or_default();
        named.extend(task.service.clone());
    }
    let asked = names.iter().map(|(&cluster, names)| async move {
        Ok((
            cluster.to_owned(),
            ecs::described(cloud, cluster, names).await?,
        ))
    });
    Ok(together(asked).await?.into_iter().collect())
}

/// The newest revision of each family among what carries our tag.
fn newest<'t>(cloud: &Cloud, tagged: &'t BTreeMap<String, Tags>) -> BTreeMap<&'t str, &'t str> {
    let marker = cloud.place.arn("ecs", "task-definition/");
    let mut newest: BTreeMap<&str, &str> = BTreeMap::new();
    for arn in tagged.keys().filter(|arn| arn.starts_with(&marker)) {
        let known = newest.entry(family(arn)).or_insert(arn);
        if revision(arn) > revision(known) {
            *known = arn;
        }
    }
    newest
}

async fn one(
    cloud: &Cloud,
    address: &Address,
    task: &TaskDefinition,
    services: Option<&Arc<Services>>,
    newest: Option<&str>,
) -> Result<Option<There>, Fault> {
    let service = task
        .service
        .as_ref()
        .and_then(|name| services?.get(name))
        .filter(|service| {
            let owner = cloud.owner(&ecs::tags_of_ecs(service.tags()), None);
            owner.is_some() && service.status() == Some("ACTIVE")
        });
    if let Some(arn) = service.and_then(|service| service.task_definition())
        && let Some(live) = describe(cloud, arn).await?
    {
        // What our service runs is what is there, whoever registered it.
        return Ok(Some(There {
            runs: service.is_some_and(|service| service.desired_count() > 0),
            found: found_as(Owner::Ours(address.clone()), task.run_by(live)),
        }));
    }
    let by_family = describe(cloud, &task.family).await?;
    let live = match (by_family, newest) {
        (Some(live), _) if cloud.owner(&live.tags, None).is_some() => Some(live),
        (_, Some(arn)) => describe(cloud, arn).await?,
        (stranger, None) => stranger,
    };
    Ok(live.and_then(|live| {
        let owner = cloud.owner(&live.tags, Some(address))?;
        Some(There {
            runs: false,
            found: found_as(owner, task.run_by(live)),
        })
    }))
}

impl TaskDefinition {
    fn run_by(&self, live: TaskDefinitionLive) -> TaskDefinitionLive {
        TaskDefinitionLive {
            service: self.runner(),
            ..live
        }
    }
}

/// Asks the registry for the images that no task runs; a steady plan asks it nothing.
async fn look_for_images(
    cloud: &Cloud,
    declared: &[Declared<'_>],
    there: &mut [Option<There>],
) -> Result<(), Fault> {
    let image_of = |other: &Address| {
        let at = declared.iter().position(|(address, _)| *address == other)?;
        let there = there.get(at)?.as_ref()?;
        Some((there.found.live.image.clone(), there.runs))
    };
    let running: Vec<bool> = declared
        .iter()
        .zip(there.iter())
        .map(|((_, task), there)| match (&task.image, there) {
            // The image of a task that runs elsewhere was pulled there.
            (TaskImage::SameAs(other), Some(there)) => image_of(other.address())
                .is_some_and(|(image, runs)| runs && image == there.found.live.image),
            (_, Some(there)) => there.runs,
            (_, None) => true,
        })
        .collect();
    let unsure: Vec<&mut TaskDefinitionLive> = there
        .iter_mut()
        .zip(running)
        .filter(|(_, runs)| !runs)
        .filter_map(|(there, _)| Some(&mut there.as_mut()?.found.live))
        .collect();
    let repositories: BTreeSet<String> = unsure
        .iter()
        .filter_map(|live| registry::own(cloud, &live.image).map(str::to_owned))
        .collect();
    let held = registry::remembered(cloud, &repositories).await?;
    for live in unsure {
        let Some(images) = registry::own(cloud, &live.image).and_then(|name| held.get(name)) else {
            continue;
        };
        live.image_present = images.hold(&live.image);
    }
    Ok(())
}
