//! An event as a line.

use super::Style;
use super::span;
use crate::engine::{Address, Class, Event, Fault, Sent, Verb};
use crate::message::StackOptions;

/// One event on one line: `created   db-instance/main (11m 42s)`.
pub fn line(event: &Event, place: &StackOptions, style: Style) -> String {
    match event {
        Event::Started { address, verb, .. } => format!("{} {address}", word(doing(*verb))),
        Event::Note { address, text } => {
            format!("{} {address}: {}", word("note"), text.at(place))
        }
        Event::Waiting {
            address,
            elapsed_ms,
            expected_ms,
            doing,
        } => format!(
            "{} {address} ({} of about {}): {doing}",
            word("waiting"),
            span(*elapsed_ms),
            span(*expected_ms)
        ),
        Event::Retrying {
            address,
            because,
            attempt,
        } => format!(
            "{} {address} (try {}): {because}",
            word("retrying"),
            attempt + 1
        ),
        Event::Done {
            address,
            verb,
            elapsed_ms,
        } => format!(
            "{} {address} ({})",
            style.good(word(done(*verb))),
            span(*elapsed_ms)
        ),
        Event::Failed {
            address,
            fault,
            elapsed_ms,
            ..
        } if fault.class == Class::Interrupted => format!(
            "{} {address} ({})",
            style.accent(word("stopped")),
            span(*elapsed_ms)
        ),
        Event::Failed {
            address,
            fault,
            elapsed_ms,
            ..
        } => format!(
            "{} {address} ({}): {}",
            style.bad(word("failed")),
            span(*elapsed_ms),
            // The rest, such as the end of a log, is told at the end of the run.
            words(address, fault).lines().next().unwrap_or_default()
        ),
        Event::Skipped {
            address, because, ..
        } => match because {
            Some(cause) => format!(
                "{} {address}: it needs {cause}",
                style.accent(word("skipped"))
            ),
            None => format!("{} {address}", style.accent(word("not begun"))),
        },
    }
}

/// What a fault says, without repeating which resource it is of.
pub(super) fn words(address: &Address, fault: &Fault) -> String {
    let plain = fault.code.is_empty() && fault.sent == Sent::Answered;
    match plain && fault.operation == address.to_string() {
        true => fault.message.clone(),
        false => fault.to_string(),
    }
}

fn word(word: &str) -> String {
    format!("{word:<9}")
}

pub(super) fn doing(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "creating",
        Verb::Update => "changing",
        Verb::Delete => "deleting",
        Verb::Adopt => "adopting",
    }
}

pub(super) fn done(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "created",
        Verb::Update => "changed",
        Verb::Delete => "deleted",
        Verb::Adopt => "adopted",
    }
}
