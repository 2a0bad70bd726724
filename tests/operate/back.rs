//! The way back from another version of Open WebUI, with the database of its time.

use serde_json::json;

use crate::binary::Desk;
use crate::migration::{APP, assistant, databases, revisions_that_run};
use crate::stage::{
    changes, definition, forget, image, killed_at, push, requests, said, service, settled,
};

#[test]
fn a_failed_migration_stops_and_the_way_back_restores_the_database() {
    let desk = assistant();
    let first = image(&desk, APP);
    push(&desk, "ajuda-digital:v2", "crash");
    let update = desk.deploy(&["update", "--image", "v2", "--yes"]);
    said(
        &update,
        5,
        &[
            "container open-webui exited with code 1",
            "no task runs now",
            "rollback --sandbox --service open-webui --restore-snapshot`",
            "the database as it was in the snapshot open-webui-20",
        ],
    );
    assert_eq!(service(&desk, APP)["desiredCount"], 0);
    assert_eq!(revisions_that_run(&desk), [""; 0]);
    let calls = requests(&desk);
    let old = calls
        .iter()
        .filter(|call| call["operation"] == "UpdateService");
    assert!(old.count() >= 3, "stopped, started, stopped");

    let without = desk.deploy(&["rollback"]);
    said(
        &without,
        3,
        &[
            "may have migrated the database",
            "--restore-snapshot` brings the database back",
        ],
    );

    let before = databases(&desk)["instances"]["open-webui"].clone();
    forget(&desk);
    let back = desk.deploy(&["rollback", "--restore-snapshot", "--yes"]);
    said(
        &back,
        0,
        &[
            "revision 2 → 1",
            "the database goes back to the snapshot",
            "the old instance is `open-webui-before-",
        ],
    );
    assert_eq!(image(&desk, APP), first);
    assert_eq!(service(&desk, APP)["runningCount"], 1);
    let all = databases(&desk)["instances"].clone();
    let after = all["open-webui"].clone();
    assert_eq!(before["Endpoint"], after["Endpoint"]);
    assert_ne!(before["DbiResourceId"], after["DbiResourceId"]);
    let names: Vec<&String> = all.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 2, "{names:?}");
    let aside = all.as_object().unwrap().values();
    let aside = aside.filter(|one| one["DbiResourceId"] == before["DbiResourceId"]);
    for one in aside {
        assert!(!one["TagList"].to_string().contains("ajuda:stack"), "{one}");
    }
    assert!(!changes(&desk).contains(&"DeleteDBInstance".to_owned()));
    settled(&desk);
    push(&desk, "ajuda-digital:v3", "ok");
    assert_eq!(desk.deploy(&["update", "--image", "v3", "--yes"]).code, 0);
    settled(&desk);
}

#[test]
fn a_way_back_that_was_killed_is_resumed_by_the_same_command() {
    let calls = [
        ("RestoreDBInstanceFromDBSnapshot", 1),
        ("ModifyDBInstance", 1),
        ("RemoveTagsFromResource", 1),
        ("ModifyDBInstance", 2),
        ("AddTagsToResource", 1),
        ("RemoveTagsFromResource", 2),
        ("UpdateService", 2),
        ("UpdateService", 3),
        ("UntagResource", 1),
    ];
    let desk = assistant();
    let mut number = 1;
    for (operation, nth) in calls {
        for when in ["hold-before", "hold-after"] {
            number += 1;
            let tag = format!("v{number}");
            push(&desk, &format!("ajuda-digital:{tag}"), "crash");
            assert_eq!(desk.deploy(&["update", "--image", &tag, "--yes"]).code, 5);
            let words = ["rollback", "--restore-snapshot", "--yes"];
            let rule = json!({ "operation": operation, "action": when, "nth": nth });
            let at = format!("{operation} {nth} {when}");
            assert!(killed_at(&desk, rule, &words), "{at}");
            assert_eq!(desk.deploy(&["unlock", "--yes"]).code, 0);
            let again = desk.deploy(&words);
            assert_eq!(again.code, 0, "{at}: {}", again.err);
            settled(&desk);
            assert_eq!(
                databases(&desk)["instances"].as_object().unwrap().len(),
                number,
                "{at}: one beside for each way back"
            );
        }
    }
}

/// They lose what they wrote meanwhile, and whoever goes back with one service must hear it of the others.
#[test]
fn who_else_uses_the_database_is_told_before_it_goes_back() {
    let text = std::fs::read_to_string(crate::binary::repository("examples/sandbox.toml")).unwrap();
    let worker = r#"
[service.worker]
image = "ghcr.io/example/web:v1"
secrets = { DATABASE_URL = { from = "database.url" } }
"#;
    let desk = Desk::deployed(&(text + worker));
    push(&desk, "ajuda-digital:v2", "ok");
    let update = desk.deploy(&["update", "--image", "v2", "--yes"]);
    said(&update, 0, &[]);
    let back = desk.deploy(&["rollback", "--restore-snapshot"]);
    let warning = "worker uses the same database: it is stopped meanwhile, and loses what it wrote since the snapshot";
    said(&back, 3, &[warning]);
}

/// What changes a task definition after an upgrade does not take the way back from the upgrade.
#[test]
fn a_revision_of_the_same_image_still_goes_back_to_before_that_image() {
    let desk = assistant();
    push(&desk, "ajuda-digital:v2", "ok");
    assert_eq!(desk.deploy(&["update", "--image", "v2", "--yes"]).code, 0);
    let snapshot = tag(&desk, "ajuda:snapshot");
    let before = databases(&desk)["instances"]["open-webui"].clone();
    for words in [
        &["secrets", "rotate", "app-key", "--yes"][..],
        &["update", "--env", "LOG_LEVEL=debug", "--yes"],
        &["up", "--yes"],
    ] {
        let revision = service(&desk, "open-webui")["taskDefinition"].clone();
        let ended = desk.deploy(words);
        assert_eq!(ended.code, 0, "{words:?}: {}", ended.err);
        assert_ne!(service(&desk, "open-webui")["taskDefinition"], revision);
        assert_eq!(tag(&desk, "ajuda:snapshot"), snapshot, "{words:?}");
    }
    // The newest is protected in any case.
    assert_eq!(desk.deploy(&["db", "backup", "--name", "later"]).code, 0);
    let cleanup = desk.deploy(&["db", "cleanup", &snapshot, "--yes"]);
    let kept = " --service open-webui --restore-snapshot` goes back to it";
    assert!(cleanup.err.contains(kept), "{}", cleanup.err);

    // Those in between have the image that the snapshot was taken before.
    let between = desk.deploy(&["rollback", "--to", "2", "--restore-snapshot", "--yes"]);
    said(
        &between,
        3,
        &["was taken before the image of revision 2 ran"],
    );
    let back = desk.deploy(&["rollback", "--restore-snapshot", "--yes"]);
    said(&back, 0, &["revision 5 → 1"]);
    let restored = &databases(&desk)["instances"]["open-webui"];
    assert_ne!(restored["DbiResourceId"], before["DbiResourceId"]);
    // The old revision does not know the new key: `up` starts it with that.
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    settled(&desk);
}

/// The tag of the revision that the app runs.
fn tag(desk: &Desk, key: &str) -> String {
    let definition = definition(desk, "open-webui");
    let mut tags = definition["tags"].as_array().unwrap().iter();
    let found = tags.find(|tag| tag["key"] == key);
    found.unwrap()["value"].as_str().unwrap().to_owned()
}

/// Back is back: to what is older, with the database of its time, and of the service that migrates it.
#[test]
fn a_way_back_does_not_lead_forward() {
    let desk = assistant();
    push(&desk, "ajuda-digital:v2", "ok");
    assert_eq!(desk.deploy(&["update", "--image", "v2", "--yes"]).code, 0);
    let gateway = desk.deploy(&[
        "rollback",
        "--service",
        "bedrock-gateway",
        "--restore-snapshot",
        "any",
        "--yes",
    ]);
    said(
        &gateway,
        3,
        &["the database does not go back with bedrock-gateway"],
    );
    let alone = desk.deploy(&["rollback", "--yes"]);
    said(
        &alone,
        3,
        &[
            "may have migrated the database",
            "rollback --sandbox --service open-webui --to 1 --restore-snapshot`",
        ],
    );
    let back = desk.deploy(&["rollback", "--restore-snapshot", "--yes"]);
    said(&back, 0, &["revision 2 → 1"]);
    let again = desk.deploy(&["rollback", "--yes"]);
    said(
        &again,
        0,
        &["nothing to do", "went back from revision 2 before"],
    );
    let forward = desk.deploy(&["rollback", "--to", "2", "--yes"]);
    said(
        &forward,
        3,
        &[
            "revision 2 is newer than what runs",
            "update --sandbox --service open-webui --image sha256:",
        ],
    );
    // Its snapshot is from before it ran for the first time.
    assert_eq!(desk.deploy(&["update", "--image", "v2", "--yes"]).code, 0);
    let newest = desk.deploy(&["rollback", "--to", "1", "--yes"]);
    said(&newest, 3, &["may have migrated the database"]);
    // Nor does an update lead to an older one.
    let older = desk.deploy(&["update", "--image", "v1", "--yes"]);
    said(&older, 3, &["open-webui v1 is older than v2"]);
}
