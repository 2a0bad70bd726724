//! `status` of what the file declares and AWS has not, and of a stack that somebody is changing.

use aws_sdk_ecs::types::Tag;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::binary::{Desk, Ended};
use crate::lease::{SMALL, Somebody};
use ajuda::aws::lease::Pace;

const SHOP: &str = r#"
[stack]
name = "shop"
region = "us-east-1"
disposable = true

[database]
multi_az = false
instance_class = "db.t4g.small"
storage_gb = 20

[service.web]
image = "ghcr.io/example/web:v1"
public = true
secrets = { DATABASE_URL = { from = "database.url" } }

[service.api]
image = "ghcr.io/example/api:v1"
expose = "api:80"
"#;

fn up(file: &str) -> Desk {
    Desk::deployed(file)
}

fn good(ended: &Ended) {
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
}

/// How it ended, and what it said.
fn status(desk: &Desk) -> (i32, Value) {
    let ended = desk.deploy(&["status", "--output", "json"]);
    let said = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}"));
    (ended.code, said)
}

/// What it is about, of everything that makes the stack unhealthy.
fn bad(said: &Value) -> Vec<&str> {
    let all = said["troubles"].as_array().unwrap().iter();
    let bad = all.filter(|one| one["bad"] == true);
    let mut about: Vec<&str> = bad.map(|one| one["about"].as_str().unwrap()).collect();
    about.sort_unstable();
    about.dedup();
    about
}

fn told(said: &Value) -> String {
    let all = said["troubles"].as_array().unwrap().iter();
    let lines = all.map(|one| format!("{}: {}\n", one["about"], one["what"]).replace('"', ""));
    lines.collect()
}

#[test]
fn whatever_is_gone_is_missed() {
    let desk = up(SHOP);
    let (code, said) = status(&desk);
    assert_eq!((code, &said["health"]), (0, &json!("healthy")), "{said:#}");
    let runtime = Runtime::new().unwrap();
    let cloud = runtime.block_on(desk.sandbox.cloud("shop"));
    let delete = |service: &str| {
        let delete = cloud.ecs.delete_service().cluster("shop-cluster");
        let delete = delete.service(service).force(true);
        runtime.block_on(delete.send()).unwrap();
    };
    delete("shop-web");
    let (code, said) = status(&desk);
    assert_eq!(
        (code, &said["health"]),
        (5, &json!("unhealthy")),
        "{said:#}"
    );
    assert_eq!(bad(&said), ["web"], "{said:#}");
    assert!(told(&said).contains("web: it is not there: `ajuda deploy up --sandbox` makes it"));
    assert_eq!(said["services"][1]["health"], "absent", "{said:#}");

    delete("shop-api");
    runtime.block_on(async {
        let delete = cloud.ecs.delete_cluster().cluster("shop-cluster");
        delete.send().await.unwrap();
        let delete = cloud
            .rds
            .delete_db_instance()
            .db_instance_identifier("shop");
        delete.skip_final_snapshot(true).send().await.unwrap();
        let all = cloud.elb.describe_load_balancers().send().await.unwrap();
        for one in all.load_balancers() {
            let delete = cloud.elb.delete_load_balancer();
            let delete = delete.load_balancer_arn(one.load_balancer_arn().unwrap());
            delete.send().await.unwrap();
        }
    });
    let (code, said) = status(&desk);
    assert_eq!(
        (code, &said["health"]),
        (5, &json!("unhealthy")),
        "{said:#}"
    );
    for what in ["web", "api", "cluster", "database", "load balancer"] {
        assert!(bad(&said).contains(&what), "{what} in {said:#}");
    }
    let shown = desk.deploy(&["status"]);
    assert_eq!(shown.code, 5);
    assert!(
        shown.out.contains("database: it is not there"),
        "{}",
        shown.out
    );
}

#[test]
fn an_up_that_failed_half_way_leaves_an_unhealthy_stack() {
    let desk = Desk::with(SHOP);
    let rule = json!({ "rules": [{ "service": "ecs", "operation": "CreateService", "action": "deny", "times": 1000 }] });
    desk.sandbox.control("POST", "faults", Some(rule));
    // IAM would say beforehand that this is denied.
    assert_ne!(desk.deploy(&["up", "--yes", "--no-check"]).code, 0);
    desk.sandbox.control("DELETE", "faults", None);
    let (code, said) = status(&desk);
    assert_eq!(
        (code, &said["health"]),
        (5, &json!("unhealthy")),
        "{said:#}"
    );
    assert!(bad(&said).contains(&"web"), "{said:#}");
}

#[test]
fn a_service_without_an_image_or_without_tasks_is_unhealthy() {
    let file = "[stack]\nname = \"shop\"\nregion = \"us-east-1\"\ndisposable = true\n[service.web]\nimage = \"web\"\n";
    let desk = Desk::with(file);
    desk.deploy(&["plan"]);
    let missing = json!({ "image": "web:v1", "behaviour": "missing" });
    desk.sandbox.control("POST", "images", Some(missing));
    desk.deploy(&["up", "--yes"]);
    let (code, said) = status(&desk);
    assert_eq!(code, 5, "{said:#}");
    assert!(
        told(&said).contains("web:v1 is not in the registry"),
        "{said:#}"
    );
    assert!(
        !told(&said).contains("deploy scale"),
        "no task could start: {said:#}"
    );

    let small = file.replace("\"web\"\n", "\"ghcr.io/example/web:v1\"\n");
    let desk = up(&small);
    good(&desk.deploy(&["scale", "web=0", "--yes"]));
    let (code, said) = status(&desk);
    assert_eq!(
        (code, &said["health"]),
        (5, &json!("unhealthy")),
        "{said:#}"
    );
    assert_eq!(said["services"][0]["stopped"], true);
    assert!(
        told(&said).contains("`ajuda deploy scale --sandbox web=1` starts one"),
        "{said:#}"
    );
    // The file may mean it.
    desk.write(&format!("{small}count = 0\n"));
    let (code, said) = status(&desk);
    assert_eq!((code, &said["health"]), (0, &json!("healthy")), "{said:#}");
    assert_eq!(said["services"][0]["stopped"], false);
}

#[test]
fn what_could_not_be_read_is_not_none_pending() {
    let desk = up(SHOP);
    let rule = json!({ "rules": [{ "service": "ec2", "operation": "DescribeSubnets", "action": "deny", "times": 1000 }] });
    desk.sandbox.control("POST", "faults", Some(rule));
    let (code, said) = status(&desk);
    assert_eq!(code, 6, "{said:#}");
    assert_eq!(said["pending"], Value::Null, "{said:#}");
    let shown = desk.deploy(&["status"]).out;
    assert!(!shown.contains("none pending"), "{shown}");
    assert!(
        shown.contains("not known: not everything could be read"),
        "{shown}"
    );
}

#[test]
fn while_somebody_changes_it_status_says_who_and_asks_for_no_way_back() {
    let desk = up(SMALL);
    let runtime = Runtime::new().unwrap();
    let cloud = runtime.block_on(desk.sandbox.cloud("tiny"));
    runtime.block_on(async {
        // As an upgrade of its database leaves the revision while it goes on.
        let described = cloud
            .ecs
            .describe_task_definition()
            .task_definition("tiny-web");
        let described = described.send().await.unwrap();
        let arn = described
            .task_definition()
            .unwrap()
            .task_definition_arn()
            .unwrap();
        let tag = Tag::builder().key("ajuda:tasks").value("1").build();
        let mark = cloud.ecs.tag_resource().resource_arn(arn).tags(tag);
        mark.send().await.unwrap();
        let stop = cloud.ecs.update_service().cluster("tiny-cluster");
        let stop = stop.service("tiny-web").desired_count(0);
        stop.send().await.unwrap();
    });
    let (code, said) = status(&desk);
    assert_eq!((code, &said["held"]), (5, &Value::Null), "{said:#}");
    assert!(
        told(&said).contains("rollback --sandbox --service web --restore-snapshot"),
        "{said:#}"
    );
    assert!(!told(&said).contains("deploy scale"), "{said:#}");

    let _somebody = Somebody::holds(&desk, Pace::of(1.0));
    let (code, said) = status(&desk);
    assert_eq!((code, &said["health"]), (0, &json!("changing")), "{said:#}");
    assert_eq!(said["held"]["host"], "elsewhere", "{said:#}");
    assert!(told(&said).contains("an upgrade of it goes on"), "{said:#}");
    assert!(!told(&said).contains("rollback"), "{said:#}");
    let shown = desk.deploy(&["status"]).out;
    assert!(shown.contains("on elsewhere (process "), "{shown}");
}
