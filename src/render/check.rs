//! What checks found, for people.

use std::fmt::Write;

use super::Style;
use crate::check::{Finding, Level, counts};
use crate::message::StackOptions;

/// The width of the column of levels.
const LEVEL: usize = 8;
/// The width of the column of checks.
const CHECK: usize = 14;

/// A line for each finding, and what to do about it below; ends with a line break, or is empty. `line_of` answers the
/// line of the file, with its name, on which the subject stands; commands are about the stack that `place` names.
pub fn findings<'f>(
    findings: impl IntoIterator<Item = &'f Finding>,
    line_of: &dyn Fn(&Finding) -> Option<String>,
    place: &StackOptions,
    style: Style,
) -> String {
    let mut text = String::new();
    for one in findings {
        let subject = match line_of(one) {
            Some(line) => format!("{line} {}", one.subject),
            None => one.subject.clone(),
        };
        let level = format!("{:<LEVEL$}", word(one.level));
        let level = match one.level {
            Level::Ok => style.good(level),
            Level::Skipped => style.dim(level),
            Level::Warn => style.accent(level),
            Level::Fail => style.bad(level),
        };
        let _ = writeln!(
            text,
            "{level} {:<CHECK$} {subject}: {}",
            one.check,
            one.reason.at(place)
        );
        if let Some(fix) = &one.fix {
            let gap = LEVEL + CHECK + 1;
            let (label, fix) = (style.dim("fix:"), fix.at(place));
            let _ = writeln!(text, "{:gap$} {label} {fix}", "");
        }
    }
    text
}

/// How many there are of each level: `7 ok, 1 warning, 1 failed, 2 skipped`.
pub fn check_summary(findings: &[Finding]) -> String {
    let counts = counts(findings);
    let warnings = match counts.warn {
        1 => "1 warning".to_owned(),
        many => format!("{many} warnings"),
    };
    format!(
        "{} ok, {warnings}, {} failed, {} skipped",
        counts.ok, counts.fail, counts.skipped
    )
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Ok => "ok",
        Level::Skipped => "skipped",
        Level::Warn => "warn",
        Level::Fail => "fail",
    }
}
