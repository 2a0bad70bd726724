//! What `status` tells an operator at midnight.

use aws_sdk_cloudwatch::types::StateValue;
use serde_json::{Value, json};

use crate::binary::{Desk, Ended};

/// The stack of the sandbox's example, up.
fn up() -> Desk {
    Desk::deployed_copy("examples/sandbox.toml")
}

fn status(desk: &Desk) -> (Ended, Value) {
    let ended = desk.deploy(&["status", "--output", "json"]);
    let said = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"));
    (ended, said)
}

fn troubles(said: &Value) -> Vec<String> {
    let all = said["troubles"].as_array().unwrap();
    all.iter()
        .map(|one| {
            format!(
                "{}: {}",
                one["about"].as_str().unwrap(),
                one["what"].as_str().unwrap()
            )
        })
        .collect()
}

#[test]
fn a_healthy_stack_is_one_screen_and_ends_with_0() {
    let desk = up();
    let (ended, said) = status(&desk);
    assert_eq!(ended.code, 0, "{said:#}");
    assert_eq!(said["health"], "healthy", "{said:#}");
    assert_eq!(said["address"], "https://chat.example.org");
    let web = &said["services"][1];
    assert_eq!(web["name"], "open-webui");
    assert_eq!((&web["running"], &web["desired"]), (&json!(1), &json!(1)));
    assert_eq!(web["targets"]["healthy"], 1, "{web:#}");
    assert_eq!(web["deployment"]["status"], "successful", "{web:#}");
    assert_eq!(web["tasks"][0]["status"], "running", "{web:#}");
    assert!(
        web["image"].as_str().unwrap().contains("ajuda-digital"),
        "{web:#}"
    );
    assert_eq!(said["database"]["status"], "available");
    assert_eq!(said["certificate"]["status"], "issued");
    assert!(said["alarms"]["total"].as_u64().unwrap() > 5, "{said:#}");
    assert_eq!(said["pending"]["update"], 0);
    assert_eq!(said["unread"], json!([]));

    let shown = desk.deploy(&["status"]).out;
    for words in [
        "healthy",
        "1/1",
        "successful",
        "available, PostgreSQL 16",
        "issued for chat.example.org",
        "none fires",
        "none pending",
    ] {
        assert!(shown.contains(words), "`{words}` in\n{shown}");
    }
    assert!(shown.lines().count() < 20, "{shown}");
}

#[test]
fn an_image_that_crashes_and_was_rolled_back_is_told_with_its_exit_code() {
    let desk = up();
    let crash = json!({ "image": "bedrock-gateway:v9", "behaviour": "crash" });
    desk.sandbox.control("POST", "images", Some(crash));
    let changed = desk.deploy(&["up", "--yes", "--image", "bedrock-gateway=v9"]);
    assert_eq!(changed.code, 5, "{}", changed.err);
    let (ended, said) = status(&desk);
    assert_eq!(ended.code, 5, "{said:#}");
    assert_eq!(said["services"][0]["health"], "rolled-back");
    assert_eq!(said["health"], "rolled-back");
    let told = troubles(&said).join("\n");
    assert!(
        told.contains("bedrock-gateway: its newest deployment was rolled back"),
        "{told}"
    );
    assert!(
        told.contains("container bedrock-gateway exited with code 1"),
        "{told}"
    );
    assert_eq!(said["services"][1]["health"], "healthy", "{said:#}");
}

#[test]
fn targets_that_fail_their_checks_are_told_with_the_load_balancers_reason() {
    let desk = Desk::copy("examples/sandbox.toml");
    desk.deploy(&["plan"]);
    let unhealthy = json!({ "image": "ajuda-digital:v1", "behaviour": "unhealthy" });
    desk.sandbox.control("POST", "images", Some(unhealthy));
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 5);
    let (ended, said) = status(&desk);
    assert_eq!(ended.code, 5, "{said:#}");
    let told = troubles(&said).join("\n");
    assert!(
        told.contains("open-webui: ") && told.contains("health checks"),
        "{told}"
    );
}

#[test]
fn an_alarm_that_fires_makes_the_stack_unhealthy() {
    let desk = up();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cloud = desk.sandbox.cloud("open-webui").await;
        let request = cloud
            .cloudwatch
            .set_alarm_state()
            .alarm_name("open-webui-database-cpu");
        let request = request
            .state_value(StateValue::Alarm)
            .state_reason("it is hot");
        request.send().await.unwrap();
    });
    let (ended, said) = status(&desk);
    assert_eq!(ended.code, 5, "{said:#}");
    assert_eq!(
        said["alarms"]["firing"][0]["name"],
        "open-webui-database-cpu"
    );
    assert!(
        troubles(&said)[0].contains("the database uses more than"),
        "{said:#}"
    );
}

#[test]
fn what_cannot_be_read_is_unread_and_not_missing() {
    let desk = up();
    let deny = |service: &str, operation: &str| {
        let rule = json!({ "rules": [{ "service": service, "operation": operation, "action": "deny", "times": 1000 }] });
        desk.sandbox.control("POST", "faults", Some(rule));
    };
    deny("ecs", "DescribeServices");
    let (ended, said) = status(&desk);
    assert_eq!(ended.code, 6, "{said:#}");
    assert_eq!(said["services"][0]["health"], "unread", "{said:#}");
    assert_eq!(said["database"]["status"], "available", "the rest is told");
    deny("elasticloadbalancing", "DescribeTargetHealth");
    let (ended, said) = status(&desk);
    assert_eq!(ended.code, 6, "{said:#}");
    assert_eq!(
        said["unread"][0]["what"], "targets of open-webui",
        "{said:#}"
    );
    assert_eq!(said["services"][1]["running"], 1, "{said:#}");
    assert!(
        desk.deploy(&["status"])
            .out
            .contains("unread targets of open-webui")
    );
}

#[test]
fn a_live_view_without_a_terminal_is_refused_in_words() {
    let desk = Desk::copy("examples/sandbox.toml");
    let watch = desk.deploy(&["status", "--watch"]);
    assert_eq!(watch.code, 1, "{}", watch.err);
    assert!(watch.err.contains("leave out --watch"), "{}", watch.err);
    let watch = desk.deploy(&["status", "--watch", "--output", "json"]);
    assert_eq!(watch.code, 1, "{}", watch.out);
}
