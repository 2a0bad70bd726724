//! What is going to be done to a running service, for people and machines.

use serde::Serialize;

use crate::engine::{self, Schedule};

/// One thing that will be done, for whoever has to agree to it: what a stage is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Line {
    /// A snapshot of the database.
    Snapshot {
        /// Its name.
        name: String,
    },
    /// Scaling by itself is suspended until the end.
    Suspend,
    /// A new revision is registered.
    Register,
    /// All tasks stop.
    Stop {
        /// How many.
        tasks: u32,
    },
    /// The database goes back to a snapshot; what was in it stays beside it under another name.
    Restore {
        /// Its name.
        snapshot: String,
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

/// What is going to be done, for people and machines.
#[derive(Debug, Clone, PartialEq)]
pub struct DeploymentPlan {
    /// The service.
    pub service: String,
    /// The revision that runs.
    pub revision: i32,
    /// Its image.
    pub image: String,
    /// The revision that will run; `None` for one that is not registered yet.
    pub to: Option<i32>,
    /// What differs, field by field.
    pub changes: Vec<engine::Change>,
    /// What is done, in order.
    pub stages: Vec<Line>,
    /// How long they take.
    pub schedule: Schedule,
    /// What the operator should know.
    pub warnings: Vec<String>,
}
