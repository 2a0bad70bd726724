//! Everything that a file declares, property by property: what a step gets wrong everywhere alike comes up,
//! leaves an empty plan, and shows here.

use ajuda::engine::{Address, ResolveContext, words};
use serde_json::Value;

use crate::{ZONES, declared_in, read};

/// An address, then a line for each property that is wanted. What another resource tells once it is there
/// stands as that resource's address.
fn declared(source: &str) -> String {
    let stack = read("deploy.toml", source);
    let declared = declared_in(ZONES, &stack);
    let nothing = |_: &Address| None;
    let mut all: Vec<(String, Value)> = declared
        .graph
        .iter()
        .map(|(address, entry)| {
            let want = entry.node.desired(&ResolveContext::new(&nothing, None));
            (address.to_string(), want)
        })
        .collect();
    all.sort_by(|(one, _), (other, _)| one.cmp(other));
    let mut text = String::new();
    for (address, want) in all {
        text.push_str(&address);
        text.push('\n');
        for (path, value) in want.as_object().unwrap() {
            lines(&mut text, path, value);
        }
    }
    text.replace("\\u001a", "").replace('\u{1a}', "")
}

/// A line for each property, and for each entry of a table.
fn lines(text: &mut String, path: &str, value: &Value) {
    match value {
        Value::Null => {}
        one if words(one).is_some() => {
            text.push_str(&format!("  {path} = {}\n", words(one).unwrap()));
        }
        Value::Object(fields) if !fields.is_empty() => {
            for (field, value) in fields {
                lines(text, &format!("{path}.{field}"), value);
            }
        }
        Value::String(said) if said.contains("-----BEGIN CERTIFICATE-----") => {
            let lines = said.lines().count();
            text.push_str(&format!("  {path} = … {lines} lines of PEM\n"));
        }
        other => text.push_str(&format!("  {path} = {other}\n")),
    }
}

fn golden(name: &str, source: &str) {
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, declared(source));
    });
}

#[test]
fn the_production_stack_is_just_this() {
    golden(
        "declared_of_production",
        include_str!("../../stacks/production.toml"),
    );
}

#[test]
fn the_file_with_every_key_is_just_this() {
    golden(
        "declared_of_every_key",
        include_str!("../../deploy.example.toml"),
    );
}

/// Every kind, as small as can be.
#[test]
fn the_file_with_every_kind_is_just_this() {
    golden(
        "declared_of_every_kind",
        include_str!("../faults/before.toml"),
    );
}
