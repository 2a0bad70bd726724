//! `secrets list`, `set` and `rotate`: values move and are never seen.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::binary::{Desk, Ended, run};

const CHAT: &str = r#"
[stack]
name = "chat"
region = "us-east-1"
disposable = true

[load_balancer]
plain_http = true

[sign_in]
first_user_is_admin = true

[provider.sealion]
url = "https://api.sea-lion.ai/v1"
key = { env = "SEALION_API_KEY" }

[service.open-webui]
preset = "open-webui"

[service.bedrock-gateway]
preset = "bedrock-gateway"
"#;

fn chat() -> Desk {
    Desk::deployed(CHAT)
}

/// `ajuda deploy secrets <words>` with this on its stdin.
fn typed(desk: &Desk, words: &[&str], stdin: &str) -> Ended {
    let mut command = desk.command();
    command
        .args(["deploy", "secrets"])
        .args(words)
        .arg("--sandbox");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(stdin.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn list(desk: &Desk) -> Vec<Value> {
    let listed = desk.deploy(&["secrets", "list", "--output", "json"]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    let document: Value = serde_json::from_str(&listed.out).unwrap();
    document["secrets"].as_array().unwrap().clone()
}

fn row(desk: &Desk, name: &str) -> Value {
    let rows = list(desk);
    let row = rows.iter().find(|row| row["name"] == name);
    row.unwrap_or_else(|| panic!("{name} in {rows:#?}")).clone()
}

fn calls(desk: &Desk, operations: &[&str]) -> Vec<(String, String)> {
    let requests = desk.sandbox.control("GET", "requests", None);
    let all = requests
        .as_array()
        .or_else(|| requests["requests"].as_array())
        .unwrap()
        .clone();
    all.iter()
        .filter(|call| {
            operations
                .iter()
                .any(|operation| call["operation"] == *operation)
        })
        .map(|call| {
            let text = |key: &str| call[key].as_str().unwrap_or_default().to_owned();
            (text("operation"), text("target"))
        })
        .collect()
}

fn addresses(desk: &Desk) -> Vec<String> {
    let plan = desk.deploy(&["plan", "--output", "json"]);
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    let actions = plan["actions"].as_array().unwrap().iter();
    let mut all: Vec<String> = actions
        .map(|one| one["address"].as_str().unwrap().to_owned())
        .collect();
    all.sort();
    all
}

#[test]
fn a_value_that_is_set_restarts_what_uses_it_and_nothing_else() {
    let desk = chat();
    let before = row(&desk, "provider-sealion");
    assert_eq!(before["state"], "current");
    assert_eq!(before["used_by"], json!(["open-webui/OPENAI_API_KEYS"]));

    let set = typed(
        &desk,
        &["set", "provider-sealion", "--stdin"],
        "another-key\n",
    );
    assert_eq!(set.code, 0, "{}", set.err);
    assert!(set.err.contains("dropped the newline"), "{}", set.err);
    assert!(set.err.contains("open-webui still runs"), "{}", set.err);
    assert_ne!(row(&desk, "provider-sealion")["version"], before["version"]);

    // What is joined of it follows, and the app with that; the gateway does not use it.
    assert_eq!(
        addresses(&desk),
        [
            "secret/openai-api-keys",
            "service/open-webui",
            "task-definition/open-webui"
        ]
    );
    let plan = desk.deploy(&["plan"]);
    assert!(
        plan.out.contains("restart: secret openai-api-keys changed"),
        "{}",
        plan.out
    );
    desk.sandbox.control("DELETE", "requests", None);
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    let services: Vec<_> = calls(&desk, &["UpdateService"])
        .into_iter()
        .map(|(_, target)| target)
        .collect();
    assert_eq!(services, ["chat-open-webui"], "one service restarts, once");
    assert_eq!(addresses(&desk), [""; 0], "one `up` is enough");

    // The same value again is nothing.
    let again = typed(
        &desk,
        &["set", "provider-sealion", "--stdin", "--output", "json"],
        "another-key",
    );
    let said: Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!(
        (again.code, &said["changed"]),
        (0, &json!(false)),
        "{}",
        again.err
    );
}

/// `ListSecrets` "might not reflect changes from the last five minutes".
#[test]
fn a_value_that_was_set_a_moment_ago_is_never_taken_for_the_one_before() {
    let desk = chat();
    let before = row(&desk, "provider-sealion")["version"].clone();
    let behind = json!({ "rules": [{ "operation": "ListSecrets", "calls": 50 }] });
    desk.sandbox.lag(behind);
    let set = typed(&desk, &["set", "provider-sealion", "--stdin"], "another");
    assert_eq!(set.code, 0, "{}", set.err);
    assert_ne!(row(&desk, "provider-sealion")["version"], before);
    desk.sandbox.control("DELETE", "requests", None);
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    let services = calls(&desk, &["UpdateService"]);
    assert_eq!(services.len(), 1, "{services:?}");
    assert_eq!(services[0].1, "chat-open-webui");
    assert_eq!(addresses(&desk), [""; 0], "one `up` is enough");
}

#[test]
fn a_value_changed_by_hand_is_planned_as_a_restart() {
    let desk = chat();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cloud = desk.sandbox.cloud("chat").await;
        let put = cloud
            .secrets
            .put_secret_value()
            .secret_id("chat/app-key")
            .secret_string("by-hand-by-hand");
        put.send().await.unwrap();
    });
    assert_eq!(row(&desk, "app-key")["outdated"], json!(["open-webui"]));
    assert_eq!(
        addresses(&desk),
        ["service/open-webui", "task-definition/open-webui"]
    );
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    assert_eq!(addresses(&desk), [""; 0]);
    assert_eq!(row(&desk, "app-key")["state"], "current");
}

#[test]
fn what_cannot_be_set_is_refused_before_anything_happens() {
    let desk = chat();
    let before = list(&desk);
    desk.sandbox.control("DELETE", "requests", None);
    let refused = |words: &[&str], stdin: &str, code: i32, says: &str| {
        let ended = typed(&desk, words, stdin);
        assert_eq!(ended.code, code, "{words:?}: {}", ended.err);
        assert!(
            ended.err.contains(says),
            "{words:?}: `{says}` in {}",
            ended.err
        );
        for said in [&ended.out, &ended.err] {
            assert!(!said.contains("sk-live"), "{words:?}: {said}");
        }
    };
    refused(
        &["set", "gateway-kye", "--stdin"],
        "x",
        1,
        "did you mean `gateway-key`?",
    );
    refused(
        &["set", "sk-live-oops", "--stdin"],
        "x",
        1,
        "makes no secret of that name",
    );
    refused(
        &["set", "provider-sealion", "sk-live-argv"],
        "",
        1,
        "does not belong on the command line",
    );
    refused(
        &["set", "provider-sealion", "--value", "sk-live-argv"],
        "",
        1,
        "does not belong",
    );
    refused(
        &["set", "provider-sealion=sk-live-argv"],
        "",
        1,
        "does not belong",
    );
    refused(
        &["set", "provider-sealion"],
        "",
        3,
        "no terminal to type the value on",
    );
    refused(
        &["set", "provider-sealion", "--stdin"],
        "",
        3,
        "the value is empty",
    );
    refused(
        &["set", "provider-sealion", "--stdin"],
        "\n",
        3,
        "the value is empty",
    );
    refused(
        &["set", "provider-sealion", "--stdin"],
        "sk-live\0",
        3,
        "a NUL",
    );
    refused(
        &["set", "provider-sealion", "--stdin"],
        &"sk-live".repeat(10_000),
        3,
        "65536",
    );
    refused(
        &["set", "provider-sealion", "--env", "NO_SUCH_THING"],
        "",
        1,
        "NO_SUCH_THING is not set",
    );
    refused(
        &["set", "database-app", "--stdin"],
        "sk-live",
        3,
        "secrets rotate --sandbox database-app",
    );
    refused(
        &["set", "openai-api-keys", "--stdin"],
        "sk-live",
        3,
        "derived from gateway-key, provider-sealion",
    );
    refused(&["set", "app-key", "--stdin"], "sk-live", 3, "signed out");
    refused(
        &["rotate", "provider-sealion", "--yes"],
        "",
        3,
        "secrets set --sandbox provider-sealion",
    );
    refused(
        &["rotate", "openai-api-keys", "--yes"],
        "",
        3,
        "derived from",
    );
    refused(
        &["rotate", "nothing", "--yes"],
        "",
        1,
        "no secret of that name",
    );
    refused(&["rotate", "gateway-key"], "", 3, "pass --yes");
    assert_eq!(
        calls(
            &desk,
            &["PutSecretValue", "UpdateService", "RegisterTaskDefinition"]
        ),
        []
    );
    let mut closed = desk.command();
    closed.args([
        "deploy",
        "secrets",
        "set",
        "provider-sealion",
        "--stdin",
        "--sandbox",
    ]);
    assert_eq!(run(closed.stdin(Stdio::null())).code, 3);
    assert_eq!(list(&desk), before);
}

#[test]
fn the_gateway_restarts_before_the_app_that_calls_it() {
    let desk = chat();
    let before = row(&desk, "gateway-key")["version"].clone();
    desk.sandbox.control("DELETE", "requests", None);
    let rotated = desk.deploy(&["secrets", "rotate", "gateway-key", "--yes"]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    assert!(
        rotated
            .err
            .contains("then the gateway restarts, then the app"),
        "{}",
        rotated.err
    );
    let order = calls(&desk, &["PutSecretValue", "UpdateService"]);
    let order: Vec<&str> = order
        .iter()
        .map(|(_, target)| target.rsplit(':').next().unwrap())
        .collect();
    assert!(
        order[0].starts_with("chat/gateway-key"),
        "the value first: {order:?}"
    );
    assert!(order.contains(&"chat-bedrock-gateway"), "{order:?}");
    assert_eq!(order.last(), Some(&"chat-open-webui"), "{order:?}");
    assert_ne!(row(&desk, "gateway-key")["version"], before);
    assert_eq!(addresses(&desk), [""; 0]);
}

#[test]
fn a_new_password_reaches_the_database_before_the_application() {
    let desk = chat();
    desk.sandbox.control("DELETE", "requests", None);
    let rotated = desk.deploy(&["secrets", "rotate", "database-app", "--yes"]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    let order: Vec<String> = calls(&desk, &["PutSecretValue", "RunTask", "UpdateService"])
        .into_iter()
        .map(|(operation, _)| operation)
        .collect();
    assert_eq!(order, ["PutSecretValue", "RunTask", "UpdateService"]);
    assert_eq!(addresses(&desk), [""; 0]);

    desk.sandbox.control("DELETE", "requests", None);
    let rotated = desk.deploy(&["secrets", "rotate", "database-master", "--yes"]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    let order: Vec<String> = calls(
        &desk,
        &[
            "PutSecretValue",
            "ModifyDBInstance",
            "RunTask",
            "UpdateService",
        ],
    )
    .into_iter()
    .map(|(operation, _)| operation)
    .collect();
    assert_eq!(
        order,
        ["PutSecretValue", "ModifyDBInstance"],
        "nothing restarts"
    );
    assert_eq!(addresses(&desk), [""; 0]);
}

#[test]
fn a_new_application_key_warns_loudly() {
    let desk = chat();
    let rotated = desk.deploy(&["secrets", "rotate", "app-key", "--yes"]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    for said in ["WARNING", "signed out", "never be read again"] {
        assert!(rotated.err.contains(said), "`{said}` in {}", rotated.err);
    }
}

/// Killed after AWS has stored the value, before the database or a service follows it.
#[test]
fn a_killed_rotation_goes_on_with_the_value_it_made() {
    let desk = chat();
    for (operation, secret) in [
        ("PutSecretValue", "database-app"),
        ("UpdateService", "gateway-key"),
    ] {
        let mut command = desk.command();
        command.args(["deploy", "secrets", "rotate", secret, "--yes", "--sandbox"]);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        desk.sandbox.may_kill(child.id());
        let rule = json!({ "operation": operation, "action": "kill-after", "pid": child.id(), "times": 1 });
        desk.sandbox
            .control("POST", "faults", Some(json!({ "rules": [rule] })));
        let ended = child.wait().unwrap();
        assert_eq!(ended.code(), None, "it was killed");
        desk.sandbox.control("DELETE", "faults", None);
        let version = row(&desk, secret)["version"].clone();
        assert!(!addresses(&desk).is_empty(), "the plan shows what is left");
        let again = desk.deploy(&["secrets", "rotate", secret, "--yes"]);
        assert_eq!(again.code, 0, "{}", again.err);
        assert!(
            again.err.contains("going on with that one"),
            "{}",
            again.err
        );
        assert_eq!(
            row(&desk, secret)["version"],
            version,
            "no second value is made"
        );
        assert_eq!(addresses(&desk), [""; 0]);
    }
}

#[test]
fn no_value_is_ever_seen() {
    // Not a copy: in the calls that bring it up no value may be seen either.
    let desk = Desk::with(CHAT);
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    let mut said = String::new();
    let mut keep = |ended: Ended| {
        assert_eq!(ended.code, 0, "{}", ended.err);
        said.push_str(&ended.out);
        said.push_str(&ended.err);
    };
    let traced = |words: &[&str]| {
        let mut command = desk.command();
        command.arg("deploy").args(words).arg("--sandbox");
        command
            .env("RUST_LOG", "trace")
            .env("MY_VALUE", "value-of-a-variable");
        run(&mut command)
    };
    keep(typed(
        &desk,
        &["set", "provider-sealion", "--stdin"],
        "value-from-stdin",
    ));
    keep(traced(&[
        "secrets",
        "set",
        "provider-sealion",
        "--env",
        "MY_VALUE",
    ]));
    for secret in ["gateway-key", "database-app", "database-master", "app-key"] {
        keep(traced(&["secrets", "rotate", secret, "--yes"]));
    }
    keep(traced(&["secrets", "list"]));
    keep(traced(&["plan"]));
    let mut values = vec![
        "value-from-stdin".to_owned(),
        "value-of-a-variable".to_owned(),
    ];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cloud = desk.sandbox.cloud("chat").await;
        for row in list(&desk) {
            let read = cloud
                .secrets
                .get_secret_value()
                .secret_id(row["id"].as_str().unwrap());
            let text = read.send().await.unwrap().secret_string.unwrap();
            match serde_json::from_str::<Value>(&text) {
                Ok(Value::Object(fields)) => {
                    values.push(fields["password"].as_str().unwrap().to_owned())
                }
                _ => values.push(text),
            }
        }
    });
    assert!(values.len() > 7, "{}", values.len());
    let requests = desk.sandbox.control("GET", "requests", None);
    let requests = requests
        .as_array()
        .or_else(|| requests["requests"].as_array())
        .unwrap()
        .clone();
    let outside: String = requests
        .iter()
        .map(|call| call["outside"].to_string())
        .collect();
    assert!(
        outside.contains("X-Amz-Target") || outside.contains("x-amz-target"),
        "headers are recorded"
    );
    // A task definition and its events are read by many who may not read secrets.
    let inventory = desk.sandbox.inventory();
    let shown = [&inventory["ecs"], &inventory["rds"], &inventory["logs"]]
        .map(Value::to_string)
        .concat();
    for value in values {
        assert!(!said.contains(&value), "said");
        assert!(!outside.contains(&value), "in a URL or a header");
        assert!(
            !shown.contains(&value),
            "in a task definition, an instance or a log"
        );
    }
}
