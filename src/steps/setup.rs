//! The database set-up: the one-off task that makes the extensions, the application's role and its grants.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::BuildContext;
use super::cluster::SETUP;
use super::shared::{Shared, environment};
use crate::engine::Ref;
use crate::presets::database_setup::{SetupImage, setup_task};
use crate::presets::keeps_vectors;
use crate::resources::{DatabaseSetup, SecretKey, TaskDefinition, TaskImage};
use crate::stack::Stack;

/// What the step is called: who runs a plain web app has never heard of pgvector.
fn step(stack: &Stack) -> &'static str {
    match keeps_vectors(stack) {
        true => "pgvector",
        false => "database set-up",
    }
}

pub(super) fn declare(
    context: &mut BuildContext<'_>,
    shared: &Shared<'_>,
    tasks: &BTreeMap<String, Ref<TaskDefinition>>,
) -> Option<Ref<DatabaseSetup>> {
    let setup = setup_task(context.stack)?;
    let roles = shared.roles.get(SETUP)?;
    let log_group = shared.logs.of.get(SETUP)?.clone();
    let (image, architecture) = match &setup.image {
        SetupImage::OfService(name) => (
            TaskImage::SameAs(tasks.get(name)?.clone()),
            context.stack.services.get(name)?.architecture.clone(),
        ),
        SetupImage::Public(image) => (TaskImage::Foreign((*image).to_owned()), "X86_64".to_owned()),
    };
    let registry_credentials = setup.registry_credentials(context.stack).map(str::to_owned);
    let values = setup
        .environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    let secrets = setup
        .secrets
        .iter()
        .filter_map(|(name, key)| {
            let secret = shared.secrets.ours(key.secret)?;
            Some((
                (*name).to_owned(),
                SecretKey::Key(secret, key.key.to_owned()),
            ))
        })
        .collect();
    let version = version(&setup);
    let (Some(entry_point), command) =
        (setup.command.first().cloned(), setup.command[1..].to_vec())
    else {
        return None;
    };
    let task = TaskDefinition {
        family: context.name(SETUP),
        container: SETUP.to_owned(),
        cluster: shared.cluster.name.clone(),
        service: None,
        image,
        registry_credentials,
        cpu: setup.cpu,
        memory: setup.memory,
        architecture,
        ephemeral_gb: None,
        execution_role: roles.execution.clone(),
        task_role: roles.task.clone(),
        port: None,
        port_name: None,
        app_protocol: None,
        environment: environment(context, shared, &values),
        secrets,
        // The image's own entry point would start the application.
        entry_point: vec![entry_point],
        command,
        health: None,
        log_group: log_group.clone(),
        stop_timeout: None,
        security: setup.security.clone(),
        tags: context.tags(),
    };
    let step = step(context.stack);
    let task = context.graph.add(step, SETUP, task);
    let declared = DatabaseSetup {
        database: shared.database?.clone(),
        task,
        cluster: shared.cluster.cluster.clone(),
        subnets: shared.network.tasks.clone(),
        groups: shared.network.group(SETUP),
        public_ip: shared.network.public_ip,
        network: shared.network.access(SETUP),
        app_secret: shared.secrets.ours("database-app")?,
        master_secret: shared.secrets.ours("database-master")?,
        version,
        log_group,
    };
    Some(context.graph.add(step, "main", declared))
}

/// Changes whenever the task would do something else.
fn version(setup: &crate::presets::database_setup::SetupTask) -> String {
    let parts = (&setup.command, &setup.secrets, &setup.extensions);
    let digest = Sha256::digest(format!("{parts:?}"));
    digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
