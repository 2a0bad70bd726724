//! One resource of a plan: what happens to it, and by which fields.

use std::fmt::Write;

use serde_json::Value;

use super::Detail;
use super::field::{field, plain};
use crate::engine::{Action, AdoptedFrom, Change, Item};
use crate::message::StackOptions;
use crate::render::Style;

/// How wide a line of fields is at most: the terminal that everybody has.
const WIDTH: usize = 80;
/// What fields stand in from the left.
const INDENT: &str = "      ";

pub(super) fn draw(
    text: &mut String,
    item: &Item,
    detail: Detail,
    place: &StackOptions,
    style: Style,
) {
    let address = &item.address;
    let line = match &item.action {
        Action::Keep => format!("  {address}"),
        Action::Create => format!("{} {address}", style.good("+")),
        Action::Update => format!("{} {address}", style.accent("~")),
        Action::Adopt => format!("{} {address}", style.accent("→")),
        Action::Replace { .. } if item.is_revision => {
            let what = style.dim("a new revision");
            format!("{} {address}  {what}", style.accent("~"))
        }
        Action::Replace { because } => format!(
            "{} {address}  {}",
            style.bad("±"),
            style.dim(format!("replaced: {}", cannot_change(because)))
        ),
        Action::Delete => {
            let id = item
                .orphan
                .as_deref()
                .map(|id| format!("  {}", style.dim(id)));
            format!("{} {address}{}", style.bad("-"), id.unwrap_or_default())
        }
        Action::Later { on } => {
            let on: Vec<String> = on.iter().map(ToString::to_string).collect();
            format!(
                "{} {address}  {}",
                style.accent("?"),
                style.dim(format!("known after {} is created", on.join(", ")))
            )
        }
    };
    let lost = item.is_replaced() || item.action == Action::Delete;
    let data = if item.data && lost {
        style.bad("  holds data")
    } else {
        String::new()
    };
    let taken = match &item.taken {
        Some(AdoptedFrom::MovedFrom(from)) => style.dim(format!("  was {from}")),
        Some(AdoptedFrom::Adopted(id)) => style.dim(format!("  takes over `{id}`")),
        None => String::new(),
    };
    let _ = write!(text, "  {line}{taken}{data}");
    match (&item.action, detail) {
        (Action::Create, Detail::Headline) => {
            let known = address.to_string().chars().count() + "  + ".len();
            headline(text, item, known, style);
        }
        (Action::Keep | Action::Delete, _) => text.push('\n'),
        _ => {
            text.push('\n');
            let shown = |change: &&Change| !(item.action == Action::Create && is_unset(change));
            for change in item.changes.fields.iter().filter(shown) {
                field(text, change, detail, style);
            }
        }
    }
    for note in &item.notes {
        let _ = writeln!(text, "{INDENT}{}", style.dim(note.at(place)));
    }
}

/// A field of a new resource that is left to AWS.
fn is_unset(change: &Change) -> bool {
    change.after.is_null() && !change.sensitive
}

fn cannot_change(because: &[String]) -> String {
    let fields: Vec<String> = because.iter().map(|path| format!("`{path}`")).collect();
    format!("{} cannot change in place", fields.join(", "))
}

/// The fields that a reviewer looks for first: behind the address where they fit, below it where not.
fn headline(text: &mut String, item: &Item, used: usize, style: Style) {
    let shown = item.headline.iter().filter_map(|field| {
        let change = item.changes.of(*field).filter(|change| !change.sensitive)?;
        let empty = matches!(&change.after, Value::Array(items) if items.is_empty());
        let path = field.path();
        (!change.after.is_null() && !empty).then(|| format!("{path} {}", plain(&change.after)))
    });
    let shown: Vec<String> = shown.collect();
    if shown.is_empty() {
        text.push('\n');
        return;
    }
    let all = shown.join(", ");
    if used + 2 + all.chars().count() <= WIDTH {
        let _ = writeln!(text, "  {}", style.dim(all));
        return;
    }
    text.push('\n');
    let mut line = String::new();
    for one in &shown {
        let wider = INDENT.len() + line.chars().count() + 2 + one.chars().count();
        if !line.is_empty() && wider > WIDTH {
            let _ = writeln!(text, "{INDENT}{}", style.dim(format!("{line},")));
            line.clear();
        }
        if !line.is_empty() {
            line.push_str(", ");
        }
        line.push_str(one);
    }
    let _ = writeln!(text, "{INDENT}{}", style.dim(line));
}
