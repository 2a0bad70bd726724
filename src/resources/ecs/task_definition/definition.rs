//! A task definition in ECS's words, made from what is wanted. Pure.

use std::collections::HashMap;

use aws_sdk_ecs::types as api;

use crate::engine::Fault;

use super::mounts;
use super::props::{Health, OPERATION, TaskDefinitionProps, VERSION_LABEL};
use crate::resources::sdk::{build_error, signed};

/// What `RegisterTaskDefinition` is asked for.
///
/// # Errors
/// When the SDK cannot build a part of it.
pub(super) fn definition(want: &TaskDefinitionProps) -> Result<api::TaskDefinition, Fault> {
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
    Ok(api::TaskDefinition::builder()
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
        .container_definitions(container(want)?)
        .build())
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
        .map_err(build_error(OPERATION))?;
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
    let credentials = credentials.transpose().map_err(build_error(OPERATION))?;
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
        .map_err(build_error(OPERATION))
}

fn log(want: &TaskDefinitionProps) -> Result<api::LogConfiguration, Fault> {
    let mut options = want.log.clone();
    let driver = options.remove("driver").unwrap_or_default();
    api::LogConfiguration::builder()
        .log_driver(driver.as_str().into())
        .set_options(Some(options.into_iter().collect()))
        .build()
        .map_err(build_error(OPERATION))
}
