//! Registers a revision. `RegisterTaskDefinition` takes no idempotency token.

use aws_sdk_ecs::config::Builder;
use aws_sdk_ecs::config::retry::RetryConfig;
use aws_sdk_ecs::types as api;

use crate::aws::{Job, Required, Tags, all_tags, answer_of, create_idempotently};
use crate::engine::{Effect, Fault, diff};

use super::TaskDefinitionLive;
use super::definition::definition;
use super::props::{OPERATION, TaskDefinitionProps};
use super::read::live;
use super::revisions::{Revision, describe_revision};
use crate::resources::ecs::{ecs_tags, image_holds, tag_ecs, tags_of_ecs};
use crate::resources::ownership::is_ours;

/// A revision to be registered.
#[derive(Debug, Clone)]
pub(crate) struct NewRevision {
    /// What it says; what AWS adds to a definition when it is registered is not sent.
    pub(crate) definition: api::TaskDefinition,
    /// Its tags.
    pub(crate) tags: Tags,
    /// Whether its images are in their registry, so that they can be held there.
    pub(crate) image_present: bool,
}

/// A revision as a declaration wants it.
///
/// # Errors
/// The fault of a call.
pub(super) async fn register_wanted(
    job: &Job,
    want: &TaskDefinitionProps,
    kept: Tags,
    image_present: bool,
) -> Result<TaskDefinitionLive, Fault> {
    let mut tags = all_tags(job, &want.tags);
    tags.extend(kept);
    let new = NewRevision {
        definition: definition(want)?,
        tags,
        image_present,
    };
    // AWS answers with its defaults where nothing was said, so that only what can be said is compared.
    let is_it = |newest: &Revision| {
        let newest = live(&newest.definition, newest.tags.clone());
        newest.is_ok_and(|newest| same(want, &newest.observed))
    };
    let Revision { definition, tags } = register(job, &new, is_it).await?;
    live(&definition, tags)
}

/// A revision that is a changed copy of one that AWS has told: all else stays AWS's own words.
///
/// # Errors
/// The fault of a call.
pub(crate) async fn register_copy(job: &Job, new: &NewRevision) -> Result<Revision, Fault> {
    let wanted = without_what_aws_adds(&new.definition);
    register(job, new, |newest| {
        without_what_aws_adds(&newest.definition) == wanted
    })
    .await
}

/// Registers a revision, unless the family's newest `is_it`: an interrupted run has registered that
/// one already, and it gets the tags that it lacks.
async fn register(
    job: &Job,
    new: &NewRevision,
    is_it: impl Fn(&Revision) -> bool,
) -> Result<Revision, Fault> {
    let family = new.definition.family().unwrap_or_default();
    let made_before = || async {
        let newest = describe_revision(job, family).await?;
        Ok(newest.filter(|newest| is_ours(job, &newest.tags) && is_it(newest)))
    };
    if let Some(made) = made_before().await? {
        let has = |(key, value): (&String, &String)| made.tags.get(key) == Some(value);
        if !new.tags.iter().all(has) {
            tag_ecs(job, made.arn(), &new.tags).await?;
        }
        let tags = made.tags.into_iter().chain(new.tags.clone()).collect();
        return Ok(Revision { tags, ..made });
    }
    if new.image_present {
        for container in new.definition.container_definitions() {
            image_holds::hold_image(job, family, container.image().unwrap_or_default()).await;
        }
    }
    job.settle(is_contended, || async {
        create_idempotently(job, || call(job, new), made_before).await
    })
    .await
}

/// Whether another revision of the family is being registered at this moment.
fn is_contended(fault: &Fault) -> bool {
    fault.is(OPERATION, &["ClientException"])
        && (fault.message).contains("Too many concurrent attempts to create a new revision")
}

fn same(want: &TaskDefinitionProps, have: &TaskDefinitionProps) -> bool {
    let json = |props| serde_json::to_value(props).unwrap_or_default();
    diff(&json(want), &json(have), |_| Effect::InPlace, |_| false).is_empty()
}

/// The definition without what AWS adds when it is registered.
fn without_what_aws_adds(definition: &api::TaskDefinition) -> api::TaskDefinition {
    let mut observed = definition.clone();
    observed.task_definition_arn = None;
    observed.revision = 0;
    observed.status = None;
    observed.requires_attributes = None;
    observed.compatibilities = None;
    observed.registered_at = None;
    observed.registered_by = None;
    observed.deregistered_at = None;
    observed.delete_requested_at = None;
    observed
}

async fn call(job: &Job, new: &NewRevision) -> Result<Revision, Fault> {
    let of = new.definition.clone();
    let request = (job.ecs.register_task_definition())
        .set_family(of.family)
        .set_task_role_arn(of.task_role_arn)
        .set_execution_role_arn(of.execution_role_arn)
        .set_network_mode(of.network_mode)
        .set_container_definitions(of.container_definitions)
        .set_volumes(of.volumes)
        .set_placement_constraints(of.placement_constraints)
        .set_requires_compatibilities(of.requires_compatibilities)
        .set_cpu(of.cpu)
        .set_memory(of.memory)
        .set_pid_mode(of.pid_mode)
        .set_ipc_mode(of.ipc_mode)
        .set_proxy_configuration(of.proxy_configuration)
        .set_ephemeral_storage(of.ephemeral_storage)
        .set_runtime_platform(of.runtime_platform)
        .set_enable_fault_injection(of.enable_fault_injection)
        .set_tags(Some(ecs_tags(&new.tags)))
        .customize()
        .config_override(Builder::new().retry_config(RetryConfig::disabled()));
    let answer = answer_of(OPERATION, request.send().await)?;
    let definition = (answer.task_definition).required(OPERATION, "taskDefinition")?;
    let tags = tags_of_ecs(answer.tags.as_deref().unwrap_or_default());
    Ok(Revision { definition, tags })
}
