//! What the README says happens.

use crate::binary::{Desk, repository};

#[test]
fn the_first_command_brings_the_stack_up_once_and_destroy_leaves_the_account_as_it_was() {
    let desk = Desk::copy("examples/sandbox.toml");
    // The account on its first day: the zone and the images of the file are there.
    desk.deploy(&["plan"]);
    let before = desk.sandbox.inventory();

    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    assert!(up.out.contains("https://chat.example.org"), "{}", up.out);

    let again = desk.deploy(&["up", "--yes"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.err.contains("nothing to do"), "{}", again.err);
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}", plan.out);

    let outputs = desk.deploy(&["outputs", "--output", "json"]);
    let outputs: serde_json::Value = serde_json::from_str(&outputs.out).unwrap();
    assert_eq!(outputs["address"], "https://chat.example.org");
    let status = desk.deploy(&["status", "--output", "json"]);
    let status: serde_json::Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!(status["services"][1]["running"], 1, "{status:#}");

    let destroy = desk.deploy(&["destroy", "--yes"]);
    assert_eq!(destroy.code, 0, "{}", destroy.err);
    let after = desk.sandbox.inventory();
    similar_asserts(&before, &after);
    let again = desk.deploy(&["destroy", "--yes"]);
    assert_eq!(
        (again.code, again.err.contains("nothing to remove")),
        (0, true),
        "{}",
        again.err
    );
}

/// Names the places that differ.
fn similar_asserts(before: &serde_json::Value, after: &serde_json::Value) {
    let mut differences = Vec::new();
    for (service, kinds) in after.as_object().unwrap() {
        for (kind, objects) in kinds.as_object().unwrap() {
            if before[service][kind] != *objects {
                differences.push(format!(
                    "{service} {kind}: {} became {objects}",
                    before[service][kind]
                ));
            }
        }
    }
    assert!(
        differences.is_empty(),
        "the account is as it was found:\n{}",
        differences.join("\n")
    );
}

#[test]
fn a_changed_line_is_planned_as_that_line() {
    let desk = Desk::copy("examples/sandbox.toml");
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    desk.write(&format!("{}\n[logs]\ndays = 90\n", desk.text()));
    let plan = desk.deploy(&["plan", "--detailed-exitcode", "--output", "json"]);
    assert_eq!(plan.code, 2, "{}", plan.err);
    let plan: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    for action in plan["actions"].as_array().unwrap() {
        assert_eq!(action["kind"], "log-group", "{action:#}");
        assert_eq!(action["changes"].as_array().unwrap().len(), 1, "{action:#}");
        assert_eq!(action["changes"][0]["path"], "retention_days");
    }
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    assert_eq!(desk.deploy(&["plan", "--detailed-exitcode"]).code, 0);
}

#[test]
fn the_readme_names_the_commands_that_are_tested() {
    let readme = std::fs::read_to_string(repository("README.md")).unwrap();
    for command in [
        "cargo run -- deploy up --sandbox --file examples/sandbox.toml --yes",
        "tests/run",
        "cp stacks/production.toml deploy.toml",
    ] {
        assert!(readme.contains(command), "{command}");
    }
}
