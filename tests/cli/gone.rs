//! Data that is gone although the rest of the stack is there: never made anew and empty in silence.

use serde_json::Value;

use crate::binary::{Desk, Ended};

const SHOP: &str = r#"
[stack]
name = "shop"
region = "us-east-1"

[load_balancer]
deletion_protection = false
plain_http = true

[sign_in]
first_user_is_admin = true

[redis]

[storage]

[database]
version = "16.12"
auto_minor_version = false
deletion_protection = false
storage_gb = 100

[service.open-webui]
preset = "open-webui"

[service.bedrock-gateway]
preset = "bedrock-gateway"
"#;

fn shop() -> Desk {
    Desk::deployed(SHOP)
}

fn good(ended: Ended) -> Ended {
    assert_eq!(ended.code, 0, "{}\n{}", ended.out, ended.err);
    ended
}

fn steady(desk: &Desk) {
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}{}", plan.out, plan.err);
}

fn says(ended: &Ended, words: &[&str]) {
    // What is drawn is broken into lines.
    let text = format!("{}{}", ended.out, ended.err);
    let text: Vec<&str> = text.split_whitespace().collect();
    let text = text.join(" ");
    for word in words {
        assert!(text.contains(word), "`{word}` in {text}");
    }
}

fn instances(desk: &Desk) -> Value {
    desk.sandbox.inventory()["rds"]["instances"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_is_restored_from_its_newest_snapshot() {
    let desk = shop();
    let cloud = desk.sandbox.cloud("shop").await;
    let before = instances(&desk)["shop"].clone();
    let delete = cloud
        .rds
        .delete_db_instance()
        .db_instance_identifier("shop");
    let delete = delete.final_db_snapshot_identifier("oops");
    delete.send().await.unwrap();
    let plan = good(desk.deploy(&["plan"]));
    says(
        &plan,
        &[
            "was there and is gone",
            "newest snapshot `oops`",
            "--empty db-instance/main",
        ],
    );
    let revisions = |desk: &Desk| desk.sandbox.ecs()["task-definitions"].clone();
    let held = revisions(&desk);
    good(desk.deploy(&["up", "--yes"]));
    steady(&desk);
    assert_eq!(
        revisions(&desk),
        held,
        "the address is the same: nothing runs anew"
    );
    let after = instances(&desk)["shop"].clone();
    for same in [
        "Endpoint",
        "DBInstanceClass",
        "MultiAZ",
        "AllocatedStorage",
        "BackupRetentionPeriod",
        "DeletionProtection",
        "EnabledCloudwatchLogsExports",
        "PerformanceInsightsEnabled",
        "EngineLifecycleSupport",
        "VpcSecurityGroups",
        "DBParameterGroups",
    ] {
        assert_eq!(after[same], before[same], "{same}");
    }
    let tags = after["TagList"].to_string();
    assert!(tags.contains("snapshot oops"), "{tags}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_empty_takes_the_place_of_data_unless_it_is_named() {
    let desk = shop();
    let cloud = desk.sandbox.cloud("shop").await;
    let delete = cloud
        .rds
        .delete_db_instance()
        .db_instance_identifier("shop");
    delete.skip_final_snapshot(true).send().await.unwrap();
    let buckets = desk.sandbox.inventory()["s3"]["buckets"].clone();
    let bucket = buckets
        .as_object()
        .unwrap()
        .keys()
        .find(|name| name.contains("uploads"));
    let bucket = bucket.unwrap();
    cloud
        .s3
        .delete_bucket()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    let secret = cloud.secrets.delete_secret().secret_id("shop/app-key");
    secret
        .force_delete_without_recovery(true)
        .send()
        .await
        .unwrap();
    let recoverable = cloud.secrets.delete_secret().secret_id("shop/gateway-key");
    recoverable.recovery_window_in_days(7).send().await.unwrap();
    let plan = good(desk.deploy(&["plan"]));
    says(
        &plan,
        &[
            "was there and is gone: it will be empty, and there is no snapshot of it",
            "was there and is gone: it gets a new value",
            "it is called back with its value",
        ],
    );
    let refused = desk.deploy(&["up", "--yes"]);
    assert_eq!(refused.code, 3, "{}", refused.err);
    says(
        &refused,
        &[
            "nothing was changed",
            "--empty bucket/uploads --empty db-instance/main --empty secret/app-key",
        ],
    );
    assert!(instances(&desk).get("shop").is_none());
    let wrong = desk.deploy(&["up", "--yes", "--empty", "log-group/open-webui"]);
    assert_eq!(wrong.code, 1, "{}", wrong.err);
    let named = ["bucket/uploads", "db-instance/main", "secret/app-key"];
    let mut words = vec!["up", "--yes"];
    words.extend(named.iter().flat_map(|one| ["--empty", one]));
    good(desk.deploy(&words));
    steady(&desk);
    assert_eq!(instances(&desk)["shop"]["DBInstanceStatus"], "available");
}

/// What is new in the file, and what a first `up` has not come to, was never there.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_new_is_not_taken_for_gone() {
    let desk = Desk::with(&SHOP.replace("[storage]\n", ""));
    let rule = serde_json::json!({ "rules": [{
        "service": "rds", "operation": "CreateDBInstance", "times": 1,
        "http": 400, "code": "StorageQuotaExceeded", "message": "too much",
    }]});
    desk.sandbox.control("POST", "faults", Some(rule));
    assert_ne!(desk.deploy(&["up", "--yes"]).code, 0);
    good(desk.deploy(&["up", "--yes"]));
    desk.write(SHOP);
    let plan = desk.deploy(&["plan"]);
    assert!(!plan.out.contains("was there"), "{}", plan.out);
    good(desk.deploy(&["up", "--yes"]));
    steady(&desk);
}

#[test]
fn a_size_that_rds_would_refuse_is_told_before() {
    let desk = shop();
    let more = |from: &str, to: &str| desk.write(&SHOP.replace(from, to));
    for (size, why) in [
        ("storage_gb = 105", "write 110 or more"),
        ("storage_gb = 200\nmax_storage_gb = 220\n# ", ""),
    ] {
        more("storage_gb = 100", size);
        let plan = good(desk.deploy(&["plan"]));
        let up = desk.deploy(&["up", "--yes"]);
        if why.is_empty() {
            good(up);
            continue;
        }
        says(&plan, &["is refused by AWS", why]);
        assert_eq!(up.code, 3, "{}", up.err);
        says(
            &up,
            &["a part of this is known to fail; nothing was changed", why],
        );
    }
    // It has grown to 200 GB by itself, as far as this file knows.
    more("storage_gb = 100", "storage_gb = 100\nmax_storage_gb = 210");
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 3, "{}", up.err);
    says(&up, &["which it has grown to: write 220 or more"]);
    more("storage_gb = 100", "storage_gb = 150");
    says(
        &good(desk.deploy(&["plan"])),
        &["`storage_gb = 150` is less than the 200 GB that it has, and RDS never shrinks storage"],
    );
}
