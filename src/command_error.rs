//! Why a command ends before its work is done.

use crate::engine::{Class, Fault, Sent};
use crate::message::{Message, commands, message};

/// What kind of end it is; `exit` has the code of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Something failed before anything was done.
    Failed,
    /// Refused: not confirmed, a conflict, a stale plan, a failed check.
    Refused,
    /// Something could not be read.
    Unread,
    /// Interrupted.
    Interrupted,
}

impl ErrorKind {
    /// The kind of a command that one request stopped before anything was done.
    fn of(fault: &Fault) -> Self {
        match fault.class {
            Class::Denied => Self::Unread,
            _ => Self::Failed,
        }
    }

    /// The kind of a command whose reads failed so: what the file presupposes is not there, or it is not
    /// known what there is. `None` where nothing failed.
    pub fn of_reads<'f>(faults: impl IntoIterator<Item = &'f Fault>) -> Option<Self> {
        let mut all = faults.into_iter().peekable();
        all.peek()?;
        Some(if all.all(|fault| fault.class == Class::Unmet) {
            Self::Failed
        } else {
            Self::Unread
        })
    }
}

/// An error of the edge, where nothing decides by its kind: its causes become the details.
impl From<anyhow::Error> for CommandError {
    fn from(error: anyhow::Error) -> Self {
        let mut stop = Self::error(error.to_string());
        stop.details = (error.chain().skip(1))
            .map(|cause| cause.to_string().into())
            .collect();
        stop
    }
}

/// Why a command ends before its work is done: what kind of end it is, what to say, and what to do about it.
#[derive(Debug)]
pub struct CommandError {
    /// What kind of end it is.
    pub kind: ErrorKind,
    /// What could not be done, in a short sentence; empty when it was said already.
    pub message: String,
    /// More lines: what AWS answered, what is missing.
    pub details: Vec<Message>,
    /// What to do about it.
    pub hint: Option<Message>,
}

impl CommandError {
    /// An error of this kind that says `message`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            details: Vec::new(),
            hint: None,
        }
    }

    /// An error before anything was done.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// An error whose words were printed already.
    pub fn already_reported(kind: ErrorKind) -> Self {
        Self::new(kind, "")
    }

    /// The same with one more line.
    #[must_use]
    pub fn detail(mut self, line: impl Into<Message>) -> Self {
        self.details.push(line.into());
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Message>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Ends because of a fault, in trying to `what`.
    pub fn fault(what: &str, fault: &Fault) -> Self {
        let mut stop = Self::new(ErrorKind::of(fault), what).detail(fault.to_string());
        if let Some(id) = &fault.request_id {
            stop = stop.detail(format!("request {id}"));
        }
        stop.hint = advice(fault);
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

/// What to do about a fault: its own hint, or for a refusal of IAM's what allows it.
pub fn advice(fault: &Fault) -> Option<Message> {
    let denied = || (fault.class == Class::Denied).then(|| allow(&fault.operation));
    fault.hint.clone().or_else(denied)
}

/// What gives the caller permissions that it lacks.
pub fn allow(operations: &str) -> Message {
    message![
        format!("the caller needs the permission {operations}; "),
        commands::permissions(),
        " prints the policies of this file",
    ]
}
