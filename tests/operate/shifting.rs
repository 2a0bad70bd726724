//! Deployments that move traffic: at once, in steps, a part first; and the ways in and out of them.

use serde_json::{Value, json};

use crate::binary::Desk;
use crate::stage::{
    WEB, brought_up, changes, forget, image, push, requests, said, service, settled,
};

/// `WEB` with a deployment of this strategy.
fn text(deployment: &str) -> String {
    format!("{WEB}deployment = {{ {deployment} }}\n")
}

const BLUE_GREEN: &str = "strategy = \"blue-green\", bake_minutes = 1";
const LINEAR: &str = "strategy = \"linear\", percent = 40, step_minutes = 2, bake_minutes = 1";
const CANARY: &str = "strategy = \"canary\", percent = 10, step_minutes = 3, bake_minutes = 1";

/// What the one rule gives each of its target groups, by the group's name without its mark.
fn weights(desk: &Desk) -> Vec<(String, i64)> {
    let rules = desk.sandbox.inventory()["elasticloadbalancing"]["rules"].clone();
    let rules = rules.as_object().unwrap().values();
    let mut of_paths = rules.filter(|rule| rule["Priority"] != "default");
    let groups = of_paths.next().unwrap()["Actions"][0]["ForwardConfig"]["TargetGroups"].clone();
    assert_eq!(of_paths.count(), 0);
    let weight = |group: &Value| {
        let arn = group["TargetGroupArn"].as_str().unwrap();
        let name = arn.split('/').nth(1).unwrap();
        (name.to_owned(), group["Weight"].as_i64().unwrap())
    };
    groups.as_array().unwrap().iter().map(weight).collect()
}

/// The name of the group that has all the traffic.
fn serving(desk: &Desk) -> String {
    let all = weights(desk);
    let serving: Vec<&(String, i64)> = all.iter().filter(|(_, weight)| *weight > 0).collect();
    assert_eq!(serving.len(), 1, "{all:?}");
    serving[0].0.clone()
}

#[test]
fn the_traffic_moves_to_the_other_group_and_back() {
    for (deployment, kind, minutes) in [
        (BLUE_GREEN, "BLUE_GREEN", 1),
        (LINEAR, "LINEAR", 5),
        (CANARY, "CANARY", 4),
    ] {
        let desk = brought_up(Desk::with(&text(deployment)));
        settled(&desk);
        let asked = requests(&desk);
        let made = asked.iter().find(|one| one["operation"] == "CreateService");
        assert!(made.is_some());
        let limits = &service(&desk, "tiny-web")["deploymentConfiguration"];
        assert_eq!(limits["strategy"], kind);
        assert_eq!(limits["bakeTimeInMinutes"], 1);
        let first = serving(&desk);
        let mut before = first.clone();
        for tag in ["v2", "v3"] {
            push(&desk, &format!("web:{tag}"), "ok");
            forget(&desk);
            let update = desk.deploy(&["update", "--image", tag, "--yes"]);
            let told = format!("{minutes} minute");
            said(
                &update,
                0,
                &["beside what runs, then ECS moves the traffic", &told],
            );
            assert_eq!(
                changes(&desk),
                ["PutImage", "RegisterTaskDefinition", "UpdateService"]
            );
            let now = serving(&desk);
            assert_ne!(now, before, "{kind} {tag}");
            assert_eq!(service(&desk, "tiny-web")["runningCount"], 1);
            settled(&desk);
            before = now;
        }
        assert_eq!(before, first, "{kind}: there and back");
        let status = desk.deploy(&["status"]);
        assert_eq!(status.code, 0, "{}{}", status.out, status.err);
    }
}

/// A role that was made a moment ago has not reached ECS, which then says that it lacks permissions.
#[test]
fn a_new_role_of_the_traffic_is_waited_for() {
    let late = || json!({ "rules": [{ "operation": "CreateService", "code": "InvalidParameterException", "calls": 2 }] });
    let refused = |desk: &Desk| {
        let rules = desk.sandbox.control("GET", "lag", None)["rules"].clone();
        let rules = rules.as_array().unwrap().iter();
        let mut of_role = rules.filter(|rule| {
            let source = rule["source"].as_str().unwrap();
            source.contains("infrastructure role")
        });
        of_role.next().unwrap()["fired"].clone()
    };
    let made = Desk::with(&text(BLUE_GREEN));
    made.sandbox.lag(late());
    let made = brought_up(made);
    assert_eq!(refused(&made), 2, "CreateService");
    settled(&made);
    let changed = Desk::deployed(WEB);
    changed.write(&text(BLUE_GREEN));
    changed.sandbox.lag(late());
    let changed = brought_up(changed);
    assert_eq!(refused(&changed), 2, "UpdateService");
    settled(&changed);
}

#[test]
fn the_share_is_what_the_file_says() {
    let desk = Desk::deployed(&text(LINEAR));
    let limits = service(&desk, "tiny-web")["deploymentConfiguration"].clone();
    assert_eq!(limits["linearConfiguration"]["stepPercent"], 40.0);
    assert_eq!(limits["linearConfiguration"]["stepBakeTimeInMinutes"], 2);
    desk.write(&text(CANARY));
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    let limits = service(&desk, "tiny-web")["deploymentConfiguration"].clone();
    assert_eq!(limits["strategy"], "CANARY");
    assert_eq!(limits["canaryConfiguration"]["canaryPercent"], 10.0);
    assert_eq!(limits["canaryConfiguration"]["canaryBakeTimeInMinutes"], 3);
    settled(&desk);
}

#[test]
fn new_tasks_that_crash_get_no_traffic() {
    for deployment in [BLUE_GREEN, CANARY] {
        let desk = Desk::deployed(&text(deployment));
        let (before, old) = (serving(&desk), image(&desk, "tiny-web"));
        push(&desk, "web:v2", "crash");
        let update = desk.deploy(&["update", "--image", "v2", "--yes"]);
        said(
            &update,
            5,
            &[
                "container web exited with code 1",
                "fatal: the configuration is not usable",
                "revision 1 runs again",
                "ajuda deploy logs --sandbox --service web",
            ],
        );
        assert_eq!(serving(&desk), before);
        assert_eq!(image(&desk, "tiny-web"), old);
        settled(&desk);
    }
}

#[test]
fn a_service_begins_to_move_its_traffic_and_stops_again() {
    let desk = Desk::deployed(WEB);
    desk.write(&text(BLUE_GREEN));
    let plan = desk.deploy(&["plan"]);
    for words in [
        "+ target-group/web-alternate",
        "+ listener-rule/web",
        "+ role/web-traffic",
        "strategy.kind  \"ROLLING\" → \"BLUE_GREEN\"",
    ] {
        assert!(plan.out.contains(words), "`{words}` in {}", plan.out);
    }
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    settled(&desk);
    push(&desk, "web:v2", "ok");
    let update = desk.deploy(&["update", "--image", "v2", "--yes"]);
    assert_eq!(update.code, 0, "{}", update.err);
    settled(&desk);
    desk.write(WEB);
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    settled(&desk);
    let limits = &service(&desk, "tiny-web")["deploymentConfiguration"];
    assert_eq!(limits["strategy"], "ROLLING");
    let groups = desk.sandbox.inventory()["elasticloadbalancing"]["target-groups"].clone();
    assert_eq!(groups.as_object().unwrap().len(), 1);
    assert_eq!(service(&desk, "tiny-web")["runningCount"], 1);
}

#[test]
fn a_gateway_moves_its_traffic_by_service_connect() {
    let text = std::fs::read_to_string(crate::binary::repository("examples/sandbox.toml")).unwrap();
    let text = text.replace(
        "preset = \"bedrock-gateway\"\n",
        &format!("preset = \"bedrock-gateway\"\ndeployment = {{ {CANARY} }}\n"),
    );
    assert!(text.contains(CANARY));
    let desk = Desk::deployed(&text);
    settled(&desk);
    push(&desk, "bedrock-gateway:v2", "ok");
    let words = [
        "update",
        "--service",
        "bedrock-gateway",
        "--image",
        "v2",
        "--yes",
    ];
    said(&desk.deploy(&words), 0, &["ECS moves the traffic"]);
    settled(&desk);
    assert_eq!(desk.deploy(&["destroy", "--yes"]).code, 0);
}
