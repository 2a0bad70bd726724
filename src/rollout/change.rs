//! One change of a running service, decided and not yet begun; and how it is carried out.

use std::time::Duration;

use super::deployment_plan::Proposal;
use super::rollback;
use super::service_state::Standing;
use super::stages::{Performance, stages};
use crate::aws::Cloud;
use crate::engine::{self, Address, Class, Expected, Fault, Halted, Job, Step, Workflow};
use crate::resources::ecs::task_definition::{NewRevision, Revision, revision};

/// What is to become of a service.
pub struct Change {
    /// As it stands.
    pub(crate) standing: Standing,
    /// The identifier of the database that it migrates, where it goes forward.
    pub(crate) database: Option<String>,
    /// What it is to run.
    pub(crate) to: To,
    /// Whether its tasks are started anew in any case.
    pub(crate) restart: bool,
    /// Whether it goes back to what was, so that nothing is migrated.
    pub(crate) back: bool,
    /// How many tasks.
    pub(crate) count: u32,
    /// How it gets there.
    pub(crate) way: Way,
    /// What differs, field by field.
    pub(crate) fields: Vec<engine::Change>,
    /// What the operator should know before it begins.
    pub(crate) warnings: Vec<String>,
}

/// What a service is to run.
pub(crate) enum To {
    /// What it runs.
    Same,
    /// A changed copy of that.
    New(Box<NewRevision>),
    /// A revision that was there before.
    Old(Box<Revision>),
}

/// How a service gets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
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
    pub whole: bool,
    /// How long at most.
    pub limit: Duration,
}

impl Change {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        stages(self).is_empty()
    }

    /// The snapshot that the database can go back to, or goes back to.
    pub fn snapshot(&self) -> Option<&str> {
        use crate::resources::ecs::revision_tags::SNAPSHOT;
        match &self.way {
            Way::Migrating(Database::Snapshot { name, .. } | Database::Restored { name }) => {
                Some(name)
            }
            _ => {
                let begun = self.standing.left_behind()?;
                begun.tags.get(SNAPSHOT).map(String::as_str)
            }
        }
    }

    /// The addresses of the service and of what scales it: no plan decides of them meanwhile.
    pub fn moves(&self) -> [Address; 2] {
        [self.standing.address(), self.standing.scaling_address()]
    }

    /// The ARN of the revision that is to run; `None` for one that is not registered yet.
    pub fn revision(&self) -> Option<&str> {
        match &self.to {
            To::Same => Some(self.standing.revision.arn()),
            To::Old(old) => Some(old.arn()),
            To::New(..) => None,
        }
    }

    /// The snapshot that the database goes back to before the service moves.
    pub fn restores(&self) -> Option<&str> {
        match &self.way {
            Way::Migrating(Database::Restored { name }) => Some(name),
            _ => None,
        }
    }

    /// Whether it can be left to ECS once it has begun.
    pub fn goes_on_alone(&self) -> bool {
        self.way == Way::Rolling
    }

    /// What will be done, for people and machines.
    pub fn proposal(&self) -> Proposal {
        Proposal {
            service: self.standing.name().to_owned(),
            revision: self.standing.number(),
            image: self.standing.revision.described_image(self.standing.name()),
            to: match &self.to {
                To::Same => Some(self.standing.number()),
                To::New(..) => None,
                To::Old(old) => Some(revision(old.arn())),
            },
            changes: self.fields.clone(),
            stages: stages(self)
                .into_iter()
                .flat_map(|stage| stage.lines)
                .collect(),
            warnings: self.warnings.clone(),
        }
    }

    /// The work that carrying it out is; an object that is worked on twice is in it twice.
    pub fn expected(&self) -> Vec<Expected> {
        let all = stages(self).into_iter();
        all.filter(|stage| !stage.is_done())
            .map(|stage| Expected {
                address: stage.address,
                step: "app",
                many: 1,
            })
            .collect()
    }

    /// Carries it out. `way_back` is the command that undoes it, for the report of a failure.
    ///
    /// # Errors
    /// When a step failed, which the report tells.
    pub async fn carry_out(
        &self,
        workflow: &mut Workflow<Cloud>,
        waiting: Waiting,
        way_back: &str,
    ) -> Result<(), Halted> {
        let with = Performance::new(self, waiting, way_back);
        let mut ended = Ok(());
        for stage in stages(self) {
            let failed = |fault: &Fault| fault.class == Class::Failed;
            let ends = stage.is_end() && workflow.fault().is_some_and(failed);
            if stage.is_done() || ended.is_err() && !ends {
                continue;
            }
            let (address, pace) = (stage.address.clone(), stage.pace(&with));
            let perform = async |step: &Step<Cloud>| stage.perform(step, &with).await;
            let done = workflow.step(address, stage.verb, pace, perform).await;
            ended = ended.and(done);
        }
        ended
    }

    /// Notes that it is begun, before its first change, where the same command could not tell from what
    /// is there.
    ///
    /// # Errors
    /// The fault of a call: nothing was changed.
    pub async fn begin(&self, job: &Job<Cloud>) -> Result<(), Fault> {
        if rollback::is_noted(self) {
            rollback::begin(job, self).await?;
        }
        Ok(())
    }
}
