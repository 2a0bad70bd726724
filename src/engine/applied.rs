//! What was last applied to an object, as a hash of each field: short enough for a tag, and enough to
//! tell whether the file or AWS has changed since.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::Field;

/// Characters a hash: 18 bits, so that one change in 262,144 goes unnoticed.
const WIDTH: usize = 3;
/// The longest value of a tag ("Tag naming limits and requirements", AWS tagging guide).
const LONGEST: usize = 256;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Hashes of the fields that were applied, in the order of their names, after one of the names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied(String);

/// Who changed a field since it was last applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The file: AWS has what was applied.
    File,
    /// Somebody on AWS: the file says what was applied.
    Aws,
    /// Both: neither is what was applied.
    Both,
    /// Nothing tells what was applied.
    Unknown,
}

impl Applied {
    /// What is noted when `props` are applied; `None` when they are too many for a tag.
    pub fn of(props: &Value) -> Option<Self> {
        let fields = props.as_object()?;
        let hashes: String = fields.values().map(hash).collect();
        let text = names(fields) + &hashes;
        (text.len() <= LONGEST).then_some(Self(text))
    }

    /// Reads what was noted; anything else reads as `None`.
    pub fn parse(text: &str) -> Option<Self> {
        is_short(text, WIDTH).then(|| Self(text.to_owned()))
    }

    /// Whether it can be the note of an object with these properties: it has the same fields.
    /// What another version of ajuda noted, whose kind had other fields, is not.
    pub fn matches(&self, props: &Value) -> bool {
        props.as_object().is_some_and(|fields| {
            let hashes = self.0.strip_prefix(&names(fields));
            hashes.is_some_and(|hashes| hashes.len() == fields.len() * WIDTH)
        })
    }

    /// Who made the field at `path` differ, given all that is wanted and all that is there.
    pub fn cause(&self, path: &str, want: &Value, have: &Value) -> Cause {
        let field = path.split('.').next().unwrap_or(path);
        let Some(noted) = self.field(field, want) else {
            return Cause::Unknown;
        };
        let now = |side: &Value| hash(side.get(field).unwrap_or(&Value::Null));
        match (now(want) == noted, now(have) == noted) {
            (true, _) => Cause::Aws,
            // Others put tags there too, so what AWS has of them tells nothing.
            (false, true) => Cause::File,
            (false, false) if field == Field::TAGS.path() => Cause::File,
            (false, false) => Cause::Both,
        }
    }

    /// The noted hash of a field; `None` when other fields were noted than there are now.
    fn field(&self, field: &str, want: &Value) -> Option<&str> {
        let fields = want.as_object()?;
        let hashes = self.0.strip_prefix(&names(fields))?;
        let at = fields.keys().position(|name| name == field)? * WIDTH;
        hashes.get(at..at + WIDTH)
    }
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn names(fields: &Map<String, Value>) -> String {
    hash(&Value::from_iter(fields.keys().cloned()))
}

fn hash(value: &Value) -> String {
    // serde_json keeps keys sorted, so equal values are equal bytes.
    short(&value.to_string(), WIDTH)
}

/// Whether a text can be one or more hashes of `width` characters.
pub(super) fn is_short(text: &str, width: usize) -> bool {
    let known = text.bytes().all(|byte| ALPHABET.contains(&byte));
    known && !text.is_empty() && text.len().is_multiple_of(width)
}

/// A hash of `width` characters, six bits each, of those that a tag's value may have at every service.
pub(super) fn short(text: &str, width: usize) -> String {
    let digest = Sha256::digest(text);
    digest
        .iter()
        .take(width)
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 64)))
        .map(|letter| char::from(*letter))
        .collect()
}
