//! The secrets of a stack, for people. There is no value in what is drawn.

use std::fmt::Write;

use super::Style;
use crate::message::{StackOptions, commands, message};
use crate::secrets::{SecretSummary, State};

/// A block for each secret of the stack that `place` names.
pub fn secrets(rows: &[SecretSummary], place: &StackOptions, style: Style) -> String {
    let mut text = String::new();
    for row in rows {
        let state = match row.state {
            State::Current => style.good("current"),
            State::Restart => {
                style.accent(format!("changed since {} started", row.outdated.join(", ")))
            }
            State::Absent => style.accent("not there yet"),
            State::Empty => style.bad("has no value"),
            State::Deleted => style.bad("deleted"),
            State::Theirs => style.dim("kept by you"),
        };
        let _ = writeln!(text, "{}  {state}", style.heading(&row.name));
        let mut line = |name: &str, value: &str| {
            if !value.is_empty() {
                let _ = writeln!(text, "  {} {value}", style.dim(format!("{name:<10}")));
            }
        };
        line("id", &row.id);
        line("value", &row.made);
        line("used by", &row.used_by.join(", "));
        line("version", row.version.as_deref().unwrap_or_default());
        line("changed", row.changed.as_deref().unwrap_or_default());
        line(
            "rotation",
            if row.rotates {
                "by a function of yours"
            } else {
                ""
            },
        );
        if let Some(until) = &row.deletion {
            let deletion = message![
                format!("scheduled, dated {until}; while it is listed it can be restored, and "),
                commands::up(),
                " calls it back if the file has it",
            ];
            line("deletion", &deletion.at(place));
        }
    }
    if rows.is_empty() {
        text.push_str("this stack has no secrets\n");
    }
    text
}
