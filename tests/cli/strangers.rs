//! An account full of strangers with near-identical names and the tags of another stack: every verb
//! on a stack beside them leaves them as they are.

use ajuda::aws::{Cloud, STACK_TAG};
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use serde_json::{Value, json};

use crate::binary::{Desk, run};
use crate::inside::with_plugin;

/// Stacks that are not ours: one is named almost like it, one says nothing of itself.
const OTHERS: &[&str] = &["open-webui-2", "open-webu", "Open-WebUI", ""];

async fn settle(cloud: &Cloud) {
    let container = aws_sdk_ecs::types::ContainerDefinition::builder()
        .name("theirs")
        .image("public.ecr.aws/theirs:1")
        .build();
    let task = cloud
        .ecs
        .register_task_definition()
        .family("open-webui-theirs")
        .container_definitions(container);
    task.send().await.unwrap();
    for (index, other) in OTHERS.iter().enumerate() {
        let pairs: Vec<(&str, &str)> = if other.is_empty() {
            vec![("Name", "open-webui")]
        } else {
            vec![
                (STACK_TAG, other),
                ("ajuda:address", "vpc/main"),
                ("Name", "open-webui"),
            ]
        };
        let tags: Vec<Tag> = pairs
            .iter()
            .map(|(key, value)| Tag::builder().key(*key).value(*value).build())
            .collect();
        let of = |kind| {
            TagSpecification::builder()
                .resource_type(kind)
                .set_tags(Some(tags.clone()))
                .build()
        };
        for number in 0..10 {
            let range = format!("10.{}.0.0/16", index * 10 + number);
            let vpc = cloud
                .ec2
                .create_vpc()
                .cidr_block(range)
                .tag_specifications(of(ResourceType::Vpc));
            let vpc = vpc.send().await.unwrap().vpc.unwrap().vpc_id.unwrap();
            let group = cloud
                .ec2
                .create_security_group()
                .vpc_id(vpc)
                .group_name("open-webui-database");
            let group = group
                .description("the database")
                .tag_specifications(of(ResourceType::SecurityGroup));
            group.send().await.unwrap();
        }
        cloud
            .ec2
            .allocate_address()
            .tag_specifications(of(ResourceType::ElasticIp))
            .send()
            .await
            .unwrap();
        let cluster = format!("open-webui{index}-x");
        let made = cloud.ecs.create_cluster().cluster_name(&cluster);
        made.send().await.unwrap();
        for number in 0..10 {
            let name = format!("open-webui{index}-{number}");
            let trust = json!({ "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": { "Service": "ecs-tasks.amazonaws.com" }, "Action": "sts:AssumeRole",
            }] });
            let role_tags = pairs.iter().map(|(key, value)| {
                aws_sdk_iam::types::Tag::builder()
                    .key(*key)
                    .value(*value)
                    .build()
                    .unwrap()
            });
            let role = cloud
                .iam
                .create_role()
                .role_name(&name)
                .assume_role_policy_document(trust.to_string())
                .set_tags(Some(role_tags.collect()));
            role.send().await.unwrap();
            cloud.s3.create_bucket().bucket(&name).send().await.unwrap();
            let secret_tags = pairs.iter().map(|(key, value)| {
                aws_sdk_secretsmanager::types::Tag::builder()
                    .key(*key)
                    .value(*value)
                    .build()
            });
            let secret = cloud
                .secrets
                .create_secret()
                .name(format!("open-webui/app-key{index}-{number}"))
                .secret_string("theirs")
                .set_tags(Some(secret_tags.collect()));
            secret.send().await.unwrap();
            let service_tags = pairs.iter().map(|(key, value)| {
                aws_sdk_ecs::types::Tag::builder()
                    .key(*key)
                    .value(*value)
                    .build()
            });
            let service = cloud
                .ecs
                .create_service()
                .cluster(&cluster)
                .service_name(format!("open-webui-{number}"))
                .task_definition("open-webui-theirs")
                .desired_count(0)
                .set_tags(Some(service_tags.collect()));
            service.send().await.unwrap();
        }
        let name = cluster;
        cloud
            .ecr
            .create_repository()
            .repository_name(format!("ajuda-digital{index}"))
            .send()
            .await
            .unwrap();
        let group = cloud
            .logs
            .create_log_group()
            .log_group_name(format!("/ecs/open-webui/other{index}"));
        let log_tags = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        group
            .set_tags(Some(log_tags.collect()))
            .send()
            .await
            .unwrap();
        cloud.sns.create_topic().name(&name).send().await.unwrap();
    }
}

/// Deletes what restores and backups leave on purpose.
async fn tidy(cloud: &Cloud) {
    let instances = cloud.rds.describe_db_instances().send().await.unwrap();
    for instance in instances.db_instances() {
        let name = instance.db_instance_identifier().unwrap();
        if name.contains("-before-") {
            let delete = cloud.rds.delete_db_instance().db_instance_identifier(name);
            delete.skip_final_snapshot(true).send().await.unwrap();
        }
    }
    let snapshots = cloud.rds.describe_db_snapshots().snapshot_type("manual");
    for snapshot in snapshots.send().await.unwrap().db_snapshots() {
        let delete = cloud
            .rds
            .delete_db_snapshot()
            .set_db_snapshot_identifier(snapshot.db_snapshot_identifier.clone());
        delete.send().await.unwrap();
    }
}

/// Every object of `before` is in `after`, and is the same.
fn untouched(before: &Value, after: &Value, when: &str) {
    for (service, kinds) in before.as_object().unwrap() {
        for (kind, objects) in kinds.as_object().unwrap() {
            for (name, object) in objects.as_object().unwrap() {
                assert_eq!(
                    &after[service][kind][name], object,
                    "{when}: {service} {kind} {name}"
                );
            }
        }
    }
}

#[test]
fn strangers_are_left_alone_by_every_verb() {
    let desk = Desk::copy("examples/sandbox.toml");
    let text = desk.text();
    desk.write(&text.replace(
        "[service.open-webui]\n",
        "[service.open-webui]\nexec = true\n",
    ));
    desk.deploy(&["plan"]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cloud = runtime.block_on(desk.sandbox.cloud("someone-else"));
    runtime.block_on(settle(&cloud));
    let image = json!({ "image": "ajuda-digital:v2" });
    desk.sandbox.control("POST", "images", Some(image));
    let mut before = desk.sandbox.inventory();
    // The zone is shared: our records come and go in it.
    before.as_object_mut().unwrap().remove("route53");

    for verb in [
        &["plan"][..],
        &["up", "--yes"],
        &["plan", "--detailed-exitcode"],
        &["plan", "--refresh-only"],
        &["adopt", "--yes"],
        &["unlock", "--yes"],
        &["status"],
        &["logs"],
        &["secrets", "list"],
        &["secrets", "rotate", "gateway-key", "--yes"],
        &["run", "--service", "open-webui", "--sandbox", "--", "env"],
        &["exec", "--sandbox", "--", "env"],
        &["tunnel", "--sandbox", "--port", "15433"],
        &["db"],
        &["db", "backup", "--name", "of-ours"],
        &["db", "restore", "--snapshot", "of-ours", "--yes"],
        &["db", "extensions"],
        &["outputs"],
        &["update", "--image", "v2", "--yes"],
        &["history"],
        &["rollback", "--restore-snapshot", "--yes"],
        &[
            "update",
            "--restart",
            "--service",
            "bedrock-gateway",
            "--yes",
        ],
        &["scale", "bedrock-gateway=2", "--yes"],
        &["up", "--yes", "--image", "v2"],
        &["destroy", "--yes"],
    ] {
        if verb[0] == "destroy" {
            // A restore leaves the old instance to the operator, and so are snapshots.
            runtime.block_on(tidy(&cloud));
        }
        let ended = match verb[0] {
            "run" => run(desk.command().arg("deploy").args(verb)),
            "exec" | "tunnel" => with_plugin(&desk, "1.2.707.0", verb, "0").0,
            _ => desk.deploy(verb),
        };
        assert_eq!(ended.code, 0, "{verb:?}: {}{}", ended.out, ended.err);
        untouched(&before, &desk.sandbox.inventory(), &verb.join(" "));
    }
    let mut after = desk.sandbox.inventory();
    after.as_object_mut().unwrap().remove("route53");
    assert!(before == after, "and nothing of ours is left among them");
}
