//! What one container needs: its preset's part and the file's, merged.

use std::collections::{BTreeMap, BTreeSet};

use super::{Settings, of};
use crate::stack::{Output, SecretRef, Service, Stack, Statement, Store, Value};

/// What the container of one service needs.
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
    /// See [`super::Preset::request_timeout`].
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

/// What the container of `service` needs. The file wins over the preset, except for the variables that the
/// preset owns.
pub fn workload(stack: &Stack, service: &Service) -> Workload {
    let preset = of(service);
    let mut settings = preset.map_or_else(Settings::default, |preset| {
        (preset.settings)(stack, service)
    });
    let owned = service
        .preset
        .map_or(&[][..], |preset| preset.owned_variables);
    let free = |name: &str| !owned.contains(&name);
    for (name, value) in service.environment.iter().filter(|(name, _)| free(name)) {
        settings.secrets.remove(name);
        settings.environment.insert(name.clone(), value.clone());
    }
    for (name, secret) in service.secrets.iter().filter(|(name, _)| free(name)) {
        settings.environment.remove(name);
        settings.secrets.insert(name.clone(), secret.clone());
    }
    settings.statements.extend(service.policies.iter().cloned());
    if service.exec {
        allow_exec(&mut settings);
    }
    Workload {
        environment: settings.environment,
        secrets: settings.secrets,
        statements: settings.statements,
        strategy: match service.stops_first() {
            Some(why) => Strategy::Recreate { why },
            None => Strategy::Rolling {
                min_percent: 100,
                max_percent: 200,
            },
        },
        request_timeout: preset.and_then(|preset| preset.request_timeout),
        container_health: service.health_command.clone().map(|command| HealthCommand {
            command,
            interval: 30,
            timeout: 10,
            retries: 3,
            // 300 is the most that ECS takes
            start_period: i32::try_from(service.health_grace.min(300)).unwrap_or(300),
        }),
    }
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

/// "Task IAM role permissions for ECS Exec" in the ECS developer guide; these actions know no resources.
fn allow_exec(settings: &mut Settings) {
    let actions = [
        "CreateControlChannel",
        "CreateDataChannel",
        "OpenControlChannel",
        "OpenDataChannel",
    ];
    settings.allow(
        &actions.map(|action| format!("ssmmessages:{action}")),
        ["*"],
    );
}
