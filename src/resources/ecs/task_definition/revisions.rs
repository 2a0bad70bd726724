//! The revisions of a family: read one, take the old ones away.

use aws_sdk_ecs::types as api;

use crate::aws::{Cloud, Job, Required, Tags, answer_of, done};
use crate::engine::{Class, Fault};
use crate::resources::ecs::revision_tags;

use super::TaskDefinitionLive;
use super::read::live;
use crate::resources::ecs::{self, image_holds, tags_of_ecs};
use crate::resources::ownership::is_ours;
use crate::resources::sdk::try_join_bounded;

/// How many revisions are kept to go back to.
const KEPT: usize = 10;
/// The most that `DeleteTaskDefinitions` takes.
const BATCH: usize = 10;

/// A revision by its ARN, or a family's newest one that is active; `None` when there is none.
pub(super) async fn describe(
    cloud: &Cloud,
    name: &str,
) -> Result<Option<TaskDefinitionLive>, Fault> {
    match describe_revision(cloud, name).await? {
        Some(Revision { definition, tags }) => live(&definition, tags).map(Some),
        None => Ok(None),
    }
}

/// A revision in AWS's own words.
#[derive(Debug, Clone)]
pub(crate) struct Revision {
    /// What it says.
    pub(crate) definition: api::TaskDefinition,
    /// Its tags.
    pub(crate) tags: Tags,
}

impl Revision {
    /// Its ARN; empty only in an answer that AWS does not give.
    pub(crate) fn arn(&self) -> &str {
        self.definition.task_definition_arn().unwrap_or_default()
    }

    /// The container called `name`, else the first.
    pub(crate) fn container(&self, name: &str) -> Option<&api::ContainerDefinition> {
        let mut all = self.definition.container_definitions().iter();
        all.clone()
            .find(|container| container.name() == Some(name))
            .or_else(|| all.next())
    }

    /// The image that the container called `name` runs.
    pub(crate) fn image(&self, name: &str) -> &str {
        self.container(name)
            .and_then(api::ContainerDefinition::image)
            .unwrap_or_default()
    }

    /// The same as people call it: with the tag that it was chosen by and the digest, as far as they are known.
    pub(crate) fn described_image(&self, name: &str) -> String {
        let image = self.image(name);
        match self.tags.get(revision_tags::IMAGE) {
            Some(tag) if image.contains('@') => format!("{image} ({tag})"),
            _ => image.to_owned(),
        }
    }
}

/// The same, in AWS's own words.
///
/// # Errors
/// The fault of the call.
pub(crate) async fn describe_revision(
    cloud: &Cloud,
    name: &str,
) -> Result<Option<Revision>, Fault> {
    const OPERATION: &str = "ecs:DescribeTaskDefinition";
    let request = (cloud.ecs.describe_task_definition())
        .task_definition(name)
        .include(api::TaskDefinitionField::Tags);
    let answer = match answer_of(OPERATION, request.send().await) {
        Ok(answer) => answer,
        // "Unable to describe task definition.": ECS has no code of its own for it.
        Err(fault) if fault.is(OPERATION, &["ClientException"]) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let definition = (answer.task_definition).required(OPERATION, "taskDefinition")?;
    if definition.status() == Some(&api::TaskDefinitionStatus::DeleteInProgress) {
        return Ok(None);
    }
    let tags = tags_of_ecs(answer.tags.as_deref().unwrap_or_default());
    Ok(Some(Revision { definition, tags }))
}

/// Removes what a deleted declaration leaves, or, when a newer revision has taken this one's place,
/// only what is too old to go back to.
pub(super) async fn delete(job: &Job, old: &TaskDefinitionLive) -> Result<(), Fault> {
    let active = list(job, &old.family, api::TaskDefinitionStatus::Active).await?;
    let newest = active.first().map(|arn| revision(arn));
    let replaced = match runs(job, old).await? {
        // A replacement that came out the same is no replacement.
        Some(runs) => runs == old.arn || newest.is_some_and(|newest| newest > old.revision),
        None => old.service.is_none() && newest.is_some_and(|newest| newest > old.revision),
    };
    let (kept, going) = if replaced {
        let mut active = active;
        let going = active.split_off(KEPT.min(active.len()));
        (active, going)
    } else {
        let inactive = list(job, &old.family, api::TaskDefinitionStatus::Inactive).await?;
        (Vec::new(), [inactive, active].concat())
    };
    let mut going = ours(job, &going).await?;
    // The newest goes last, so that what an interruption leaves is still found by its family.
    going.sort_by_key(|old| old.revision);
    for batch in going.chunks(BATCH) {
        let arns: Vec<String> = batch.iter().map(|old| old.arn.clone()).collect();
        remove(job, &arns).await?;
    }
    // What a service that is gone ran stays held: its repository may be kept, with all that is in it.
    if replaced && !going.is_empty() {
        let kept = ours(job, &kept).await?;
        let images = |of: &[TaskDefinitionLive]| -> Vec<String> {
            of.iter().map(|one| one.image.clone()).collect()
        };
        image_holds::release(job, &old.family, &images(&going), &images(&kept)).await;
    }
    Ok(())
}

/// What its service runs, as long as that is there.
async fn runs(job: &Job, old: &TaskDefinitionLive) -> Result<Option<String>, Fault> {
    let Some((cluster, service)) = &old.service else {
        return Ok(None);
    };
    let service = ecs::one(job, cluster, service).await?;
    Ok(service
        .filter(|service| service.status() == Some("ACTIVE"))
        .and_then(|service| service.task_definition))
}

async fn list(
    job: &Job,
    family: &str,
    status: api::TaskDefinitionStatus,
) -> Result<Vec<String>, Fault> {
    let request = (job.ecs.list_task_definitions())
        .family_prefix(family)
        .status(status)
        .sort(api::SortOrder::Desc);
    let items = request.into_paginator().items().send();
    answer_of("ecs:ListTaskDefinitions", items.try_collect().await)
}

async fn ours(job: &Job, arns: &[String]) -> Result<Vec<TaskDefinitionLive>, Fault> {
    let mut ours = Vec::new();
    for arns in arns.chunks(BATCH) {
        let described = try_join_bounded(arns.iter().map(|arn| describe(job, arn))).await?;
        ours.extend(
            described
                .into_iter()
                .flatten()
                .filter(|revision| is_ours(job, &revision.tags)),
        );
    }
    Ok(ours)
}

/// Takes revisions out of use, then away: AWS keeps them until no task or service needs them.
async fn remove(job: &Job, arns: &[String]) -> Result<(), Fault> {
    for arn in arns {
        let request = job.ecs.deregister_task_definition().task_definition(arn);
        done("ecs:DeregisterTaskDefinition", request.send().await)?;
    }
    let request = job.ecs.delete_task_definitions();
    let request = request.set_task_definitions(Some(arns.to_vec()));
    let answer = answer_of("ecs:DeleteTaskDefinitions", request.send().await)?;
    match answer.failures().first() {
        None => Ok(()),
        Some(failure) => Err(Fault::new(
            "ecs:DeleteTaskDefinitions",
            Class::Other,
            format!(
                "{}: {}",
                failure.arn().unwrap_or("a task definition"),
                failure.reason().unwrap_or("no reason given")
            ),
        )),
    }
}

/// The number at the end of a revision's ARN.
pub(crate) fn revision(arn: &str) -> i32 {
    arn.rsplit(':')
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}
