//! What went wrong with one call, in a form that decides retries and that a person reads.

use std::fmt;

use serde::Serialize;

use crate::message::Message;

/// What kind of failure it is; decides retries, exit codes and hints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The object is not there.
    Absent,
    /// Not permitted.
    Denied,
    /// The credentials are missing, invalid or expired.
    Credentials,
    /// Something of that name is there already, or is in a state that forbids it.
    Conflict,
    /// Something still depends on it.
    InUse,
    /// Too many requests.
    Throttled,
    /// A service quota.
    Quota,
    /// The request is wrong.
    Invalid,
    /// What the file presupposes is not in the account, or is there more than once: neither a permission
    /// nor another try helps.
    Unmet,
    /// No answer: the endpoint could not be reached or the connection broke.
    Unreachable,
    /// It took longer than it may.
    TimedOut,
    /// AWS carried the request out and what came of it failed.
    Failed,
    /// The operator stopped it.
    Interrupted,
    /// AWS's own fault, or something else.
    Other,
}

/// Whether the request reached AWS: decides if a create may be repeated blindly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sent {
    /// It never left.
    Never,
    /// It may have been carried out.
    Maybe,
    /// AWS answered.
    Answered,
}

/// A failed call, or a resource that failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// `service:Operation`, or what was being waited for.
    pub operation: String,
    /// What kind of failure it is.
    pub class: Class,
    /// AWS's error code; empty when AWS did not answer.
    pub code: String,
    /// AWS's message, or ours.
    pub message: String,
    /// AWS's request id.
    pub request_id: Option<String>,
    /// Whether the request reached AWS.
    pub sent: Sent,
    /// What to do about it.
    pub hint: Option<Message>,
}

impl Fault {
    /// A fault that is ours to tell, not an answer of AWS.
    pub fn new(operation: impl Into<String>, class: Class, message: impl Into<String>) -> Self {
        Self {
            operation: operation.into(),
            class,
            code: String::new(),
            message: message.into(),
            request_id: None,
            sent: Sent::Answered,
            hint: None,
        }
    }

    /// A reply that lacks a field which AWS's API model promises.
    pub fn incomplete(operation: impl Into<String>, field: &str) -> Self {
        Self::new(
            operation,
            Class::Other,
            format!("the answer has no `{field}`"),
        )
    }

    /// The same fault with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Message>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether `operation` answered with one of `codes`.
    pub fn is(&self, operation: &str, codes: &[&str]) -> bool {
        self.operation == operation && codes.contains(&self.code.as_str())
    }

    /// Whether the object is not there.
    pub fn is_absent(&self) -> bool {
        self.class == Class::Absent
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code.is_empty(), self.sent) {
            (false, _) => write!(
                f,
                "{} answered {}: {}",
                self.operation, self.code, self.message
            ),
            (true, Sent::Answered) => write!(f, "{}: {}", self.operation, self.message),
            (true, _) => write!(f, "{} got no answer: {}", self.operation, self.message),
        }
    }
}

impl std::error::Error for Fault {}
