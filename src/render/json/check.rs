//! What checks found.

use serde::Serialize;

use crate::check::{Counts, Finding, Level, counts};
use crate::message::StackOptions;

/// What was looked at before anything is changed.
#[derive(Debug, Serialize)]
pub struct CheckDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    findings: Vec<FindingDocument<'a>>,
    counts: Counts,
}

/// One of them.
#[derive(Debug, Serialize)]
pub struct FindingDocument<'a> {
    check: &'a str,
    level: Level,
    subject: &'a str,
    /// The line of the file, where the subject is a path of it.
    line: Option<usize>,
    reason: String,
    fix: Option<String>,
    /// Whether it may pass by waiting.
    pending: bool,
}

/// Findings, whose commands are about the stack that `place` names; `line_of` answers the line of the file on which its
/// subject stands.
pub fn findings<'a>(
    findings: &'a [Finding],
    line_of: &dyn Fn(&Finding) -> Option<usize>,
    place: &StackOptions,
) -> Vec<FindingDocument<'a>> {
    let of = |one: &'a Finding| FindingDocument {
        check: one.check,
        level: one.level,
        subject: &one.subject,
        line: line_of(one),
        reason: one.reason.at(place),
        fix: one.fix.as_ref().map(|fix| fix.at(place)),
        pending: one.pending,
    };
    findings.iter().map(of).collect()
}

/// The document of `check`.
pub fn check<'a>(
    found: &'a [Finding],
    line_of: &dyn Fn(&Finding) -> Option<usize>,
    place: &StackOptions,
) -> CheckDocument<'a> {
    CheckDocument {
        event: None,
        findings: findings(found, line_of, place),
        counts: counts(found),
    }
}

/// The same as a line among others.
pub fn checked<'a>(
    found: &'a [Finding],
    line_of: &dyn Fn(&Finding) -> Option<usize>,
    place: &StackOptions,
) -> CheckDocument<'a> {
    CheckDocument {
        event: Some("check"),
        ..check(found, line_of, place)
    }
}
