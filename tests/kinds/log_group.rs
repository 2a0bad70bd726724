use ajuda::aws::{Cloud, Tags};
use ajuda::engine::Graph;
use ajuda::resources::LogGroup;

use crate::support::life::{Variant, expect, live, up};
use crate::support::sandbox::Sandbox;

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0c1d2e3f-0000-4000-8000-000000000001";
const OTHER: &str = "arn:aws:kms:us-east-1:123456789012:key/0c1d2e3f-0000-4000-8000-000000000002";

fn base() -> LogGroup {
    LogGroup {
        name: "/ecs/life/app".into(),
        days: 30,
        kms_key: None,
        by_service: false,
        tags: Tags::from([("team".into(), "one".into())]),
    }
}

fn one(group: LogGroup) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        graph.add("cluster", "app", group.clone());
    }
}

fn under(key: Option<&str>) -> LogGroup {
    LogGroup {
        kms_key: key.map(str::to_owned),
        ..base()
    }
}

#[tokio::test]
async fn a_log_group_lives() {
    let sandbox = Sandbox::late();
    let longer = LogGroup { days: 90, ..base() };
    let tagged = LogGroup {
        tags: Tags::from([("team".into(), "two".into())]),
        ..longer.clone()
    };
    live(
        &sandbox,
        "life",
        &one(base()),
        &[
            Variant {
                declare: &one(longer),
                says: &["log-group/app retention_days"],
            },
            Variant {
                declare: &one(tagged),
                says: &["log-group/app tags.team"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_log_group_is_made_under_a_key_and_moves_to_another() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        "life",
        &one(under(Some(KEY))),
        &[
            Variant {
                declare: &one(under(Some(OTHER))),
                says: &["log-group/app kms_key"],
            },
            Variant {
                declare: &one(under(None)),
                says: &["log-group/app kms_key"],
            },
            Variant {
                declare: &one(under(Some(KEY))),
                says: &["log-group/app kms_key"],
            },
        ],
    )
    .await;
}

/// A service of AWS makes its groups without the file's key.
#[tokio::test]
async fn a_log_group_that_a_service_made_comes_under_the_key() {
    let sandbox = Sandbox::instant();
    let cloud = sandbox.cloud("life").await;
    let create = cloud
        .logs
        .create_log_group()
        .log_group_name("/ecs/life/app");
    create.send().await.unwrap();
    let group = LogGroup {
        by_service: true,
        ..under(Some(KEY))
    };
    up(&sandbox, "life", &one(group.clone())).await;
    expect(&sandbox, "life", &one(group), &[]).await;
    let told = cloud.logs.describe_log_groups().send().await.unwrap();
    assert_eq!(told.log_groups()[0].kms_key_id(), Some(KEY));
}
