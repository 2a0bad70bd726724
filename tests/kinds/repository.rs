use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Graph, observe, plan};
use ajuda::resources::{KINDS, Repository};
use serde_json::json;

use crate::support::life::{Variant, expect, live, up};
use crate::support::sandbox::Sandbox;

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";

fn base() -> Repository {
    Repository {
        name: "life-app".into(),
        scan_on_push: true,
        immutable_tags: true,
        keep_images: 30,
        kms_key: None,
        disposable: false,
        tags: Tags::from([("team".into(), "one".into())]),
    }
}

fn one(repository: Repository) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        graph.add("registry", "app", repository.clone());
    }
}

#[tokio::test]
async fn a_repository_lives() {
    let sandbox = Sandbox::late();
    let scans = Repository {
        scan_on_push: false,
        ..base()
    };
    let moves = Repository {
        immutable_tags: false,
        ..scans.clone()
    };
    let keeps = Repository {
        keep_images: 5,
        ..moves.clone()
    };
    let disposable = Repository {
        disposable: true,
        ..keeps.clone()
    };
    let tagged = Repository {
        tags: Tags::from([("team".into(), "two".into())]),
        ..disposable.clone()
    };
    let encrypted = Repository {
        kms_key: Some(KEY.into()),
        ..tagged.clone()
    };
    live(
        &sandbox,
        "life",
        &one(base()),
        &[
            Variant {
                declare: &one(scans),
                says: &["repository/app scan_on_push"],
            },
            Variant {
                declare: &one(moves),
                says: &["repository/app tag_mutability"],
            },
            Variant {
                declare: &one(keeps),
                says: &["repository/app lifecycle.2.selection.countNumber"],
            },
            Variant {
                declare: &one(disposable),
                says: &["repository/app disposable"],
            },
            Variant {
                declare: &one(tagged),
                says: &["repository/app tags.team"],
            },
            Variant {
                declare: &one(encrypted),
                says: &["± repository/app encryption"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_repository_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    let cloud = sandbox.cloud("life").await;
    cloud
        .ecr
        .create_repository()
        .repository_name("life-app")
        .send()
        .await
        .unwrap();
    let mut graph = Graph::default();
    one(base())(&mut graph);
    let graph = graph.into();
    let observed = observe(&cloud, &graph, KINDS).await;
    let plan = plan(&graph, KINDS, &observed);
    assert_eq!(plan.conflicts.len(), 1, "{plan:#?}");
    assert_eq!(plan.conflicts[0].address.to_string(), "repository/app");
    assert_eq!(plan.conflicts[0].id, "life-app");
}

#[tokio::test]
async fn a_create_that_was_cut_short_is_completed() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &one(base())).await;
    let cloud = sandbox.cloud("life").await;
    cloud
        .ecr
        .delete_lifecycle_policy()
        .repository_name("life-app")
        .send()
        .await
        .unwrap();
    expect(
        &sandbox,
        "life",
        &one(base()),
        &[
            "repository/app lifecycle.1.action.type",
            "repository/app lifecycle.1.description",
            "repository/app lifecycle.1.rulePriority",
            "repository/app lifecycle.1.selection.countNumber",
            "repository/app lifecycle.1.selection.countType",
            "repository/app lifecycle.1.selection.tagPatternList",
            "repository/app lifecycle.1.selection.tagStatus",
            "repository/app lifecycle.2.action.type",
            "repository/app lifecycle.2.description",
            "repository/app lifecycle.2.rulePriority",
            "repository/app lifecycle.2.selection.countNumber",
            "repository/app lifecycle.2.selection.countType",
            "repository/app lifecycle.2.selection.tagPatternList",
            "repository/app lifecycle.2.selection.tagStatus",
            "repository/app lifecycle.3.action.type",
            "repository/app lifecycle.3.description",
            "repository/app lifecycle.3.rulePriority",
            "repository/app lifecycle.3.selection.countNumber",
            "repository/app lifecycle.3.selection.countType",
            "repository/app lifecycle.3.selection.countUnit",
            "repository/app lifecycle.3.selection.tagStatus",
        ],
    )
    .await;
    up(&sandbox, "life", &one(base())).await;
    expect(&sandbox, "life", &one(base()), &[]).await;
}

/// An image of several architectures is one, and what has lost its tag goes when it is old.
#[tokio::test]
async fn images_are_counted_by_their_tags_and_go_without_one_by_age() {
    let sandbox = Sandbox::instant();
    let two = Repository {
        keep_images: 2,
        ..base()
    };
    up(&sandbox, "life", &one(two)).await;
    // Each is an index of two architectures.
    for version in ["v1", "v2", "v3"] {
        let image = json!({ "image": format!("life-app:{version}") });
        sandbox.control("POST", "images", Some(image));
    }
    let cloud = sandbox.cloud("life").await;
    let tags = async || {
        let listed = cloud.ecr.list_images().repository_name("life-app").send();
        let ids = listed.await.unwrap().image_ids.unwrap_or_default();
        let mut tags: Vec<String> = ids.iter().filter_map(|id| id.image_tag.clone()).collect();
        tags.sort();
        (tags, ids.len())
    };
    assert_eq!(tags().await.1, 9);
    sandbox.control("POST", "expire-images", Some(json!({})));
    let (left, all) = tags().await;
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(all, 8, "the images of the index that went are not old yet");
    sandbox.control("POST", "expire-images", Some(json!({ "days": 31 })));
    let (left, all) = tags().await;
    assert_eq!((left.len(), all), (2, 6), "{left:?}");
}
