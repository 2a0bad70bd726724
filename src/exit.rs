//! How a command ends: one table of exit codes for every verb.

use crate::engine::{Class, Fault, Sent};

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

impl Exit {
    /// How a command ends that one request stopped before anything was done.
    pub fn of(fault: &Fault) -> Self {
        match fault.class {
            Class::Denied => Self::Unread,
            _ => Self::Error,
        }
    }

    /// How a command ends whose reads failed so: what the file presupposes is not there, or it is not
    /// known what there is. `None` where nothing failed.
    pub fn of_reads<'f>(faults: impl IntoIterator<Item = &'f Fault>) -> Option<Self> {
        let all = faults.into_iter();
        let exits = all.map(|fault| match fault.class {
            Class::Unmet => Self::Error,
            _ => Self::Unread,
        });
        exits.max()
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        // The discriminants are the codes, all below 256.
        Self::from(exit as u8)
    }
}

/// An error of the edge, where nothing decides by its kind: its causes become the details.
impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        let mut stop = Self::error(error.to_string());
        stop.details = error.chain().skip(1).map(ToString::to_string).collect();
        stop
    }
}

/// Why a command ends before its work: how, what to say, and what to do about it.
#[derive(Debug)]
pub struct Stop {
    /// How it ends.
    pub exit: Exit,
    /// What could not be done, in a short sentence; empty when it was said already.
    pub message: String,
    /// More lines: what AWS answered, what is missing.
    pub details: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Stop {
    /// Ends with `exit`, saying `message`.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            details: Vec::new(),
            hint: None,
        }
    }

    /// Ends with an error.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Exit::Error, message)
    }

    /// Ends with `exit`; what there is to say was said.
    pub fn said(exit: Exit) -> Self {
        Self::new(exit, "")
    }

    /// The same with one more line.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Ends because of a fault, in trying to `what`.
    pub fn fault(what: &str, fault: &Fault) -> Self {
        let mut stop = Self::new(Exit::of(fault), what).detail(fault.to_string());
        if let Some(id) = &fault.request_id {
            stop = stop.detail(format!("request {id}"));
        }
        stop.hint = fault.hint.clone().or_else(|| {
            let action = (fault.class == Class::Denied).then_some(&fault.operation)?;
            Some(format!("the caller needs the permission {action}"))
        });
        stop
    }

    /// Ends because of a fault: in its own words where they are ours and say all, else in trying to
    /// `what`.
    pub fn of(what: &str, fault: &Fault) -> Self {
        let ours = matches!(
            fault.class,
            Class::Absent | Class::Conflict | Class::Invalid | Class::Unmet
        ) && fault.code.is_empty()
            && fault.sent == Sent::Answered;
        if !ours {
            return Self::fault(what, fault);
        }
        let mut stop = Self::error(fault.message.clone());
        stop.hint = fault.hint.clone();
        stop
    }
}

/// What the process ends with: a code of our table, or one that a command elsewhere ended with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// One of our table.
    Ours(Exit),
    /// That of a command in a task.
    Passed(u8),
}

impl From<Exit> for End {
    fn from(exit: Exit) -> Self {
        Self::Ours(exit)
    }
}

impl From<End> for std::process::ExitCode {
    fn from(end: End) -> Self {
        match end {
            End::Ours(exit) => exit.into(),
            End::Passed(code) => Self::from(code),
        }
    }
}
