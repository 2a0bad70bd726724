//! What a service does and says when its image is missing, or its tasks fail.

#![expect(clippy::unwrap_used, reason = "a helper of tests may panic as they do")]

use std::collections::BTreeMap;

use ajuda::engine::{Class, Fault};
use ajuda::message::StackOptions;
use ajuda::resources::Count;
use serde_json::json;

use super::app::{app, behind};
use super::tasks::{CLUSTER, Ground, STACK, attempt, ground, ground_of};
use crate::support::life::{Declare, expect, up};
use crate::support::sandbox::Sandbox;

const IMAGES: &[(&str, &str)] = &[("app:v1", "ok"), ("app:bad", "crash")];

/// The image is pushed after everything else is up: then the count alone is left to do.
#[tokio::test]
async fn a_service_waits_for_its_image_at_zero() {
    let ground = ground(&[]).await;
    let declare = app(&ground, "v1", |_, _, service| {
        service.count = Count::Fixed(2)
    });
    up(&ground.sandbox, STACK, &declare).await;
    expect(&ground.sandbox, STACK, &declare, &[]).await;
    assert_eq!(tasks_running(&ground).await, 0);
    ground.push("app:v1", "ok");
    expect(&ground.sandbox, STACK, &declare, &["service/app count"]).await;
    up(&ground.sandbox, STACK, &declare).await;
    expect(&ground.sandbox, STACK, &declare, &[]).await;
    assert_eq!(tasks_running(&ground).await, 2);
}

/// A plan asks each repository once whether it still has what runs, and ECS no more than it must.
#[tokio::test]
async fn a_steady_plan_asks_for_each_image_once() {
    let ground = ground(IMAGES).await;
    let declare = app(&ground, "v1", |_, _, _| {});
    up(&ground.sandbox, STACK, &declare).await;
    ground.sandbox.control("DELETE", "requests", None);
    expect(&ground.sandbox, STACK, &declare, &[]).await;
    let sent = ground.sandbox.control("GET", "requests", None);
    let mut of_ecs: BTreeMap<String, usize> = BTreeMap::new();
    let mut images = 0;
    for request in sent.as_array().unwrap() {
        assert_eq!(request["reading"], json!(true), "{request}");
        images += usize::from(request["operation"] == "DescribeImages");
        if request["service"] == "ecs" {
            let operation = request["operation"].as_str().unwrap().to_owned();
            *of_ecs.entry(operation).or_default() += 1;
        }
    }
    assert_eq!(images, 1);
    assert_eq!(of_ecs.get("DescribeServices"), Some(&1));
    assert_eq!(of_ecs.get("DescribeTaskDefinition"), Some(&1));
}

/// The verdict on a first deployment whose tasks crash: soon, with exit code and log.
#[tokio::test]
async fn a_crash_is_told_with_its_log() {
    let ground = ground(IMAGES).await;
    let fault = failure(&ground, &app(&ground, "bad", |_, _, _| {})).await;
    // And not of a wait that came to its end.
    assert_eq!(fault.class, Class::Failed);
    for words in [
        "life-app:1 does not run",
        "stopped: Essential container in task exited",
        "container app exited with code 1",
        "fatal: the configuration is not usable",
        "exiting with code 1",
        "the last events:",
    ] {
        assert!(fault.message.contains(words), "{words}\n{}", fault.message);
    }
    let hint = fault.hint.unwrap().at(&StackOptions::default());
    assert!(hint.contains("ajuda deploy logs --service"), "{hint}");
}

/// A rollback leaves a service that is stable, and the verdict is that what was asked for does not run.
#[tokio::test]
async fn a_rollback_is_not_success() {
    let ground = ground(IMAGES).await;
    up(&ground.sandbox, STACK, &app(&ground, "v1", |_, _, _| {})).await;
    let bad = app(&ground, "bad", |_, _, _| {});
    let fault = failure(&ground, &bad).await;
    assert!(
        fault.message.contains("life-app:2 does not run"),
        "{}",
        fault.message
    );
    assert!(
        fault.message.contains("container app exited with code 1"),
        "{}",
        fault.message
    );
    // What runs is the old image, so the next plan still has it to do.
    expect(
        &ground.sandbox,
        STACK,
        &bad,
        &["service/app task", "± task-definition/app image"],
    )
    .await;
    assert_eq!(tasks_running(&ground).await, 1);
}

/// The first tasks after an image was pushed are watched as those of any deployment.
#[tokio::test]
async fn a_crash_of_the_first_tasks_is_told() {
    let ground = ground(&[]).await;
    let declare = app(&ground, "v1", |_, _, _| {});
    up(&ground.sandbox, STACK, &declare).await;
    ground.push("app:v1", "crash");
    let fault = failure(&ground, &declare).await;
    assert!(
        fault.message.contains("container app exited with code 1"),
        "{}",
        fault.message
    );
    // It failed, so the next run tries again.
    expect(&ground.sandbox, STACK, &declare, &["service/app rollout"]).await;
    ground.push("app:v1", "ok");
    up(&ground.sandbox, STACK, &declare).await;
    expect(&ground.sandbox, STACK, &declare, &[]).await;
}

/// A run that was cut short, or somebody else, has begun a deployment: the next run waits for its verdict.
#[tokio::test]
async fn a_deployment_that_goes_on_is_waited_for() {
    let ground = ground_of(Sandbox::start("step:2"), IMAGES).await;
    let declare = app(&ground, "v1", |_, _, _| {});
    up(&ground.sandbox, STACK, &declare).await;
    expect(&ground.sandbox, STACK, &declare, &[]).await;
    let cloud = ground.sandbox.cloud(STACK).await;
    let again = cloud.ecs.update_service().cluster(CLUSTER);
    let again = again.service("life-app").force_new_deployment(true);
    again.send().await.unwrap();
    expect(&ground.sandbox, STACK, &declare, &["service/app rollout"]).await;
    ground.sandbox.control("DELETE", "requests", None);
    up(&ground.sandbox, STACK, &declare).await;
    let sent = ground.sandbox.control("GET", "requests", None);
    let changes = |request: &serde_json::Value| request["reading"] == json!(false);
    assert!(
        !sent.as_array().unwrap().iter().any(changes),
        "it only waits"
    );
    expect(&ground.sandbox, STACK, &declare, &[]).await;
}

/// Targets that the load balancer finds unhealthy are told in its words.
#[tokio::test]
async fn an_unhealthy_target_is_told() {
    let ground = ground(&[("app:sick", "unhealthy")]).await;
    let declare = behind(&ground, "sick", |service, _| service.health_grace = Some(0));
    let fault = failure(&ground, &declare).await;
    assert!(
        fault.message.contains("failed ELB health checks"),
        "{}",
        fault.message
    );
}

/// A running service is not scaled down for an image that nobody has pushed.
#[tokio::test]
async fn what_runs_is_kept_when_the_new_image_is_missing() {
    let ground = ground(IMAGES).await;
    up(&ground.sandbox, STACK, &app(&ground, "v1", |_, _, _| {})).await;
    let fault = failure(&ground, &app(&ground, "v9", |_, _, _| {})).await;
    assert!(
        fault.message.contains("app:v9 is not in the registry"),
        "{}",
        fault.message
    );
    assert_eq!(tasks_running(&ground).await, 1);
}

async fn tasks_running(ground: &Ground) -> i32 {
    let cloud = ground.sandbox.cloud(STACK).await;
    let found = cloud
        .ecs
        .describe_services()
        .cluster(CLUSTER)
        .services("life-app");
    found.send().await.unwrap().services()[0].running_count()
}

/// Brings a graph up and expects one failure.
async fn failure(ground: &Ground, declare: Declare<'_>) -> Fault {
    let report = attempt(ground, declare).await;
    let [(_, _, fault)] = report.failed.as_slice() else {
        panic!("{report:#?}");
    };
    fault.clone()
}
