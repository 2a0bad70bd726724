//! Registers a revision. `RegisterTaskDefinition` takes no idempotency token.

use std::collections::HashMap;

use aws_sdk_ecs::config::Builder;
use aws_sdk_ecs::config::retry::RetryConfig;
use aws_sdk_ecs::operation::register_task_definition::builders::RegisterTaskDefinitionFluentBuilder;
use aws_sdk_ecs::types as api;

use crate::aws::{Job, Tags, all_tags, fault, make};
use crate::engine::{Effect, Fault, diff};

use super::TaskDefinitionLive;
use super::mounts;
use super::props::{Health, TaskDefinitionProps, VERSION_LABEL};
use super::read::live;
use super::revisions::describe;
use crate::resources::ecs::{ecs_tags, tags_of_ecs};
use crate::resources::ownership::is_ours;
use crate::resources::sdk::unbuilt;

pub(super) const OPERATION: &str = "ecs:RegisterTaskDefinition";

/// A revision as wanted: the family's newest if an interrupted run has registered it already.
pub(super) async fn register(
    job: &Job,
    want: &TaskDefinitionProps,
) -> Result<TaskDefinitionLive, Fault> {
    if let Some(made) = made_before(job, want).await? {
        return Ok(made);
    }
    let container = container(want)?;
    job.settle(is_contended, || async {
        one(job, want, container.clone()).await
    })
    .await
}

/// Whether another revision of the family is being registered at this moment.
pub(super) fn is_contended(fault: &Fault) -> bool {
    fault.is(OPERATION, &["ClientException"])
        && (fault.message).contains("Too many concurrent attempts to create a new revision")
}

async fn one(
    job: &Job,
    want: &TaskDefinitionProps,
    container: api::ContainerDefinition,
) -> Result<TaskDefinitionLive, Fault> {
    make(
        job,
        || async {
            let answer = request(job, want, container.clone())
                .customize()
                .config_override(Builder::new().retry_config(RetryConfig::disabled()))
                .send()
                .await
                .map_err(fault(OPERATION))?;
            let made = answer
                .task_definition
                .ok_or_else(|| Fault::incomplete(OPERATION, "taskDefinition"))?;
            live(
                &made,
                tags_of_ecs(answer.tags.as_deref().unwrap_or_default()),
            )
        },
        || made_before(job, want),
    )
    .await
}

async fn made_before(
    job: &Job,
    want: &TaskDefinitionProps,
) -> Result<Option<TaskDefinitionLive>, Fault> {
    let newest = describe(job, &want.family).await?;
    Ok(newest.filter(|newest| is_ours(job, &newest.tags) && same(want, &newest.said)))
}

fn same(want: &TaskDefinitionProps, have: &TaskDefinitionProps) -> bool {
    let json = |props| serde_json::to_value(props).unwrap_or_default();
    diff(&json(want), &json(have), |_| Effect::InPlace, |_| false).is_empty()
}

fn request(
    job: &Job,
    want: &TaskDefinitionProps,
    container: api::ContainerDefinition,
) -> RegisterTaskDefinitionFluentBuilder {
    let platform = api::RuntimePlatform::builder()
        .cpu_architecture(want.architecture.as_str().into())
        .operating_system_family(api::OsFamily::Linux)
        .build();
    // 20 GiB come by themselves, and asking for them is refused (`EphemeralStorage.sizeInGiB`).
    let ephemeral = (want.ephemeral_gb != TaskDefinitionProps::EPHEMERAL_GB).then(|| {
        api::EphemeralStorage::builder()
            .size_in_gib(signed(want.ephemeral_gb))
            .build()
    });
    job.ecs
        .register_task_definition()
        .family(&want.family)
        .requires_compatibilities(api::Compatibility::Fargate)
        .network_mode(api::NetworkMode::Awsvpc)
        .cpu(want.cpu.to_string())
        .memory(want.memory.to_string())
        .runtime_platform(platform)
        .set_ephemeral_storage(ephemeral)
        .set_volumes(Some(mounts::volumes(want)))
        .execution_role_arn(&want.execution_role)
        .task_role_arn(&want.task_role)
        .container_definitions(container)
        .set_tags(Some(ecs_tags(&tags(job, want))))
}

fn tags(job: &Job, want: &TaskDefinitionProps) -> Tags {
    let mut tags = all_tags(job, &want.tags);
    tags.extend(want.kept.clone());
    tags
}

fn container(want: &TaskDefinitionProps) -> Result<api::ContainerDefinition, Fault> {
    let environment = want
        .environment
        .iter()
        .map(|(name, value)| api::KeyValuePair::builder().name(name).value(value).build());
    let secrets = want
        .secrets
        .iter()
        .map(|(name, from)| api::Secret::builder().name(name).value_from(from).build())
        .collect::<Result<Vec<_>, _>>()
        .map_err(unbuilt(OPERATION))?;
    let port = want.port.number.map(|number| {
        api::PortMapping::builder()
            .container_port(i32::from(number))
            .protocol(api::TransportProtocol::Tcp)
            .set_name(want.port.name.clone())
            .set_app_protocol(want.port.protocol.as_deref().map(Into::into))
            .build()
    });
    let credentials = Some(&want.registry_credentials).filter(|secret| !secret.is_empty());
    let credentials = credentials.map(|secret| {
        api::RepositoryCredentials::builder()
            .credentials_parameter(secret)
            .build()
    });
    let credentials = credentials.transpose().map_err(unbuilt(OPERATION))?;
    let filled = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
    Ok(api::ContainerDefinition::builder()
        .name(&want.container)
        .set_image(want.image.clone())
        .set_repository_credentials(credentials)
        .essential(true)
        .set_environment(Some(environment.collect()))
        .set_secrets(Some(secrets))
        .set_docker_labels(labels(want))
        .set_port_mappings(port.map(|port| vec![port]))
        .set_entry_point(filled(&want.entry_point))
        .set_command(filled(&want.command))
        .set_health_check(health(&want.health)?)
        .log_configuration(log(want)?)
        .stop_timeout(signed(want.stop_timeout))
        .set_user(Some(want.user.clone()).filter(|user| !user.is_empty()))
        .readonly_root_filesystem(want.read_only_root)
        .set_mount_points(Some(mounts::mount_points(want)))
        .set_linux_parameters(mounts::linux(want)?)
        .build())
}

fn labels(want: &TaskDefinitionProps) -> Option<HashMap<String, String>> {
    let versions = want.secret_versions.iter();
    let labels: HashMap<String, String> = versions
        .map(|(secret, version)| (format!("{VERSION_LABEL}{secret}"), version.clone()))
        .collect();
    (!labels.is_empty()).then_some(labels)
}

fn health(health: &Health) -> Result<Option<api::HealthCheck>, Fault> {
    let Some(command) = &health.command else {
        return Ok(None);
    };
    api::HealthCheck::builder()
        .command("CMD-SHELL")
        .command(command)
        .set_interval(health.interval)
        .set_timeout(health.timeout)
        .set_retries(health.retries)
        .set_start_period(health.start_period)
        .build()
        .map(Some)
        .map_err(unbuilt(OPERATION))
}

fn log(want: &TaskDefinitionProps) -> Result<api::LogConfiguration, Fault> {
    let mut options = want.log.clone();
    let driver = options.remove("driver").unwrap_or_default();
    api::LogConfiguration::builder()
        .log_driver(driver.as_str().into())
        .set_options(Some(options.into_iter().collect()))
        .build()
        .map_err(unbuilt(OPERATION))
}

pub(super) fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
