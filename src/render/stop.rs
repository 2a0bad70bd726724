//! Why a command ended before its work, for people.

use std::fmt::Write;

use super::Style;
use crate::command_error::CommandError;

/// `error: what`, then what is known of it, then what to do.
pub fn stop(stop: &CommandError, style: Style) -> String {
    let mut text = format!("{} {}", style.bad("error:"), stop.message);
    for detail in &stop.details {
        let _ = write!(text, "\n  {detail}");
    }
    if let Some(hint) = &stop.hint {
        let _ = write!(text, "\n\n{} {hint}", style.accent("hint:"));
    }
    text
}
