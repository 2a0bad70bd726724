use ajuda::engine::{Change, Effect, Field, as_one, diff, text_of};
use ajuda::field;
use serde_json::{Value, json};

fn differences(want: Value, have: Value) -> Vec<(String, Value, Value)> {
    diff(&want, &have, |_| Effect::InPlace, |_| false)
        .fields
        .into_iter()
        .map(
            |Change {
                 path,
                 before,
                 after,
                 ..
             }| (path, before, after),
        )
        .collect()
}

struct Props {
    storage_gb: (),
    storage: (),
    tag: (),
    tags: Keys,
}

struct Keys {
    a: (),
    b: (),
}

/// What is sent to AWS is what differs: a field is not meant by another that begins like it.
#[test]
fn a_field_is_touched_by_its_own_name_alone() {
    let differ = diff(
        &json!({"storage_gb": 20, "tags": {"a": "1"}}),
        &json!({"storage_gb": 10, "tags": {}}),
        |_| Effect::InPlace,
        |_| false,
    );
    let touched = |field| differ.changed(field);
    assert!(
        touched(field!(Props, storage_gb))
            && touched(Field::TAGS)
            && touched(field!(Props, tags.a))
    );
    assert!(
        !touched(field!(Props, storage))
            && !touched(field!(Props, tag))
            && !touched(field!(Props, tags.b))
    );
    assert_eq!(field!(Props, tags).entry("tags.a.b"), Some("a.b"));
}

#[test]
fn fields_are_compared_one_by_one() {
    let table = [
        (json!({"a": 1}), json!({"a": 1}), vec![]),
        (
            json!({"a": 1}),
            json!({"a": 2}),
            vec![("a", json!(2), json!(1))],
        ),
        // What the stack does not speak of is AWS's.
        (json!({"a": null}), json!({"a": 2}), vec![]),
        (json!({"a": 1}), json!({"a": 1, "b": 2}), vec![]),
        // Inside a map, one more or one less is a difference.
        (
            json!({"env": {"A": "1"}}),
            json!({"env": {"A": "1", "B": "2"}}),
            vec![("env.B", json!("2"), json!(null))],
        ),
        (
            json!({"env": {"A": "1", "B": "2"}}),
            json!({"env": {"A": "1"}}),
            vec![("env.B", json!(null), json!("2"))],
        ),
        // Others put tags on things too.
        (
            json!({"tags": {"a": "1"}}),
            json!({"tags": {"a": "1", "cost": "x"}}),
            vec![],
        ),
        (
            json!({"tags": {"a": "1"}}),
            json!({"tags": {}}),
            vec![("tags.a", json!(null), json!("1"))],
        ),
        (
            json!({"list": [1, 2]}),
            json!({"list": [2, 1]}),
            vec![("list", json!([2, 1]), json!([1, 2]))],
        ),
    ];
    for (want, have, expected) in table {
        let expected: Vec<(String, Value, Value)> = expected
            .into_iter()
            .map(|(path, before, after)| (path.to_owned(), before, after))
            .collect();
        assert_eq!(
            differences(want.clone(), have.clone()),
            expected,
            "{want} {have}"
        );
    }
}

#[test]
fn a_sensitive_field_shows_no_value() {
    let changes = diff(
        &json!({"key": "new"}),
        &json!({"key": "old"}),
        |_| Effect::InPlace,
        |path| path == "key",
    );
    assert_eq!(changes.fields[0].before, Value::Null);
    assert_eq!(changes.fields[0].after, Value::Null);
    assert!(changes.fields[0].sensitive);
}

#[derive(serde::Serialize)]
struct Door {
    from: u16,
    to: u16,
}

impl std::fmt::Display for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.from, self.to)
    }
}

#[derive(serde::Serialize)]
struct Wall {
    #[serde(serialize_with = "as_one")]
    door: Door,
}

/// A person reads one line and no map of parts; a machine gets the parts and parses no text.
#[test]
fn what_has_parts_is_compared_as_one_and_leaves_with_its_words() {
    let wall = |from, to| {
        let door = Door { from, to };
        serde_json::to_value(Wall { door }).unwrap()
    };
    let said = |from: u16, to: u16| json!({ "text": format!("{from}-{to}"), "value": { "from": from, "to": to } });
    assert_eq!(differences(wall(1, 2), wall(1, 2)), []);
    let changed = differences(wall(1, 2), wall(1, 3));
    assert_eq!(changed, [("door".to_owned(), said(1, 3), said(1, 2))]);
    assert_eq!(text_of(&changed[0].1), Some("1-3"));
    let made = differences(wall(1, 2), Value::Null);
    assert_eq!(made, [("door".to_owned(), Value::Null, said(1, 2))]);
    // A map of the file's with these keys is a map.
    let map = json!({ "env": { "text": "a", "value": "b" } });
    assert_eq!(differences(map, Value::Null).len(), 2);
}
