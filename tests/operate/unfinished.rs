//! What is unfinished: what goes on with it, what is refused meanwhile, and what has to have
//! ended before the next thing begins.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::binary::{Desk, begin};
use crate::migration::{APP, assistant, databases};
use crate::stage::{
    brought_up, changes, definition, forget, image, killed_at, push, requests, said, service,
    settled, web,
};
use crate::support::ecs::every_task;

/// A web app of which three versions ran well.
fn three() -> Desk {
    let desk = web();
    for tag in ["v2", "v3"] {
        push(&desk, &format!("web:{tag}"), "ok");
        said(&desk.deploy(&["update", "--image", tag, "--yes"]), 0, &[]);
    }
    desk
}

fn killed(desk: &Desk, operation: &str, when: &str, words: &[&str]) {
    let rule = json!({ "operation": operation, "action": when, "nth": 1 });
    assert!(killed_at(desk, rule, words), "{operation} {when}");
    assert_eq!(desk.deploy(&["unlock", "--yes"]).code, 0);
}

#[test]
fn an_unfinished_rollback_is_completed_by_itself_and_keeps_others_out() {
    let desk = three();
    let words = ["rollback", "--yes"];
    for when in ["hold-before", "hold-after"] {
        killed(&desk, "UpdateService", when, &words);
        push(&desk, "web:v4", "ok");
        for other in [
            &["rollback", "--to", "1", "--yes"][..],
            &["update", "--image", "v4", "--yes"],
            &["update", "--restart", "--yes"],
            &["scale", "web=2", "--yes"],
        ] {
            forget(&desk);
            said(
                &desk.deploy(other),
                3,
                &[
                    "a rollback of web to revision 2 is unfinished",
                    "--service web --to 2` completes it",
                ],
            );
            assert_eq!(changes(&desk), [""; 0], "{when}: {other:?}");
        }
        let status = desk.deploy(&["status"]);
        assert_eq!(status.code, 5, "{when}: {}{}", status.out, status.err);
        assert!(
            status.out.contains("a rollback of it to revision 2"),
            "{when}: {}",
            status.out
        );
        let again = desk.deploy(&words);
        said(
            &again,
            0,
            &["a rollback to revision 2 is unfinished: this completes it"],
        );
        assert!(
            definition(&desk, "web")["taskDefinitionArn"]
                .as_str()
                .unwrap()
                .ends_with(":2")
        );
        settled(&desk);
        assert_eq!(desk.deploy(&["status"]).code, 0, "{when}");
        said(
            &desk.deploy(&words),
            0,
            &["nothing to do", "went back from revision 3"],
        );
        said(
            &desk.deploy(&["rollback", "--to", "3", "--yes"]),
            0,
            &["revision 2 → 3"],
        );
    }
    said(
        &desk.deploy(&["rollback", "--to", "1", "--yes"]),
        0,
        &["revision 3 → 1"],
    );
}

/// What could not be gone back to is over as well: another one can be tried.
#[test]
fn a_rollback_that_failed_keeps_nobody_out() {
    let desk = three();
    push(&desk, "web:v2", "crash");
    said(
        &desk.deploy(&["rollback", "--to", "2", "--yes"]),
        5,
        &["does not run"],
    );
    said(
        &desk.deploy(&["rollback", "--to", "1", "--yes"]),
        0,
        &["revision 3 → 1"],
    );
    settled(&desk);
}

#[test]
fn what_did_not_run_well_is_not_gone_back_to() {
    let desk = web();
    push(&desk, "web:v2", "crash");
    said(&desk.deploy(&["update", "--image", "v2", "--yes"]), 5, &[]);
    push(&desk, "web:v3", "ok");
    said(&desk.deploy(&["update", "--image", "v3", "--yes"]), 0, &[]);
    said(&desk.deploy(&["rollback", "--yes"]), 0, &["revision 3 → 1"]);
}

fn snapshots(desk: &Desk) -> Vec<String> {
    let all = databases(desk)["snapshots"].clone();
    let manual = all.as_object().unwrap().iter();
    let manual = manual.filter(|(_, one)| one["SnapshotType"] == "manual");
    manual.map(|(name, _)| name.clone()).collect()
}

/// One snapshot an upgrade: the one that an interrupted run took serves the same command, and no later
/// upgrade, because what was written meanwhile is not in it.
#[test]
fn an_interrupted_upgrade_takes_no_second_snapshot_and_the_next_one_takes_its_own() {
    let desk = assistant();
    push(&desk, "ajuda-digital:v2", "ok");
    let words = ["update", "--image", "v2", "--yes"];
    for (operation, when) in [
        ("CreateDBSnapshot", "hold-after"),
        ("RegisterTaskDefinition", "hold-after"),
    ] {
        killed(&desk, operation, when, &words);
    }
    let first = snapshots(&desk);
    assert_eq!(first.len(), 1, "{first:?}");
    let again = desk.deploy(&words);
    said(&again, 0, &["which an interrupted run took, is used"]);
    assert_eq!(snapshots(&desk), first);
    let tags = definition(&desk, APP)["tags"].to_string();
    assert!(tags.contains(&first[0]), "{tags}");
    said(
        &desk.deploy(&["rollback", "--restore-snapshot", "--yes"]),
        0,
        &[],
    );
    std::thread::sleep(Duration::from_millis(1_100));
    said(&desk.deploy(&words), 0, &["1. a snapshot of the database"]);
    assert_eq!(snapshots(&desk).len(), 2);
}

/// The same where the file names the version and `up` upgrades, and for an upgrade of PostgreSQL.
#[test]
fn no_other_interrupted_upgrade_takes_a_second_snapshot_either() {
    let text = std::fs::read_to_string(crate::binary::repository("examples/sandbox.toml")).unwrap();
    let text = format!("{text}\n[database]\nversion = \"16.12\"\nauto_minor_version = false\n");
    let desk = Desk::deployed(&text);
    push(&desk, "ajuda-digital:v2", "ok");
    desk.write(&text.replace("\"ajuda-digital\"", "\"ajuda-digital:v2\""));
    let minor = ["db", "upgrade", "--to", "16.13", "--now", "--yes"];
    let up = ["up", "--yes"];
    killed(&desk, "CreateDBSnapshot", "hold-after", &up);
    said(
        &desk.deploy(&up),
        0,
        &["which an interrupted run took, is used"],
    );
    assert_eq!(snapshots(&desk).len(), 1, "{:?}", snapshots(&desk));
    for operation in ["CreateDBSnapshot", "ModifyDBInstance"] {
        killed(&desk, operation, "hold-after", &minor);
    }
    assert_eq!(desk.deploy(&minor).code, 0);
    assert_eq!(snapshots(&desk).len(), 2, "{:?}", snapshots(&desk));
    assert!(image(&desk, APP).contains("ajuda-digital"));
    settled(&desk);
}

/// A restored database is the one that was asked for, whatever was begun before.
#[test]
fn an_interrupted_restore_does_not_go_on_from_another_source() {
    let desk = assistant();
    for name in ["early", "late"] {
        said(&desk.deploy(&["db", "backup", "--name", name]), 0, &[]);
    }
    let early = ["db", "restore", "--snapshot", "early", "--yes"];
    killed(
        &desk,
        "RestoreDBInstanceFromDBSnapshot",
        "hold-after",
        &early,
    );
    forget(&desk);
    let other = desk.deploy(&["db", "restore", "--snapshot", "late", "--yes"]);
    said(
        &other,
        3,
        &[
            "was restored from snapshot early",
            "would be from snapshot late",
        ],
    );
    assert_eq!(changes(&desk), [""; 0]);
    said(&desk.deploy(&early), 0, &[]);
    assert_eq!(service(&desk, APP)["runningCount"], 1);
    assert!(image(&desk, APP).contains("ajuda-digital"));
}

/// A task that drains or stops still writes: what it writes is to be in the database that is restored to
/// its latest moment, or in none. Nothing is restored before every task has stopped.
#[tokio::test]
async fn nothing_is_restored_while_a_task_is_there() {
    let text = std::fs::read_to_string(crate::binary::repository("examples/sandbox.toml")).unwrap();
    // Tasks take a third of a second to stop.
    let desk = brought_up(Desk::at("60", &text));
    said(&desk.deploy(&["db", "backup", "--name", "one"]), 0, &[]);
    forget(&desk);
    let mut restore = begin(&desk, &["db", "restore", "--snapshot", "one", "--yes"]);
    let begun = Instant::now();
    let restored = loop {
        let all = requests(&desk);
        let is = |call: &&Value| call["operation"] == "RestoreDBInstanceFromDBSnapshot";
        if let Some(call) = all.iter().find(is) {
            break call["at"].as_f64().unwrap();
        }
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "nothing is restored"
        );
        assert!(restore.try_wait().unwrap().is_none(), "it ended");
        std::thread::sleep(Duration::from_millis(50));
    };
    restore.kill().unwrap();
    restore.wait().unwrap();
    let cloud = desk.sandbox.cloud("open-webui").await;
    let tasks = every_task(&cloud, "open-webui-cluster", APP).await;
    assert!(!tasks.is_empty());
    for task in tasks {
        let stopped = task.stopped_at().map_or(f64::MAX, |at| at.as_secs_f64());
        assert!(
            stopped <= restored,
            "{:?} at {stopped}, restored at {restored}",
            task.last_status()
        );
    }
}
