//! One change of a running service, decided and not yet begun; and how it is carried out.

use std::time::Duration;

use super::proposal::{Proposal, Stage};
use super::standing::{Standing, spoken_image};
use super::{migrate, rollback, rollout};
use crate::aws::Cloud;
use crate::engine::{self, Address, Class, Fault, Halted, Job, Pace, Verb, Workflow};
use crate::resources::ecs::service::{Move, moving_minutes};
use crate::resources::ecs::task_definition::{NewRevision, Revision, register_copy, revision};

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
        self.stages().is_empty()
    }

    /// The snapshot that the database can go back to, or goes back to.
    pub fn snapshot(&self) -> Option<&str> {
        use super::marks::SNAPSHOT;
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

    fn moves_count(&self) -> bool {
        let now = self.standing.service.desired_count();
        !i32::try_from(self.count).is_ok_and(|count| count == now)
    }

    /// Whether it can be left to ECS once it has begun.
    pub fn goes_on_alone(&self) -> bool {
        self.way == Way::Rolling
    }

    /// What will be done, in order.
    pub fn stages(&self) -> Vec<Stage> {
        let now = u32::try_from(self.standing.service.desired_count()).unwrap_or(0);
        let moves = self.restart || !matches!(self.to, To::Same);
        let mut stages = Vec::new();
        let Way::Migrating(database) = &self.way else {
            if matches!(self.to, To::New(..)) {
                stages.push(Stage::Register);
            }
            if self.count != now {
                stages.push(Stage::Scale {
                    from: now,
                    to: self.count,
                });
            }
            if moves {
                let tasks = self.count;
                stages.push(match moving_minutes(&self.standing.service) {
                    Some(minutes) => Stage::Shift { tasks, minutes },
                    None => Stage::Roll { tasks },
                });
            } else if stages.is_empty() && (self.standing.is_moving() || rollback::is_noted(self)) {
                stages.push(Stage::Follow);
            }
            return stages;
        };
        if let Database::Snapshot { name, .. } = database {
            stages.push(Stage::Snapshot { name: name.clone() });
        }
        if matches!(self.to, To::New(..)) {
            stages.push(Stage::Register);
        }
        if self.standing.scaling.is_some() {
            stages.push(Stage::Suspend);
        }
        // An interrupted run has stopped what ran before, and started the one.
        let goes_on = matches!(self.to, To::Same) && self.standing.unfinished().is_some();
        if now > 0 && !goes_on {
            stages.push(Stage::Stop { tasks: now });
        }
        if let Database::Restored { name } = database {
            stages.push(Stage::Restore {
                snapshot: name.clone(),
            });
        }
        stages.push(if self.back {
            Stage::First
        } else {
            Stage::Migrate
        });
        if self.count > 1 {
            stages.push(Stage::Grow { tasks: self.count });
        }
        stages
    }

    /// The same for people and machines.
    pub fn proposal(&self) -> Proposal {
        Proposal {
            service: self.standing.name().to_owned(),
            revision: self.standing.number(),
            image: spoken_image(&self.standing.revision, self.standing.name()),
            to: match &self.to {
                To::Same => Some(self.standing.number()),
                To::New(..) => None,
                To::Old(old) => Some(revision(old.arn())),
            },
            changes: self.fields.clone(),
            stages: self.stages(),
            warnings: self.warnings.clone(),
        }
    }

    /// What will be worked on, and how, in order.
    pub fn addresses(&self) -> Vec<(Address, Verb)> {
        let mut all = Vec::new();
        if let Way::Migrating(Database::Snapshot { .. }) = &self.way {
            all.push((super::snapshot::address(), Verb::Create));
        }
        if matches!(self.to, To::New(..)) {
            all.push((self.standing.task_address(), Verb::Create));
        }
        if self.way != Way::Rolling && self.standing.scaling.is_some() {
            all.push((self.standing.scaling_address(), Verb::Update));
        }
        all.push((self.standing.address(), Verb::Update));
        all
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
        let noted = rollback::is_noted(self);
        let address = self.standing.task_address();
        // Before a database goes back it was noted already.
        if noted && self.standing.rollback.is_none() && self.restores().is_none() {
            workflow
                .step(address.clone(), Verb::Update, Pace::QUICK, async |step| {
                    self.begin(step.job()).await
                })
                .await?;
        }
        let ended = self.go(workflow, waiting, way_back).await;
        let failed = workflow
            .fault()
            .is_some_and(|fault| fault.class == Class::Failed);
        if noted && (ended.is_ok() || failed) {
            workflow
                .step(address, Verb::Update, Pace::QUICK, async |step| {
                    rollback::end(step.job(), &self.standing).await
                })
                .await?;
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

    async fn go(
        &self,
        workflow: &mut Workflow<Cloud>,
        waiting: Waiting,
        way_back: &str,
    ) -> Result<(), Halted> {
        match &self.way {
            Way::Rolling => {
                let task = self.target(workflow).await?;
                let to = Move {
                    task: (!matches!(self.to, To::Same)).then(|| task.clone()),
                    count: self.moves_count().then_some(self.count),
                    force: self.restart,
                    goes_back: None,
                };
                // What ECS was told to wait is no part of how long it may take.
                let moving = moving_minutes(&self.standing.service).unwrap_or(0);
                let moving = Duration::from_secs(60).saturating_mul(moving);
                let mut pace = rollout::pace(waiting.limit + moving);
                pace.expected += moving;
                let address = self.standing.address();
                workflow
                    .step(address, Verb::Update, pace, async |step| {
                        rollout::bring_about(step, &self.standing, &task, &to, waiting.whole).await
                    })
                    .await
            }
            Way::Migrating(database) => {
                migrate::carry_out(self, database, workflow, waiting.limit, way_back).await
            }
        }
    }

    /// The ARN of the revision that is to run, registered where it is new.
    pub(crate) async fn target(&self, workflow: &mut Workflow<Cloud>) -> Result<String, Halted> {
        let new = match &self.to {
            To::Same => return Ok(self.standing.revision.arn().to_owned()),
            To::Old(old) => return Ok(old.arn().to_owned()),
            To::New(new) => new,
        };
        let address = self.standing.task_address();
        workflow
            .step(address, Verb::Create, Pace::QUICK, async |step| {
                let made = register_copy(step.job(), new).await?;
                step.job()
                    .note(format!("revision {}", revision(made.arn())));
                Ok(made.arn().to_owned())
            })
            .await
    }
}
