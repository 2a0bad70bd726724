//! What a workload demands of its container: environment, secrets, permissions, health, rollout.
//!
//! Pure: a [`Stack`] in, plain data out. Nothing here reads AWS, knows a resource or prints.

use std::collections::{BTreeMap, BTreeSet};

use crate::stack::{Output, Preset, SecretRef, Service, Stack, Statement, Store, Value};

pub mod bedrock_gateway;
pub mod bedrock_models;
pub mod database_setup;
pub mod database_url;
pub mod known_models;
pub mod litellm;
pub mod open_webui;
pub mod rds_ca;
pub mod secrets;
mod settings;

pub use secrets::{Made, SharedSecret, shared_secrets};

/// What the container of one service needs: the preset's part and the file's, merged.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// Plain environment.
    pub environment: BTreeMap<String, Value>,
    /// Environment from Secrets Manager; shares no name with `environment`.
    pub secrets: BTreeMap<String, SecretRef>,
    /// What the task role allows. ARNs are templates with `{partition}`, `{region}`, `{account}` and `{bucket}`.
    pub statements: Vec<Statement>,
    /// How a new image takes the place of the old one.
    pub strategy: Strategy,
    /// `perRequestTimeoutSeconds` of Service Connect with `appProtocol` http: 0 is none, and unset
    /// AWS ends every answer after 15 seconds. `None`: plain TCP, which is never cut.
    pub request_timeout: Option<u32>,
    /// The container's own health check; ECS ignores the one in the image.
    pub container_health: Option<HealthCommand>,
}

/// How a new image takes the place of the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// New tasks start beside the old ones (`minimumHealthyPercent`, `maximumPercent`).
    Rolling {
        /// Percent of the wanted tasks that stay healthy meanwhile.
        min_percent: i32,
        /// Percent of the wanted tasks that may run meanwhile.
        max_percent: i32,
    },
    /// All old tasks stop before the first new one starts.
    Recreate {
        /// The reason, for the plan.
        why: &'static str,
    },
}

/// `healthCheck` of a container definition; times in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCommand {
    /// Run by `CMD-SHELL`.
    pub command: String,
    /// Between two checks, 5-300.
    pub interval: i32,
    /// Until a check counts as failed, 2-60.
    pub timeout: i32,
    /// Failures in a row until the container is unhealthy, 1-10.
    pub retries: i32,
    /// In which failures do not count, 0-300.
    pub start_period: i32,
}

pub use open_webui::keeps_panel;

/// What the container of `service` needs. The file wins over the preset, except for the
/// preset's [`owned_variables`].
pub fn workload(stack: &Stack, service: &Service) -> Workload {
    let mut workload = match service.preset {
        Some(Preset::OpenWebui) => open_webui::demands(stack, service),
        Some(Preset::BedrockGateway) => bedrock_gateway::demands(stack, service),
        Some(Preset::Litellm) => litellm::demands(stack, service),
        None => Workload {
            environment: BTreeMap::new(),
            secrets: BTreeMap::new(),
            statements: Vec::new(),
            strategy: ROLLING,
            request_timeout: None,
            container_health: None,
        },
    };
    let owned = service.preset.map_or(&[][..], owned_variables);
    let free = |name: &str| !owned.contains(&name);
    for (name, value) in service.environment.iter().filter(|(name, _)| free(name)) {
        workload.secrets.remove(name);
        workload.environment.insert(name.clone(), value.clone());
    }
    for (name, secret) in service.secrets.iter().filter(|(name, _)| free(name)) {
        workload.environment.remove(name);
        workload.secrets.insert(name.clone(), secret.clone());
    }
    workload.statements.extend(service.policies.iter().cloned());
    if service.exec {
        workload.statements.push(exec_statement());
    }
    workload.container_health = service.health_command.clone().map(|command| HealthCommand {
        command,
        interval: 30,
        timeout: 10,
        retries: 3,
        // 300 is the most that ECS takes
        start_period: i32::try_from(service.health_grace.min(300)).unwrap_or(300),
    });
    workload
}

/// The stores that `service` reaches: those that its variables name, of the preset's or the file's, and
/// those that the file says it uses by other means.
pub fn stores(stack: &Stack, service: &Service) -> BTreeSet<Store> {
    let workload = workload(stack, service);
    let plain = workload
        .environment
        .values()
        .filter_map(|value| match value {
            Value::From(
                Output::DatabaseHost
                | Output::DatabasePort
                | Output::DatabaseName
                | Output::DatabaseCa,
            ) => Some(Store::Database),
            Value::From(Output::Bucket | Output::Url | Output::Region) | Value::Text(_) => None,
        });
    let secret = workload.secrets.values().filter_map(|secret| match secret {
        SecretRef::DatabaseUrl | SecretRef::VerifiedDatabaseUrl | SecretRef::DatabasePassword => {
            Some(Store::Database)
        }
        SecretRef::RedisUrl => Some(Store::Redis),
        SecretRef::Own(_) | SecretRef::Shared(_) => None,
    });
    plain
        .chain(secret)
        .chain(service.uses.iter().copied())
        .collect()
}

/// The ports other than 443 of the `[provider.NAME]`s that `service` talks to, each with who is there.
pub fn provider_ports(stack: &Stack, service: &Service) -> BTreeMap<u16, Vec<String>> {
    let mut ports: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    if service.preset == Some(Preset::OpenWebui) {
        for (name, provider) in &stack.providers {
            ports.entry(provider.port()).or_default().push(name.clone());
        }
    }
    ports.remove(&443);
    ports
}

/// Environment variables that follow from other parts of the file, or that would break the
/// workload if they were set: a file may not name them.
pub fn owned_variables(preset: Preset) -> &'static [&'static str] {
    match preset {
        Preset::OpenWebui => open_webui::OWNED,
        Preset::BedrockGateway => bedrock_gateway::OWNED,
        Preset::Litellm => litellm::OWNED,
    }
}

/// What a container of `service` runs: its entry point and its command; empty is the image's own.
/// A command of the file replaces both the preset's, but for what Open WebUI needs to verify its database.
pub fn command(stack: &Stack, service: &Service) -> (Vec<String>, Vec<String>) {
    match service.preset {
        Some(Preset::OpenWebui) if stack.database.is_some() => open_webui::command(service),
        Some(Preset::Litellm) if service.command.is_empty() => litellm::command(service),
        _ => (Vec::new(), service.command.clone()),
    }
}

/// Where other services of the stack find the gateway's API: the name and port that
/// Service Connect gives it. `None` without a gateway, or with one that is not exposed.
pub fn gateway_url(stack: &Stack) -> Option<String> {
    let gateway = stack
        .services
        .values()
        .find(|service| service.preset.is_some_and(Preset::is_gateway))?;
    let (alias, port) = gateway.expose.as_ref()?;
    let path = match gateway.preset {
        Some(Preset::Litellm) => "v1",
        _ => "api/v1",
    };
    Some(format!(
        "http://{alias}.{}:{port}/{path}",
        stack.cluster.namespace
    ))
}

pub(crate) const ROLLING: Strategy = Strategy::Rolling {
    min_percent: 100,
    max_percent: 200,
};

pub(crate) fn has(stack: &Stack, preset: Preset) -> bool {
    stack
        .services
        .values()
        .any(|service| service.preset == Some(preset))
}

/// "Task IAM role permissions for ECS Exec" in the ECS developer guide; these actions know no resources.
fn exec_statement() -> Statement {
    statement(
        &[
            "CreateControlChannel",
            "CreateDataChannel",
            "OpenControlChannel",
            "OpenDataChannel",
        ]
        .map(|action| format!("ssmmessages:{action}")),
        ["*"],
    )
}

pub(crate) fn statement<A: AsRef<str>, R: Into<String>>(
    actions: &[A],
    resources: impl IntoIterator<Item = R>,
) -> Statement {
    Statement {
        actions: actions
            .iter()
            .map(|action| action.as_ref().to_owned())
            .collect(),
        resources: resources.into_iter().map(Into::into).collect(),
    }
}
