//! Why a command ended before its work, for people.

use std::fmt::Write;

use super::Style;
use crate::command_error::CommandError;
use crate::message::StackOptions;

/// `error: what`, then what is known of it, then what to do about the stack that `place` names.
pub fn stop(stop: &CommandError, place: &StackOptions, style: Style) -> String {
    let mut text = format!("{} {}", style.bad("error:"), stop.message);
    for detail in &stop.details {
        let _ = write!(text, "\n  {}", detail.at(place));
    }
    if let Some(hint) = &stop.hint {
        let hint = hint.at(place);
        let _ = write!(text, "\n\n{} {hint}", style.accent("hint:"));
    }
    text
}
