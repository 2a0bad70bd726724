//! Registers a copy of what runs: what a copy changes is the caller's, all else stays AWS's own words.

use aws_sdk_ecs::config::Builder;
use aws_sdk_ecs::config::retry::RetryConfig;
use aws_sdk_ecs::types as api;

use crate::aws::{Job, Tags, fault, make};
use crate::engine::Fault;

use super::register::{OPERATION, is_contended};
use super::revisions::{Revision, said};
use crate::resources::ecs::{ecs_tags, held, tag_ecs, tags_of_ecs};
use crate::resources::ownership::is_ours;

/// A revision that says what `definition` does, with these tags: the family's newest if that is one.
///
/// # Errors
/// The fault of a call.
pub(crate) async fn register_copy(
    job: &Job,
    definition: &api::TaskDefinition,
    tags: &Tags,
) -> Result<Revision, Fault> {
    if let Some(made) = made_before(job, definition).await? {
        tag_ecs(job, made.arn(), tags).await?;
        let tags = made.tags.into_iter().chain(tags.clone()).collect();
        return Ok(Revision { tags, ..made });
    }
    for container in definition.container_definitions() {
        let family = definition.family().unwrap_or_default();
        held::hold(job, family, container.image().unwrap_or_default()).await;
    }
    job.settle(is_contended, || async {
        make(
            job,
            || register(job, definition, tags),
            || made_before(job, definition),
        )
        .await
    })
    .await
}

async fn made_before(
    job: &Job,
    definition: &api::TaskDefinition,
) -> Result<Option<Revision>, Fault> {
    let family = definition.family().unwrap_or_default();
    let newest = said(job, family).await?;
    let same = |newest: &Revision| spoken(&newest.definition) == spoken(definition);
    Ok(newest.filter(|newest| is_ours(job, &newest.tags) && same(newest)))
}

/// The definition without what AWS adds when it is registered.
fn spoken(definition: &api::TaskDefinition) -> api::TaskDefinition {
    let mut said = definition.clone();
    said.task_definition_arn = None;
    said.revision = 0;
    said.status = None;
    said.requires_attributes = None;
    said.compatibilities = None;
    said.registered_at = None;
    said.registered_by = None;
    said.deregistered_at = None;
    said.delete_requested_at = None;
    said
}

async fn register(
    job: &Job,
    definition: &api::TaskDefinition,
    tags: &Tags,
) -> Result<Revision, Fault> {
    let of = definition.clone();
    let answer = job
        .ecs
        .register_task_definition()
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
        .set_tags(Some(ecs_tags(tags)))
        .customize()
        .config_override(Builder::new().retry_config(RetryConfig::disabled()))
        .send()
        .await
        .map_err(fault(OPERATION))?;
    let definition = answer
        .task_definition
        .ok_or_else(|| Fault::incomplete(OPERATION, "taskDefinition"))?;
    let tags = tags_of_ecs(answer.tags.as_deref().unwrap_or_default());
    Ok(Revision { definition, tags })
}
