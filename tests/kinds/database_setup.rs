#![expect(clippy::unwrap_used, reason = "a helper of tests may panic as they do")]

use std::collections::BTreeMap;

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Class, Graph, Ref};
use ajuda::message::StackOptions;
use ajuda::resources::{
    DatabaseSetup, DbInstance, DbParameterGroup, DbSubnetGroup, Secret, SecretValue,
    TaskDefinition, TaskImage,
};
use ajuda::stack::Database;
use serde_json::json;

use super::tasks::{CLUSTER, Ground, House, STACK, attempt, ground, late_ground, secret};
use crate::support::life::{Variant, expect, live, look, up};

fn settings() -> Database {
    Database {
        name: "app".into(),
        username: "app".into(),
        master_username: "ajuda".into(),
        version: "16".into(),
        instance_class: "db.t4g.micro".into(),
        storage_gb: 20,
        max_storage_gb: None,
        iops: None,
        throughput: None,
        multi_az: false,
        backup_days: 1,
        backup_window: None,
        maintenance_window: None,
        deletion_protection: false,
        performance_insights: false,
        enhanced_monitoring: 0,
        iam_authentication: false,
        log_exports: Vec::new(),
        final_snapshot: false,
        auto_minor_version: true,
        apply_immediately: true,
        extensions: std::collections::BTreeSet::new(),
        parameters: BTreeMap::new(),
        kms_key: None,
        ca_certificates: None,
    }
}

fn database(graph: &mut Graph<Cloud>, house: &House, master: &Ref<Secret>) -> Ref<DbInstance> {
    let subnets = DbSubnetGroup {
        name: STACK.into(),
        subnets: house.subnets.clone(),
        tags: Tags::new(),
    };
    let parameters = DbParameterGroup {
        name: "life-postgres16".into(),
        family: "postgres16".into(),
        parameters: BTreeMap::new(),
        tags: Tags::new(),
    };
    let instance = DbInstance {
        logs: Vec::new(),
        monitoring: None,
        identifier: STACK.into(),
        settings: settings(),
        subnet_group: graph.add("database", "main", subnets),
        parameter_group: graph.add("database", "main", parameters),
        groups: vec![house.group.clone()],
        master: master.clone(),
        final_snapshot: false,
        disposable: true,
        tags: Tags::new(),
    };
    graph.add("database", "main", instance)
}

/// An application, its database, and the task that prepares it, in the application's image.
fn prepared<'g>(
    ground: &'g Ground,
    version: &'static str,
) -> impl Fn(&mut Graph<Cloud>) + Sync + 'g {
    tagged(ground, version, None)
}

fn tagged<'g>(
    ground: &'g Ground,
    version: &'static str,
    tag: Option<&'static str>,
) -> impl Fn(&mut Graph<Cloud>) + Sync + 'g {
    move |graph| {
        let house = ground.house(graph);
        let of = |name: &str, value| Secret {
            value,
            ..secret(name)
        };
        let master = SecretValue::DatabaseMaster {
            username: "ajuda".into(),
        };
        let master = graph.add("secrets", "master", of("life/master", master));
        let database = database(graph, &house, &master);
        let app = SecretValue::DatabaseApp {
            username: "app".into(),
            database: database.clone(),
            name: "app".into(),
        };
        let app = graph.add("secrets", "app", of("life/app", app));
        let task = TaskDefinition {
            service: Some("life-app".into()),
            ..house.task("app", tag)
        };
        let task = graph.add("app", "app", task);
        let setup = TaskDefinition {
            image: TaskImage::SameAs(task.clone()),
            port: None,
            port_name: None,
            ..house.task("setup", None)
        };
        let setup = DatabaseSetup {
            database,
            task: graph.add("pgvector", "setup", setup),
            cluster: house.cluster.clone(),
            subnets: house.subnets.clone(),
            groups: vec![house.group.clone()],
            public_ip: false,
            app_secret: app,
            master_secret: master,
            version: version.into(),
            log_group: house.log_group.clone(),
        };
        let setup = graph.add("pgvector", "main", setup);
        let mut service = house.service("app", &task);
        service.after_setup = Some(setup);
        graph.add("app", "app", service);
    }
}

#[tokio::test]
async fn a_database_is_prepared_once() {
    let ground = late_ground(&[("app:v1", "ok")]).await;
    live(
        &ground.sandbox,
        STACK,
        &prepared(&ground, "one"),
        &[Variant {
            declare: &prepared(&ground, "two"),
            says: &["database-setup/main version"],
        }],
    )
    .await;
}

/// A tag is what was pushed last, and the task is given the master user's password.
#[tokio::test]
async fn the_set_up_runs_an_image_by_its_digest() {
    let ground = ground(&[("app:v1", "ok")]).await;
    let declare = tagged(&ground, "one", Some("v1"));
    up(&ground.sandbox, STACK, &declare).await;
    let cloud = ground.sandbox.cloud(STACK).await;
    let image = async |family: &str| {
        let described = cloud.ecs.describe_task_definition().task_definition(family);
        let answer = described.send().await.unwrap();
        let containers = answer.task_definition().unwrap().container_definitions();
        containers[0].image().unwrap().to_owned()
    };
    assert!(image("life-app").await.ends_with("/app:v1"));
    let setup = image("life-setup").await;
    assert!(setup.contains("/app@sha256:"), "{setup}");
    expect(&ground.sandbox, STACK, &declare, &[]).await;
}

/// The image is pushed later: then the set-up and the tasks are left to do, and nothing else.
#[tokio::test]
async fn a_database_waits_for_the_image() {
    let ground = ground(&[]).await;
    let declare = prepared(&ground, "one");
    up(&ground.sandbox, STACK, &declare).await;
    expect(&ground.sandbox, STACK, &declare, &[]).await;
    assert_eq!(tasks_started(&ground).await, 0);
    let (_, _, _, plan) = look(&ground.sandbox, STACK, &declare).await;
    let notes = plan.items.iter().flat_map(|item| &item.notes);
    let notes: Vec<String> = notes
        .map(|note| note.at(&StackOptions::default()))
        .collect();
    assert_eq!(
        notes.len(),
        3,
        "of the set-up and of two task definitions: {notes:?}"
    );
    ground.push("app:v1", "ok");
    let left = ["database-setup/main version", "service/app count"];
    expect(&ground.sandbox, STACK, &declare, &left).await;
    up(&ground.sandbox, STACK, &declare).await;
    expect(&ground.sandbox, STACK, &declare, &[]).await;
}

/// Another image of the application does not prepare the database again, nor change the task that
/// would, until the registry has its image no longer.
#[tokio::test]
async fn the_set_up_keeps_its_image_while_it_is_there() {
    let ground = ground(&[("app:v1", "ok"), ("app:v2", "ok")]).await;
    let (old, new) = (
        tagged(&ground, "one", Some("v1")),
        tagged(&ground, "one", Some("v2")),
    );
    up(&ground.sandbox, STACK, &old).await;
    ground.sandbox.control("DELETE", "requests", None);
    expect(&ground.sandbox, STACK, &old, &[]).await;
    let sent = ground.sandbox.control("GET", "requests", None);
    let of_images = |request: &&serde_json::Value| request["operation"] == "DescribeImages";
    let asked = sent.as_array().unwrap().iter().filter(of_images).count();
    assert_eq!(asked, 1, "the one repository is asked what of it is left");
    let moves = ["service/app task", "± task-definition/app image"];
    expect(&ground.sandbox, STACK, &new, &moves).await;
    up(&ground.sandbox, STACK, &new).await;
    expect(&ground.sandbox, STACK, &new, &[]).await;
    ground.push("app:v1", "missing");
    expect(
        &ground.sandbox,
        STACK,
        &new,
        &["± task-definition/setup image"],
    )
    .await;
    up(&ground.sandbox, STACK, &new).await;
    expect(&ground.sandbox, STACK, &new, &[]).await;
}

/// What the script's exit code means is told, with the end of its log.
#[tokio::test]
async fn a_failed_set_up_is_told() {
    let ground = ground(&[]).await;
    let said = json!({
        "image": "app:v1", "behaviour": "crash", "exit_code": 12, "logs": ["{\"ok\": false}"],
    });
    ground.sandbox.control("POST", "images", Some(said));
    let declare = prepared(&ground, "one");
    let report = attempt(&ground, &declare).await;
    let [(address, _, fault)] = report.failed.as_slice() else {
        panic!("{report:#?}");
    };
    assert_eq!(address.to_string(), "database-setup/main");
    assert_eq!(fault.class, Class::Failed);
    for words in [
        "the database was not prepared: the database refused the master user's password",
        "container setup exited with code 12",
        "{\"ok\": false}",
    ] {
        assert!(fault.message.contains(words), "{words}\n{}", fault.message);
    }
    let hint = fault.hint.as_ref().unwrap().at(&StackOptions::default());
    assert!(hint.contains("/ecs/life/app"), "{hint}");
    // It was not remembered, so the next run tries again, and is not answered with the old task.
    ground.push("app:v1", "ok");
    up(&ground.sandbox, STACK, &declare).await;
    expect(&ground.sandbox, STACK, &declare, &[]).await;
}

async fn tasks_started(ground: &Ground) -> usize {
    let cloud = ground.sandbox.cloud(STACK).await;
    let mut all = 0;
    for status in ["RUNNING", "STOPPED"] {
        let tasks = cloud
            .ecs
            .list_tasks()
            .cluster(CLUSTER)
            .desired_status(status.into());
        all += tasks.send().await.unwrap().task_arns().len();
    }
    all
}
