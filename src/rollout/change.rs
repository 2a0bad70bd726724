//! One change of a running service, decided and not yet begun.

use std::time::Duration;

use super::service_state::ServiceState;
use crate::aws::grant::{Grant, anywhere, on, pass_role};
use crate::engine::{self, Address, Estimate};
use crate::message::Message;
use crate::resources::ecs::revision_tags::SNAPSHOT;
use crate::resources::ecs::task_definition::{NewRevision, Revision};

/// What is to become of a service.
pub struct Change {
    /// As it stands.
    pub(crate) state: ServiceState,
    /// The identifier of the database that it migrates, where it goes forward.
    pub(crate) database: Option<String>,
    /// What it is to run.
    pub(crate) to: TargetRevision,
    /// Whether its tasks are started anew in any case.
    pub(crate) restart: bool,
    /// Whether it goes back to what was, so that nothing is migrated.
    pub(crate) back: bool,
    /// How many tasks.
    pub(crate) count: u32,
    /// How it gets there.
    pub(crate) strategy: Strategy,
    /// What differs, field by field.
    pub(crate) fields: Vec<engine::Change>,
    /// What the operator should know before it begins.
    pub(crate) warnings: Vec<Message>,
}

/// What a service is to run.
pub(crate) enum TargetRevision {
    /// What it runs.
    Same,
    /// A changed copy of that.
    New(Box<NewRevision>),
    /// A revision that was there before.
    Old(Box<Revision>),
}

/// How a service gets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// ECS replaces task by task, and goes back by itself when that fails.
    Rolling,
    /// All stop, one task migrates the database, then the others start.
    Migrating(Database),
}

/// What is done to the database around a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Database {
    /// Nothing.
    Kept,
    /// A snapshot of this instance is taken first, under this name.
    Snapshot {
        /// The instance.
        of: String,
        /// The snapshot.
        name: String,
        /// What it is taken before, so that the same command does not take another.
        before: Option<String>,
        /// An interrupted run has begun it.
        begun: bool,
        /// How long backups of this instance usually take, where RDS tells that.
        usual: Option<Estimate>,
    },
    /// It has gone back to this snapshot before the service moves.
    Restored {
        /// The snapshot.
        name: String,
    },
}

/// How the end is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Whether it is.
    pub until_done: bool,
    /// How long at most.
    pub limit: Duration,
}

impl Change {
    /// The name of the service in the file.
    pub fn service(&self) -> &str {
        self.state.name()
    }

    /// The snapshot that the database can go back to, or goes back to.
    pub fn snapshot(&self) -> Option<&str> {
        match &self.strategy {
            Strategy::Migrating(Database::Snapshot { name, .. } | Database::Restored { name }) => {
                Some(name)
            }
            _ => {
                let begun = self.state.left_behind()?;
                begun.tags.get(SNAPSHOT).map(String::as_str)
            }
        }
    }

    /// The addresses of the service and of what scales it: no plan decides of them meanwhile.
    pub fn addresses(&self) -> [Address; 2] {
        [self.state.address(), self.state.scaling_address()]
    }

    /// The ARN of the revision that is to run; `None` for one that is not registered yet.
    pub fn revision(&self) -> Option<&str> {
        match &self.to {
            TargetRevision::Same => Some(self.state.revision.arn()),
            TargetRevision::Old(old) => Some(old.arn()),
            TargetRevision::New(..) => None,
        }
    }

    /// The snapshot that the database goes back to before the service moves.
    pub fn restores(&self) -> Option<&str> {
        match &self.strategy {
            Strategy::Migrating(Database::Restored { name }) => Some(name),
            _ => None,
        }
    }

    /// Whether it can be left to ECS once it has begun.
    pub fn can_be_left_to_ecs(&self) -> bool {
        self.strategy == Strategy::Rolling
    }
}

/// What a change of a service needs: new revisions, roll-outs, one-off tasks, their ends.
pub(crate) const GRANTS: &[Grant] = &[
    on(
        &[
            "ecs:task-definition/{stack}-*",
            "ecs:task-definition/{stack}:*",
            "ecs:task-definition/{task-definition}:*",
        ],
        &["ecs:RegisterTaskDefinition"],
    )
    .tagged(),
    on(
        &[
            "ecs:task-definition/{stack}-*",
            "ecs:task-definition/{stack}:*",
            "ecs:task-definition/{task-definition}:*",
            "ecs:service/{cluster}/*",
        ],
        &["ecs:TagResource"],
    ),
    on(&["ecs:service/{cluster}/*"], &["ecs:UpdateService"]).owned(),
    // `DeregisterTaskDefinition` takes no object.
    anywhere(&["ecs:DeregisterTaskDefinition"]),
    on(
        &[
            "ecs:task-definition/{stack}-*",
            "ecs:task-definition/{stack}:*",
            "ecs:task-definition/{task-definition}:*",
        ],
        &["ecs:DeleteTaskDefinitions"],
    )
    .owned(),
    on(
        &["ecr:repository/{repository}"],
        &["ecr:PutImage", "ecr:BatchDeleteImage"],
    ),
    pass_role(&["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"]),
];
