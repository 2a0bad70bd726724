use ajuda::engine::{Change, Changes, Effect, diff};
use serde_json::{Value, json};

fn differences(want: Value, have: Value) -> Vec<(String, Value, Value)> {
    diff(&want, &have, |_| Effect::InPlace, |_| false)
        .0
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

/// What is sent to AWS is what differs: a field is not meant by another that begins like it.
#[test]
fn a_field_is_touched_by_its_own_name_alone() {
    let differ = diff(
        &json!({"storage_gb": 20, "tags": {"a": "1"}}),
        &json!({"storage_gb": 10, "tags": {}}),
        |_| Effect::InPlace,
        |_| false,
    );
    let touched = |path: &str| Changes(differ.0.clone()).changed(path);
    assert!(touched("storage_gb") && touched("tags") && touched("tags.a"));
    assert!(!touched("storage") && !touched("tag") && !touched("storage_gb.a"));
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
    assert_eq!(changes.0[0].before, Value::Null);
    assert_eq!(changes.0[0].after, Value::Null);
    assert!(changes.0[0].sensitive);
}
