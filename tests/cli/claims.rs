//! What somebody who may write tags can make of them, and nothing else: their objects are not ours,
//! are not changed and do not go, and ours do not lose what the file says of them.

use std::collections::HashMap;

use ajuda::aws::Cloud;
use aws_sdk_iam::types as iam;
use serde_json::{Value, json};

use crate::binary::Desk;

/// Deployed once, with everything that ajuda notes on what it makes.
fn up(desk: &Desk) {
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{up:?}");
}

async fn tags_of_role(cloud: &Cloud, role: &str) -> HashMap<String, String> {
    let answer = cloud.iam.list_role_tags().role_name(role).send().await;
    let tags = answer.unwrap().tags;
    tags.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

/// The tags of an object of ours, for another address: everything that a tag holder can forge.
fn forged(of_ours: &HashMap<String, String>, address: &str) -> HashMap<String, String> {
    assert!(of_ours.contains_key("ajuda:applied"), "{of_ours:?}");
    let mut tags = of_ours.clone();
    tags.insert("ajuda:address".to_owned(), address.to_owned());
    tags
}

/// A role of another team, with a trust and a policy of its own.
async fn their_role(cloud: &Cloud, name: &str) {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:AssumeRole",
    }] });
    let role = cloud.iam.create_role().role_name(name);
    let role = role.assume_role_policy_document(trust.to_string());
    role.send().await.unwrap();
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "dynamodb:*", "Resource": "*",
    }] });
    let put = cloud.iam.put_role_policy().role_name(name);
    let put = put
        .policy_name("theirs")
        .policy_document(policy.to_string());
    put.send().await.unwrap();
}

async fn tag_role(cloud: &Cloud, name: &str, tags: &HashMap<String, String>) {
    let tags = tags.iter().map(|(key, value)| {
        let tag = iam::Tag::builder().key(key).value(value);
        tag.build().unwrap()
    });
    let tag = cloud.iam.tag_role().role_name(name);
    tag.set_tags(Some(tags.collect())).send().await.unwrap();
}

fn plan_of(desk: &Desk) -> Value {
    let plan = desk.deploy(&["plan", "--detailed-exitcode", "--output", "json"]);
    assert_eq!(plan.code, 0, "nothing is pending: {plan:?}");
    serde_json::from_str(&plan.out).unwrap()
}

/// `address because`, a line each.
fn unverified(plan: &Value) -> Vec<String> {
    let all = plan["unverified"].as_array().unwrap().iter();
    let mut all: Vec<String> = all
        .map(|one| format!("{} {}", one["address"], one["because"]).replace('"', ""))
        .collect();
    all.sort();
    all
}

const WORKER: &str = "jobs-worker-task-us-east-1";

#[tokio::test]
async fn tagged_roles_addresses_and_log_groups_of_others_stay() {
    let desk = Desk::copy("examples/private-worker.toml");
    up(&desk);
    let cloud = desk.sandbox.cloud("another-team").await;
    let of_ours = tags_of_role(&cloud, WORKER).await;
    their_role(&cloud, "billing").await;
    tag_role(&cloud, "billing", &forged(&of_ours, "role/billing-task")).await;
    let addresses = cloud.ec2.describe_addresses().send().await.unwrap();
    let of_address = addresses.addresses()[0].tags().iter();
    let of_address = of_address
        .map(|tag| {
            (
                tag.key().unwrap().to_owned(),
                tag.value().unwrap().to_owned(),
            )
        })
        .collect();
    let mut address_tags = forged(&of_address, "elastic-ip/billing");
    address_tags.insert("Name".to_owned(), "jobs-billing".to_owned());
    let address = cloud.ec2.allocate_address().send().await.unwrap();
    let address = address.allocation_id.unwrap();
    let tags = address_tags.iter().map(|(key, value)| {
        let tag = aws_sdk_ec2::types::Tag::builder();
        tag.key(key).value(value).build()
    });
    let tag = cloud.ec2.create_tags().resources(&address);
    tag.set_tags(Some(tags.collect())).send().await.unwrap();
    let ours = cloud.place.arn("logs", "log-group:/ecs/jobs/worker");
    let ours = cloud.logs.list_tags_for_resource().resource_arn(ours);
    let of_group = ours.send().await.unwrap().tags.unwrap();
    let group = cloud.logs.create_log_group().log_group_name("/billing/app");
    let tags = forged(&of_group, "log-group/billing");
    group.set_tags(Some(tags)).send().await.unwrap();

    let before = desk.sandbox.inventory();
    let said = [
        "elastic-ip/billing place",
        "log-group/billing name",
        "role/billing-task name",
    ];
    assert_eq!(unverified(&plan_of(&desk)), said);
    let shown = desk.deploy(&["plan"]);
    for line in [
        "not deleted role/billing-task: `billing` has another name than ajuda gives at this address",
        "`--prune ADDRESS` deletes it",
        "3 not deleted",
    ] {
        assert!(shown.out.contains(line), "{line}: {}", shown.out);
    }
    let status = desk.deploy(&["status", "--output", "json"]);
    let status: Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!(status["pending"]["unverified"], 3, "{status}");
    up(&desk);
    assert!(
        before == desk.sandbox.inventory(),
        "nothing of theirs changed"
    );

    // Only what is named goes, and a mistyped address does not pass for one that does nothing.
    let wrong = desk.deploy(&["up", "--yes", "--prune", "role/billing"]);
    assert_eq!(wrong.code, 1, "{wrong:?}");
    assert!(
        wrong.err.contains("--prune names `role/billing`"),
        "{}",
        wrong.err
    );
    let pruned = desk.deploy(&["up", "--yes", "--prune", "role/billing-task"]);
    assert_eq!(pruned.code, 0, "{pruned:?}");
    assert_eq!(unverified(&plan_of(&desk)), said[..2]);
    let destroyed = desk.deploy(&["destroy", "--yes", "--delete-all-data"]);
    assert_eq!(destroyed.code, 0, "{destroyed:?}");
    assert!(destroyed.err.contains("not deleted"), "{}", destroyed.err);
    let after = desk.sandbox.inventory();
    assert!(after["iam"]["roles"]["billing"].is_null());
    assert!(!after["logs"]["groups"]["/billing/app"].is_null());
    let addresses = cloud.ec2.describe_addresses().send().await.unwrap();
    assert_eq!(
        addresses.addresses()[0].allocation_id(),
        Some(address.as_str())
    );
}

#[tokio::test]
async fn another_teams_role_never_becomes_ours() {
    let desk = Desk::copy("examples/private-worker.toml");
    desk.deploy(&["plan"]);
    let cloud = desk.sandbox.cloud("another-team").await;
    their_role(&cloud, "billing").await;
    let tags = [
        ("ajuda:stack", "jobs"),
        ("ajuda:region", "us-east-1"),
        ("ajuda:address", "role/worker-task"),
    ];
    let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned()));
    tag_role(&cloud, "billing", &tags.into()).await;
    let before = desk.sandbox.inventory()["iam"]["roles"].clone();
    let refused = desk.deploy(&["up", "--yes"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(
        refused
            .err
            .contains("role/worker-task: `billing` carries the stack's tags"),
        "{}",
        refused.err
    );
    assert!(refused.err.contains("under [adopt]"), "{}", refused.err);
    let flag = desk.deploy(&["up", "--yes", "--adopt", "role/worker-task"]);
    assert_eq!(
        flag.code, 3,
        "a flag does not say which role it is: {flag:?}"
    );
    assert_eq!(before, desk.sandbox.inventory()["iam"]["roles"]);

    // Beside the one that has the name, it is left alone.
    let untag = cloud.iam.untag_role().role_name("billing");
    untag.tag_keys("ajuda:stack").send().await.unwrap();
    up(&desk);
    let of_ours = tags_of_role(&cloud, WORKER).await;
    tag_role(&cloud, "billing", &forged(&of_ours, "role/worker-task")).await;
    let theirs = desk.sandbox.inventory()["iam"]["roles"]["billing"].clone();
    assert_eq!(unverified(&plan_of(&desk)), ["role/worker-task name"]);
    up(&desk);
    let destroyed = desk.deploy(&["destroy", "--yes", "--delete-all-data"]);
    assert_eq!(destroyed.code, 0, "{destroyed:?}");
    let roles = desk.sandbox.inventory()["iam"]["roles"].clone();
    assert_eq!(roles, json!({ "billing": theirs }));
}

const DISPOSABLE: &str = "[stack]\nname = \"chat\"\nregion = \"us-east-1\"\ndisposable = true\n\
    [database]\nmulti_az = false\n[service.web]\nimage = \"ghcr.io/example/web:1.0\"\nport = 8080\n\
    secrets = { KEY = { generate = 32 } }\n";

/// A protected database of another team, which says that it is ours and may go.
async fn their_database(cloud: &Cloud) {
    let tag = |(key, value): (&str, &str)| {
        let tag = aws_sdk_rds::types::Tag::builder();
        tag.key(key).value(value).build()
    };
    let tags = [
        ("ajuda:stack", "chat"),
        ("ajuda:region", "us-east-1"),
        ("ajuda:address", "db-instance/main"),
        ("ajuda:disposable", "yes"),
        ("ajuda:final-snapshot", "no"),
    ];
    let make = cloud.rds.create_db_instance();
    make.db_instance_identifier("billing")
        .db_instance_class("db.r7g.large")
        .engine("postgres")
        .allocated_storage(200)
        .master_username("postgres")
        .master_user_password("typed-by-hand-1")
        .deletion_protection(true)
        .set_tags(Some(tags.map(tag).to_vec()))
        .send()
        .await
        .unwrap();
}

fn databases(desk: &Desk) -> Vec<String> {
    let all = desk.sandbox.inventory()["rds"]["instances"].clone();
    all.as_object().unwrap().keys().cloned().collect()
}

#[tokio::test]
async fn another_teams_database_outlives_a_disposable_stack() {
    let desk = Desk::with(DISPOSABLE);
    desk.deploy(&["plan"]);
    let cloud = desk.sandbox.cloud("another-team").await;
    their_database(&cloud).await;
    let before = desk.sandbox.inventory()["rds"]["instances"]["billing"].clone();
    let nothing = desk.deploy(&["destroy", "--yes"]);
    assert_eq!(nothing.code, 0, "{nothing:?}");
    assert!(
        nothing
            .err
            .contains("not deleted db-instance/main: `billing`"),
        "{}",
        nothing.err
    );
    let refused = desk.deploy(&["up", "--yes"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    // Its address is named, and what is in it is not.
    for verb in ["up", "destroy"] {
        let refused = desk.deploy(&[verb, "--yes", "--prune", "db-instance/main"]);
        assert_eq!(refused.code, 3, "{refused:?}");
        assert!(refused.err.contains("--delete-data"), "{}", refused.err);
    }
    assert_eq!(
        desk.sandbox.inventory()["rds"]["instances"]["billing"],
        before
    );

    let untag = cloud.rds.remove_tags_from_resource();
    let arn = cloud.place.arn("rds", "db:billing");
    let untag = untag.resource_name(&arn).tag_keys("ajuda:stack");
    untag.send().await.unwrap();
    up(&desk);
    let tag = aws_sdk_rds::types::Tag::builder()
        .key("ajuda:stack")
        .value("chat");
    let again = cloud.rds.add_tags_to_resource().resource_name(&arn);
    again.tags(tag.build()).send().await.unwrap();
    assert_eq!(unverified(&plan_of(&desk)), ["db-instance/main name"]);
    let destroyed = desk.deploy(&["destroy", "--yes"]);
    assert_eq!(destroyed.code, 0, "{destroyed:?}");
    assert_eq!(databases(&desk), ["billing"], "ours went, theirs is there");
}

/// Where the stack's own is gone, tags do not make another one the database that is restored over.
#[tokio::test]
async fn another_teams_database_is_not_the_one_that_is_restored() {
    let desk = Desk::with(DISPOSABLE);
    up(&desk);
    let cloud = desk.sandbox.cloud("another-team").await;
    their_database(&cloud).await;
    let delete = cloud
        .rds
        .delete_db_instance()
        .db_instance_identifier("chat");
    delete.skip_final_snapshot(true).send().await.unwrap();
    let before = desk.sandbox.inventory()["rds"]["instances"]["billing"].clone();
    let line = "write `\"db-instance/main\" = \"billing\"` under [adopt]";
    for words in [
        &["db", "restore", "--to-time", "latest", "--yes"][..],
        &["db", "backup", "--name", "theirs"],
        &["db", "upgrade", "--to", "16.15", "--now", "--yes"],
    ] {
        let refused = desk.deploy(words);
        assert_eq!(refused.code, 3, "{words:?}: {refused:?}");
        assert!(refused.err.contains(line), "{words:?}: {}", refused.err);
    }
    let after = desk.sandbox.inventory()["rds"]["instances"]["billing"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn tags_take_nothing_from_what_the_file_protects() {
    let file = DISPOSABLE.replace("disposable = true\n", "");
    let desk = Desk::with(&file);
    up(&desk);
    let cloud = desk.sandbox.cloud("another-team").await;
    let arn = cloud.place.arn("rds", "db:chat");
    let forge = cloud.rds.add_tags_to_resource().resource_name(&arn);
    let tag = |key: &str, value: &str| {
        let tag = aws_sdk_rds::types::Tag::builder();
        tag.key(key).value(value).build()
    };
    forge
        .tags(tag("ajuda:disposable", "yes"))
        .tags(tag("ajuda:final-snapshot", "no"))
        .send()
        .await
        .unwrap();
    let secret = cloud.secrets.tag_resource().secret_id("chat/database-app");
    let days = aws_sdk_secretsmanager::types::Tag::builder().key("ajuda:recovery-days");
    secret.tags(days.value("0").build()).send().await.unwrap();

    // A tag that speaks of protection is a difference, and is put right.
    let shown = desk.deploy(&["plan"]);
    for line in [
        "disposable  true → false  (changed on AWS)",
        "final_snapshot  false → true  (changed on AWS)",
        "recovery_days  0 → 30  (changed on AWS)",
    ] {
        assert!(shown.out.contains(line), "{line}: {}", shown.out);
    }
    // And it decides nothing meanwhile.
    let refused = desk.deploy(&["destroy", "--yes"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    let destroyed = desk.deploy(&["destroy", "--yes", "--delete-all-data"]);
    assert_eq!(destroyed.code, 0, "{destroyed:?}");
    let after = desk.sandbox.inventory();
    let snapshots = after["rds"]["snapshots"].as_object().unwrap();
    assert_eq!(snapshots.len(), 1, "{snapshots:?}");
    let secrets = cloud.secrets.list_secrets().include_planned_deletion(true);
    let secrets = secrets.send().await.unwrap();
    let mut secrets = secrets.secret_list().iter();
    let app = secrets.find(|one| one.name() == Some("chat/database-app"));
    assert!(app.unwrap().deleted_date().is_some(), "it can be restored");
}

async fn value(cloud: &Cloud, name: &str) -> String {
    let get = cloud.secrets.get_secret_value().secret_id(name);
    get.send().await.unwrap().secret_string.unwrap()
}

const KEY: &str = "chat/web/KEY";

#[tokio::test]
async fn a_secret_made_beforehand_never_becomes_the_apps_key() {
    let desk = Desk::with(DISPOSABLE);
    desk.deploy(&["plan"]);
    let cloud = desk.sandbox.cloud("another-team").await;
    let tag = |(key, value): (&str, &str)| {
        let tag = aws_sdk_secretsmanager::types::Tag::builder();
        tag.key(key).value(value).build()
    };
    // Everything that a plan compares, so that it would find nothing to change.
    let tags = [
        ("ajuda:stack", "chat"),
        ("ajuda:region", "us-east-1"),
        ("ajuda:address", "secret/web/KEY"),
        ("ajuda:made", "generated"),
        ("ajuda:inputs", ""),
        ("ajuda:recovery-days", "0"),
        ("ajuda:disposable", "yes"),
    ];
    let make = cloud
        .secrets
        .create_secret()
        .name(KEY)
        .secret_string("known to them");
    let make = make
        .description("KEY of web")
        .set_tags(Some(tags.map(tag).to_vec()));
    make.send().await.unwrap();
    for deleted in [false, true] {
        if deleted {
            let delete = cloud.secrets.delete_secret().secret_id(KEY);
            delete.send().await.unwrap();
        }
        let refused = desk.deploy(&["up", "--yes"]);
        assert_eq!(refused.code, 3, "{refused:?}");
        let named = format!("secret/web/KEY: `{KEY}` carries the stack's tags");
        assert!(refused.err.contains(&named), "{}", refused.err);
        let flag = "`ajuda deploy up --sandbox --adopt secret/web/KEY` keeps it";
        assert!(refused.err.contains(flag), "{}", refused.err);
    }
    let all = desk.sandbox.inventory();
    assert_eq!(all["ecs"]["services"], json!({}), "nothing was changed");

    // On the operator's word it is taken over with its value, and stays.
    let adopted = desk.deploy(&["up", "--yes", "--adopt", "secret/web/KEY"]);
    assert_eq!(adopted.code, 0, "{adopted:?}");
    assert_eq!(value(&cloud, KEY).await, "known to them");
    plan_of(&desk);
    assert_eq!(desk.deploy(&["destroy", "--yes", "--keep-data"]).code, 0);
    up(&desk);
    assert_eq!(value(&cloud, KEY).await, "known to them");
}

#[tokio::test]
async fn a_value_of_ours_outlives_its_stack_and_what_others_put_in_stays_in_use() {
    let desk = Desk::with(&DISPOSABLE.replace("disposable = true\n", ""));
    up(&desk);
    let cloud = desk.sandbox.cloud("another-team").await;
    let made = value(&cloud, KEY).await;
    for words in [&["--keep-data"][..], &["--delete-all-data"]] {
        let destroy = [&["destroy", "--yes"][..], words].concat();
        let destroyed = desk.deploy(&destroy);
        assert_eq!(destroyed.code, 0, "{destroyed:?}");
        up(&desk);
        assert_eq!(value(&cloud, KEY).await, made, "{words:?}");
    }
    // A value from the console: the role that reads the secret shows that it is in use.
    let put = cloud.secrets.put_secret_value().secret_id(KEY);
    put.secret_string("from the console").send().await.unwrap();
    up(&desk);
    plan_of(&desk);
    assert_eq!(value(&cloud, KEY).await, "from the console");
}

#[test]
fn the_policy_against_forged_tags_is_one() {
    let text = include_str!("../../docs/scp-ownership-tags.json");
    assert!(
        text.len() < 5120,
        "AWS Organizations takes no more in a policy"
    );
    let policy: Value = serde_json::from_str(text).unwrap();
    for statement in policy["Statement"].as_array().unwrap() {
        assert_eq!(statement["Effect"], "Deny");
        let except = &statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"];
        assert!(
            except.is_array(),
            "the deployer is let through: {statement}"
        );
    }
    let keys = &policy["Statement"][0]["Condition"]["ForAnyValue:StringLike"]["aws:TagKeys"];
    assert_eq!(*keys, json!(["ajuda:*"]));
}
