//! `update`: another image, another environment, another number of tasks, or a restart.

use std::collections::BTreeMap;

use aws_sdk_ecs::types as api;

use super::change::{Change, Database, Strategy, TargetRevision};
use super::dependencies::Dependencies;
use super::diff::fields;
use super::image::Image;
use super::service_state::ServiceState;
use super::{downgrade, scale, snapshot};
use crate::aws::{Cloud, Tags, tag_value};
use crate::command_error::CommandError;
use crate::database::{taken_before, usual_backup};
use crate::engine::Fault;
use crate::image_reference::ImageReference;
use crate::message::{Message, commands, message};
use crate::resources::ecs::task_definition::{NewRevision, Revision, VERSION_LABEL};
use crate::resources::ecs::{self, revision_tags};

/// What an operator wants of a running service.
#[derive(Debug, Clone, Default)]
pub struct UpdateRequest {
    /// Plain environment beside what there is.
    pub environment: BTreeMap<String, String>,
    /// Another number of tasks.
    pub count: Option<u32>,
    /// Start its tasks anew in any case.
    pub restart: bool,
    /// Take no snapshot before the database is migrated.
    pub no_snapshot: bool,
}

/// Decides what is to be done to a service so that it becomes as wished and runs `image`; `None` is
/// the image that it runs.
///
/// # Errors
/// When the file owns what is wished for, a rollback is unfinished, or the fault of a read.
pub async fn decide(
    cloud: &Cloud,
    state: ServiceState,
    around: Dependencies,
    image: Option<Image>,
    request: &UpdateRequest,
) -> Result<Change, CommandError> {
    if let Some(rollback) = &state.rollback {
        return Err(rollback.refusal(state.name()));
    }
    if let Some(image) = &image {
        downgrade::refuse(&state, image)?;
    }
    let count = match request.count {
        Some(count) => {
            scale::check_count(&state, count)?;
            count
        }
        // What waits at nothing for its image is to run now.
        None if state.count() == 0 => state.initial(),
        None => state.count(),
    };
    let secrets = &around.secrets;
    let wanted = wanted(&state, secrets, image.as_ref(), &request.environment)
        .map_err(|fault| CommandError::fault("cannot copy what runs", &fault))?;
    let tag = image.as_ref().and_then(|image| image.tag.as_deref());
    let fields = fields(&state, &wanted, tag, count)
        .map_err(|fault| CommandError::fault("cannot compare with what runs", &fault))?;
    let unfinished = state.unfinished().cloned();
    let changed = wanted != state.revision.definition;
    let other_image = state.image() != state.image_in(&wanted);
    let migrates = state.migrates() && (other_image || unfinished.is_some());
    let mut warnings = Vec::new();
    let database = if migrates {
        before(
            cloud,
            &state,
            around.database.as_deref(),
            unfinished.as_ref(),
            request.no_snapshot,
            &mut warnings,
        )
        .await?
    } else {
        Database::Kept
    };
    let tags = tags(
        cloud,
        &state,
        image.as_ref(),
        &database,
        unfinished.as_ref(),
        count,
        migrates,
    );
    if count == 0 {
        warnings.push(scale::service_down());
    }
    for name in request.environment.keys() {
        warnings.push(message![
            "the next ",
            commands::up(),
            format!(
                " takes {name} away again, unless you write it under [service.{}.environment]",
                state.name()
            ),
        ]);
    }
    let to = if changed {
        TargetRevision::New(Box::new(NewRevision {
            definition: wanted,
            tags,
            image_present: true,
        }))
    } else {
        TargetRevision::Same
    };
    Ok(Change {
        to,
        restart: request.restart,
        back: false,
        count,
        strategy: if migrates {
            Strategy::Migrating(database)
        } else {
            Strategy::Rolling
        },
        fields,
        warnings,
        database: around.database,
        state,
    })
}

/// What is done to the database before another image runs on it. An upgrade that was begun has its
/// snapshot already, and one taken now could hold half a migration.
async fn before(
    cloud: &Cloud,
    state: &ServiceState,
    database: Option<&str>,
    unfinished: Option<&Revision>,
    none: bool,
    warnings: &mut Vec<Message>,
) -> Result<Database, CommandError> {
    if let Some(begun) = unfinished {
        match begun.tags.get(revision_tags::SNAPSHOT) {
            Some(name) => warnings.push(format!(
                "an upgrade was begun and did not end; the snapshot taken before it, {name}, is kept"
            ).into()),
            None => warnings.push("an upgrade was begun without a snapshot and did not end".into()),
        }
        return Ok(Database::Kept);
    }
    let database = match database {
        Some(_) if none => {
            warnings.push(
                "no snapshot is taken: there is no way back from a migration without one".into(),
            );
            Database::Kept
        }
        Some(of) => {
            let version = ImageReference::of(state.image()).version();
            let chosen = state.revision.tags.get(revision_tags::IMAGE);
            let version = chosen.map_or(version, String::as_str);
            // As long as no other deployment was made, nothing but this has the snapshot to go back to.
            let now = ecs::primary(&state.service).and_then(api::Deployment::id);
            let taken = match now {
                Some(now) => taken_before(cloud, of, now).await,
                None => Ok(None),
            };
            let taken =
                taken.map_err(|fault| CommandError::fault("cannot read the snapshots", &fault))?;
            if let Some(name) = &taken {
                warnings.push(format!(
                    "the snapshot {name}, which an interrupted run took, is used: no other is taken"
                ).into());
            }
            let version = version.trim_start_matches("sha256:");
            Database::Snapshot {
                begun: taken.is_some(),
                name: taken.unwrap_or_else(|| snapshot::name(of, version)),
                before: now.map(str::to_owned),
                usual: usual_backup(cloud, of).await,
                of: of.to_owned(),
            }
        }
        None => {
            warnings.push("no database of this stack was found, so no snapshot is taken".into());
            Database::Kept
        }
    };
    Ok(database)
}

/// A copy of what runs in which only what was wished for differs.
fn wanted(
    state: &ServiceState,
    secrets: &BTreeMap<String, String>,
    image: Option<&Image>,
    environment: &BTreeMap<String, String>,
) -> Result<api::TaskDefinition, Fault> {
    let mut definition = state.revision.definition.clone();
    let name = state.revision.container(state.name());
    let name = name
        .and_then(api::ContainerDefinition::name)
        .map(str::to_owned);
    let container = definition
        .container_definitions
        .iter_mut()
        .flatten()
        .find(|container| container.name == name)
        .ok_or_else(|| Fault::incomplete("ecs:DescribeTaskDefinition", "containerDefinitions"))?;
    if let Some(image) = image {
        container.image = Some(image.reference.clone());
    }
    // A task that starts reads the newest value of each of its secrets, and `plan` sees from the
    // labels which it has read.
    for (label, version) in container.docker_labels.iter_mut().flatten() {
        let newest = label.strip_prefix(VERSION_LABEL);
        if let Some(newest) = newest.and_then(|secret| secrets.get(secret)) {
            version.clone_from(newest);
        }
    }
    let pairs = container.environment.get_or_insert_default();
    for (name, value) in environment {
        pairs.retain(|pair| pair.name() != Some(name));
        pairs.push(api::KeyValuePair::builder().name(name).value(value).build());
    }
    // Neither order nor an empty list is a difference.
    let was = state.revision.container(state.name());
    let was = was
        .map(api::ContainerDefinition::environment)
        .unwrap_or_default();
    if pairs.len() == was.len() && was.iter().all(|pair| pairs.contains(pair)) {
        container.environment = state
            .revision
            .container(state.name())
            .and_then(|container| container.environment.clone());
    }
    Ok(definition)
}

/// The tags of the new revision: those of what runs, and what AWS does not remember by itself.
fn tags(
    cloud: &Cloud,
    state: &ServiceState,
    image: Option<&Image>,
    database: &Database,
    unfinished: Option<&Revision>,
    count: u32,
    migrates: bool,
) -> Tags {
    const OURS: [&str; 5] = [
        revision_tags::FROM,
        revision_tags::SNAPSHOT,
        revision_tags::TASKS,
        revision_tags::BACK,
        revision_tags::ROLLBACK,
    ];
    let old = state.revision.tags.iter();
    let mut tags: Tags = old
        .filter(|(key, _)| !key.starts_with("aws:") && !OURS.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let mut mark = |key: &str, value: &str| tags.insert(key.to_owned(), tag_value(value));
    mark(crate::aws::STACK_TAG, &cloud.place.stack);
    mark(crate::aws::REGION_TAG, &cloud.place.region);
    mark(crate::aws::ADDRESS_TAG, &state.task_address().to_string());
    mark(revision_tags::BY, &cloud.caller);
    // What an upgrade that did not end goes back to is what ran before it.
    let of_begun = |key| unfinished.and_then(|begun| begun.tags.get(key)).cloned();
    let running = state.revision.arn().to_owned();
    mark(
        revision_tags::FROM,
        &of_begun(revision_tags::FROM).unwrap_or(running),
    );
    let snapshot = match database {
        Database::Snapshot { name, .. } => Some(name.clone()),
        // A revision of the same image goes back to where that came from.
        _ => of_begun(revision_tags::SNAPSHOT).or_else(|| {
            let old = (!migrates).then_some(&state.revision.tags);
            old.and_then(|tags| tags.get(revision_tags::SNAPSHOT))
                .cloned()
        }),
    };
    if let Some(snapshot) = snapshot {
        mark(revision_tags::SNAPSHOT, &snapshot);
    }
    if migrates {
        mark(revision_tags::TASKS, &count.max(1).to_string());
    }
    if let Some(image) = image {
        match &image.tag {
            Some(tag) => drop(mark(revision_tags::IMAGE, tag)),
            None => drop(tags.remove(revision_tags::IMAGE)),
        }
    }
    tags
}
