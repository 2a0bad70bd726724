//! `db`: backups, restores that are killed and gone on with, extensions, versions.

use serde_json::{Value, json};

use crate::binary::{Desk, Ended};
use crate::support::held::killed;

const CHAT: &str = r#"
[stack]
name = "chat"
region = "us-east-1"

[load_balancer]
deletion_protection = false
plain_http = true

[sign_in]
first_user_is_admin = true

[redis]

[database]
version = "16.12"
auto_minor_version = false

[service.open-webui]
preset = "open-webui"
autoscaling = { min = 1, max = 3 }

[service.bedrock-gateway]
preset = "bedrock-gateway"
"#;

fn chat() -> Desk {
    Desk::deployed(CHAT)
}

fn good(ended: Ended) -> Ended {
    assert_eq!(ended.code, 0, "{}\n{}", ended.out, ended.err);
    ended
}

fn steady(desk: &Desk) {
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);
}

fn instances(desk: &Desk) -> Vec<String> {
    let inventory = desk.sandbox.inventory();
    let names = inventory["rds"]["instances"].as_object().unwrap().keys();
    names.cloned().collect()
}

fn instance(desk: &Desk, name: &str) -> Value {
    desk.sandbox.inventory()["rds"]["instances"][name].clone()
}

fn backup(desk: &Desk) -> String {
    good(desk.deploy(&["db", "backup"])).out.trim().to_owned()
}

fn mutating(desk: &Desk) -> Vec<String> {
    let requests = desk.sandbox.control("GET", "requests", None);
    let all = requests
        .as_array()
        .or_else(|| requests["requests"].as_array())
        .unwrap()
        .clone();
    all.iter()
        .filter(|call| call["reading"] == false && call["service"] != "logs")
        .map(|call| call["operation"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn backups_are_taken_and_listed() {
    let desk = chat();
    let (first, second) = (backup(&desk), {
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        backup(&desk)
    });
    assert_ne!(first, second, "no two have the same name");
    let listed = good(desk.deploy(&["db", "backups", "--output", "json"]));
    let listed: Value = serde_json::from_str(&listed.out).unwrap();
    let kinds: Vec<&str> = listed["backups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["manual", "manual", "automated"]);
    assert_eq!(listed["backups"][0]["version"], "16.12");
    good(desk.deploy(&["db", "backup", "--name", "by-hand"]));
    let taken = desk.deploy(&["db", "backup", "--name", "bad--name"]);
    assert_eq!(taken.code, 1, "{}", taken.err);
    let status = good(desk.deploy(&["db"]));
    for said in [
        "available",
        "PostgreSQL 16.12",
        "by-hand",
        "to any moment from",
        "pending changes       none",
    ] {
        assert!(status.out.contains(said), "`{said}` in {}", status.out);
    }
    steady(&desk);
}

#[test]
fn a_restore_keeps_the_address_and_leaves_the_old_instance_beside() {
    let desk = chat();
    let name = backup(&desk);
    let before = instance(&desk, "chat");
    let restored = good(desk.deploy(&["db", "restore", "--snapshot", &name, "--yes"]));
    let after = instance(&desk, "chat");
    assert_ne!(
        after["DbiResourceId"], before["DbiResourceId"],
        "it is another instance"
    );
    for same in [
        "Endpoint",
        "DBInstanceClass",
        "MultiAZ",
        "BackupRetentionPeriod",
        "PreferredMaintenanceWindow",
        "DeletionProtection",
        "EnabledCloudwatchLogsExports",
        "PerformanceInsightsEnabled",
        "StorageEncrypted",
        "VpcSecurityGroups",
        "DBParameterGroups",
    ] {
        assert_eq!(after[same], before[same], "{same}");
    }
    let names = instances(&desk);
    let old = names
        .iter()
        .find(|name| name.starts_with("chat-before-"))
        .unwrap();
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(
        instance(&desk, old)["DbiResourceId"],
        before["DbiResourceId"]
    );
    // The command leads to where the instance is, and nowhere else.
    let delete = format!("`ajuda deploy db cleanup --sandbox {old}`");
    assert!(restored.err.contains(&delete), "{}", restored.err);
    assert!(
        !instance(&desk, old)["TagList"]
            .to_string()
            .contains("ajuda:stack"),
        "it is nobody's"
    );
    steady(&desk);
    let groups = desk.sandbox.inventory()["logs"]["groups"].clone();
    let strays: Vec<&String> = groups
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| name.contains("-restored/") || name.contains("-before-"))
        .collect();
    assert_eq!(strays, [""; 0], "no log group of a name that was not kept");
    let status = good(desk.deploy(&["db"]));
    assert!(
        status.out.contains(&format!("from snapshot {name}")),
        "{}",
        status.out
    );
    // Nobody touches the old one any more.
    good(desk.deploy(&["up", "--yes"]));
    assert!(instances(&desk).contains(old));

    let words = ["db", "restore", "--to-time", "latest", "--yes"];
    let again = good(desk.deploy(&[&words[..], &["--output", "json"]].concat()));
    assert_eq!(instances(&desk).len(), 3);
    steady(&desk);
    is_a_whole_restore(&goes_as_planned(&again.out));
}

/// What an operator agreed to is what happens, stage by stage, so that how far it is can be counted. Answers the plan.
fn goes_as_planned(out: &str) -> Value {
    let events = out.lines().map(serde_json::from_str);
    let events: Vec<Value> = events.collect::<Result<_, _>>().unwrap();
    let plan = events.iter().find(|one| one["event"] == "plan").unwrap();
    let path = plan["duration"]["path"].as_array().unwrap().iter();
    let started = events.iter().filter(|one| one["event"] == "started");
    let mut started = started.map(|one| &one["address"]);
    for leg in path {
        let address = &leg["address"];
        assert!(started.any(|one| one == address), "{address} in {out}");
    }
    plan.clone()
}

/// Everything that a restore to the latest moment does, from its beginning.
fn is_a_whole_restore(plan: &Value) {
    let [staged] = plan["staged"].as_array().unwrap().as_slice() else {
        panic!("one database goes back: {plan:#}")
    };
    assert_eq!(
        (&staged["database"], &staged["backup"]),
        (&json!("chat"), &json!("the last moment of its backups"))
    );
    let actions = staged["stages"].as_array().unwrap().iter();
    let actions: Vec<&str> = actions.map(|one| one["do"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        [
            "suspend",
            "stop-service",
            "reach-backups",
            "restore-beside",
            "check-restored",
            "swap-names",
            "start-service"
        ]
    );
}

/// What was acknowledged a moment before the standstill is in the last backup only after the next upload.
#[test]
fn the_latest_moment_is_not_before_the_last_write() {
    let desk = chat();
    desk.sandbox.control("DELETE", "requests", None);
    let rule = json!({ "operation": "RestoreDBInstanceToPointInTime", "calls": 6 });
    desk.sandbox.lag(json!({ "rules": [rule] }));
    let words = [
        "db",
        "restore",
        "--to-time",
        "latest",
        "--yes",
        "--output",
        "json",
    ];
    let said = good(desk.deploy(&words));
    let told = format!("{}{}", said.out, said.err);
    assert!(told.contains("its backups reach"), "{told}");
    let requests = desk.sandbox.control("GET", "requests", None);
    let all = requests
        .as_array()
        .or_else(|| requests["requests"].as_array());
    let calls: Vec<&str> = all
        .unwrap()
        .iter()
        .map(|call| call["operation"].as_str().unwrap())
        .collect();
    let at = |name: &str| calls.iter().position(|call| *call == name).unwrap();
    let (stopped, restored) = (at("UpdateService"), at("RestoreDBInstanceToPointInTime"));
    let looks = calls[stopped..restored]
        .iter()
        .filter(|call| **call == "DescribeDBInstances");
    // However fast either side is: an upload that ends after the standstill may have begun before it, and
    // only the next one reaches what was written last.
    assert!(
        looks.count() > 6,
        "until the upload that began after the standstill: {calls:?}"
    );
    steady(&desk);
}

/// Extended support costs, and a restore takes it unless it is told otherwise; and the endpoint is that
/// of the former name for some looks after a rename.
#[test]
fn a_restored_instance_is_what_it_was_from_the_first_call() {
    let desk = chat();
    let name = backup(&desk);
    desk.sandbox.control("DELETE", "requests", None);
    let rule = json!({ "operation": "DescribeDBInstances", "code": "endpoint", "calls": 3 });
    desk.sandbox.lag(json!({ "rules": [rule] }));
    let revisions = |desk: &Desk| desk.sandbox.ecs()["task-definitions"].clone();
    let before = revisions(&desk);
    let words = ["db", "restore", "--snapshot", &name, "--yes"];
    let rule = json!({ "rules": [{
        "service": "ecs", "operation": "RunTask", "times": 1,
        "http": 400, "code": "InvalidParameterException", "message": "not today",
    }]});
    desk.sandbox.control("POST", "faults", Some(rule));
    assert_ne!(desk.deploy(&words).code, 0);
    let support = |name: &str| instance(&desk, name)["EngineLifecycleSupport"].clone();
    assert_eq!(
        support("chat-restored"),
        "open-source-rds-extended-support-disabled"
    );
    good(desk.deploy(&words));
    assert_eq!(support("chat"), "open-source-rds-extended-support-disabled");
    assert_eq!(
        revisions(&desk),
        before,
        "nothing was written from a stale endpoint"
    );
    steady(&desk);
}

/// An interrupted restore has started the application again, on the old data. Whoever goes on with it and
/// may not read the services would change the names under tasks that write.
#[test]
fn services_that_cannot_be_read_are_not_taken_for_stopped() {
    let desk = chat();
    let name = backup(&desk);
    let words = ["db", "restore", "--snapshot", &name, "--yes"];
    let faults = |rule: Value| {
        let rules = json!({ "rules": [rule] });
        desk.sandbox.control("POST", "faults", Some(rules));
    };
    faults(json!({
        "service": "ecs", "operation": "RunTask", "times": 1,
        "http": 400, "code": "InvalidParameterException", "message": "not today",
    }));
    assert_ne!(desk.deploy(&words).code, 0);
    faults(json!({
        "service": "ecs", "operation": "DescribeServices", "times": 100,
        "http": 400, "code": "AccessDeniedException", "message": "not authorized to perform ecs:DescribeServices",
    }));
    desk.sandbox.control("DELETE", "requests", None);
    let refused = desk.deploy(&words);
    assert_eq!(refused.code, 6, "{}{}", refused.out, refused.err);
    assert!(
        refused.err.contains("ecs:DescribeServices"),
        "{}",
        refused.err
    );
    assert_eq!(mutating(&desk), [""; 0], "nothing was changed");
    desk.sandbox.control("DELETE", "faults", None);
    good(desk.deploy(&words));
    steady(&desk);
}

#[test]
fn the_application_stands_still_meanwhile() {
    let desk = chat();
    let name = backup(&desk);
    desk.sandbox.control("DELETE", "requests", None);
    good(desk.deploy(&["db", "restore", "--snapshot", &name, "--yes"]));
    let calls = mutating(&desk);
    let at = |name: &str| {
        calls
            .iter()
            .position(|call| call == name)
            .unwrap_or_else(|| panic!("{name} in {calls:?}"))
    };
    let last = |name: &str| calls.iter().rposition(|call| call == name).unwrap();
    assert!(
        at("RegisterScalableTarget") < at("UpdateService"),
        "{calls:?}"
    );
    assert!(
        at("UpdateService") < at("RestoreDBInstanceFromDBSnapshot"),
        "{calls:?}"
    );
    assert!(
        at("RunTask") < last("ModifyDBInstance"),
        "checked before the names change: {calls:?}"
    );
    assert!(
        last("ModifyDBInstance") < last("UpdateService"),
        "{calls:?}"
    );
    let scaled = desk.sandbox.inventory().to_string();
    assert!(
        !scaled.contains("\"DynamicScalingInSuspended\":true"),
        "scaling goes on"
    );
}

#[test]
fn what_cannot_be_restored_is_refused_and_nothing_stops() {
    let desk = chat();
    desk.sandbox.control("DELETE", "requests", None);
    for (words, code, says) in [
        (
            &["--snapshot", "no-such-thing", "--yes"][..],
            1,
            "there is no snapshot",
        ),
        (
            &["--to-time", "2001-01-01T00:00:00Z", "--yes"],
            3,
            "can be restored to moments from",
        ),
        (
            &["--to-time", "yesterday", "--yes"],
            1,
            "2026-11-23T01:30:00Z",
        ),
        (&["--yes"], 1, "--snapshot"),
        (
            &["--snapshot", "a", "--to-time", "latest"],
            1,
            "cannot be used with",
        ),
        (&["--to-time", "latest"], 3, "pass --yes"),
    ] {
        let mut all = vec!["db", "restore"];
        all.extend(words);
        let ended = desk.deploy(&all);
        assert_eq!(ended.code, code, "{words:?}: {}", ended.err);
        assert!(
            ended.err.contains(says),
            "{words:?}: `{says}` in {}",
            ended.err
        );
    }
    assert_eq!(mutating(&desk), [""; 0]);
    steady(&desk);
}

/// Killed before and after each of its calls; the same command again always ends with one database.
#[test]
fn a_killed_restore_is_gone_on_with() {
    let desk = chat();
    let name = backup(&desk);
    let points = [
        ("UpdateService", 1, "kill-after"),
        ("RestoreDBInstanceFromDBSnapshot", 1, "kill-before"),
        ("RestoreDBInstanceFromDBSnapshot", 1, "kill-after"),
        ("RunTask", 1, "kill-after"),
        ("ModifyDBInstance", 2, "kill-before"),
        ("ModifyDBInstance", 2, "kill-after"),
        ("ModifyDBInstance", 3, "kill-after"),
        ("RemoveTagsFromResource", 1, "kill-after"),
        ("AddTagsToResource", 3, "kill-after"),
        ("UpdateService", 2, "kill-after"),
    ];
    for (round, (operation, nth, action)) in points.into_iter().enumerate() {
        let before = instance(&desk, "chat")["DbiResourceId"].clone();
        let mut command = desk.command();
        // From the second round on it was restored from this very snapshot before.
        command.args([
            "deploy",
            "db",
            "restore",
            "--snapshot",
            &name,
            "--again",
            "--yes",
            "--sandbox",
        ]);
        let rule = json!({ "operation": operation, "nth": nth, "action": action });
        killed(&desk.sandbox, &command, rule);
        // Whatever stands there, `up` neither makes an empty database nor takes one away.
        let data = instances(&desk);
        let up = desk.deploy(&["up", "--yes"]);
        assert!(
            [0, 3, 6].contains(&up.code),
            "{operation} {nth}: {}",
            up.err
        );
        assert_eq!(instances(&desk), data, "{operation} {nth}");
        let words = ["db", "restore", "--snapshot", &name, "--again", "--yes"];
        let again = desk.deploy(&[&words[..], &["--output", "json"]].concat());
        assert_eq!(again.code, 0, "{operation} {nth} {action}: {}", again.err);
        // Nothing is promised that was done before, and nothing counted.
        goes_as_planned(&again.out);
        steady(&desk);
        let now = instance(&desk, "chat")["DbiResourceId"].clone();
        assert_ne!(now, before, "{operation} {nth}");
        assert!(
            !instances(&desk).contains(&"chat-restored".to_owned()),
            "{operation} {nth}"
        );
        assert!(
            instances(&desk).len() >= round + 2,
            "{operation} {nth}: every old one is kept"
        );
    }
}

/// Asked again for a renaming that it has carried out, RDS knows the former name no more.
#[test]
fn a_renaming_whose_reply_was_lost_is_seen_under_the_new_name() {
    let desk = chat();
    let name = backup(&desk);
    let before = instance(&desk, "chat")["DbiResourceId"].clone();
    // The first change makes the restored instance like the other; then both get their names.
    let rule = |nth| {
        json!({
            "operation": "ModifyDBInstance", "nth": nth, "carried_out": true, "times": 1, "action": "cut-after",
        })
    };
    let rules = json!({ "rules": [rule(2), rule(3)] });
    desk.sandbox.control("POST", "faults", Some(rules));
    good(desk.deploy(&["db", "restore", "--snapshot", &name, "--yes"]));
    let fired = desk.sandbox.control("DELETE", "faults", None);
    for index in [0, 1] {
        assert_eq!(fired["ended"][index]["fired"], 1, "{fired:#}");
    }
    assert_ne!(instance(&desk, "chat")["DbiResourceId"], before);
    assert_eq!(instances(&desk).len(), 2);
    steady(&desk);
}

/// Killed after its last call, or run once more: the same command has nothing to do.
#[test]
fn a_restore_that_was_finished_is_not_done_again() {
    let desk = chat();
    let name = backup(&desk);
    let words = ["db", "restore", "--snapshot", &name, "--yes"];
    good(desk.deploy(&words));
    let there = instances(&desk);
    desk.sandbox.control("DELETE", "requests", None);
    let same = good(desk.deploy(&words));
    assert!(same.err.contains("nothing to do"), "{}", same.err);
    assert_eq!(mutating(&desk), [""; 0]);
    assert_eq!(instances(&desk), there);
    let mut again = words.to_vec();
    again.push("--again");
    good(desk.deploy(&again));
    assert_eq!(instances(&desk).len(), there.len() + 1);
}

/// What cannot start again is not stopped.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_without_the_image_to_prepare_it_stops_nothing() {
    let own = "preset = \"open-webui\"\nimage = \"app\"\n";
    let desk = Desk::with(&CHAT.replace("preset = \"open-webui\"\n", own));
    good(desk.deploy(&["up", "--yes"]));
    let name = backup(&desk);
    let cloud = desk.sandbox.cloud("chat").await;
    let held = cloud.ecr.list_images().repository_name("app");
    let held = held.send().await.unwrap().image_ids.unwrap();
    let delete = cloud.ecr.batch_delete_image().repository_name("app");
    delete.set_image_ids(Some(held)).send().await.unwrap();
    desk.sandbox.control("DELETE", "requests", None);
    let refused = desk.deploy(&["db", "restore", "--snapshot", &name, "--yes"]);
    assert_eq!(refused.code, 3, "{}", refused.err);
    for said in [
        "is not in the registry any more",
        "task-definition/database-setup",
        "nothing was changed",
    ] {
        assert!(refused.err.contains(said), "`{said}` in {}", refused.err);
    }
    assert_eq!(mutating(&desk), [""; 0]);
}

#[test]
fn a_backup_is_taken_or_it_is_not_said() {
    let desk = chat();
    good(desk.deploy(&["db", "backup", "--name", "before-friday"]));
    desk.sandbox.control("DELETE", "requests", None);
    let again = desk.deploy(&["db", "backup", "--name", "before-friday"]);
    assert_eq!(again.code, 3, "{}{}", again.out, again.err);
    assert!(
        again
            .err
            .contains("there is a snapshot `before-friday` already, taken"),
        "{}",
        again.err
    );
    assert_eq!(again.out, "");
    assert_eq!(mutating(&desk), [""; 0]);
}

/// Open WebUI ends at its start on a column of another length, when its tasks are gone already.
#[test]
fn vectors_of_another_length_are_refused_before_anything_stops() {
    let desk = chat();
    let with = |model: &str| desk.write(&format!("{CHAT}[models]\nembedding = \"{model}\"\n"));
    with("amazon.titan-embed-text-v2:0");
    desk.sandbox.control("DELETE", "requests", None);
    let plan = good(desk.deploy(&["plan"]));
    let up = desk.deploy(&["up", "--yes"]);
    if plan.out.contains("PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH") {
        assert!(plan.out.contains("does not start with"), "{}", plan.out);
        assert_eq!(up.code, 3, "{}", up.err);
        assert!(up.err.contains("--new-vector-length"), "{}", up.err);
        assert_eq!(mutating(&desk), [""; 0]);
        good(desk.deploy(&["up", "--yes", "--new-vector-length"]));
    } else {
        panic!("another length was to be planned: {}", plan.out);
    }
}

#[test]
fn minor_versions_are_offered_and_taken() {
    let desk = chat();
    let shown = good(desk.deploy(&["db", "upgrade"]));
    for said in ["PostgreSQL 16.12", "16.13", "16.15"] {
        assert!(shown.out.contains(said), "`{said}` in {}", shown.out);
    }
    assert!(!shown.out.contains("17."), "{}", shown.out);
    assert!(
        good(desk.deploy(&["db", "upgrade", "--major"]))
            .out
            .contains("17.")
    );
    for (words, code, says) in [
        (&["--to", "16.99", "--yes"][..], 3, "it offers 16.13"),
        (&["--to", "16.11", "--yes"], 3, "it offers 16.13"),
        (
            &["--to", "17.9", "--major", "--yes"],
            3,
            "takes no database to another",
        ),
        (&["--to", "16.15"], 3, "pass --yes"),
        (&["--now"], 1, "--to"),
    ] {
        let mut all = vec!["db", "upgrade"];
        all.extend(words);
        let ended = desk.deploy(&all);
        assert_eq!(ended.code, code, "{words:?}: {}", ended.err);
        assert!(
            ended.err.contains(says),
            "{words:?}: `{says}` in {}",
            ended.err
        );
    }
    let waits = good(desk.deploy(&["db", "upgrade", "--to", "16.13", "--in-window", "--yes"]));
    assert!(waits.out.contains("version 16.12 → 16.13"), "{}", waits.out);
    assert_eq!(instance(&desk, "chat")["EngineVersion"], "16.12");
    assert!(
        good(desk.deploy(&["db", "backups"]))
            .out
            .contains("chat-before-16-13-")
    );
    good(desk.deploy(&["db", "upgrade", "--to", "16.15", "--now", "--yes"]));
    assert_eq!(instance(&desk, "chat")["EngineVersion"], "16.15");
    steady(&desk);

    // A newer PostgreSQL offers a newer pgvector, which does not come by itself.
    let told = good(desk.deploy(&["db", "extensions", "--output", "json"]));
    let last: Value = serde_json::from_str(told.out.lines().last().unwrap()).unwrap();
    let vector = |document: &Value| document["extensions"]["extensions"][1].clone();
    assert_eq!(
        vector(&last),
        json!({ "name": "vector", "installed": "0.8.1", "available": "0.8.2" })
    );
    assert_eq!(desk.deploy(&["db", "extensions", "--upgrade"]).code, 3);
    let brought = good(desk.deploy(&["db", "extensions", "--upgrade", "--yes"]));
    assert!(
        brought.out.contains("0.8.2, the newest here"),
        "{}",
        brought.out
    );
}

#[test]
fn a_database_has_the_extensions_of_the_file_and_no_other() {
    let desk = Desk::deployed_copy("examples/any-web-app.toml");
    let told = good(desk.deploy(&["db", "extensions"]));
    assert!(!told.out.contains("vector"), "{}", told.out);
    let refused = desk.deploy(&["db", "extensions", "--upgrade", "--yes"]);
    assert_eq!(refused.code, 3, "{}", refused.err);
    assert!(
        refused.err.contains("`extensions = [\"pg_trgm\"]`"),
        "{}",
        refused.err
    );

    let file = desk.text();
    let more = file.replace("[database]\n", "[database]\nextensions = [\"pg_trgm\"]\n");
    assert_ne!(more, file);
    desk.write(&more);
    good(desk.deploy(&["up", "--yes"]));
    let told = good(desk.deploy(&["db", "extensions"]));
    assert!(told.out.contains("pg_trgm"), "{}", told.out);
    steady(&desk);
}

#[test]
fn a_stack_without_a_database_says_so() {
    let desk = Desk::with(
        "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\n[service.web]\nimage = \"ghcr.io/example/web:1.0\"\nport = 8080\npublic = true\n",
    );
    for words in [
        &["db"][..],
        &["db", "backups"],
        &["db", "backup"],
        &["db", "extensions"],
        &["db", "upgrade"],
        &["db", "restore", "--to-time", "latest"],
    ] {
        let ended = desk.deploy(words);
        assert_eq!(ended.code, 1, "{words:?}");
        assert!(
            ended.err.contains("has no database"),
            "{words:?}: {}",
            ended.err
        );
    }
    let desk = Desk::with(CHAT);
    let absent = desk.deploy(&["db"]);
    assert_eq!(absent.code, 1);
    assert!(absent.err.contains("deploy up"), "{}", absent.err);
}
