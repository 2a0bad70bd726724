//! An ECS task definition: one container on Fargate.
//!
//! A revision cannot be changed, so every change is a replacement: a new revision is registered, the
//! service moves to it, and only the oldest revisions go, because going back needs the others.

use std::collections::BTreeMap;

use crate::aws::grant::{Permissions, Permitted, anywhere, on, pass_role};
use crate::aws::{ADDRESS_TAG, Cloud, Job, Tags, all_tags};
use crate::engine::{
    Address, Changes, Effect, Fault, Field, Found, PropsWith, ResolveContext, Resource, Ties,
};
use crate::message::{Message, commands, message};
use crate::resources::ecs::revision_tags;
use crate::{field, fields};

use crate::resources::ecs::{registry, retag_ecs};
use crate::resources::ownership::bears;

mod declared;
mod definition;
mod desired;
mod image;
mod list;
mod mounts;
mod props;
mod read;
mod register;
mod revisions;

pub use declared::{ContainerHealth, EnvironmentValue, SecretKey, TaskDefinition, TaskImage};
use image::how_to_push;
pub use props::TaskDefinitionProps;
pub(crate) use props::VERSION_LABEL;
pub(crate) use read::difference;
pub(crate) use register::{NewRevision, register_copy};
pub(crate) use revisions::{Revision, describe_revision, revision};

/// The address of the task that prepares the database (`steps::setup`).
const DATABASE_SETUP: &str = "task-definition/database-setup";

/// A revision as AWS has it.
#[derive(Debug, Clone)]
pub struct TaskDefinitionLive {
    /// Its ARN, revision included.
    pub arn: String,
    /// Its family.
    pub family: String,
    /// Its number in the family.
    pub revision: i32,
    /// What its container runs.
    pub image: String,
    /// Whether a task can pull that image. Looked up only while no task runs it: what runs was pulled.
    pub image_present: bool,
    /// Whether tasks run the image and the registry has it no more: those that run go on, and none starts.
    pub image_left: bool,
    /// The cluster and the service that run it.
    service: Option<(String, String)>,
    observed: TaskDefinitionProps,
    tags: Tags,
}

impl Resource for TaskDefinition {
    type Cloud = Cloud;
    /// Beside them tags of ours that go from revision to revision with the image.
    type Props = PropsWith<TaskDefinitionProps, Tags>;
    type Live = TaskDefinitionLive;

    const KIND: &'static str = "task-definition";
    const HEADLINE: &'static [Field] =
        &fields!(TaskDefinitionProps, image, cpu, memory, architecture);
    const IS_REVISION: bool = true;

    fn desired(&self, context: &ResolveContext<'_>) -> Self::Props {
        desired::desired(self, context)
    }

    fn props(live: &TaskDefinitionLive) -> Self::Props {
        PropsWith::observed(live.observed.clone())
    }

    fn effect(path: &str) -> Effect {
        if Field::TAGS.covers(path) {
            Effect::InPlace
        } else {
            Effect::Replace
        }
    }

    fn sensitive(path: &str) -> bool {
        Self::ENVIRONMENT
            .entry(path)
            .is_some_and(crate::stack::may_be_secret)
    }

    fn notes(live: &TaskDefinitionLive) -> Vec<Message> {
        if live.image_left {
            // A task that runs the image of a service, and no service of its own, is told with that.
            let of_service = live.service.iter();
            let described = of_service.map(|_| {
                message![
                    format!(
                        "{} runs and is not in the registry any more, so no task of it can start: push it again with ",
                        live.image
                    ),
                    commands::push(),
                    ", or run another with ",
                    commands::update(&live.observed.container, "TAG"),
                ]
            });
            return described.collect();
        }
        if live.image_present {
            return Vec::new();
        }
        vec![how_to_push(&live.image)]
    }

    fn has_version_of(&self, other: &Address, path: &str) -> bool {
        Self::SECRET_VERSIONS.entry(path) == Some(other.name())
    }

    /// One request for ten services, and one for each task definition: ECS describes no two at once.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<TaskDefinitionLive>>, Fault> {
        list::list(cloud, declared).await
    }

    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &Self::Live,
    ) -> Option<bool> {
        let declared_name = declared.map(|one| one.family.clone());
        bears(
            cloud,
            address,
            &live.family,
            declared_name,
            |place, name| Some(place.name(name)),
        )
    }

    /// What a service of the stack runs is the stack's, whatever its family is called. The database that the
    /// set-up task logs in to is the stack's as well, one that was adopted under another name above all.
    fn ties(live: &Self::Live) -> Ties {
        let is_setup = live.tag(ADDRESS_TAG) == Some(DATABASE_SETUP);
        let database = live.observed.environment.get("PGHOST").filter(|_| is_setup);
        Ties {
            ids: vec![live.arn.clone()],
            vouches: database.cloned().into_iter().collect(),
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &Self::Props) -> Result<TaskDefinitionLive, Fault> {
        let mut kept = want.extra()?.clone();
        let asked = (want.image.as_ref(), want.repository.as_ref());
        let image = self.image_of_new(job, asked, &mut kept).await?;
        let present = registry::is_present(job, &image).await?;
        if !present {
            self.keep_what_runs(job, &image).await?;
        }
        let want = TaskDefinitionProps {
            image: Some(image),
            ..TaskDefinitionProps::clone(want)
        };
        let made = register::register_wanted(job, &want, kept, present).await?;
        Ok(TaskDefinitionLive {
            image_present: present,
            image_left: false,
            service: self.runner(),
            ..made
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &TaskDefinitionLive,
        want: &Self::Props,
        changes: &Changes,
    ) -> Result<TaskDefinitionLive, Fault> {
        let tags = all_tags(job, &want.tags);
        if changes.changed(Field::TAGS) {
            retag_ecs(job, &live.arn, &tags).await?;
        }
        Ok(TaskDefinitionLive {
            observed: TaskDefinitionProps {
                tags: want.tags.clone(),
                ..live.observed.clone()
            },
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &TaskDefinitionLive) -> Result<(), Fault> {
        revisions::delete(job, live).await
    }
}

impl TaskDefinitionLive {
    /// The name of its container.
    pub fn container(&self) -> &str {
        &self.observed.container
    }

    /// Its tags on AWS.
    pub(crate) fn tags(&self) -> &Tags {
        &self.tags
    }

    /// One of its tags on AWS.
    pub fn tag(&self, key: &str) -> Option<&str> {
        self.tags.get(key).map(String::as_str)
    }

    /// The tag that its image was chosen by, where it names a digest.
    pub fn image_tag(&self) -> Option<&str> {
        self.tag(revision_tags::IMAGE)
    }

    /// The version of each of the stack's secrets that its tasks were registered for, by the secret's
    /// name in the stack.
    pub fn secret_versions(&self) -> &BTreeMap<String, String> {
        &self.observed.secret_versions
    }
}

impl TaskDefinition {
    /// The image that its tasks run.
    pub(crate) const IMAGE: Field = field!(TaskDefinitionProps, image);
    /// Plain variables, by name.
    pub(crate) const ENVIRONMENT: Field = field!(TaskDefinitionProps, environment);
    /// Versions of the stack's secrets, by the name of the secret.
    pub(crate) const SECRET_VERSIONS: Field = field!(TaskDefinitionProps, secret_versions);

    fn runner(&self) -> Option<(String, String)> {
        Some((self.cluster.clone(), self.service.clone()?))
    }
}

const DEFINITIONS: &[&str] = &[
    "ecs:task-definition/{stack}-*",
    "ecs:task-definition/{stack}:*",
    "ecs:task-definition/{name}:*",
];

impl Permitted for TaskDefinition {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            // `DescribeTaskDefinition` and `ListTaskDefinitions` take no object.
            anywhere(&["ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions"]),
        ]],
        create: &[&[
            on(DEFINITIONS, &["ecs:RegisterTaskDefinition"]).tagged(),
            on(DEFINITIONS, &["ecs:TagResource"]),
            pass_role(&["ecs-tasks.amazonaws.com"]),
        ]],
        update: &[&[on(DEFINITIONS, &["ecs:TagResource", "ecs:UntagResource"])]],
        delete: &[&[
            // `DeregisterTaskDefinition` takes no object.
            anywhere(&["ecs:DeregisterTaskDefinition"]),
            on(DEFINITIONS, &["ecs:DeleteTaskDefinitions"]).owned(),
        ]],
    };
}
