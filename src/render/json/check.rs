//! What checks found.

use serde::Serialize;

use crate::check::{Counts, Finding, Level, counts};

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
    reason: &'a str,
    fix: Option<&'a str>,
    /// Whether it may pass by waiting.
    pending: bool,
}

/// Findings; `line_of` answers the line of the file on which a path of it stands.
pub fn findings<'a>(
    findings: &'a [Finding],
    line_of: &dyn Fn(&str) -> Option<usize>,
) -> Vec<FindingDocument<'a>> {
    let of = |one: &'a Finding| FindingDocument {
        check: one.check,
        level: one.level,
        subject: &one.subject,
        line: one.in_file.then(|| line_of(&one.subject)).flatten(),
        reason: &one.reason,
        fix: one.fix.as_deref(),
        pending: one.pending,
    };
    findings.iter().map(of).collect()
}

/// The document of `check`.
pub fn check<'a>(
    found: &'a [Finding],
    line_of: &dyn Fn(&str) -> Option<usize>,
) -> CheckDocument<'a> {
    CheckDocument {
        event: None,
        findings: findings(found, line_of),
        counts: counts(found),
    }
}

/// The same as a line among others.
pub fn checked<'a>(
    found: &'a [Finding],
    line_of: &dyn Fn(&str) -> Option<usize>,
) -> CheckDocument<'a> {
    CheckDocument {
        event: Some("check"),
        ..check(found, line_of)
    }
}
