//! Properties with parts that are compared as one, such as what a listener does with a request: a plan has the
//! parts, and the words in which a person reads them.

use std::fmt::Display;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// The key of the words until they leave the engine: no map of the file's has it.
const WORDS: &str = "\u{1d}text";
/// The key of the parts.
const PARTS: &str = "value";

/// How a field with parts is serialized (`#[serde(serialize_with = "as_one")]`): its parts under `value`, and
/// what `Display` says of them under `text`.
///
/// # Errors
/// Those of the serializer.
pub fn as_one<T: Serialize + Display, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(2))?;
    map.serialize_entry(WORDS, &value.to_string())?;
    map.serialize_entry(PARTS, value)?;
    map.end()
}

/// The words of a value that [`as_one`] has made; `None` for any other.
pub fn words(value: &Value) -> Option<&str> {
    value.as_object()?.get(WORDS)?.as_str()
}

/// Such a value as it leaves the engine, with its words and its parts.
pub(super) fn leaving(words: String, parts: Value) -> Value {
    let fields = [
        ("text".to_owned(), Value::String(words)),
        (PARTS.to_owned(), parts),
    ];
    Value::Object(Map::from_iter(fields))
}

/// The parts of a value that [`as_one`] has made.
pub(super) fn parts(value: &Value) -> Option<&Value> {
    value.get(PARTS)
}

/// The words of a value that has left the engine.
pub fn text_of(value: &Value) -> Option<&str> {
    let fields = value.as_object().filter(|fields| fields.len() == 2)?;
    fields.get(PARTS)?;
    fields.get("text")?.as_str()
}
