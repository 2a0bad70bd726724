//! What a check found.

use serde::Serialize;

use crate::engine::{Class, Fault};
use crate::message::Message;

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It could not be looked at.
    Skipped,
    /// To be known; `up` does not fail with it.
    Warn,
    /// `up` is known to fail with it, or what it makes does not work.
    Fail,
}

/// How the file says what a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Not at all.
    No,
    /// The subject is a path of it, such as `database.instance_class`.
    Path,
    /// The subject is a value in it, if it is not a default.
    Value,
}

/// One line of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check that found it.
    pub check: &'static str,
    /// How it is.
    pub level: Level,
    /// What it is about, such as `Elastic IPs`; for a place of the file its path, such as
    /// `network.private_subnets[1]`.
    pub subject: String,
    /// How the file says it.
    pub written: Written,
    /// How it is, in a clause.
    pub reason: Message,
    /// What to do about it.
    pub fix: Option<Message>,
    /// Whether it may pass without another change, by waiting: a certificate that is being validated, a quota whose
    /// increase was asked for.
    pub pending: bool,
}

impl Finding {
    fn new(level: Level, subject: impl Into<String>, reason: impl Into<Message>) -> Self {
        Self {
            check: "",
            level,
            subject: subject.into(),
            written: Written::No,
            reason: reason.into(),
            fix: None,
            pending: false,
        }
    }

    /// It is as it should be.
    pub(super) fn ok(subject: impl Into<String>, reason: impl Into<Message>) -> Self {
        Self::new(Level::Ok, subject, reason)
    }

    /// It could not be looked at.
    pub(super) fn skipped(subject: impl Into<String>, reason: impl Into<Message>) -> Self {
        Self::new(Level::Skipped, subject, reason)
    }

    /// It is to be known.
    pub(super) fn warn(subject: impl Into<String>, reason: impl Into<Message>) -> Self {
        Self::new(Level::Warn, subject, reason)
    }

    /// `up` is known to fail with it.
    pub(super) fn fail(subject: impl Into<String>, reason: impl Into<Message>) -> Self {
        Self::new(Level::Fail, subject, reason)
    }

    /// A request for it failed.
    pub(super) fn unread(subject: &str, fault: &Fault) -> Self {
        let skipped = Self::skipped(subject, fault.to_string());
        match fault.class {
            Class::Denied => {
                let action = &fault.operation;
                skipped.fix(format!("allow {action} to whoever runs this"))
            }
            _ => match &fault.hint {
                Some(hint) => skipped.fix(hint.clone()),
                None => skipped,
            },
        }
    }

    /// The same, whose subject is a path of the file.
    pub(super) fn in_file(self) -> Self {
        Self {
            written: Written::Path,
            ..self
        }
    }

    /// The same, whose subject the file may have as a value: an ARN, or the id of a model.
    pub(super) fn named(self) -> Self {
        Self {
            written: Written::Value,
            ..self
        }
    }

    /// The same with what to do about it.
    pub(super) fn fix(self, fix: impl Into<Message>) -> Self {
        Self {
            fix: Some(fix.into()),
            ..self
        }
    }

    /// The same, which may pass by waiting.
    pub(super) fn pending(self) -> Self {
        Self {
            pending: true,
            ..self
        }
    }
}

/// How many findings there are of each level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// As they should be.
    pub ok: usize,
    /// To be known.
    pub warn: usize,
    /// `up` fails with them.
    pub fail: usize,
    /// Could not be looked at.
    pub skipped: usize,
}

/// Counts findings.
pub fn counts(findings: &[Finding]) -> Counts {
    let of = |level| findings.iter().filter(|one| one.level == level).count();
    Counts {
        ok: of(Level::Ok),
        warn: of(Level::Warn),
        fail: of(Level::Fail),
        skipped: of(Level::Skipped),
    }
}
