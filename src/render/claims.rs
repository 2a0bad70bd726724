//! What is in the way of a plan, and what is left alone because only tags say whose it is.

use std::fmt::Write;

use super::Style;
use crate::engine::{Conflict, Doubt, Obstacle, Plan};
use crate::message::{StackOptions, commands, message};

/// What is not deleted, and what is in conflict, a line each.
pub(super) fn claims(text: &mut String, plan: &Plan, place: &StackOptions, style: Style) {
    for left in &plan.unverified {
        let data = if left.holds_data {
            style.bad("  holds data")
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "{} {}: `{}` {}{data}",
            style.accent("not deleted"),
            left.address,
            left.id,
            doubt(left.because),
        );
    }
    if !plan.unverified.is_empty() {
        let hint =
            "the stack's tags alone do not say that ajuda made it; `--prune ADDRESS` deletes it";
        let _ = writeln!(text, "{}\n", style.dim(hint));
    }
    unmanaged(text, plan, place, style);
    for conflict in &plan.conflicts {
        let _ = writeln!(
            text,
            "{} {}: `{}` {}",
            style.bad("conflict"),
            conflict.address,
            conflict.id,
            obstacle(conflict),
        );
    }
}

/// What others added to objects of the stack.
fn unmanaged(text: &mut String, plan: &Plan, place: &StackOptions, style: Style) {
    for one in &plan.unmanaged {
        let (mark, open) = match one.extra.open {
            true => (style.bad("unmanaged"), style.bad("  OPEN TO THE INTERNET")),
            false => (style.accent("unmanaged"), String::new()),
        };
        let fate = if one.removed { "removed" } else { "kept" };
        let what = &one.extra.what;
        let _ = writeln!(
            text,
            "{mark} {}: {what}{open}  {}",
            one.address,
            style.dim(fate)
        );
    }
    if plan.unmanaged.iter().any(|one| !one.removed) {
        let hint = message![
            "others added it; with `unmanaged = \"remove\"` under [stack], ",
            commands::up(),
            " removes what is kept",
        ];
        let _ = writeln!(text, "{}", style.dim(hint.at(place)));
    }
    if !plan.unmanaged.is_empty() {
        text.push('\n');
    }
}

/// How an object is in the way, after its name.
pub fn obstacle(conflict: &Conflict) -> String {
    match (conflict.because, &conflict.of) {
        (Obstacle::Name, Some(stack)) => format!("is there already and belongs to stack {stack}"),
        (Obstacle::Name, None) => "is there already and was not made by ajuda".to_owned(),
        (Obstacle::Claims, _) => {
            "carries the stack's tags, and nothing else says that it is the stack's".to_owned()
        }
        (Obstacle::Older, _) => {
            "carries the stack's tags and has a value that ajuda did not put in".to_owned()
        }
    }
}

/// Why an object is not believed to be ajuda's, after its name.
fn doubt(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Name => "has another name than ajuda gives at this address",
        Doubt::Place => "is not in or used by anything of the stack",
        Doubt::Note => "has no note of what ajuda applied to it",
        Doubt::Older => "has a value that ajuda did not put in",
    }
}
