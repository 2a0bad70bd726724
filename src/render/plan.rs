//! A plan, for people: step by step, and field by field where something changes.

use std::fmt::Write;

use serde_json::Value;

use super::Style;
use super::claims::claims;
use crate::engine::{Action, Cause, Change, Item, Plan, Summary, Taken};
use crate::steps::STEPS;

/// The whole plan; what is as wanted is only counted. Ends with a line of the counts.
pub fn plan(plan: &Plan, style: Style) -> String {
    let mut text = body(plan, style);
    let _ = writeln!(text, "{}", counts(plan));
    text
}

/// What is taken over, and what the next `up` would change of it.
pub fn adoption(plan: &Plan, style: Style) -> String {
    let mut text = body(plan, style);
    let many = plan.items.len();
    let _ = writeln!(
        text,
        "{many} to adopt: their tags change now, the fields above with the next `up`"
    );
    text
}

/// What AWS changed.
pub fn drift(plan: &Plan, style: Style) -> String {
    let mut text = body(plan, style);
    let Summary { create, keep, .. } = plan.summary();
    let changed = plan.items.len() - create - keep;
    let mut parts = Vec::new();
    if changed > 0 {
        parts.push(format!("{changed} differ on AWS from what was applied"));
    }
    if create > 0 {
        parts.push(format!(
            "{create} not there: new in the file or gone from AWS, which nothing tells"
        ));
    }
    for (count, what) in [
        (plan.conflicts.len(), "in conflict"),
        (plan.unread.len(), "unread"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let _ = if parts.is_empty() {
        writeln!(text, "no drift: AWS has what was applied")
    } else {
        writeln!(text, "drift: {}", parts.join(", "))
    };
    text
}

fn body(plan: &Plan, style: Style) -> String {
    let mut text = String::new();
    for step in order(plan) {
        let items: Vec<&Item> = plan
            .items
            .iter()
            .filter(|item| {
                item.step == step && (item.action != Action::Keep || !item.notes.is_empty())
            })
            .collect();
        if items.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{}", style.head(step));
        for item in items {
            draw(&mut text, item, style);
        }
        text.push('\n');
    }
    claims(&mut text, plan, style);
    for unread in &plan.unread {
        let _ = writeln!(
            text,
            "{} {}: {}",
            style.bad("unread"),
            unread.kind,
            unread.fault
        );
    }
    if !plan.conflicts.is_empty() || !plan.unread.is_empty() {
        text.push('\n');
    }
    text
}

/// The steps of a plan in their printed order; what no step knows comes last.
pub(super) fn order(plan: &Plan) -> Vec<&'static str> {
    let mut order: Vec<&'static str> = STEPS.iter().map(|(step, _)| *step).collect();
    for item in &plan.items {
        if !order.contains(&item.step) {
            order.push(item.step);
        }
    }
    order
}

fn counts(plan: &Plan) -> String {
    let Summary {
        create,
        update,
        replace,
        delete,
        keep,
        unverified,
    } = plan.summary();
    if plan.is_empty() && plan.unread.is_empty() && plan.conflicts.is_empty() {
        let left = match unverified {
            0 => String::new(),
            count => format!(", {count} not deleted"),
        };
        return format!("nothing to do: {keep} resources are as the file says{left}");
    }
    let mut parts = Vec::new();
    for (count, what) in [
        (create, "to create"),
        (update, "to change"),
        (replace, "to replace"),
        (delete, "to delete"),
        (keep, "as the file says"),
        (unverified, "not deleted"),
        (plan.conflicts.len(), "in conflict"),
        (plan.unread.len(), "unread"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    format!("plan: {}", parts.join(", "))
}

fn draw(text: &mut String, item: &Item, style: Style) {
    let address = &item.address;
    let line = match &item.action {
        Action::Keep => format!("  {address}"),
        Action::Create => format!("{} {address}", style.good("+")),
        Action::Update => format!("{} {address}", style.look("~")),
        Action::Adopt => format!("{} {address}", style.look("→")),
        Action::Replace { because } => format!(
            "{} {address}  {}",
            style.bad("±"),
            style.dim(format!("a new one, because of {}", because.join(", ")))
        ),
        Action::Delete => {
            let id = item.id.as_deref().map(|id| format!("  {}", style.dim(id)));
            format!("{} {address}{}", style.bad("-"), id.unwrap_or_default())
        }
        Action::Later { on } => {
            let on: Vec<String> = on.iter().map(ToString::to_string).collect();
            format!(
                "{} {address}  {}",
                style.look("?"),
                style.dim(format!("may change, once {} is there", on.join(", ")))
            )
        }
    };
    let data = if item.data && matches!(item.action, Action::Delete | Action::Replace { .. }) {
        style.bad("  holds data")
    } else {
        String::new()
    };
    let taken = match &item.taken {
        Some(Taken::MovedFrom(from)) => style.dim(format!("  was {from}")),
        Some(Taken::Adopted(id)) => style.dim(format!("  takes over `{id}`")),
        None => String::new(),
    };
    let _ = writeln!(text, "  {line}{taken}{data}");
    if item.action == Action::Create {
        // What program is to run, and gets the secrets.
        let image = item.changes.0.iter().find(|change| change.path == "image");
        if let Some(change) = image.filter(|change| !change.after.is_null()) {
            field(text, change, style);
        }
    }
    if matches!(
        item.action,
        Action::Update | Action::Replace { .. } | Action::Later { .. } | Action::Adopt
    ) {
        for change in &item.changes.0 {
            field(text, change, style);
        }
    }
    for note in &item.notes {
        let _ = writeln!(text, "      {}", style.dim(note));
    }
}

pub(super) fn field(text: &mut String, change: &Change, style: Style) {
    let path = &change.path;
    let who = change.cause.map_or_else(String::new, |cause| {
        style.dim(format!("  ({})", who(cause)))
    });
    if change.sensitive {
        let _ = writeln!(text, "      {path}  (sensitive, not shown){who}");
        return;
    }
    if let Some(secret) = path.strip_prefix("secret_versions.") {
        let version = |value: &Value| match value {
            // A version id of Secrets Manager's own making is a UUID, and its beginning tells it apart.
            Value::String(version) if version.len() == 36 && !version.contains(' ') => {
                version.chars().take(8).chain(['…']).collect()
            }
            Value::String(version) => version.clone(),
            _ => "none".to_owned(),
        };
        let (before, after) = (version(&change.before), version(&change.after));
        let _ = writeln!(
            text,
            "      restart: secret {secret} changed  version {} → {}",
            style.bad(before),
            style.good(after)
        );
        return;
    }
    let before = style.bad(short(&change.before));
    let after = style.good(short(&change.after));
    let _ = match (&change.before, &change.after) {
        (Value::Null, _) => writeln!(text, "      {path}  {after}{who}"),
        (_, Value::Null) => writeln!(text, "      {path}  {before} → not set{who}"),
        _ => writeln!(text, "      {path}  {before} → {after}{who}"),
    };
}

/// Who made a field differ.
fn who(cause: Cause) -> &'static str {
    match cause {
        Cause::File => "changed in the file",
        Cause::Aws => "changed on AWS",
        Cause::Both => "changed in the file and on AWS",
        Cause::Unknown => "nothing tells who changed it",
    }
}

/// A value on one line, cut where it would hide the rest.
fn short(value: &Value) -> String {
    const MOST: usize = 160;
    let said = value.to_string();
    match said.char_indices().nth(MOST) {
        Some((cut, _)) => format!("{}…", &said[..cut]),
        None => said,
    }
}
