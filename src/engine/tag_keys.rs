//! Which tags of an object the file has set, as a hash of each key: short enough for a tag, and enough to
//! tell a tag that was taken out of the file from one that somebody else has put there.

use std::fmt;

use serde_json::{Map, Value};

use super::applied::{is_short, short};
use super::{Change, Field};

/// Characters a hash: 24 bits. Forty keys, the most that a file may have, fit into a tag's 256.
const WIDTH: usize = 4;

/// Hashes of keys, in the order of the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagKeys(String);

impl TagKeys {
    /// What is noted when `props` are applied; `None` when they have no tags.
    pub fn of(props: &Value) -> Option<Self> {
        let tags = tags_of(props).filter(|tags| !tags.is_empty())?;
        Some(Self(tags.keys().map(|key| short(key, WIDTH)).collect()))
    }

    /// Reads what was noted; anything else reads as `None`.
    pub fn parse(text: &str) -> Option<Self> {
        is_short(text, WIDTH).then(|| Self(text.to_owned()))
    }

    /// Whether `key` is one of them.
    pub fn contains(&self, key: &str) -> bool {
        let hash = short(key, WIDTH);
        self.0
            .as_bytes()
            .chunks(WIDTH)
            .any(|one| one == hash.as_bytes())
    }
}

impl fmt::Display for TagKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn tags_of(props: &Value) -> Option<&Map<String, Value>> {
    props.get(Field::TAGS.path())?.as_object()
}

/// The tags that an object still has and the file has no more, by what was noted of it. Those of others
/// are not among them.
pub(super) fn taken_out(want: &Value, have: &Value, noted: Option<&TagKeys>) -> Vec<Change> {
    let (Some(want), Some(have), Some(noted)) = (tags_of(want), tags_of(have), noted) else {
        return Vec::new();
    };
    have.iter()
        .filter(|(key, _)| !want.contains_key(*key) && noted.contains(key))
        .map(|(key, value)| Change::by_file(&path(key), value.clone(), Value::Null))
        .collect()
}

fn path(key: &str) -> String {
    format!("{}.{key}", Field::TAGS.path())
}

/// The keys of the tags that these changes take off.
pub(super) fn keys_of(changes: &[Change]) -> Vec<String> {
    changes
        .iter()
        .filter_map(|change| Field::TAGS.entry(&change.path).map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{TagKeys, keys_of, taken_out};

    fn tags(all: &Value) -> Value {
        json!({ "tags": all })
    }

    #[test]
    fn what_the_file_has_set_and_has_no_more_goes_and_nothing_else() {
        let noted = TagKeys::of(&tags(&json!({ "team": "a", "cost.center/x": "7" }))).unwrap();
        assert_eq!(TagKeys::parse(&noted.to_string()), Some(noted.clone()));
        let have = tags(&json!({ "team": "a", "cost.center/x": "7", "theirs": "b" }));
        let taken = taken_out(&tags(&json!({ "team": "b" })), &have, Some(&noted));
        assert_eq!(keys_of(&taken), ["cost.center/x"]);
        assert_eq!(
            (&taken[0].before, &taken[0].after),
            (&json!("7"), &Value::Null)
        );
        // Already gone, or never noted.
        let bare = tags(&json!({}));
        assert_eq!(taken_out(&bare, &bare, Some(&noted)), []);
        assert_eq!(taken_out(&bare, &have, None), []);
    }

    #[test]
    fn a_change_of_case_is_another_key() {
        let noted = TagKeys::of(&tags(&json!({ "Team": "a" }))).unwrap();
        let have = tags(&json!({ "Team": "a" }));
        let taken = taken_out(&tags(&json!({ "team": "a" })), &have, Some(&noted));
        assert_eq!(keys_of(&taken), ["Team"]);
    }

    #[test]
    fn forty_keys_fit_into_a_tag() {
        let all: Value = (0..40)
            .map(|n| (format!("{n}{}", "k".repeat(120)), Value::from("v")))
            .collect();
        let noted = TagKeys::of(&tags(&all)).unwrap().to_string();
        assert!(noted.len() <= 256, "{}", noted.len());
        assert_eq!(TagKeys::parse("no such thing"), None);
        assert_eq!(TagKeys::of(&json!({ "tags": {} })), None);
    }
}
