//! What can be said of a task definition, and how it is read from AWS's answer.

use std::collections::BTreeMap;

use aws_sdk_ecs::types as api;
use serde::Serialize;

use crate::aws::{Tags, spoken};
use crate::engine::Fault;

use super::super::ecs::registry;
use super::TaskDefinitionLive;

/// The names of the variables of `awslogs`, the log driver of Fargate.
const DRIVER: &str = "awslogs";

/// What can be said of a task definition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskDefinitionProps {
    pub(super) family: String,
    /// Whether a service can still be moved to it.
    pub(super) active: bool,
    pub(super) container: String,
    /// Containers that the stack knows nothing of.
    pub(super) other_containers: Vec<String>,
    /// The image without its tag or digest.
    pub(super) repository: Option<String>,
    pub(super) image: Option<String>,
    pub(super) cpu: u32,
    pub(super) memory: u32,
    pub(super) architecture: String,
    pub(super) ephemeral_gb: u32,
    pub(super) execution_role: String,
    pub(super) task_role: String,
    pub(super) port: Port,
    pub(super) environment: BTreeMap<String, String>,
    /// Names to `valueFrom`.
    pub(super) secrets: BTreeMap<String, String>,
    pub(super) entry_point: Vec<String>,
    pub(super) command: Vec<String>,
    pub(super) health: Health,
    /// The log driver and its options.
    pub(super) log: BTreeMap<String, String>,
    pub(super) stop_timeout: u32,
    pub(super) tags: Tags,
}

impl TaskDefinitionProps {
    /// GiB of a task that asks for none ("Fargate task ephemeral storage", ECS developer guide).
    pub(super) const EPHEMERAL_GB: u32 = 20;
    /// Seconds of a container that asks for none (ECS API, `ContainerDefinition.stopTimeout`).
    pub(super) const STOP_TIMEOUT: u32 = 30;
}

/// A container's port.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Port {
    pub(super) number: Option<u16>,
    pub(super) name: Option<String>,
    pub(super) protocol: Option<String>,
}

/// A container's health check; all `None` when it has none.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Health {
    pub(super) command: Option<String>,
    pub(super) interval: Option<i32>,
    pub(super) timeout: Option<i32>,
    pub(super) retries: Option<i32>,
    pub(super) start_period: Option<i32>,
}

/// The options of the log driver, and the driver under `driver`.
pub(super) fn log_options(group: &str, region: &str) -> BTreeMap<String, String> {
    BTreeMap::from(
        [
            ("driver", DRIVER),
            ("awslogs-group", group),
            ("awslogs-region", region),
            ("awslogs-stream-prefix", "ecs"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    )
}

/// Whether a variable of this name holds something that must not be shown.
pub(super) fn sounds_secret(name: &str) -> bool {
    const WORDS: &[&str] = &[
        "KEY",
        "KEYS",
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "PASSWD",
        "CREDENTIALS",
    ];
    name.to_ascii_uppercase()
        .split('_')
        .any(|word| WORDS.contains(&word))
}

/// Reads a revision. Whether its image is there is not looked up, and it runs in no service.
pub(super) fn live(
    definition: &api::TaskDefinition,
    tags: Tags,
) -> Result<TaskDefinitionLive, Fault> {
    let lacks = |field| Fault::incomplete("ecs:DescribeTaskDefinition", field);
    let text = |text: Option<&str>, field| text.map(str::to_owned).ok_or_else(|| lacks(field));
    let mut containers = definition.container_definitions().iter();
    let container = containers
        .next()
        .ok_or_else(|| lacks("containerDefinitions"))?;
    let image = text(container.image(), "image")?;
    let said = TaskDefinitionProps {
        family: text(definition.family(), "family")?,
        active: definition.status() == Some(&api::TaskDefinitionStatus::Active),
        container: text(container.name(), "name")?,
        other_containers: containers
            .filter_map(|other| other.name().map(str::to_owned))
            .collect(),
        repository: Some(registry::split(&image).0.to_owned()),
        image: Some(image.clone()),
        cpu: number(definition.cpu()).ok_or_else(|| lacks("cpu"))?,
        memory: number(definition.memory()).ok_or_else(|| lacks("memory"))?,
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
        tags: spoken(&tags),
    };
    Ok(TaskDefinitionLive {
        arn: text(definition.task_definition_arn(), "taskDefinitionArn")?,
        family: said.family.clone(),
        revision: definition.revision(),
        image,
        image_present: true,
        newest: None,
        service: None,
        said,
        tags,
    })
}

/// `1024`, or `1 vCPU` and `2 GB` as a person may have registered it.
fn number(text: Option<&str>) -> Option<u32> {
    let text = text?.trim();
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let digits = text.trim_end_matches(|c: char| c.is_alphabetic() || c == ' ');
    let whole: u32 = digits.parse().ok()?;
    whole.checked_mul(1024)
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
