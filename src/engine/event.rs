//! What happens while a plan is applied: the engine's only output.

use serde::Serialize;

use super::{Address, Fault};
use crate::message::Message;

/// What is being done to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// It is made.
    Create,
    /// It is changed where it stands.
    Update,
    /// It is removed.
    Delete,
    /// It is taken over: tagged as ours, and nothing else.
    Adopt,
}

/// Work that is expected on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The resource.
    pub address: Address,
    /// The step it is shown under.
    pub step: &'static str,
    /// How many pieces of work.
    pub many: u64,
}

/// Something that happened. Times are milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Work on a resource begins.
    Started {
        /// Which one.
        address: Address,
        /// What is being done.
        verb: Verb,
        /// How long it usually takes.
        expected_ms: u64,
    },
    /// Something worth knowing while it goes on.
    Note {
        /// Which one.
        address: Address,
        /// What.
        text: Message,
    },
    /// AWS has accepted the work and is not done.
    Waiting {
        /// Which one.
        address: Address,
        /// Since it began.
        elapsed_ms: u64,
        /// How long it usually takes.
        expected_ms: u64,
        /// What it is doing.
        doing: String,
    },
    /// A call is tried again.
    Retrying {
        /// Which one.
        address: Address,
        /// Why.
        because: String,
        /// How many times by now.
        attempt: u32,
    },
    /// The work on a resource is done.
    Done {
        /// Which one.
        address: Address,
        /// What was done.
        verb: Verb,
        /// Since it began.
        elapsed_ms: u64,
    },
    /// The work on a resource failed.
    Failed {
        /// Which one.
        address: Address,
        /// What was being done.
        verb: Verb,
        /// Why.
        fault: Fault,
        /// Since it began.
        elapsed_ms: u64,
    },
    /// It was not begun, because something it needs failed or the operator stopped the run.
    Skipped {
        /// Which one.
        address: Address,
        /// What would have been done.
        verb: Verb,
        /// The root cause; `None` when the operator stopped the run.
        because: Option<Address>,
    },
}

impl Event {
    /// The resource it is about.
    pub fn address(&self) -> &Address {
        match self {
            Self::Started { address, .. }
            | Self::Note { address, .. }
            | Self::Waiting { address, .. }
            | Self::Retrying { address, .. }
            | Self::Done { address, .. }
            | Self::Failed { address, .. }
            | Self::Skipped { address, .. } => address,
        }
    }
}
