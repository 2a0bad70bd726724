//! Removing a stack whose data matters.

use crate::binary::Desk;

/// What there is, without how it is: targets and clocks move by themselves.
fn names(inventory: &serde_json::Value) -> Vec<String> {
    let mut names = Vec::new();
    for (service, kinds) in inventory.as_object().unwrap() {
        for (kind, objects) in kinds.as_object().unwrap() {
            let objects = objects.as_object().unwrap().keys();
            names.extend(objects.map(|name| format!("{service} {kind} {name}")));
        }
    }
    names
}

#[test]
fn a_stack_with_data_is_not_half_removed_around_it() {
    let desk = Desk::deployed_copy("stacks/production.toml");
    let before = names(&desk.sandbox.inventory());

    let refused = desk.deploy(&["destroy", "--yes"]);
    assert_eq!(refused.code, 3, "{}", refused.err);
    for named in [
        "db-instance/main",
        "bucket/uploads",
        "secret/app-key",
        "load-balancer/main",
    ] {
        assert!(
            refused.err.contains(&format!("\n  {named}\n")),
            "{named} in {}",
            refused.err
        );
    }
    assert_eq!(before, names(&desk.sandbox.inventory()), "nothing went");

    let destroy = desk.deploy(&["destroy", "--yes", "--delete-all-data"]);
    assert_eq!(destroy.code, 0, "{}", destroy.err);
    let after = desk.sandbox.inventory();
    assert_eq!(after["rds"]["instances"], serde_json::json!({}));
    let snapshots = after["rds"]["snapshots"].as_object().unwrap();
    assert_eq!(
        snapshots.len(),
        1,
        "the database left a final snapshot: {snapshots:?}"
    );
    let secrets = after["secretsmanager"]["secrets"].as_object().unwrap();
    assert!(!secrets.is_empty(), "secrets can be restored");
}

#[test]
fn kept_data_is_found_again() {
    let desk = Desk::deployed_copy("examples/sandbox.toml");
    let kept = |desk: &Desk| {
        let all = desk.sandbox.inventory();
        let instances = all["rds"]["instances"].as_object().unwrap().len();
        let buckets = all["s3"]["buckets"].as_object().unwrap().len();
        (instances, buckets)
    };
    let destroy = desk.deploy(&["destroy", "--yes", "--keep-data"]);
    assert_eq!(destroy.code, 0, "{}", destroy.err);
    assert_eq!(kept(&desk), (1, 2));
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    assert_eq!(kept(&desk), (1, 2), "what was kept is used again");
    assert_eq!(desk.deploy(&["plan", "--detailed-exitcode"]).code, 0);
}

#[test]
fn what_left_the_file_never_holds_up_the_rest_of_a_destroy() {
    let desk = Desk::deployed_copy("examples/sandbox.toml");
    let text = desk.text();
    desk.write(&format!("{text}\n[load_balancer]\naccess_logs = false\n"));
    let destroy = desk.deploy(&["destroy", "--yes"]);
    assert_eq!(destroy.code, 0, "{}", destroy.err);
    let after = desk.sandbox.inventory();
    for (service, kind) in [
        ("rds", "instances"),
        ("s3", "buckets"),
        ("ecs", "services"),
        ("iam", "roles"),
        ("logs", "groups"),
    ] {
        assert_eq!(
            after[service][kind],
            serde_json::json!({}),
            "{service} {kind}"
        );
    }
}

/// The command that the documents name, on a stack whose data matters and whose load balancer is protected.
#[test]
fn data_is_kept_of_a_stack_that_is_not_disposable() {
    let desk = Desk::deployed_copy("stacks/production.toml");
    let kept = |desk: &Desk| {
        let all = desk.sandbox.inventory();
        let instances = all["rds"]["instances"].clone();
        let of = |instance: &serde_json::Value| instance["DbiResourceId"].to_string();
        let instances: Vec<String> = instances.as_object().unwrap().values().map(of).collect();
        (instances, all["s3"]["buckets"].as_object().unwrap().len())
    };
    let before = kept(&desk);
    let destroy = desk.deploy(&["destroy", "--yes", "--keep-data"]);
    assert_eq!(destroy.code, 0, "{}", destroy.err);
    let left = desk.sandbox.inventory();
    assert_eq!(
        left["elasticloadbalancing"]["load-balancers"],
        serde_json::json!({}),
        "{left:#}"
    );
    assert_eq!(kept(&desk), before);
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    assert_eq!(kept(&desk), before, "what was kept is used again");
}

const CHAT: &str = "[stack]\nname = \"chat\"\nregion = \"us-east-1\"\n[load_balancer]\ndeletion_protection = false\nplain_http = true\n\
[sign_in]\nfirst_user_is_admin = true\n[redis]\n[database]\nversion = \"16.12\"\n[service.open-webui]\npreset = \"open-webui\"\n\
[service.bedrock-gateway]\npreset = \"bedrock-gateway\"\n";

/// RDS deletes no subnet group that an instance stands in: what a restore left goes with the rest, and is
/// named before anything goes.
#[test]
fn what_restores_left_does_not_hold_a_destroy_up() {
    let desk = Desk::with(CHAT);
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let restore = desk.deploy(&["db", "restore", "--to-time", "latest", "--yes"]);
    assert_eq!(restore.code, 0, "{}", restore.err);
    // Killed when the next one was restored: it carries no tag of ownership.
    let backup = desk.deploy(&["db", "backup", "--name", "by-hand"]);
    assert_eq!(backup.code, 0, "{}", backup.err);
    let rule = serde_json::json!({ "rules": [{
        "service": "ecs", "operation": "RunTask", "times": 1,
        "http": 400, "code": "InvalidParameterException", "message": "not today",
    }]});
    desk.sandbox.control("POST", "faults", Some(rule));
    assert_ne!(
        desk.deploy(&["db", "restore", "--snapshot", "by-hand", "--yes"])
            .code,
        0
    );
    let instances = desk.sandbox.inventory()["rds"]["instances"].clone();
    let names: Vec<String> = instances.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names.len(), 3, "{names:?}");
    let before = names
        .iter()
        .find(|name| name.starts_with("chat-before-"))
        .unwrap();

    let all = names_of(&desk);
    let refused = desk.deploy(&["destroy", "--yes", "--delete-data", "db-instance/main"]);
    assert_eq!(refused.code, 3, "{}", refused.err);
    for named in [before.as_str(), "chat-restored"] {
        assert!(
            refused.err.contains(&format!("\n  db-instance/{named}\n")),
            "{named} in {}",
            refused.err
        );
    }
    assert_eq!(all, names_of(&desk), "nothing went");
    let destroy = desk.deploy(&["destroy", "--yes", "--delete-all-data"]);
    assert_eq!(destroy.code, 0, "{}", destroy.err);
    let after = desk.sandbox.inventory();
    assert_eq!(after["rds"]["instances"], serde_json::json!({}));
    assert_eq!(after["rds"]["subnet-groups"], serde_json::json!({}));
    let snapshots = after["rds"]["snapshots"].as_object().unwrap();
    assert_eq!(snapshots.len(), 4, "each left a last one: {snapshots:?}");
}

fn names_of(desk: &Desk) -> Vec<String> {
    names(&desk.sandbox.inventory())
}

/// Whoever says that all data may go means what has left the file, too.
#[test]
fn all_data_is_also_what_left_the_file() {
    let desk = Desk::with(&format!("{CHAT}[storage]\n"));
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cloud = runtime.block_on(desk.sandbox.cloud("chat"));
    let buckets = desk.sandbox.inventory()["s3"]["buckets"].clone();
    let mut buckets = buckets.as_object().unwrap().keys().cloned();
    let uploads = buckets.find(|name| name.contains("uploads")).unwrap();
    let put = cloud.s3.put_object().bucket(&uploads).key("kept");
    runtime
        .block_on(put.body(Vec::new().into()).send())
        .unwrap();
    desk.write(CHAT);
    let destroy = desk.deploy(&["destroy", "--yes", "--delete-all-data"]);
    assert_eq!(destroy.code, 0, "{}", destroy.err);
    let left = desk.sandbox.inventory()["s3"]["buckets"].clone();
    assert!(left.get(&uploads).is_none(), "{left:#}");
}
