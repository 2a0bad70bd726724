//! The policies of `examples/policies/`, on plans that the binary has written in its sandbox.
//!
//! `cargo test --test cli policies` writes them to `target/tmp/policies`; `tests/run` does both.
#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use regorus::{Engine, Value};

/// Noon of Friday, 27 November 2026, and of the Monday after it, in nanoseconds since 1970 began.
const FRIDAY: u64 = 1_795_780_800_000_000_000;
const MONDAY: u64 = FRIDAY + 3 * 24 * 3600 * 1_000_000_000;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What all policies together say against a plan, sorted.
fn denied(plan: &str, settings: &str) -> Vec<String> {
    let mut engine = Engine::new();
    let policies =
        fs::read_dir(repository().join("examples/policies")).expect("there are policies");
    let mut count = 0;
    for policy in policies {
        let path = policy.expect("a file").path();
        if path.extension().is_some_and(|end| end == "rego") {
            engine.add_policy_from_file(&path).expect("it is Rego");
            count += 1;
        }
    }
    assert_eq!(count, 3, "policies");
    let path = repository().join(format!("target/tmp/policies/{plan}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; `cargo test --test cli policies` writes it",
            path.display()
        )
    });
    engine.set_input(Value::from_json_str(&text).expect("JSON"));
    let settings = format!("{{\"settings\": {settings}}}");
    engine
        .add_data(Value::from_json_str(&settings).expect("JSON"))
        .expect("data");
    let said = engine
        .eval_rule("data.main.deny".to_owned())
        .expect("it is a set");
    let said = said.as_set().expect("it is a set");
    said.iter()
        .map(|one| one.as_string().expect("it is a text").to_string())
        .collect()
}

fn settings(now: u64, ceiling: u32) -> String {
    format!("{{\"now_ns\": {now}, \"ceiling_usd\": {ceiling}}}")
}

#[test]
fn a_new_stack_passes_all_three_on_any_day() {
    for now in [FRIDAY, MONDAY] {
        assert_eq!(denied("new", &settings(now, 100)), [""; 0]);
    }
    // By today's clock, and by the ceiling of the policy itself.
    assert_eq!(denied("new", "{}"), [""; 0]);
}

#[test]
fn a_database_that_somebody_has_opened_is_told() {
    assert_eq!(denied("steady", &settings(FRIDAY, 100)), [""; 0]);
    let said = denied("open", &settings(MONDAY, 100));
    assert!(
        matches!(&said[..], [one] if one.starts_with("security-group/database is open to the internet")),
        "{said:?}"
    );
}

#[test]
fn a_database_is_deleted_on_mondays_only() {
    assert_eq!(denied("deletion", &settings(MONDAY, 100)), [""; 0]);
    assert_eq!(
        denied("deletion", &settings(FRIDAY, 100)),
        [
            "db-instance/main",
            "secret/database-app",
            "secret/database-master"
        ]
        .map(|one| format!("{one} holds data, and a delete has to wait until Monday"))
    );
}

#[test]
fn a_stack_that_is_too_dear_or_of_unknown_cost_is_told() {
    let said = denied("new", &settings(MONDAY, 20));
    assert!(
        matches!(&said[..], [one] if one.ends_with("a month, and the ceiling is $20")),
        "{said:?}"
    );
    assert_eq!(
        denied("unestimated", &settings(MONDAY, 100)),
        ["the plan has no estimate of its cost"]
    );
}
