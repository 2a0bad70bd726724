//! Another version of Open WebUI: the order, and a migration that fails.

use serde_json::{Value, json};

use crate::binary::Desk;
use crate::stage::{brought_up, changes, forget, image, killed_at, push, said, service, settled};
use crate::support::ecs::{every_task, meetings};

pub const APP: &str = "open-webui-open-webui";

pub fn assistant() -> Desk {
    Desk::deployed_copy("examples/sandbox.toml")
}

/// The same with Redis and autoscaling.
fn scaled() -> Desk {
    let text = std::fs::read_to_string(crate::binary::repository("examples/sandbox.toml")).unwrap();
    let text = text.replace(
        "image = \"ajuda-digital\"\n",
        "image = \"ajuda-digital\"\nautoscaling = { min = 2, max = 4 }\n\n[redis]\n\n",
    );
    Desk::deployed(&text)
}

pub fn databases(desk: &Desk) -> Value {
    desk.sandbox.inventory()["rds"].clone()
}

pub fn revisions_that_run(desk: &Desk) -> Vec<String> {
    let tasks = desk.sandbox.ecs()["tasks"].clone();
    let tasks = tasks.as_object().unwrap().values();
    let of_app = tasks.filter(|task| task["group"] == format!("service:{APP}"));
    of_app
        .filter(|task| task["lastStatus"] == "RUNNING")
        .map(|task| task["taskDefinitionArn"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn two_versions_never_meet() {
    let desk = scaled();
    push(&desk, "ajuda-digital:v2", "ok");
    forget(&desk);
    let update = desk.deploy(&["update", "--image", "v2", "--yes"]);
    said(
        &update,
        0,
        &[
            "1. a snapshot of the database, open-webui-20",
            "3. autoscaling is suspended until the end",
            "4. all 2 tasks stop",
            "5. one task starts, and migrates the database",
            "6. the others start, 2 tasks in all",
        ],
    );
    assert_eq!(
        changes(&desk),
        [
            "CreateDBSnapshot",
            "PutImage",
            "RegisterTaskDefinition",
            "RegisterScalableTarget",
            "UpdateService",
            "UpdateService",
            "UpdateService",
            "RegisterScalableTarget",
            "UntagResource",
        ]
    );
    let running = revisions_that_run(&desk);
    assert_eq!(running.len(), 2);
    assert!(running.iter().all(|arn| arn.ends_with(":2")), "{running:?}");
    settled(&desk);
    let snapshots = databases(&desk)["snapshots"].to_string();
    assert!(snapshots.contains("-v1"), "{snapshots}");
    assert!(snapshots.contains("ajuda:stack"), "{snapshots}");
    // Its secrets are made of the database and the cache, which are read for that and not planned.
    said(&desk.deploy(&["update", "--restart", "--yes"]), 0, &[]);
    settled(&desk);
}

/// A task that drains or stops still writes to the database: the new version starts once none is left.
#[tokio::test]
async fn a_new_version_starts_when_every_old_task_has_stopped() {
    let text = std::fs::read_to_string(crate::binary::repository("examples/sandbox.toml")).unwrap();
    let desk = brought_up(Desk::at("fast", &text));
    push(&desk, "ajuda-digital:v2", "ok");
    said(&desk.deploy(&["update", "--image", "v2", "--yes"]), 0, &[]);
    let cloud = desk.sandbox.cloud("open-webui").await;
    let tasks = every_task(&cloud, "open-webui-cluster", APP).await;
    assert_eq!(tasks.len(), 2, "{tasks:?}");
    assert_eq!(meetings(&tasks), [""; 0]);
}

/// What failed to migrate the database counts as successful at ECS, and is never gone back to.
#[test]
fn a_revision_whose_migration_failed_is_remembered_as_failed() {
    let desk = assistant();
    push(&desk, "ajuda-digital:v2", "crash");
    said(&desk.deploy(&["update", "--image", "v2", "--yes"]), 5, &[]);
    push(&desk, "ajuda-digital:v3", "ok");
    said(&desk.deploy(&["update", "--image", "v3", "--yes"]), 0, &[]);
    let history = desk.deploy(&["history", "--output", "json"]);
    let history: Value = serde_json::from_str(&history.out).unwrap();
    let outcomes: Vec<(i64, &str)> = (history["deployments"].as_array().unwrap().iter())
        .map(|one| {
            let outcome = one["outcome"].as_str().unwrap();
            (one["revision"].as_i64().unwrap(), outcome)
        })
        .collect();
    assert!(outcomes.contains(&(2, "failed")), "{outcomes:?}");
    assert!(!outcomes.contains(&(2, "successful")), "{outcomes:?}");
    let back = desk.deploy(&["rollback", "--restore-snapshot", "--yes"]);
    said(&back, 0, &["revision 3 → 1"]);
}

#[test]
fn the_gateway_rolls() {
    let desk = assistant();
    push(&desk, "bedrock-gateway:v2", "ok");
    forget(&desk);
    let words = [
        "update",
        "--service",
        "bedrock-gateway",
        "--image",
        "v2",
        "--yes",
    ];
    said(&desk.deploy(&words), 0, &["replaced by ECS"]);
    assert_eq!(
        changes(&desk),
        ["PutImage", "RegisterTaskDefinition", "UpdateService"]
    );
    settled(&desk);
}

#[test]
fn a_failed_migration_can_be_tried_again_without_another_snapshot() {
    let desk = assistant();
    push(&desk, "ajuda-digital:v2", "crash");
    let words = ["update", "--image", "v2", "--yes"];
    said(&desk.deploy(&words), 5, &["no task runs now"]);
    push(&desk, "ajuda-digital:v3", "ok");
    forget(&desk);
    let again = desk.deploy(&["update", "--image", "v3", "--yes"]);
    said(
        &again,
        0,
        &["an upgrade was begun and did not end", "is kept"],
    );
    assert!(!changes(&desk).contains(&"CreateDBSnapshot".to_owned()));
    settled(&desk);
    let back = desk.deploy(&["rollback", "--restore-snapshot"]);
    said(
        &back,
        3,
        &["the database goes back to the snapshot open-webui-20"],
    );
}

#[test]
fn without_a_snapshot_there_is_no_way_back_and_it_is_said() {
    let desk = assistant();
    push(&desk, "ajuda-digital:v2", "ok");
    forget(&desk);
    let update = desk.deploy(&["update", "--image", "v2", "--no-snapshot", "--yes"]);
    said(&update, 0, &["no snapshot is taken"]);
    assert!(!changes(&desk).contains(&"CreateDBSnapshot".to_owned()));
    let back = desk.deploy(&["rollback", "--restore-snapshot", "--yes"]);
    said(&back, 1, &["no snapshot was taken before revision 2"]);
    push(&desk, "ajuda-digital:v3", "ok");
    let cannot = desk.deploy(&["update", "--image", "v3", "--no-wait", "--yes"]);
    said(&cannot, 1, &["run it without --no-wait"]);
}

/// Killed at each call that changes something, before it is carried out and after.
#[test]
fn an_upgrade_that_was_killed_is_resumed_by_the_same_command() {
    let desk = scaled();
    let mut number = 1;
    let calls = [
        ("CreateDBSnapshot", 1),
        ("RegisterTaskDefinition", 1),
        ("RegisterScalableTarget", 1),
        ("UpdateService", 1),
        ("UpdateService", 2),
        ("UpdateService", 3),
        ("UntagResource", 1),
        ("RegisterScalableTarget", 2),
    ];
    for (operation, nth) in calls {
        for when in ["hold-before", "hold-after"] {
            number += 1;
            let tag = format!("v{number}");
            push(&desk, &format!("ajuda-digital:{tag}"), "ok");
            let words = ["update", "--image", &tag, "--yes"];
            let rule = json!({ "operation": operation, "action": when, "nth": nth });
            let at = format!("{operation} {nth} {when}");
            assert!(killed_at(&desk, rule, &words), "{at}");
            assert_eq!(desk.deploy(&["unlock", "--yes"]).code, 0);
            let again = desk.deploy(&words);
            assert_eq!(again.code, 0, "{at}: {}", again.err);
            assert_eq!(revisions_that_run(&desk).len(), 2, "{at}");
            settled(&desk);
        }
    }
}

/// The tag that the file says belongs to `up`, which goes the same way.
#[test]
fn another_version_in_the_file_is_no_plain_restart() {
    let desk = assistant();
    push(&desk, "ajuda-digital:v2", "ok");
    let text = std::fs::read_to_string(crate::binary::repository("examples/sandbox.toml")).unwrap();
    let pinned = |tag: &str| {
        let text = text.replace("\"ajuda-digital\"", &format!("\"ajuda-digital:{tag}\""));
        text.replace(
            "[service.open-webui]\n",
            "[service.open-webui]\nexec = true\n",
        )
    };
    desk.write(&pinned("v2"));
    forget(&desk);
    let up = desk.deploy(&["up", "--yes"]);
    said(
        &up,
        0,
        &[
            "1. a snapshot of the database, open-webui-20",
            "3. the task stops",
            "4. one task starts, and migrates the database",
        ],
    );
    let calls = changes(&desk);
    assert_eq!(
        calls[..3],
        ["CreateDBSnapshot", "PutImage", "RegisterTaskDefinition"]
    );
    assert!(service(&desk, APP)["enableExecuteCommand"] == true);
    assert!(image(&desk, APP).contains("@sha256:"));
    settled(&desk);

    push(&desk, "ajuda-digital:v3", "crash");
    desk.write(&pinned("v3"));
    said(
        &desk.deploy(&["up", "--yes"]),
        5,
        &[
            "no task runs now",
            "--restore-snapshot` brings back what ran",
        ],
    );
    assert_eq!(service(&desk, APP)["desiredCount"], 0);
    forget(&desk);
    said(
        &desk.deploy(&["up", "--yes"]),
        3,
        &[
            "is unfinished",
            "update --sandbox --service open-webui --image v3` goes on",
            "rollback --sandbox --service open-webui --restore-snapshot",
        ],
    );
    assert_eq!(changes(&desk), [""; 0]);
    // Whoever reviews the plan is told before.
    said(
        &desk.deploy(&["plan"]),
        3,
        &[
            "`ajuda deploy up --sandbox` would not begin: an upgrade of open-webui is unfinished; ",
            "update --sandbox --service open-webui --image v3` goes on",
        ],
    );
    let check = desk.deploy(&["check"]);
    assert_eq!(check.code, 3, "{}{}", check.out, check.err);
    let finding = "service/open-webui: an upgrade of open-webui is unfinished; ";
    assert!(check.out.contains(finding), "{}", check.out);
    let status = desk.deploy(&["status"]);
    assert_eq!(status.code, 5, "{}", status.out);
    assert!(status.out.contains("is unfinished"), "{}", status.out);
    // Another image in the file is another try, with the snapshot from before the first.
    push(&desk, "ajuda-digital:v4", "crash");
    desk.write(&pinned("v4"));
    forget(&desk);
    said(
        &desk.deploy(&["up", "--yes"]),
        5,
        &["an upgrade was begun and did not end", "is kept"],
    );
    assert!(!changes(&desk).contains(&"CreateDBSnapshot".to_owned()));
    let back = desk.deploy(&["rollback", "--restore-snapshot", "--yes"]);
    said(&back, 0, &["the file says `v4`"]);
    desk.write(&pinned("v2"));
    settled(&desk);
}

/// The end of the time leaves nobody in doubt: ECS does not go on with an upgrade by itself.
#[test]
fn an_upgrade_that_takes_too_long_says_that_it_waits() {
    let text = std::fs::read_to_string(crate::binary::repository("examples/sandbox.toml")).unwrap();
    let desk = brought_up(Desk::at("fast", &text));
    push(&desk, "ajuda-digital:v2", "ok");
    let words = ["update", "--image", "v2", "--yes"];
    let short = [&words[..], &["--timeout", "0s"]].concat();
    said(
        &desk.deploy(&short),
        4,
        &[
            "still not done after",
            "the service is down until this is done",
        ],
    );
    said(
        &desk.deploy(&words),
        0,
        &["an upgrade was begun and did not end"],
    );
    settled(&desk);
}

/// A half migrated database meets no task by the way: not in a rotation, not in an `up`.
#[test]
fn what_failed_stays_down_until_a_person_decides() {
    let desk = assistant();
    push(&desk, "ajuda-digital:v2", "crash");
    said(
        &desk.deploy(&["update", "--image", "v2", "--yes"]),
        5,
        &["no task runs now"],
    );
    let rotated = desk.deploy(&["secrets", "rotate", "gateway-key", "--yes"]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    assert_eq!(service(&desk, APP)["desiredCount"], 0);
    assert_eq!(revisions_that_run(&desk), [""; 0]);
    said(&desk.deploy(&["up", "--yes"]), 3, &["is unfinished"]);
    assert_eq!(desk.deploy(&["status"]).code, 5);
    let back = desk.deploy(&["rollback", "--restore-snapshot", "--yes"]);
    assert_eq!(back.code, 0, "{}", back.err);
    assert_eq!(service(&desk, APP)["runningCount"], 1);
}
