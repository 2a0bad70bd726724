//! Which parts of a value differ: of lists what came and went, of objects their fields, of JSON inside of
//! a text the same, of a text of many lines its lines.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::engine::{known_later, text_of};

/// A part that differs, at its path inside of the value; the path of the value itself is empty.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Difference {
    /// It is new.
    Added(String, Value),
    /// It is gone.
    Removed(String, Value),
    /// It is another.
    Changed(String, Value, Value),
    /// A list has the same parts in another order.
    Order(String),
}

/// The parts that differ; `None` where the value has no parts to compare one by one.
pub(super) fn differences(before: &Value, after: &Value) -> Option<Vec<Difference>> {
    let mut found = Vec::new();
    // JSON inside of two texts may be the same, written in two ways.
    (parts("", before, after, &mut found) && !found.is_empty()).then_some(found)
}

/// Compares by parts, if both have parts of the same form.
fn parts(path: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) -> bool {
    let is_one = |value| known_later(value).or(text_of(value)).is_some();
    if is_one(before) || is_one(after) {
        return false;
    }
    match (before, after) {
        (Value::Array(one), Value::Array(other)) => list(path, one, other, found),
        (Value::Object(one), Value::Object(other)) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                let path = join(path, name);
                match (one.get(name), other.get(name)) {
                    (Some(one), Some(other)) => walk(path, one, other, found),
                    (Some(one), None) => found.push(Difference::Removed(path, one.clone())),
                    (None, Some(other)) => found.push(Difference::Added(path, other.clone())),
                    (None, None) => {}
                }
            }
        }
        (Value::String(one), Value::String(other)) => match (inside(one), inside(other)) {
            (Some(one), Some(other)) => {
                return parts(path, &one, &other, found);
            }
            _ if one.contains('\n') && other.contains('\n') => lines(path, one, other, found),
            _ => return false,
        },
        _ => return false,
    }
    true
}

fn walk(path: String, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    if !parts(&path, before, after, found) {
        found.push(Difference::Changed(path, before.clone(), after.clone()));
    }
}

fn list(path: &str, before: &[Value], after: &[Value], found: &mut Vec<Difference>) {
    let mut added: Vec<&Value> = after.iter().collect();
    let mut removed = Vec::new();
    for one in before {
        match added.iter().position(|other| *other == one) {
            Some(index) => {
                added.remove(index);
            }
            None => removed.push(one),
        }
    }
    if removed.is_empty() && added.is_empty() {
        found.push(Difference::Order(path.to_owned()));
        return;
    }
    removed.retain(|one| {
        let namesake = name(one).and_then(|own| {
            let index = added.iter().position(|other| name(other) == Some(own))?;
            Some((own, added.remove(index)))
        });
        let is_alone = namesake.is_none();
        if let Some((own, other)) = namesake {
            walk(format!("{path}[{own}]"), one, other, found);
        }
        is_alone
    });
    let went = removed.into_iter();
    found.extend(went.map(|one| Difference::Removed(path.to_owned(), one.clone())));
    let came = added.into_iter();
    found.extend(came.map(|one| Difference::Added(path.to_owned(), one.clone())));
}

/// What an element of a list is called, where AWS's documents give it a name.
fn name(element: &Value) -> Option<&str> {
    let fields = element.as_object()?;
    let mut names = ["Sid", "name", "Name", "key", "Key", "id", "Id"].iter();
    names.find_map(|field| fields.get(*field)?.as_str())
}

/// The JSON object or list that a text holds.
fn inside(text: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(text).ok()?;
    (value.is_object() || value.is_array()).then_some(value)
}

fn lines(path: &str, before: &str, after: &str, found: &mut Vec<Difference>) {
    let (one, other): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let shortest = one.len().min(other.len());
    let start = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let ends = one.iter().rev().zip(other.iter().rev());
    let end = ends
        .take_while(|(a, b)| a == b)
        .count()
        .min(shortest - start);
    let line = |line: &&str| Value::from(*line);
    let (went, came) = (
        &one[start..one.len() - end],
        &other[start..other.len() - end],
    );
    if went.is_empty() && came.is_empty() {
        // Only the ends of lines differ.
        let (before, after) = (Value::from(before), Value::from(after));
        found.push(Difference::Changed(path.to_owned(), before, after));
        return;
    }
    let went = went.iter().map(line);
    found.extend(went.map(|line| Difference::Removed(path.to_owned(), line)));
    let came = came.iter().map(line);
    found.extend(came.map(|line| Difference::Added(path.to_owned(), line)));
}

fn join(path: &str, name: &str) -> String {
    match path.is_empty() {
        true => name.to_owned(),
        false => format!("{path}.{name}"),
    }
}
