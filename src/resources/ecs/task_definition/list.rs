//! Finds the revisions that services run, and those that nothing runs.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types as api;

use crate::aws::{Cloud, Index};
use crate::engine::{Address, Fault, Found, Ownership, Resource};
use crate::image_reference::ImageReference;

use super::revisions::{describe, revision};
use super::{TaskDefinition, TaskDefinitionLive, TaskImage};
use crate::resources::Service;
use crate::resources::ecs::services::{Names, services};
use crate::resources::ecs::{self, family, registry};
use crate::resources::sdk::try_join_bounded;

type Declared<'a> = (&'a Address, &'a TaskDefinition);

/// One revision for each declared family, and the newest of each family of ours that is not declared.
pub(super) async fn list(
    cloud: &Cloud,
    declared: &[Declared<'_>],
) -> Result<Vec<Found<TaskDefinitionLive>>, Fault> {
    let (tagged, running) = tokio::try_join!(cloud.tagged(), running(cloud, declared))?;
    let newest = newest(cloud, &tagged);
    let there = try_join_bounded(declared.iter().map(|&(address, task)| {
        let newest = newest.get(task.family.as_str()).copied();
        let runner = runner(cloud, &running, address, task);
        one(cloud, address, task, runner, newest)
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
    let left = try_join_bounded(left.into_iter().map(|arn| describe(cloud, arn)));
    let (mut there, mut left) = tokio::try_join!(there, left)?;
    look_for_images(cloud, declared, &mut there).await?;
    // What a renamed address runs keeps its family, and the index may list no newer revision of it than one
    // that has been succeeded since.
    let in_use = |family: &str| {
        let mut there = there.iter().flatten();
        there.any(|there| there.found.live.family == family)
    };
    left.retain(|live| live.as_ref().is_some_and(|live| !in_use(&live.family)));
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

fn found_as(owner: Ownership, live: TaskDefinitionLive) -> Found<TaskDefinitionLive> {
    Found {
        owner,
        id: format!("{}:{}", live.family, live.revision),
        live,
    }
}

/// The services of the stack: the same question that services ask.
async fn running(cloud: &Cloud, declared: &[Declared<'_>]) -> Result<Vec<api::Service>, Fault> {
    let mut names = Names::new();
    for (_, task) in declared {
        let named = names.entry(task.cluster.clone()).or_default();
        named.extend(task.service.clone());
    }
    services(cloud, &names).await
}

/// The service of ours that runs a declared task: the one of its name, or the one that bears its
/// address under another name.
fn runner<'s>(
    cloud: &Cloud,
    services: &'s [api::Service],
    address: &Address,
    task: &TaskDefinition,
) -> Option<&'s api::Service> {
    let name = task.service.as_deref()?;
    let ours = || {
        services.iter().filter_map(|service| {
            let owner = cloud.owner(&ecs::tags_of_ecs(service.tags()), None)?;
            let Ownership::Ours(claim) = owner else {
                return None;
            };
            (service.status() == Some("ACTIVE")).then_some((claim.address, service))
        })
    };
    let named = ours().find(|(_, service)| {
        let cluster = service.cluster_arn().map(ecs::last);
        service.service_name() == Some(name) && cluster == Some(&task.cluster)
    });
    let same = |of: &Address| of.kind() == Service::KIND && of.name() == address.name();
    named
        .or_else(|| ours().find(|(of, _)| same(of)))
        .map(|(_, service)| service)
}

/// The newest revision of each family among what carries our tag.
fn newest<'t>(cloud: &Cloud, tagged: &'t Index) -> BTreeMap<&'t str, &'t str> {
    let marker = cloud.place.arn("ecs", "task-definition/");
    let mut newest: BTreeMap<&str, &str> = BTreeMap::new();
    for arn in tagged.arns().filter(|arn| arn.starts_with(&marker)) {
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
    service: Option<&api::Service>,
    newest: Option<&str>,
) -> Result<Option<There>, Fault> {
    if let Some(arn) = service.and_then(|service| service.task_definition())
        && let Some(live) = describe(cloud, arn).await?
    {
        // What our service runs is what is there, whoever registered it.
        return Ok(Some(There {
            runs: service.is_some_and(|service| service.desired_count() > 0),
            found: found_as(owner_of(cloud, address, &live), run_by(service, task, live)),
        }));
    }
    let by_family = describe(cloud, &task.family).await?;
    let live = match (by_family, newest) {
        (Some(live), _) if cloud.owner(&live.tags, None).is_some() => Some(live),
        (_, Some(arn)) => describe(cloud, arn).await?,
        (foreign, None) => foreign,
    };
    Ok(live.and_then(|live| {
        let owner = cloud.owner(&live.tags, Some(address))?;
        Some(There {
            runs: false,
            found: found_as(owner, run_by(service, task, live)),
        })
    }))
}

/// What our service runs is what is there under the task's address, whoever registered it.
fn owner_of(cloud: &Cloud, address: &Address, live: &TaskDefinitionLive) -> Ownership {
    match cloud.owner(&live.tags, None) {
        Some(Ownership::Ours(claim)) if claim.address == *address => Ownership::Ours(claim),
        _ => Ownership::Ours(address.clone().into()),
    }
}

fn run_by(
    service: Option<&api::Service>,
    task: &TaskDefinition,
    live: TaskDefinitionLive,
) -> TaskDefinitionLive {
    let runner = service.and_then(|service| {
        let cluster = ecs::last(service.cluster_arn()?).to_owned();
        Some((cluster, service.service_name()?.to_owned()))
    });
    TaskDefinitionLive {
        service: runner.or_else(|| task.runner()),
        ..live
    }
}

/// Asks the registry for the images: those that no task runs may never have been there, and those that
/// tasks run may have left it. One request a repository.
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
                .is_some_and(|(image, runs)| runs && is_of(&there.found.live, &image)),
            (_, Some(there)) => there.runs,
            (_, None) => true,
        })
        .collect();
    let all: Vec<(&mut TaskDefinitionLive, bool)> = there
        .iter_mut()
        .zip(running)
        .filter_map(|(there, runs)| Some((&mut there.as_mut()?.found.live, runs)))
        .collect();
    let repositories: BTreeSet<String> = all
        .iter()
        .filter_map(|(live, _)| registry::own_repository(cloud, &live.image).map(str::to_owned))
        .collect();
    let held = registry::remembered(cloud, &repositories).await?;
    for (live, runs) in all {
        let Some(images) =
            registry::own_repository(cloud, &live.image).and_then(|name| held.get(name))
        else {
            continue;
        };
        let held = images.contains(&live.image);
        live.image_present = held || runs;
        live.image_left = runs && !held;
    }
    Ok(())
}

/// Whether a revision's image is `image`, or the digest that this tag was looked up for.
fn is_of(live: &TaskDefinitionLive, image: &str) -> bool {
    let (own, other) = (ImageReference::of(&live.image), ImageReference::of(image));
    live.image == image || (own.name == other.name && live.image_tag() == Some(other.version()))
}
