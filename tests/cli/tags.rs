//! Tags of the file on every object: read from the service that has the object, however late the index of
//! the tagging API is, and taken off when they have left the file.

use std::collections::{BTreeMap, BTreeSet};

use ajuda::aws::Cloud;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use serde_json::{Value, json};

use crate::binary::{Desk, repository};

/// Every kind that can be declared, with these tags.
fn everything(tags: &str) -> Desk {
    let text = std::fs::read_to_string(repository("tests/faults/before.toml")).unwrap();
    let tags = format!("disposable = true\ntags = {{ {tags} }}");
    Desk::with(&text.replace("disposable = false", &tags))
}

fn up(desk: &Desk) {
    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{up:?}");
}

fn nothing_is_pending(desk: &Desk) {
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{plan:?}");
}

#[test]
fn what_the_index_of_tags_still_says_changes_and_deletes_nothing() {
    let desk = everything("team = \"platform\"");
    up(&desk);
    let late = json!({ "rules": [{ "operation": "GetResources", "calls": 100_000 }] });
    desk.sandbox.lag(late);
    // What it says is of before the change from here on.
    let text = desk.text().replace("\"platform\"", "\"search\"");
    desk.write(&text);
    up(&desk);
    nothing_is_pending(&desk);

    let text = text.replace("[service.web]", "[service.front]");
    desk.write(&format!(
        "{text}\n[moved]\n\"service/web\" = \"service/front\"\n"
    ));
    up(&desk);
    nothing_is_pending(&desk);
    desk.write(&text);
    nothing_is_pending(&desk);
    let before = desk.sandbox.inventory();
    up(&desk);
    assert!(before == desk.sandbox.inventory(), "nothing was touched");
    desk.sandbox.catch_up();
    nothing_is_pending(&desk);
}

/// The tags of every object of the stack that carries `key`, by ARN; roles, which the index does not know,
/// by name.
async fn carrying(cloud: &Cloud, key: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let filter = TagFilter::builder().key(key).build();
    let mut pages = (cloud.tagging.get_resources())
        .tag_filters(filter)
        .into_paginator()
        .items()
        .send();
    let mut all = BTreeMap::new();
    while let Some(found) = pages.next().await {
        let found = found.unwrap();
        let tags = found.tags().iter();
        let tags = tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
        all.insert(found.resource_arn().unwrap().to_owned(), tags.collect());
    }
    for role in cloud.iam.list_roles().send().await.unwrap().roles() {
        let name = role.role_name();
        let tags = cloud.iam.list_role_tags().role_name(name).send().await;
        let tags: BTreeMap<_, _> = (tags.unwrap().tags().iter())
            .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
            .collect();
        if tags.contains_key(key) {
            all.insert(name.to_owned(), tags);
        }
    }
    all
}

/// A tag in each service's own type.
mod tag_of {
    macro_rules! tags {
        ($($service:ident: $kind:ty $(, $built:ident)?;)*) => {
            $(pub fn $service(key: &str) -> $kind {
                let tag = <$kind>::builder().key(key).value("theirs").build();
                tag$(.$built())?
            })*
        };
    }
    tags! {
        acm: aws_sdk_acm::types::Tag, unwrap;
        cloudwatch: aws_sdk_cloudwatch::types::Tag;
        ec2: aws_sdk_ec2::types::Tag;
        ecr: aws_sdk_ecr::types::Tag, unwrap;
        ecs: aws_sdk_ecs::types::Tag;
        elasticache: aws_sdk_elasticache::types::Tag;
        elb: aws_sdk_elasticloadbalancingv2::types::Tag;
        iam: aws_sdk_iam::types::Tag, unwrap;
        rds: aws_sdk_rds::types::Tag;
        s3: aws_sdk_s3::types::Tag, unwrap;
        secrets: aws_sdk_secretsmanager::types::Tag;
        servicediscovery: aws_sdk_servicediscovery::types::Tag, unwrap;
        sns: aws_sdk_sns::types::Tag, unwrap;
        waf: aws_sdk_wafv2::types::Tag, unwrap;
    }
}

fn told<T, E: std::fmt::Debug>(sent: Result<T, E>) -> Result<(), String> {
    sent.map(drop).map_err(|error| format!("{error:?}"))
}

/// Somebody else puts a tag on an object, by its own service.
async fn tag_by_others(cloud: &Cloud, arn: &str, key: &str) {
    let of_ec2 = || arn.rsplit('/').next().unwrap();
    let done = match arn.split(':').nth(2) {
        None => {
            let tag = cloud.iam.tag_role().role_name(arn).tags(tag_of::iam(key));
            told(tag.send().await)
        }
        Some("acm") => {
            let tag = cloud.acm.add_tags_to_certificate().certificate_arn(arn);
            told(tag.tags(tag_of::acm(key)).send().await)
        }
        Some("application-autoscaling") => {
            let tag = cloud.autoscaling.tag_resource().resource_arn(arn);
            told(tag.tags(key, "theirs").send().await)
        }
        Some("cloudwatch") => {
            let tag = cloud.cloudwatch.tag_resource().resource_arn(arn);
            told(tag.tags(tag_of::cloudwatch(key)).send().await)
        }
        Some("ec2") => {
            let tag = cloud.ec2.create_tags().resources(of_ec2());
            told(tag.tags(tag_of::ec2(key)).send().await)
        }
        Some("ecr") => {
            let tag = cloud.ecr.tag_resource().resource_arn(arn);
            told(tag.tags(tag_of::ecr(key)).send().await)
        }
        Some("ecs") => {
            let tag = cloud.ecs.tag_resource().resource_arn(arn);
            told(tag.tags(tag_of::ecs(key)).send().await)
        }
        Some("elasticache") => {
            let tag = cloud.elasticache.add_tags_to_resource().resource_name(arn);
            told(tag.tags(tag_of::elasticache(key)).send().await)
        }
        Some("elasticloadbalancing") => {
            let tag = cloud.elb.add_tags().resource_arns(arn);
            told(tag.tags(tag_of::elb(key)).send().await)
        }
        Some("logs") => {
            let tag = cloud.logs.tag_resource().resource_arn(arn);
            told(tag.tags(key, "theirs").send().await)
        }
        Some("rds") => {
            let tag = cloud.rds.add_tags_to_resource().resource_name(arn);
            told(tag.tags(tag_of::rds(key)).send().await)
        }
        Some("s3") => {
            let name = arn.rsplit(':').next().unwrap();
            let there = cloud.s3.get_bucket_tagging().bucket(name).send().await;
            let mut all = there.unwrap().tag_set;
            all.push(tag_of::s3(key));
            let all = aws_sdk_s3::types::Tagging::builder().set_tag_set(Some(all));
            let tag = cloud.s3.put_bucket_tagging().bucket(name);
            told(tag.tagging(all.build().unwrap()).send().await)
        }
        Some("secretsmanager") => {
            let tag = cloud.secrets.tag_resource().secret_id(arn);
            told(tag.tags(tag_of::secrets(key)).send().await)
        }
        Some("servicediscovery") => {
            let tag = cloud.servicediscovery.tag_resource().resource_arn(arn);
            told(tag.tags(tag_of::servicediscovery(key)).send().await)
        }
        Some("sns") => {
            let tag = cloud.sns.tag_resource().resource_arn(arn);
            told(tag.tags(tag_of::sns(key)).send().await)
        }
        Some("wafv2") => {
            let tag = cloud.waf.tag_resource().resource_arn(arn);
            told(tag.tags(tag_of::waf(key)).send().await)
        }
        Some(other) => Err(format!("{other} is not known to this test")),
    };
    done.unwrap_or_else(|error| panic!("{arn}: {error}"));
}

/// Whether an object has the tags of an instance as they were when it was made (RDS API, `CopyTagsToSnapshot`).
fn is_snapshot(arn: &str) -> bool {
    arn.contains(":snapshot:")
}

/// Whether an object gets no tags but those of its service when it was made (ECS Developer Guide, "Tagging
/// your resources").
fn is_task(arn: &str) -> bool {
    arn.contains(":task/")
}

/// Of every kind that carries tags.
#[tokio::test]
async fn a_tag_that_has_left_the_file_leaves_every_object_and_those_of_others_stay() {
    let desk = everything("team = \"platform\", schedule = \"office-hours\"");
    up(&desk);
    let cloud = desk.sandbox.cloud("tiny").await;
    let all = carrying(&cloud, "schedule").await;
    let ours: BTreeSet<String> = all
        .into_keys()
        .filter(|arn| !is_snapshot(arn) && !is_task(arn))
        .collect();
    let kinds: BTreeSet<&str> = ours
        .iter()
        .filter_map(|arn| arn.split(':').nth(2))
        .collect();
    assert_eq!(kinds.len(), 15, "of every service but IAM: {kinds:?}");
    for arn in &ours {
        tag_by_others(&cloud, arn, "theirs").await;
    }
    nothing_is_pending(&desk);

    // One goes, one is written in other letters, one is new.
    let tags = "team = \"platform\", schedule = \"office-hours\"";
    let text = desk
        .text()
        .replace(tags, "Team = \"platform\", cost = \"7\"");
    desk.write(&text);
    let plan = desk.deploy(&["plan", "--detailed-exitcode", "--output", "json"]);
    assert_eq!(plan.code, 2, "{plan:?}");
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    let role = plan["actions"].as_array().unwrap().iter();
    let role = role.filter(|one| one["address"] == "role/web-task");
    let changes: Vec<&Value> = role
        .flat_map(|one| one["changes"].as_array().unwrap())
        .collect();
    let gone: Vec<&Value> = changes
        .iter()
        .filter(|change| change["after"].is_null())
        .map(|change| &change["path"])
        .collect();
    assert_eq!(gone, ["tags.schedule", "tags.team"], "{changes:#?}");
    up(&desk);
    nothing_is_pending(&desk);
    for key in ["schedule", "team"] {
        let left = carrying(&cloud, key).await;
        let left: Vec<&String> = left.keys().filter(|arn| !is_snapshot(arn)).collect();
        assert!(left.is_empty(), "{key}: {left:#?}");
    }
    for key in ["theirs", "Team", "cost"] {
        let kept: BTreeSet<String> = carrying(&cloud, key).await.into_keys().collect();
        let lost: Vec<&String> = ours.difference(&kept).collect();
        assert!(lost.is_empty(), "{key}: {lost:#?}");
    }

    // The last of them, and what was noted of it.
    desk.write(&text.replace("tags = { Team = \"platform\", cost = \"7\" }\n", ""));
    up(&desk);
    nothing_is_pending(&desk);
    for key in ["Team", "cost", "ajuda:tags"] {
        let left = carrying(&cloud, key).await;
        let left: Vec<&String> = left.keys().filter(|arn| !is_snapshot(arn)).collect();
        assert!(left.is_empty(), "{key}: {left:#?}");
    }
    let kept: BTreeSet<String> = carrying(&cloud, "theirs").await.into_keys().collect();
    assert_eq!(ours.difference(&kept).next(), None);
}

/// What others have of the same kinds is listed with ours, and asked nothing of.
#[tokio::test]
async fn objects_of_others_cost_a_plan_no_request() {
    let desk = Desk::copy("examples/sandbox.toml");
    up(&desk);
    let count = || {
        desk.sandbox.control("DELETE", "requests", None);
        nothing_is_pending(&desk);
        let requests = desk.sandbox.control("GET", "requests", None);
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for one in requests.as_array().unwrap() {
            let operation = format!("{}:{}", one["service"], one["operation"]);
            *counts.entry(operation).or_default() += 1;
        }
        counts
    };
    let before = count();
    let cloud = desk.sandbox.cloud("another-team").await;
    for number in 0..3 {
        let name = format!("theirs-{number}");
        let group = cloud.logs.create_log_group();
        let group = group.log_group_name(format!("/ecs/{name}"));
        group.send().await.unwrap();
        cloud.sns.create_topic().name(&name).send().await.unwrap();
        let repository = cloud.ecr.create_repository().repository_name(&name);
        repository.send().await.unwrap();
        let alarm = cloud.cloudwatch.put_metric_alarm().alarm_name(&name);
        let alarm = alarm.namespace("AWS/RDS").metric_name("CPUUtilization");
        alarm
            .statistic("Average".into())
            .period(60)
            .evaluation_periods(1)
            .threshold(1.0)
            .comparison_operator("GreaterThanThreshold".into())
            .send()
            .await
            .unwrap();
        let group = cloud.rds.create_db_parameter_group();
        let group = group.db_parameter_group_name(&name).description("theirs");
        let group = group.db_parameter_group_family("postgres16");
        group.send().await.unwrap();
    }
    assert_eq!(before, count());
}
