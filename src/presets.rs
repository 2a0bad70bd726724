//! What is particular to a workload: one file of this folder says all of it, and everybody else asks here.
//!
//! Pure: a [`Stack`] in, plain data out. Nothing here reads AWS, knows a resource or prints.

use std::collections::BTreeMap;

use crate::stack::{self, PresetRules, Problems, Service, Stack};

pub mod bedrock_models;
pub mod database_setup;
pub mod database_url;
pub mod known_models;
mod preset;
pub mod rds_ca;
pub mod secrets;
mod switches;
mod workload;

pub use preset::{Command, ImageSource, Oldest, Preset, Rotation, Settings, Sources, Vectors};
pub use secrets::{SecretOrigin, SharedSecret, shared_secrets};
pub use workload::{HealthCommand, Strategy, Workload, stores, workload};

/// A module for each preset, and the list of them.
macro_rules! presets {
    ($($module:ident,)*) => {
        $(pub mod $module;)*

        /// The presets that there are, in the order in which they are told.
        pub static PRESETS: &[&Preset] = &[$(&$module::PRESET,)*];

        static RULES: &[&PresetRules] = &[$(&$module::PRESET.rules,)*];
    };
}

presets! {
    open_webui,
    bedrock_gateway,
    litellm,
    n8n,
}

/// Reads a stack file that can name every preset. `name` is what the file is called in messages.
///
/// # Errors
///
/// Everything that is wrong with the file, sorted by position; never an empty list.
pub fn parse(source: &str, name: &str) -> Result<Stack, Problems> {
    stack::parse(source, name, RULES)
}

/// One sentence for each choice of a stack that gives something up; empty when there is none.
pub fn warnings(stack: &Stack) -> Vec<String> {
    stack::warnings(stack, RULES)
}

/// The preset that a service names.
pub fn of(service: &Service) -> Option<&'static Preset> {
    let rules = service.preset?;
    PRESETS
        .iter()
        .find(|preset| preset.rules == *rules)
        .copied()
}

/// The presets that the services of a stack name, each once, in the order of [`PRESETS`].
pub fn of_stack(stack: &Stack) -> impl Iterator<Item = &'static Preset> {
    let named = |preset: &&Preset| {
        let mut services = stack.services.values();
        services.any(|service| service.preset == Some(&preset.rules))
    };
    PRESETS.iter().copied().filter(named)
}

/// The service that is meant where a command names none; `None`: no preset of the stack says so.
pub fn app(stack: &Stack) -> Option<&Service> {
    let preset = of_stack(stack).find(|preset| preset.is_app)?;
    let mut services = stack.services.values();
    services.find(|service| service.preset == Some(&preset.rules))
}

/// The path that Google sends the users of a stack back to; `None`: none of its presets signs in by Google.
pub fn google_callback(stack: &Stack) -> Option<&'static str> {
    of_stack(stack).find_map(|preset| preset.rules.google_callback)
}

/// Whether a service of the stack keeps vectors in the database.
pub fn keeps_vectors(stack: &Stack) -> bool {
    of_stack(stack).any(|preset| preset.vectors.is_some())
}

/// The preset whose image is built from sources, and those.
pub fn built_from_sources() -> Option<(&'static Preset, &'static Sources)> {
    PRESETS.iter().find_map(|preset| match &preset.image {
        ImageSource::Sources(sources) => Some((*preset, sources)),
        ImageSource::Published { .. } => None,
    })
}

/// What a container of `service` runs.
pub fn command(stack: &Stack, service: &Service) -> Command {
    match of(service) {
        Some(preset) => (preset.command)(stack, service),
        None => (Vec::new(), service.command.clone()),
    }
}

/// The ports other than 443 of the `[provider.NAME]`s that `service` talks to, each with who is there.
pub fn provider_ports(stack: &Stack, service: &Service) -> BTreeMap<u16, Vec<String>> {
    let mut ports: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    if service.preset.is_some_and(|preset| preset.reads_providers) {
        for (name, provider) in &stack.providers {
            ports.entry(provider.port()).or_default().push(name.clone());
        }
    }
    ports.remove(&443);
    ports
}

/// Where other services of the stack find the gateway's API: the name and port that
/// Service Connect gives it. `None` without a gateway, or with one that is not exposed.
pub fn gateway_url(stack: &Stack) -> Option<String> {
    let mut services = stack.services.values();
    let (gateway, path) = services.find_map(|service| Some((service, service.gateway()?)))?;
    let (alias, port) = gateway.expose.as_ref()?;
    Some(format!(
        "http://{alias}.{}:{port}/{path}",
        stack.cluster.namespace
    ))
}
