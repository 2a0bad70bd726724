//! Everything that ends before anything is changed: one clear sentence and its exit code.

use std::process::Command;

use crate::binary::{Desk, Ended, run};
use crate::support::lease::is_of_lease;

const SMALL: &str = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\n[service.web]\nimage = \"ghcr.io/example/web:1.0\"\nport = 8080\npublic = true\n";

fn nothing_was_changed(desk: &Desk) {
    let requests = desk.sandbox.control("GET", "requests", None);
    let requests = requests
        .as_array()
        .or_else(|| requests["requests"].as_array())
        .unwrap()
        .clone();
    for request in requests {
        let reads = request["reading"] == true;
        assert!(reads || is_of_lease(&request), "{request}");
    }
    assert_eq!(
        desk.sandbox.inventory()["logs"]["groups"],
        serde_json::json!({})
    );
}

fn against(desk: &Desk, command: &mut Command) -> Ended {
    run(command.env("AWS_ENDPOINT_URL", &desk.sandbox.url))
}

#[test]
fn up_without_yes_and_without_a_terminal_is_refused() {
    let desk = Desk::with(SMALL);
    let up = desk.deploy(&["up"]);
    assert_eq!(up.code, 3, "{}", up.err);
    assert!(up.err.contains("pass --yes"), "{}", up.err);
    nothing_was_changed(&desk);
}

#[test]
fn a_file_with_mistakes_tells_all_of_them() {
    let desk = Desk::with("[stack]\nname = \"tiny\"\nregoin = \"us-east-1\"\n[logs]\ndays = 31\n");
    let plan = desk.deploy(&["plan"]);
    assert_eq!(plan.code, 1);
    for said in ["deploy.toml:3:1", "region", "deploy.toml:5:8", "30"] {
        assert!(plan.err.contains(said), "`{said}` in {}", plan.err);
    }
    nothing_was_changed(&desk);
}

#[test]
fn a_file_that_is_not_there_says_where_to_get_one() {
    let desk = Desk::with(SMALL);
    let plan = desk.deploy(&["plan", "--file", "other.toml"]);
    assert_eq!(plan.code, 1);
    assert!(plan.err.contains("cannot read other.toml"), "{}", plan.err);
    assert!(plan.err.contains("ajuda deploy example"), "{}", plan.err);
}

#[test]
fn missing_credentials_are_one_sentence() {
    let desk = Desk::with(SMALL);
    let mut command = desk.command();
    command
        .args(["deploy", "plan"])
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let plan = against(&desk, &mut command);
    assert_eq!(plan.code, 1, "{}", plan.err);
    assert!(!plan.err.contains("WARN"), "{}", plan.err);
    assert!(plan.err.contains("cannot reach AWS"), "{}", plan.err);
    assert!(plan.err.contains("aws sso login"), "{}", plan.err);
}

#[test]
fn an_endpoint_that_does_not_answer_is_named() {
    let desk = Desk::with(SMALL);
    let mut command = desk.command();
    command
        .args(["deploy", "plan"])
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    let plan = run(&mut command);
    assert_eq!(plan.code, 1, "{}", plan.err);
    assert!(
        plan.err
            .contains("is anything answering at http://127.0.0.1:9?"),
        "{}",
        plan.err
    );
}

#[test]
fn an_expired_token_is_said_at_once() {
    let desk = Desk::with(SMALL);
    let expired = serde_json::json!({ "rules": [{
        "service": "sts", "action": "deny", "times": 100,
        "code": "ExpiredToken", "message": "The security token included in the request is expired", "http": 403,
    }] });
    desk.sandbox.control("POST", "faults", Some(expired));
    let plan = desk.deploy(&["plan"]);
    assert_eq!(plan.code, 1, "{}", plan.err);
    assert!(plan.err.contains("ExpiredToken"), "{}", plan.err);
    assert!(plan.err.contains("aws sso login"), "{}", plan.err);
}

#[test]
fn the_wrong_account_is_refused() {
    let desk = Desk::with(&SMALL.replace("region =", "account = \"999999999999\"\nregion ="));
    let mut command = desk.command();
    command
        .args(["deploy", "plan"])
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    let plan = against(&desk, &mut command);
    assert_eq!(plan.code, 1, "{}", plan.err);
    assert!(
        plan.err.contains("the file is for 999999999999"),
        "{}",
        plan.err
    );
    nothing_was_changed(&desk);
}

#[test]
fn a_secret_without_a_value_is_asked_for_before_anything_begins() {
    let text = format!("{SMALL}secrets = {{ TOKEN = {{ env = \"MY_TOKEN\" }} }}\n");
    let desk = Desk::with(&text);
    let mut command = desk.command();
    command.args(["deploy", "up", "--yes", "--sandbox"]);
    let up = run(&mut command);
    assert_eq!(up.code, 3, "{}", up.err);
    assert!(up.err.contains("`MY_TOKEN` is not set"), "{}", up.err);
    nothing_was_changed(&desk);
}

#[test]
fn an_errors_json_is_json() {
    let desk = Desk::with("[stack]\n");
    let plan = desk.deploy(&["plan", "--output", "json"]);
    assert_eq!(plan.code, 1);
    let said: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    assert_eq!(said["exit_code"], 1);
}

#[test]
fn an_endpoint_that_is_no_url_is_refused_and_not_a_panic() {
    let desk = Desk::with(SMALL);
    for (set, said) in [
        ("", "is set, but empty"),
        ("nonsense", "is not a valid URL"),
    ] {
        let mut command = desk.command();
        command
            .args(["deploy", "plan"])
            .env("AWS_ENDPOINT_URL", set);
        let plan = run(&mut command);
        assert_eq!(plan.code, 1, "{}", plan.err);
        assert!(plan.err.contains(said), "{}", plan.err);
    }
}

#[test]
fn a_mistyped_flag_is_an_error_and_no_pending_change() {
    let desk = Desk::with(SMALL);
    let plan = desk.deploy(&["plan", "--detailed-exitcdoe"]);
    assert_eq!(plan.code, 1, "{}", plan.err);
    assert!(plan.err.contains("--detailed-exitcode"), "{}", plan.err);
}

/// Nothing in the file names the region; who connects to the database there could not tell it from another server.
#[test]
fn a_region_whose_database_nothing_verifies_is_refused() {
    let file = "[stack]\nname = \"tiny\"\n[database]\n[service.web]\nimage = \"ghcr.io/example/web:1.0\"\n";
    let desk = Desk::with(file);
    let up = desk.deploy(&["up", "--yes", "--region", "cn-north-1"]);
    assert_eq!(up.code, 1, "{}", up.err);
    for said in [
        "deploy.toml:3:2",
        "nothing verifies a database in cn-north-1",
        "ca_certificates",
    ] {
        assert!(up.err.contains(said), "`{said}` in {}", up.err);
    }
    nothing_was_changed(&desk);
}
