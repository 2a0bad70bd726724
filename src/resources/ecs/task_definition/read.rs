//! Reads a task definition from AWS's answer, with AWS's defaults where it is silent.

use std::collections::BTreeMap;

use aws_sdk_ecs::types as api;

use crate::aws::{Required, Tags, user_tags};
use crate::engine::{Changes, Effect, Fault, Resource, diff};
use crate::image_reference::ImageReference;

use super::mounts;
use super::props::{Health, Port, TaskDefinitionProps, VERSION_LABEL};
use super::{TaskDefinition, TaskDefinitionLive};

const DESCRIBE: &str = "ecs:DescribeTaskDefinition";

/// Reads a revision. Whether its image is there is not looked up, and it runs in no service.
pub(super) fn live(
    definition: &api::TaskDefinition,
    tags: Tags,
) -> Result<TaskDefinitionLive, Fault> {
    let text = |text: Option<&str>, field| text.map(str::to_owned).required(DESCRIBE, field);
    let mut containers = definition.container_definitions().iter();
    let container = containers
        .next()
        .required(DESCRIBE, "containerDefinitions")?;
    let image = text(container.image(), "image")?;
    let observed = TaskDefinitionProps {
        family: text(definition.family(), "family")?,
        active: definition.status() == Some(&api::TaskDefinitionStatus::Active),
        container: text(container.name(), "name")?,
        other_containers: containers
            .filter_map(|other| other.name().map(str::to_owned))
            .collect(),
        repository: Some(ImageReference::of(&image).name.to_owned()),
        image: Some(image.clone()),
        registry_credentials: container
            .repository_credentials()
            .map(|credentials| credentials.credentials_parameter().to_owned())
            .unwrap_or_default(),
        cpu: number(definition.cpu()).required(DESCRIBE, "cpu")?,
        memory: number(definition.memory()).required(DESCRIBE, "memory")?,
        architecture: definition
            .runtime_platform()
            .and_then(api::RuntimePlatform::cpu_architecture)
            .unwrap_or(&api::CpuArchitecture::X8664)
            .as_str()
            .to_owned(),
        ephemeral_gb: definition
            .ephemeral_storage()
            .and_then(|storage| u32::try_from(storage.size_in_gib()).ok())
            .unwrap_or(TaskDefinitionProps::EPHEMERAL_GB),
        execution_role: definition
            .execution_role_arn()
            .unwrap_or_default()
            .to_owned(),
        task_role: definition.task_role_arn().unwrap_or_default().to_owned(),
        port: container
            .port_mappings()
            .first()
            .map_or_else(Port::default, |port| Port {
                number: port
                    .container_port()
                    .and_then(|number| u16::try_from(number).ok()),
                name: port.name().map(str::to_owned),
                protocol: port
                    .app_protocol()
                    .map(|protocol| protocol.as_str().to_owned()),
            }),
        environment: container
            .environment()
            .iter()
            .filter_map(|pair| Some((pair.name()?.to_owned(), pair.value()?.to_owned())))
            .collect(),
        secrets: container
            .secrets()
            .iter()
            .map(|secret| (secret.name().to_owned(), secret.value_from().to_owned()))
            .collect(),
        secret_versions: container
            .docker_labels()
            .into_iter()
            .flatten()
            .filter_map(|(label, version)| {
                let secret = label.strip_prefix(VERSION_LABEL)?;
                Some((secret.to_owned(), version.clone()))
            })
            .collect(),
        entry_point: container.entry_point().to_vec(),
        command: container.command().to_vec(),
        health: container
            .health_check()
            .map_or_else(Health::default, health),
        log: container
            .log_configuration()
            .map_or_else(BTreeMap::new, log),
        stop_timeout: container
            .stop_timeout()
            .and_then(|seconds| u32::try_from(seconds).ok())
            .unwrap_or(TaskDefinitionProps::STOP_TIMEOUT),
        user: container.user().unwrap_or_default().to_owned(),
        read_only_root: container.readonly_root_filesystem().unwrap_or(false),
        writable: mounts::read(definition, container),
        tags: user_tags(&tags),
    };
    Ok(TaskDefinitionLive {
        arn: text(definition.task_definition_arn(), "taskDefinitionArn")?,
        family: observed.family.clone(),
        revision: definition.revision(),
        image,
        image_present: true,
        image_left: false,
        service: None,
        observed,
        tags,
    })
}

/// What `want` says otherwise than `have` of the container of that name and around it, in the words in which
/// plans compare task definitions.
///
/// # Errors
/// When AWS's answer lacks what every definition has.
pub(crate) fn difference(
    have: &api::TaskDefinition,
    want: &api::TaskDefinition,
    container: &str,
) -> Result<Changes, Fault> {
    let observed = |of: &api::TaskDefinition| {
        let mut of = of.clone();
        let containers = of.container_definitions.get_or_insert_default();
        // Somebody may have put another one before it.
        containers.sort_by_key(|one| one.name() != Some(container));
        let props = live(&of, Tags::new())?.observed;
        Ok(serde_json::to_value(props).unwrap_or_default())
    };
    let (have, want) = (observed(have)?, observed(want)?);
    // The next revision takes the place of the one before: nothing is replaced.
    Ok(diff(
        &want,
        &have,
        |_| Effect::InPlace,
        TaskDefinition::sensitive,
    ))
}

/// `1024`, or `1 vCPU` and `2 GB`, which a person may have registered.
fn number(text: Option<&str>) -> Option<u32> {
    let text = text?.trim();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let vcpus: f64 = text
        .trim_end_matches(|c: char| c.is_alphabetic() || c == ' ')
        .parse()
        .ok()?;
    let units = vcpus * 1024.0;
    (units >= 0.0 && units <= f64::from(u32::MAX)).then_some(units as u32)
}

/// Defaults are those of `HealthCheck` in the ECS API.
fn health(check: &api::HealthCheck) -> Health {
    let command = check.command();
    let shell = command.first().is_some_and(|first| first == "CMD-SHELL");
    Health {
        command: Some(command[usize::from(shell)..].join(" ")),
        interval: Some(check.interval().unwrap_or(30)),
        timeout: Some(check.timeout().unwrap_or(5)),
        retries: Some(check.retries().unwrap_or(3)),
        start_period: Some(check.start_period().unwrap_or(0)),
    }
}

fn log(configuration: &api::LogConfiguration) -> BTreeMap<String, String> {
    let mut options: BTreeMap<String, String> = configuration
        .options()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    options.insert(
        "driver".to_owned(),
        configuration.log_driver().as_str().to_owned(),
    );
    options
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn sizes_are_units_or_words() {
        for (observed, units) in [
            ("256", Some(256)),
            ("1 vCPU", Some(1024)),
            ("2GB", Some(2048)),
            (".5 vCPU", Some(512)),
            ("much", None),
        ] {
            assert_eq!(number(Some(observed)), units, "{observed}");
        }
        assert_eq!(number(None), None);
    }
}
