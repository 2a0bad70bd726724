//! A plan, for people: step by step, and field by field where something changes.

use std::fmt::Write;

use super::Style;
use super::claims::claims;
use super::duration;
use crate::engine::{Action, Cause, Item, Plan, Summary};
use crate::message::{StackOptions, commands, message};
use crate::steps::STEPS;

mod difference;
mod field;
mod resource;
mod staged;

pub(super) use field::field;
use resource::draw;

/// How much a plan shows of what is made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// The few fields that a reviewer looks for first.
    Headline,
    /// Every field, and values of any length.
    Full,
}

/// The whole plan of the stack that `place` names; what is as wanted is only counted. Ends with a line of the counts, and
/// one of how long it takes. What is done in stages stands last, where the question follows.
pub fn plan(plan: &Plan, detail: Detail, place: &StackOptions, style: Style) -> String {
    let mut text = body(plan, detail, place, style);
    let has_items = !plan.items.is_empty();
    let when = if has_items { ", before all else" } else { "" };
    for change in &plan.staged {
        staged::staged(&mut text, change, when, place, style);
        if has_items {
            text.push('\n');
        }
    }
    if has_items || plan.staged.is_empty() {
        let _ = writeln!(text, "{}", counts(plan));
    }
    if let Some(time) = duration(&plan.schedule) {
        let _ = writeln!(text, "{time}");
    }
    text
}

/// What is taken over, and what the next `up` would change of it.
pub fn adoption(plan: &Plan, place: &StackOptions, style: Style) -> String {
    let mut text = body(plan, Detail::Headline, place, style);
    let many = plan.items.len();
    let up = message![commands::up()].at(place);
    let _ = writeln!(
        text,
        "{many} to adopt: their tags change now, the fields above with the next {up}"
    );
    text
}

/// What AWS changed.
pub fn drift(plan: &Plan, detail: Detail, place: &StackOptions, style: Style) -> String {
    let mut text = body(plan, detail, place, style);
    let Summary { create, keep, .. } = plan.summary();
    let changed = plan.items.len() - create - keep;
    let mut parts = Vec::new();
    if changed > 0 {
        parts.push(format!("{changed} differ on AWS from what was applied"));
    }
    if create > 0 {
        parts.push(format!(
            "{create} missing: new in the file, or deleted outside of ajuda"
        ));
    }
    for (count, what) in [
        (plan.unmanaged.len(), "unmanaged, added by others"),
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

/// Below a plan with fields of which it is not known who made them differ.
const UNKNOWN: &str =
    "where nothing else is said, the origin is unknown: ajuda has no note of what it applied there";

/// Whether nobody can say who made a field of it differ, the file or somebody on AWS.
fn has_unknown_origin(item: &Item) -> bool {
    let mut changes = item.changes.fields.iter();
    !matches!(item.action, Action::Create | Action::Keep | Action::Delete)
        && changes.any(|change| change.cause == Some(Cause::Unknown))
}

fn body(plan: &Plan, detail: Detail, place: &StackOptions, style: Style) -> String {
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
        let _ = writeln!(text, "{}", style.heading(step));
        for item in items {
            draw(&mut text, item, detail, place, style);
        }
        text.push('\n');
    }
    if plan.items.iter().any(has_unknown_origin) {
        let _ = writeln!(text, "{}\n", style.dim(UNKNOWN));
    }
    claims(&mut text, plan, place, style);
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
        let others = match plan.unmanaged.len() {
            0 => String::new(),
            count => format!(", {count} unmanaged"),
        };
        return format!("nothing to do: {keep} unchanged{left}{others}");
    }
    let mut parts = Vec::new();
    for (count, what) in [
        (create, "to create"),
        (update, "to change"),
        (replace, "to replace"),
        (delete, "to delete"),
        (keep, "unchanged"),
        (unverified, "not deleted"),
        (plan.unmanaged.len(), "unmanaged"),
        (plan.conflicts.len(), "in conflict"),
        (plan.unread.len(), "unread"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    format!("plan: {}", parts.join(", "))
}
