//! An ECS task definition: one container on Fargate.
//!
//! A revision cannot be changed, so every change is a replacement: a new revision is registered, the
//! service moves to it, and only the oldest revisions go, because going back needs the others.

use std::collections::BTreeMap;

use crate::aws::{ADDRESS_TAG, Cloud, Job, Tags, all_tags};
use crate::engine::{
    Address, Changes, Class, Effect, Fault, Found, Ref, ResolveContext, Resource, Ties,
};
use crate::resources::ecs::revision_tags;
use crate::stack::SecurityContext;

use crate::resources::ecs::{registry, retag_ecs};
use crate::resources::ownership::bears;
use crate::resources::{Bucket, DbInstance, LoadBalancer, LogGroup, Repository, Role, Secret};

mod definition;
mod desired;
mod list;
mod mounts;
mod props;
mod read;
mod register;
mod revisions;

pub use props::TaskDefinitionProps;
pub(crate) use props::VERSION_LABEL;
pub(crate) use read::difference;
pub(crate) use register::{NewRevision, register_copy};
pub(crate) use revisions::{Revision, revision, said};

/// The address of the task that prepares the database (`steps::setup`).
const DATABASE_SETUP: &str = "task-definition/database-setup";

/// What one task runs.
#[derive(Debug, Clone)]
pub struct TaskDefinition {
    /// Its family: the name that its revisions share (ECS API, `RegisterTaskDefinition.family`).
    pub family: String,
    /// The container's name.
    pub container: String,
    /// The cluster's name, to find what runs.
    pub cluster: String,
    /// The ECS service that runs it: its revision is the one that is there. `None`: the family's newest is.
    pub service: Option<String>,
    /// What it runs.
    pub image: TaskImage,
    /// The ARN of the secret that the image's registry asks for (ECS API, `RepositoryCredentials`).
    pub registry_credentials: Option<String>,
    /// CPU units; with `memory` one of Fargate's pairs.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// `X86_64` or `ARM64`.
    pub architecture: String,
    /// GiB, 21-200; `None` is Fargate's 20.
    pub ephemeral_gb: Option<u32>,
    /// Pulls the image, reads the secrets, writes the log.
    pub execution_role: Ref<Role>,
    /// What the container may do.
    pub task_role: Ref<Role>,
    /// The port it listens on.
    pub port: Option<u16>,
    /// The port's name, for Service Connect.
    pub port_name: Option<String>,
    /// `http`, `http2` or `grpc`; `None` is plain TCP.
    pub app_protocol: Option<String>,
    /// Plain environment.
    pub environment: BTreeMap<String, EnvironmentValue>,
    /// Environment from Secrets Manager.
    pub secrets: BTreeMap<String, SecretKey>,
    /// Replaces the image's entry point; empty keeps it.
    pub entry_point: Vec<String>,
    /// Replaces the image's command; empty keeps it.
    pub command: Vec<String>,
    /// The container's own health check.
    pub health: Option<ContainerHealth>,
    /// Where it writes its log.
    pub log_group: Ref<LogGroup>,
    /// Seconds from SIGTERM to SIGKILL, at most 120; `None` is ECS's 30.
    pub stop_timeout: Option<u32>,
    /// As whom its container runs, and where it writes.
    pub security: SecurityContext,
    /// The file's tags.
    pub tags: Tags,
}

/// Whose image a task runs.
#[derive(Debug, Clone)]
pub enum TaskImage {
    /// One of a repository of ours.
    Ours {
        /// The repository.
        repository: Ref<Repository>,
        /// Its tag or digest (`sha256:…`); `None` keeps what runs.
        tag: Option<String>,
    },
    /// A whole reference to a registry elsewhere.
    Foreign(String),
    /// The one of another task definition, by its digest where its repository is ours; kept while the
    /// registry still has it.
    SameAs(Ref<TaskDefinition>),
}

/// The value of a plain environment variable.
#[derive(Debug, Clone)]
pub enum EnvironmentValue {
    /// This.
    Text(String),
    /// A bucket's name.
    Bucket(Ref<Bucket>),
    /// A database's host name.
    DatabaseHost(Ref<DbInstance>),
    /// A database's port.
    DatabasePort(Ref<DbInstance>),
    /// `http://` and a load balancer's DNS name.
    BalancerUrl(Ref<LoadBalancer>),
}

/// What of Secrets Manager an environment variable holds.
#[derive(Debug, Clone)]
pub enum SecretKey {
    /// A whole secret.
    Whole(Ref<Secret>),
    /// One key of a secret whose value is JSON.
    Key(Ref<Secret>, String),
    /// A secret that was there before, in the form of `Secret.valueFrom` (ECS API).
    Arn(String),
}

/// `healthCheck` of a container; times in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerHealth {
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
    said: TaskDefinitionProps,
    tags: Tags,
}

impl Resource for TaskDefinition {
    type Cloud = Cloud;
    type Props = TaskDefinitionProps;
    type Live = TaskDefinitionLive;

    const KIND: &'static str = "task-definition";
    const HEADLINE: &'static [&'static str] = &["image", "cpu", "memory", "architecture"];
    const IS_REVISION: bool = true;

    fn desired(&self, seen: &ResolveContext<'_>) -> TaskDefinitionProps {
        desired::desired(self, seen)
    }

    fn props(live: &TaskDefinitionLive) -> TaskDefinitionProps {
        live.said.clone()
    }

    fn effect(path: &str) -> Effect {
        if path.starts_with("tags") {
            Effect::InPlace
        } else {
            Effect::Replace
        }
    }

    fn sensitive(path: &str) -> bool {
        path.strip_prefix("environment.")
            .is_some_and(crate::stack::may_be_secret)
    }

    fn notes(live: &TaskDefinitionLive) -> Vec<String> {
        if live.image_left {
            // A task that runs the image of a service, and no service of its own, is told with that.
            let of_service = live.service.iter();
            let told = of_service.map(|_| {
                format!(
                    "{} runs and is not in the registry any more, so no task of it can start: push it again with \
                     `ajuda deploy push`, or run another with `ajuda deploy update --service {} --image TAG`",
                    live.image, live.said.container
                )
            });
            return told.collect();
        }
        if live.image_present {
            return Vec::new();
        }
        vec![how_to_push(&live.image)]
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
        let said = declared.map(|one| one.family.clone());
        bears(cloud, address, &live.family, said, |place, name| {
            Some(place.name(name))
        })
    }

    /// What a service of the stack runs is the stack's, whatever its family is called. The database that the
    /// set-up task logs in to is the stack's as well, one that was adopted under another name above all.
    fn ties(live: &Self::Live) -> Ties {
        let is_setup = live.tag(ADDRESS_TAG) == Some(DATABASE_SETUP);
        let database = live.said.environment.get("PGHOST").filter(|_| is_setup);
        Ties {
            ids: vec![live.arn.clone()],
            vouches: database.cloned().into_iter().collect(),
            ..Ties::default()
        }
    }

    async fn create(
        &self,
        job: &Job,
        want: &TaskDefinitionProps,
    ) -> Result<TaskDefinitionLive, Fault> {
        let image = match (&want.image, &want.repository) {
            (Some(image), _) => image.clone(),
            (None, Some(uri)) => first(job, uri).await?,
            (None, None) => return Err(Fault::incomplete("ecs:RegisterTaskDefinition", "image")),
        };
        // ECS resolves the tag of a service's image once a deployment, and that of a task at every start.
        let mut kept = want.kept.clone();
        let image = match &self.image {
            TaskImage::SameAs(_) => {
                let pinned = registry::by_digest(job, &image).await?;
                if pinned != image {
                    kept.insert(
                        revision_tags::IMAGE.to_owned(),
                        registry::split(&image).1.to_owned(),
                    );
                }
                pinned
            }
            TaskImage::Ours { .. } | TaskImage::Foreign(_) => image,
        };
        let present = registry::is_present(job, &image).await?;
        if !present {
            self.keep_what_runs(job, &image).await?;
        }
        let want = TaskDefinitionProps {
            image: Some(image),
            kept,
            ..want.clone()
        };
        let made = register::register_wanted(job, &want, present).await?;
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
        want: &TaskDefinitionProps,
        changes: &Changes,
    ) -> Result<TaskDefinitionLive, Fault> {
        let tags = all_tags(job, &want.tags);
        if changes.changed("tags") {
            retag_ecs(job, &live.arn, &tags).await?;
        }
        Ok(TaskDefinitionLive {
            said: TaskDefinitionProps {
                tags: want.tags.clone(),
                ..live.said.clone()
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
        &self.said.container
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
        &self.said.secret_versions
    }
}

impl TaskDefinition {
    fn runner(&self) -> Option<(String, String)> {
        Some((self.cluster.clone(), self.service.clone()?))
    }

    /// Refuses to take the place of running tasks with an image that no task can pull.
    async fn keep_what_runs(&self, job: &Job, image: &str) -> Result<(), Fault> {
        let Some(service) = &self.service else {
            return Ok(());
        };
        match crate::resources::ecs::one(job, &self.cluster, service).await? {
            Some(found) if found.desired_count() > 0 => Err(Fault::new(
                "image",
                Class::Invalid,
                format!("{image} is not in the registry, and {service} runs another image"),
            )
            .hint("push it (`ajuda deploy push`), then run this again; what runs is untouched")),
            _ => Ok(()),
        }
    }
}

/// The image of a first revision that no tag was given for.
async fn first(job: &Job, uri: &str) -> Result<String, Fault> {
    let newest = match registry::own(job, uri) {
        Some(repository) => registry::images(job, repository).await?,
        None => registry::Images::default(),
    };
    Ok(registry::join(uri, newest.newest().unwrap_or("v1")))
}

/// What to do when an image of ours is missing. Which command exactly only a stack's file can tell.
fn how_to_push(image: &str) -> String {
    format!(
        "{image} is not in the registry, so no task runs it; push it with `ajuda deploy push`, then run \
         `up` again (for another tag `up --image TAG`)"
    )
}
