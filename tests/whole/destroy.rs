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
    let desk = Desk::copy("stacks/production.toml");
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
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
    let desk = Desk::copy("examples/sandbox.toml");
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
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
    let desk = Desk::copy("examples/sandbox.toml");
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
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
