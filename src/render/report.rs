//! What came of a run, for people: root causes, what was not begun, and how to go on.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::Style;
use super::event_line::{doing, done, words};
use crate::command_error::advice;
use crate::engine::{Class, Report, Verb};
use crate::message::{Command, Message, StackOptions, message};

/// The end of a run on the stack that `place` names. `again` is the command that continues it, `now` what its services
/// run.
pub fn report(
    report: &Report,
    again: &Command,
    now: &[String],
    place: &StackOptions,
    style: Style,
) -> String {
    let mut text = String::new();
    let (stopped, failed): (Vec<_>, Vec<_>) = report
        .failed
        .iter()
        .partition(|(_, _, fault)| fault.class == Class::Interrupted);
    // One alone is the next thing to do, and is said at the end.
    let hints: BTreeSet<Message> = failed
        .iter()
        .filter_map(|(_, _, fault)| advice(fault))
        .collect();
    for (address, verb, fault) in &failed {
        let _ = writeln!(text, "{} {} {address}", style.bad("failed:"), doing(*verb));
        for line in words(address, fault).lines() {
            let _ = writeln!(text, "  {line}");
        }
        if let Some(id) = &fault.request_id {
            let _ = writeln!(text, "  request {id}");
        }
        if let Some(hint) = advice(fault).filter(|_| hints.len() > 1) {
            let _ = writeln!(text, "  hint: {}", hint.at(place));
        }
    }
    if !stopped.is_empty() {
        let _ = writeln!(text, "stopped in the middle:");
        for (address, verb, _) in &stopped {
            let _ = writeln!(text, "  {} {address}", doing(*verb));
        }
    }
    let blocked: Vec<String> = report
        .skipped
        .iter()
        .map(|(address, _, because)| match because {
            Some(cause) => format!("  {address}  {}", style.dim(format!("needs {cause}"))),
            None => format!("  {address}"),
        })
        .collect();
    if !blocked.is_empty() {
        let _ = writeln!(text, "not begun:\n{}", blocked.join("\n"));
    }
    let mut counts = Vec::new();
    let adopted = report.done.iter().filter(|(_, did)| *did == Verb::Adopt);
    let adopted = adopted.count();
    let did = report.counts();
    for (count, what) in [
        (adopted, done(Verb::Adopt)),
        (did.create, done(Verb::Create)),
        (did.update - adopted, done(Verb::Update)),
        (did.replace, "replaced"),
        (did.delete, done(Verb::Delete)),
        (failed.len(), "failed"),
        (stopped.len(), "stopped in the middle"),
        (report.skipped.len(), "not begun"),
    ] {
        if count > 0 {
            counts.push(format!("{count} {what}"));
        }
    }
    let counts = if counts.is_empty() {
        "nothing was done".to_owned()
    } else {
        counts.join(", ")
    };
    let is_complete = report.failed.is_empty() && report.skipped.is_empty();
    let _ = if report.interrupted {
        writeln!(text, "interrupted: {counts}")
    } else if is_complete {
        writeln!(text, "done: {counts}")
    } else {
        writeln!(text, "{counts}")
    };
    for line in now {
        let _ = writeln!(text, "{line}");
    }
    if is_complete && !report.interrupted {
        return text;
    }
    let first = match (hints.first(), hints.len()) {
        (Some(hint), 1) => message![hint, "; once the cause is fixed, run "],
        _ if failed.is_empty() => "run ".into(),
        _ => "fix the cause, then run ".into(),
    };
    let next = message![first, again, " to continue"].at(place);
    let _ = writeln!(text, "{} {next}", style.accent("next:"));
    text
}
