//! The difference between what is wanted and what is there, field by field.

use serde_json::Value;

use super::as_one::{leaving, parts, words};
use super::{Address, Cause, Effect, Field};

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
        Value::Object(_) if words(value).is_some() => leaving(
            words(value).map(in_words).unwrap_or_default(),
            parts(value).map(shown).unwrap_or_default(),
        ),
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
#[derive(Debug, Clone, PartialEq)]
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
    /// A difference that a person is told of, made by the file.
    pub(super) fn by_file(path: &str, before: Value, after: Value) -> Self {
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

/// What differs of an object, and what else is written of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Every field that differs, in the order of the fields.
    pub fields: Vec<Change>,
    /// Whether its tags of ownership, which no field speaks of, are to be written: for an update alone, a
    /// plan says it of none.
    pub(super) ownership: bool,
}

impl From<Vec<Change>> for Changes {
    fn from(fields: Vec<Change>) -> Self {
        Self {
            fields,
            ownership: false,
        }
    }
}

impl Changes {
    /// Nothing but the tags of ownership.
    pub(super) fn of_ownership() -> Self {
        Self {
            fields: Vec::new(),
            ownership: true,
        }
    }

    /// Whether the field, or something in it, differs; of [`Field::TAGS`] also whether those of ownership are
    /// to be written.
    pub fn changed(&self, field: Field) -> bool {
        let is_tags = field.path() == Field::TAGS.path();
        let mut paths = self.fields.iter().map(|change| &change.path);
        is_tags && self.ownership || paths.any(|path| field.covers(path))
    }

    /// Whether one of the fields differs ([`Self::changed`]).
    pub fn any_changed(&self, fields: &[Field]) -> bool {
        fields.iter().any(|field| self.changed(*field))
    }

    /// How the field itself differs.
    pub fn of(&self, field: Field) -> Option<&Change> {
        self.fields
            .iter()
            .find(|change| change.path == field.path())
    }

    /// Whether no field differs.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The fields that force a replacement.
    pub fn forced(&self) -> Vec<String> {
        self.fields
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
    let fields = found.into_iter().map(|(path, before, after)| {
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
    });
    fields.collect::<Vec<_>>().into()
}

fn walk<'v>(
    path: &str,
    want: &'v Value,
    have: &'v Value,
    found: &mut Vec<(String, &'v Value, &'v Value)>,
) {
    let is_one = |value| words(value).is_some();
    match (want, have) {
        _ if is_one(want) || is_one(have) => {
            if want != have {
                found.push((path.to_owned(), have, want));
            }
        }
        (Value::Object(wanted), Value::Object(there)) => {
            for (key, want) in wanted {
                // At the top, null is "left to AWS"; inside a map it is a field that is not set.
                if want.is_null() && (path.is_empty() || !there.contains_key(key)) {
                    continue;
                }
                let have = there.get(key).unwrap_or(&Value::Null);
                walk(&join(path, key), want, have, found);
            }
            if path.is_empty() || path == Field::TAGS.path() {
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
