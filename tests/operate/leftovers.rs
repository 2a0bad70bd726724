//! What upgrades, backups and restores leave: listed, protected, deleted, and nothing of anybody else.

use serde_json::{Value, json};

use crate::binary::Desk;
use crate::migration::{assistant, databases};
use crate::stage::{changes, forget, killed_at, push, said, settled};

/// What `db cleanup` lists: name, kind, and what keeps it.
fn listed(desk: &Desk) -> Vec<(String, String, String)> {
    let ended = desk.deploy(&["db", "cleanup", "--output", "json"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let document: Value = serde_json::from_str(&ended.out).unwrap();
    let all = document["leftovers"].as_array().unwrap().iter();
    all.map(|one| {
        assert!(one["size_gb"].as_u64().unwrap() > 0, "{one}");
        let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let kept = text("protected") + &text("blocked");
        (text("name"), text("kind"), kept)
    })
    .collect()
}

fn names(desk: &Desk, what: &str) -> Vec<String> {
    let all = databases(desk)[what].clone();
    all.as_object().unwrap().keys().cloned().collect()
}

async fn taken_by_somebody_else(desk: &Desk) {
    let cloud = desk.sandbox.cloud("open-webui").await;
    let request = cloud.rds.create_db_snapshot();
    let request = request.db_instance_identifier("open-webui");
    request
        .db_snapshot_identifier("theirs")
        .send()
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_is_listed_and_only_what_is_named_and_free_is_deleted() {
    let desk = assistant();
    push(&desk, "ajuda-digital:v2", "ok");
    assert_eq!(desk.deploy(&["update", "--image", "v2", "--yes"]).code, 0);
    for name in ["one", "two"] {
        assert_eq!(desk.deploy(&["db", "backup", "--name", name]).code, 0);
    }
    let restored = desk.deploy(&["db", "restore", "--snapshot", "one", "--yes"]);
    said(&restored, 0, &["db cleanup --sandbox open-webui-before-"]);
    taken_by_somebody_else(&desk).await;

    let all = listed(&desk);
    let kinds: Vec<&str> = all.iter().map(|(_, kind, _)| kind.as_str()).collect();
    assert_eq!(
        kinds,
        ["instance", "snapshot", "snapshot", "snapshot"],
        "{all:?}"
    );
    let aside = all[0].0.clone();
    assert!(
        aside.starts_with("open-webui-before-") && all[0].2.is_empty(),
        "{all:?}"
    );
    let kept = |name: &str| {
        let found = all.iter().find(|(one, ..)| one == name);
        found.map(|(.., kept)| kept.clone()).unwrap()
    };
    assert_eq!(
        (kept("two").as_str(), kept("one").as_str()),
        ("the newest", "")
    );
    let upgrade = all
        .iter()
        .find(|(name, ..)| name.starts_with("open-webui-20"))
        .unwrap();
    assert!(upgrade.2.contains("rollback"), "{upgrade:?}");
    let shown = desk.deploy(&["db", "cleanup"]).out;
    for words in ["instance", " old ", " GB", "protected: the newest"] {
        assert!(shown.contains(words), "`{words}` in {shown}");
    }

    forget(&desk);
    for (words, says) in [
        (
            &["theirs", "--yes"][..],
            "`theirs` is not among what ajuda has left",
        ),
        (
            &["theirs", "--force", "--yes"],
            "is not among what ajuda has left",
        ),
        (
            &["open-webui", "--force", "--yes"],
            "`open-webui` is not among what ajuda has left",
        ),
        (&["one", "two", "--yes"], "two: the newest"),
        (
            &[&upgrade.0, "--yes"],
            " --service open-webui --restore-snapshot` goes back to it",
        ),
        (&["one"], "no terminal to confirm on"),
    ] {
        let words = [&["db", "cleanup"], words].concat();
        said(&desk.deploy(&words), 3, &[says]);
        assert_eq!(changes(&desk), [""; 0], "{words:?}");
    }

    let done = desk.deploy(&["db", "cleanup", "one", &aside, "--yes"]);
    said(
        &done,
        0,
        &[&format!("db-instance/{aside}"), "db-snapshot/one"],
    );
    assert_eq!(names(&desk, "instances"), ["open-webui"]);
    let snapshots = names(&desk, "snapshots");
    assert!(!snapshots.contains(&"one".to_owned()), "{snapshots:?}");
    for kept in ["two", "theirs", &upgrade.0] {
        assert!(
            snapshots.contains(&kept.to_owned()),
            "{kept} in {snapshots:?}"
        );
    }
    // What was in the instance is in a last snapshot, which is ajuda's as well.
    let last = format!("{aside}-final-");
    let left = listed(&desk);
    assert!(
        left.iter()
            .any(|(name, _, kept)| name.starts_with(&last) && kept.is_empty()),
        "{left:?}"
    );
    settled(&desk);

    said(
        &desk.deploy(&["db", "cleanup", "--older-than", "3650d", "--yes"]),
        0,
        &["nothing to delete"],
    );
    assert_eq!(
        desk.deploy(&["db", "cleanup", "--older-than", "0s", "--yes"])
            .code,
        0
    );
    let left: Vec<String> = listed(&desk).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(left.len(), 2, "what is protected: {left:?}");
    assert!(left.contains(&"two".to_owned()) && left.contains(&upgrade.0));
    said(
        &desk.deploy(&["db", "cleanup", "two", "--force", "--yes"]),
        0,
        &["db-snapshot/two"],
    );

    let gone = desk.deploy(&["destroy", "--delete-all-data", "--yes"]);
    said(
        &gone,
        0,
        &[
            "of the database, of ",
            "stay and cost money: `ajuda deploy db cleanup --sandbox`",
        ],
    );
    let left: Vec<String> = listed(&desk).into_iter().map(|(name, ..)| name).collect();
    let words = [
        &["db", "cleanup", "--force", "--yes"],
        &*left.iter().map(String::as_str).collect::<Vec<_>>(),
    ]
    .concat();
    assert_eq!(desk.deploy(&words).code, 0);
    assert_eq!(listed(&desk), []);
    let there = databases(&desk)["snapshots"].clone();
    let there = there.as_object().unwrap().values();
    let manual = there.filter(|one| one["SnapshotType"] == "manual");
    let manual: Vec<&Value> = manual.map(|one| &one["DBSnapshotIdentifier"]).collect();
    assert_eq!(manual, ["theirs"], "whatever is done here, it stays");
}

#[test]
fn what_a_restore_needs_that_has_not_ended_is_not_deleted() {
    let desk = assistant();
    for name in ["one", "two", "three"] {
        assert_eq!(desk.deploy(&["db", "backup", "--name", name]).code, 0);
    }
    let words = ["db", "restore", "--snapshot", "one", "--yes"];
    let killed = |operation: &str, nth: u64| {
        let rule = json!({ "operation": operation, "action": "hold-after", "nth": nth });
        assert!(killed_at(&desk, rule, &words), "{operation}");
        assert_eq!(desk.deploy(&["unlock", "--yes"]).code, 0);
    };
    killed("RestoreDBInstanceFromDBSnapshot", 1);
    let beside = &listed(&desk)[0];
    assert_eq!(beside.0, "open-webui-restored");
    let refused = |name: &str, says: &str| {
        forget(&desk);
        said(&desk.deploy(&["db", "cleanup", name, "--yes"]), 3, &[says]);
        assert_eq!(changes(&desk), [""; 0], "{name}");
    };
    refused("one", "a restore from it has not ended");
    refused(
        "open-webui-restored",
        "a restore that has not ended goes on with it",
    );
    // It can be given up, as long as the database has its name.
    let given_up = ["db", "cleanup", "open-webui-restored", "--force", "--yes"];
    said(
        &desk.deploy(&given_up),
        0,
        &["db-instance/open-webui-restored"],
    );
    assert_eq!(names(&desk, "instances"), ["open-webui"]);

    // Killed when the old one has lost the name and the new one does not have it yet.
    killed("ModifyDBInstance", 2);
    let instances = names(&desk, "instances");
    assert_eq!(instances.len(), 2, "{instances:?}");
    for name in instances.iter().filter(|name| *name != "open-webui") {
        said(
            &desk.deploy(&["db", "cleanup", name, "--force", "--yes"]),
            3,
            &["a restore has not ended"],
        );
    }
    assert_eq!(desk.deploy(&words).code, 0);
    assert_eq!(names(&desk, "instances").len(), 2);
    let aside = &listed(&desk)[0];
    assert!(
        aside.0.starts_with("open-webui-before-") && aside.2.is_empty(),
        "{aside:?}"
    );
}

/// Which snapshot a rollback goes back to is written on revisions: where those cannot be read, none is free to go.
#[test]
fn what_is_needed_is_read_before_anything_is_deleted() {
    let desk = assistant();
    assert_eq!(desk.deploy(&["db", "backup", "--name", "one"]).code, 0);
    let rule = json!({
        "service": "ecs", "operation": "DescribeTaskDefinition", "action": "deny", "times": 1000,
    });
    crate::stage::faults(&desk, json!([rule]));
    forget(&desk);
    let refused = desk.deploy(&["db", "cleanup", "one", "--yes"]);
    let says = "cannot read which snapshots a rollback needs";
    said(&refused, 6, &[says, "ecs:DescribeTaskDefinition"]);
    assert_eq!(changes(&desk), [""; 0]);
}
