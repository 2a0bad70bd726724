//! What a declaration wants of its task definition, image included.

use std::collections::BTreeMap;

use crate::aws::Tags;
use crate::engine::{PropsWith, ResolveContext};
use crate::image_reference::{ImageReference, join};
use crate::resources::ecs::revision_tags;

use super::props::{Health, Port, TaskDefinitionProps, log_options};
use super::{EnvironmentValue, SecretKey, TaskDefinition, TaskDefinitionLive, TaskImage, mounts};

pub(super) fn desired(
    task: &TaskDefinition,
    context: &ResolveContext<'_>,
) -> PropsWith<TaskDefinitionProps, Tags> {
    let (repository, image) = image(&task.image, context);
    let kept = kept(image.as_deref(), context);
    let group = context.text(&task.log_group, |group| group.name.clone());
    let region = context.text(&task.log_group, |group| region(&group.arn).to_owned());
    let props = TaskDefinitionProps {
        family: context.name::<TaskDefinition>(&task.family, |live| live.family.clone()),
        active: true,
        container: task.container.clone(),
        other_containers: Vec::new(),
        repository,
        image,
        registry_credentials: task.registry_credentials.clone().unwrap_or_default(),
        cpu: task.cpu,
        memory: task.memory,
        architecture: task.architecture.clone(),
        ephemeral_gb: task
            .ephemeral_gb
            .unwrap_or(TaskDefinitionProps::EPHEMERAL_GB),
        execution_role: context.text(&task.execution_role, |role| role.arn.clone()),
        task_role: context.text(&task.task_role, |role| role.arn.clone()),
        port: Port {
            number: task.port,
            name: task.port_name.clone(),
            protocol: task.app_protocol.clone(),
        },
        environment: task
            .environment
            .iter()
            .map(|(name, value)| (name.clone(), plain(value, context)))
            .collect(),
        secrets: task
            .secrets
            .iter()
            .map(|(name, key)| (name.clone(), reference(key, context)))
            .collect(),
        secret_versions: versions(task, context),
        entry_point: task.entry_point.clone(),
        command: task.command.clone(),
        health: task
            .health
            .as_ref()
            .map_or_else(Health::default, |health| Health {
                command: Some(health.command.clone()),
                interval: Some(health.interval),
                timeout: Some(health.timeout),
                retries: Some(health.retries),
                start_period: Some(health.start_period),
            }),
        log: log_options(&group, &region),
        stop_timeout: task
            .stop_timeout
            .unwrap_or(TaskDefinitionProps::STOP_TIMEOUT),
        user: task.security.user.clone().unwrap_or_default(),
        read_only_root: task.security.read_only_root,
        writable: mounts::wanted(&task.security, task.memory),
        tags: task.tags.clone(),
    };
    PropsWith::wanted(props, kept)
}

/// The repository, where the file names it, and the image; `None` when nothing tells which.
fn image(image: &TaskImage, context: &ResolveContext<'_>) -> (Option<String>, Option<String>) {
    let own = context.live::<TaskDefinition>();
    match image {
        TaskImage::Foreign(image) => (None, Some(image.clone())),
        TaskImage::Ours { repository, tag } => {
            let uri = context.text(repository, |repository| repository.uri.clone());
            let own = own.filter(|own| ImageReference::of(&own.image).name == uri);
            // `update` has found the digest of the same tag already.
            let is =
                |own: &&TaskDefinitionLive, tag| own.tags.get(revision_tags::IMAGE) == Some(tag);
            let image = match tag {
                Some(tag) => match own.filter(|own| is(own, tag)) {
                    Some(own) => Some(own.image.clone()),
                    None => Some(join(&uri, tag)),
                },
                None => own.map(|own| own.image.clone()),
            };
            (Some(uri), image)
        }
        TaskImage::SameAs(other) => {
            let theirs = context.text(other, |other| other.image.clone());
            let kept = own.filter(|own| own.image_present);
            (None, Some(kept.map_or(theirs, |own| own.image.clone())))
        }
    }
}

/// What the revision that runs says of its image, where the next one has the same: the tag that it was
/// chosen by, the snapshot of the database from before it, and how to go on with an upgrade to it while that
/// has not ended.
fn kept(image: Option<&str>, context: &ResolveContext<'_>) -> Tags {
    let own = context.live::<TaskDefinition>();
    let Some(own) = own.filter(|own| image == Some(own.image.as_str())) else {
        return Tags::new();
    };
    let tags: &[&str] = if own.tags.contains_key(revision_tags::TASKS) {
        &[
            revision_tags::IMAGE,
            revision_tags::TASKS,
            revision_tags::SNAPSHOT,
            revision_tags::FROM,
        ]
    } else {
        &[revision_tags::IMAGE, revision_tags::SNAPSHOT]
    };
    let all = own.tags.iter();
    all.filter(|(tag, _)| tags.contains(&tag.as_str()))
        .map(|(tag, value)| (tag.clone(), value.clone()))
        .collect()
}

fn plain(value: &EnvironmentValue, context: &ResolveContext<'_>) -> String {
    match value {
        EnvironmentValue::Text(text) => text.clone(),
        EnvironmentValue::Bucket(bucket) => context.text(bucket, |bucket| bucket.name.clone()),
        EnvironmentValue::DatabaseHost(database) => {
            context.text(database, |database| database.host.clone())
        }
        EnvironmentValue::DatabasePort(database) => {
            context.text(database, |database| database.port.to_string())
        }
        EnvironmentValue::BalancerUrl(balancer) => {
            let name = context.text(balancer, |balancer| balancer.dns_name.clone());
            format!("http://{name}")
        }
    }
}

/// `valueFrom`: an ARN, or one with a key and two empty parts, version stage and id (ECS API, `Secret`).
fn reference(key: &SecretKey, context: &ResolveContext<'_>) -> String {
    match key {
        SecretKey::Whole(secret) => context.text(secret, |secret| secret.arn.clone()),
        SecretKey::Key(secret, key) => {
            let arn = context.text(secret, |secret| secret.arn.clone());
            format!("{arn}:{key}::")
        }
        SecretKey::Arn(arn) => arn.clone(),
    }
}

/// Versions of the stack's secrets, for tasks that go on running: a one-off task reads what is there.
fn versions(task: &TaskDefinition, context: &ResolveContext<'_>) -> BTreeMap<String, String> {
    let ours = task.secrets.values().filter_map(|key| match key {
        SecretKey::Whole(secret) | SecretKey::Key(secret, _) => Some(secret),
        SecretKey::Arn(_) => None,
    });
    ours.filter(|_| task.service.is_some())
        .map(|secret| {
            let version = context.text(secret, |secret| secret.version.clone());
            (secret.address().name().to_owned(), version)
        })
        .collect()
}

fn region(arn: &str) -> &str {
    arn.split(':').nth(3).unwrap_or_default()
}
