//! What happens while a stack is changed, an event a line.

use serde::Serialize;

use crate::engine::{Address, Class, Event, Fault, Sent, Verb};
use crate::message::StackOptions;

/// Why something failed.
#[derive(Serialize)]
pub(super) struct FaultDocument<'a> {
    operation: &'a str,
    class: Class,
    code: &'a str,
    message: &'a str,
    request_id: Option<&'a str>,
    sent: Sent,
    /// What to do about it.
    hint: Option<String>,
}

/// A fault, whose hint is about the stack that `place` names.
pub(super) fn fault<'a>(fault: &'a Fault, place: &StackOptions) -> FaultDocument<'a> {
    FaultDocument {
        operation: &fault.operation,
        class: fault.class,
        code: &fault.code,
        message: &fault.message,
        request_id: fault.request_id.as_deref(),
        sent: fault.sent,
        hint: fault.hint.as_ref().map(|hint| hint.at(place)),
    }
}

/// One event; times are milliseconds.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum EventLine<'a> {
    Started {
        address: &'a Address,
        verb: Verb,
        expected_ms: u64,
    },
    Note {
        address: &'a Address,
        text: String,
    },
    Waiting {
        address: &'a Address,
        elapsed_ms: u64,
        expected_ms: u64,
        doing: &'a str,
    },
    Retrying {
        address: &'a Address,
        because: &'a str,
        attempt: u32,
    },
    Done {
        address: &'a Address,
        verb: Verb,
        elapsed_ms: u64,
    },
    Failed {
        address: &'a Address,
        verb: Verb,
        fault: FaultDocument<'a>,
        elapsed_ms: u64,
    },
    Skipped {
        address: &'a Address,
        verb: Verb,
        because: Option<&'a Address>,
    },
}

/// Something that happened.
pub fn event<'a>(event: &'a Event, place: &StackOptions) -> impl Serialize + 'a {
    match event {
        Event::Started {
            address,
            verb,
            expected_ms,
        } => EventLine::Started {
            address,
            verb: *verb,
            expected_ms: *expected_ms,
        },
        Event::Note { address, text } => EventLine::Note {
            address,
            text: text.at(place),
        },
        Event::Waiting {
            address,
            elapsed_ms,
            expected_ms,
            doing,
        } => EventLine::Waiting {
            address,
            elapsed_ms: *elapsed_ms,
            expected_ms: *expected_ms,
            doing,
        },
        Event::Retrying {
            address,
            because,
            attempt,
        } => EventLine::Retrying {
            address,
            because,
            attempt: *attempt,
        },
        Event::Done {
            address,
            verb,
            elapsed_ms,
        } => EventLine::Done {
            address,
            verb: *verb,
            elapsed_ms: *elapsed_ms,
        },
        Event::Failed {
            address,
            verb,
            fault: why,
            elapsed_ms,
        } => EventLine::Failed {
            address,
            verb: *verb,
            fault: fault(why, place),
            elapsed_ms: *elapsed_ms,
        },
        Event::Skipped {
            address,
            verb,
            because,
        } => EventLine::Skipped {
            address,
            verb: *verb,
            because: because.as_ref(),
        },
    }
}
