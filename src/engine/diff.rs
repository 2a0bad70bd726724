//! The difference between what is wanted and what is there, field by field.

use serde::Serialize;
use serde_json::Value;

use super::{Address, Cause, Effect};

/// Stands around the address of a resource whose output is not known yet.
const MARK: char = '\u{1a}';

/// The text that stands for an output of `address` until it exists.
pub(super) fn unknown(address: &Address) -> String {
    format!("{MARK}{address}{MARK}")
}

/// Whether a value holds an output that is not known yet.
pub fn is_unknown(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(MARK),
        Value::Array(items) => items.iter().any(is_unknown),
        Value::Object(fields) => {
            fields.values().any(is_unknown) || fields.keys().any(|key| key.contains(MARK))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The addresses whose outputs a value waits for.
pub(super) fn unknowns(value: &Value, into: &mut Vec<Address>) {
    match value {
        Value::String(text) => {
            for address in text.split(MARK).skip(1).step_by(2) {
                into.extend(Address::parse(address));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| unknowns(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| unknowns(field, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text as what is known of it, each part with the address whose output follows it.
pub(super) fn marked(text: &str) -> Vec<(&str, Option<Address>)> {
    let parts: Vec<&str> = text.split(MARK).collect();
    parts
        .iter()
        .enumerate()
        .step_by(2)
        .map(|(index, known)| {
            let next = parts.get(index + 1);
            (*known, next.and_then(|address| Address::parse(address)))
        })
        .collect()
}

/// The field of what stands for a value that is not known yet: the addresses it is known after.
pub const KNOWN_AFTER: &str = "known_after";

/// A text with outputs that are not known yet in words a person reads.
fn in_words(text: &str) -> String {
    let mut words = String::new();
    for (index, part) in text.split(MARK).enumerate() {
        if index % 2 == 1 {
            words.push_str(&format!("(known after {part})"));
        } else {
            words.push_str(part);
        }
    }
    words
}

/// A value as it leaves the engine: a text that is not known yet is an object of the addresses that it
/// is known after and of the text in words, so that nobody takes the words for the value.
fn shown(value: &Value) -> Value {
    match value {
        Value::String(text) if text.contains(MARK) => {
            let mut on = Vec::new();
            unknowns(value, &mut on);
            on.dedup();
            let on: Vec<String> = on.iter().map(ToString::to_string).collect();
            serde_json::json!({ KNOWN_AFTER: on, "text": in_words(text) })
        }
        Value::Array(items) => items.iter().map(shown).collect(),
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, field)| (in_words(key), shown(field)))
                .collect(),
        ),
        other => other.clone(),
    }
}

/// The words for a value that is not known yet; `None` for any other.
pub fn known_later(value: &Value) -> Option<&str> {
    let fields = value.as_object().filter(|fields| fields.len() == 2)?;
    fields.get(KNOWN_AFTER)?.as_array()?;
    fields.get("text")?.as_str()
}

/// The one address that a value as a whole waits for.
pub(super) fn known_after(value: &Value) -> Option<&str> {
    known_later(value)?;
    match value.get(KNOWN_AFTER)?.as_array()?.as_slice() {
        [one] => one.as_str(),
        _ => None,
    }
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Names with dots between them.
    pub path: String,
    /// What is there; null when the field is not.
    pub before: Value,
    /// What is wanted; null when the field shall go.
    pub after: Value,
    /// Whether the values must not be shown; they are null then.
    pub sensitive: bool,
    /// Whether this field forces a replacement.
    pub replaces: bool,
    /// Whether `after` waits for an output that is not known yet.
    pub unknown: bool,
    /// Who made it differ; `None` where there is nothing to compare with.
    pub cause: Option<Cause>,
}

impl Change {
    /// The tags of ownership, which no file speaks of.
    pub(super) fn of_our_tags() -> Self {
        Self::told("tags.ajuda", Value::Null, Value::Null)
    }

    /// A difference that a person is told of, made by the file.
    pub(super) fn told(path: &str, before: Value, after: Value) -> Self {
        Self {
            path: path.to_owned(),
            before,
            after,
            sensitive: false,
            replaces: false,
            unknown: false,
            cause: Some(Cause::File),
        }
    }
}

/// Every field that differs, in the order of the fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Changes(pub Vec<Change>);

impl Changes {
    /// Whether the field at `path`, or one below it, differs.
    pub fn changed(&self, path: &str) -> bool {
        self.0.iter().any(|change| {
            change
                .path
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// Whether any field below one of `paths` differs.
    pub fn touch_any(&self, paths: &[&str]) -> bool {
        paths.iter().any(|path| self.changed(path))
    }

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields that force a replacement.
    pub fn forced(&self) -> Vec<String> {
        self.0
            .iter()
            .filter(|change| change.replaces)
            .map(|change| change.path.clone())
            .collect()
    }
}

/// Compares what is wanted with what is there.
///
/// A null in `want` is left to AWS. Under a field named `tags`, only the tags that are wanted are
/// compared, because others put theirs there too: what has left the file is told by what was noted
/// (`super::tag_keys`).
pub fn diff(
    want: &Value,
    have: &Value,
    effect: impl Fn(&str) -> Effect,
    sensitive: impl Fn(&str) -> bool,
) -> Changes {
    let mut found = Vec::new();
    walk("", want, have, &mut found);
    Changes(
        found
            .into_iter()
            .map(|(path, before, after)| {
                let hidden = sensitive(&path);
                Change {
                    replaces: effect(&path) == Effect::Replace,
                    unknown: is_unknown(after),
                    before: if hidden { Value::Null } else { shown(before) },
                    after: if hidden { Value::Null } else { shown(after) },
                    sensitive: hidden,
                    cause: None,
                    path: in_words(&path),
                }
            })
            .collect(),
    )
}

fn walk<'v>(
    path: &str,
    want: &'v Value,
    have: &'v Value,
    found: &mut Vec<(String, &'v Value, &'v Value)>,
) {
    match (want, have) {
        (Value::Object(wanted), Value::Object(there)) => {
            for (key, want) in wanted {
                // At the top, null is "left to AWS"; inside a map it is a field that is not set.
                if want.is_null() && (path.is_empty() || !there.contains_key(key)) {
                    continue;
                }
                let have = there.get(key).unwrap_or(&Value::Null);
                walk(&join(path, key), want, have, found);
            }
            if path.is_empty() || path == "tags" {
                return;
            }
            for (key, have) in there {
                if !wanted.contains_key(key) && !have.is_null() {
                    found.push((join(path, key), have, &Value::Null));
                }
            }
        }
        (Value::Object(wanted), Value::Null) if !wanted.is_empty() => {
            for (key, want) in wanted {
                if !want.is_null() {
                    walk(&join(path, key), want, &Value::Null, found);
                }
            }
        }
        (Value::Object(wanted), Value::Null) if wanted.is_empty() => {}
        _ if want == have => {}
        _ => found.push((path.to_owned(), have, want)),
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
