//! What has an order of its own: stages that are carried out one after the other, before all else of a plan.

use serde::Serialize;

use super::super::{Address, Change, Estimate, Expected, Schedule, Verb};
use crate::message::Message;

/// A change of one thing in stages, such as another version of a service that migrates its database.
#[derive(Debug, Clone, PartialEq)]
pub struct StagedChange {
    /// What is changed.
    pub subject: Subject,
    /// What differs, field by field.
    pub changes: Vec<Change>,
    /// What is done, in order; none where it is like that already.
    pub stages: Vec<Stage>,
    /// What the operator should know before it begins.
    pub warnings: Vec<Message>,
}

/// What is changed in stages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// What a service runs.
    Service {
        /// Its name in the file.
        name: String,
        /// The revision that runs.
        revision: i32,
        /// Its image.
        image: String,
        /// The revision that will run; `None` for one that is not registered yet.
        to: Option<i32>,
    },
    /// What a database holds.
    Database {
        /// AWS's name of its instance.
        instance: String,
        /// The backup that it goes back to, in words.
        backup: String,
    },
}

/// One stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// What is worked on.
    pub address: Address,
    /// What is done to it.
    pub verb: Verb,
    /// What of it the operator agrees to; none where it only notes how far the change is.
    pub actions: Vec<StageAction>,
    /// How long it is expected to take.
    pub estimate: Estimate,
}

/// One thing that is done, for whoever has to agree to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum StageAction {
    /// A snapshot of the database.
    Snapshot {
        /// Its name.
        name: String,
    },
    /// Scaling by itself is suspended until the end.
    Suspend,
    /// A new revision is registered.
    Register,
    /// All tasks of the service stop.
    Stop {
        /// How many.
        tasks: u32,
    },
    /// The database goes back to a snapshot; what was in it stays beside it under another name.
    Restore {
        /// Its name.
        snapshot: String,
    },
    /// All tasks of one service that uses the database stop.
    StopService {
        /// Its name in the file.
        service: String,
        /// How many.
        tasks: u32,
    },
    /// The database's own backups reach what was written last.
    ReachBackups,
    /// A backup is restored into a new instance beside the database's.
    RestoreBeside,
    /// The set-up logs in to the restored instance.
    CheckRestored,
    /// The restored instance and the one that was there change names.
    SwapNames,
    /// One service starts again.
    StartService {
        /// Its name in the file.
        service: String,
    },
    /// One task starts, and migrates the database.
    Migrate,
    /// One task starts.
    First,
    /// The others start.
    Grow {
        /// How many there are to be.
        tasks: u32,
    },
    /// Tasks are replaced while the service goes on.
    Roll {
        /// How many.
        tasks: u32,
    },
    /// New tasks start beside the old ones, then the traffic moves.
    Shift {
        /// How many.
        tasks: u32,
        /// Minutes that the traffic takes to move and the old ones stay after that.
        minutes: u32,
    },
    /// The number of tasks changes.
    Scale {
        /// Now.
        from: u32,
        /// Then.
        to: u32,
    },
    /// A deployment that goes on already is waited for.
    Follow,
}

impl StagedChange {
    /// Whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// What is done, in order.
    pub fn actions(&self) -> impl Iterator<Item = &StageAction> {
        self.stages.iter().flat_map(|stage| &stage.actions)
    }

    /// The work that carrying it out is; an object that is worked on twice is in it twice.
    pub fn expected(&self) -> impl Iterator<Item = Expected> {
        self.stages.iter().map(|stage| Expected {
            address: stage.address.clone(),
            step: match self.subject {
                Subject::Service { .. } => "app",
                Subject::Database { .. } => "database",
            },
            many: 1,
        })
    }

    /// How long it takes.
    pub fn schedule(&self) -> Schedule {
        Schedule::chain(self.stages.iter().map(|stage| {
            let Stage {
                address,
                verb,
                estimate,
                ..
            } = stage;
            (address.clone(), *verb, estimate.clone())
        }))
    }
}
