//! How a command ends: one table of exit codes for every verb.

use crate::command_error::ErrorKind;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// An error: nothing was done.
    Error = 1,
    /// Changes are pending (`plan --detailed-exitcode`).
    Changes = 2,
    /// Refused: not confirmed, a conflict, a stale plan, a failed check.
    Refused = 3,
    /// Partly done: something failed, the rest is in place.
    Partial = 4,
    /// Rolled back or unhealthy.
    Unhealthy = 5,
    /// Something could not be read.
    Unread = 6,
    /// Interrupted.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        // The discriminants are the codes, all below 256.
        Self::from(exit as u8)
    }
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Failed => Self::Error,
            ErrorKind::Refused => Self::Refused,
            ErrorKind::Unread => Self::Unread,
            ErrorKind::Interrupted => Self::Interrupted,
        }
    }
}

/// What the process ends with: a code of our table, or one that a command elsewhere ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// One of our table.
    Ours(Exit),
    /// That of a command in a task.
    Passed(u8),
}

impl From<Exit> for ExitStatus {
    fn from(exit: Exit) -> Self {
        Self::Ours(exit)
    }
}

impl From<ExitStatus> for std::process::ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Ours(exit) => exit.into(),
            ExitStatus::Passed(code) => Self::from(code),
        }
    }
}
