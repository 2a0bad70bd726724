use ajuda::aws::{Cloud, Tags};
use ajuda::engine::Graph;
use ajuda::resources::Namespace;
use serde_json::json;

use crate::strangers::in_the_way;
use crate::support::life::{Variant, expect, live, remove, up};
use crate::support::sandbox::Sandbox;

fn namespace<'a>(name: &'a str, team: &'a str) -> impl Fn(&mut Graph<Cloud>) + Sync + 'a {
    move |graph| {
        let namespace = Namespace {
            name: name.into(),
            tags: Tags::from([("team".into(), team.into())]),
        };
        graph.add("cluster", "main", namespace);
    }
}

#[tokio::test]
async fn a_namespace_lives() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        "life",
        &namespace("life", "one"),
        &[
            Variant {
                declare: &namespace("life", "two"),
                says: &["namespace/main tags.team"],
            },
            Variant {
                declare: &namespace("life-2", "two"),
                says: &["± namespace/main name"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_namespace_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    let cloud = sandbox.cloud("life").await;
    let made = cloud.servicediscovery.create_http_namespace();
    made.name("life").send().await.unwrap();
    let listed = cloud.servicediscovery.list_namespaces().send().await;
    let id = listed.unwrap().namespaces()[0].id().unwrap().to_owned();
    let conflicts = in_the_way(&cloud, &namespace("life", "one")).await;
    assert_eq!(conflicts, [format!("namespace/main {id}")]);
}

#[tokio::test]
async fn a_lost_reply_makes_no_second_namespace() {
    let sandbox = Sandbox::instant();
    let lost = json!({ "rules": [
        { "operation": "CreateHttpNamespace", "action": "cut-after", "times": 1 },
    ] });
    sandbox.control("POST", "faults", Some(lost));
    let declare = namespace("life", "one");
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
    let cloud = sandbox.cloud("life").await;
    let listed = cloud.servicediscovery.list_namespaces().send().await;
    assert_eq!(listed.unwrap().namespaces().len(), 1);
}

#[tokio::test]
async fn a_namespace_goes_when_the_last_name_has_left_it() {
    let sandbox = Sandbox::instant();
    let declare = namespace("life", "one");
    up(&sandbox, "life", &declare).await;
    let cloud = sandbox.cloud("life").await;
    let listed = cloud.servicediscovery.list_namespaces().send().await;
    let id = listed.unwrap().namespaces()[0].id().unwrap().to_owned();
    let name = cloud.servicediscovery.create_service();
    let name = name.name("gateway").namespace_id(id).send().await.unwrap();
    let name = name.service().unwrap().id().unwrap().to_owned();
    let leave = async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let request = cloud.servicediscovery.delete_service();
        request.id(name).send().await.unwrap();
    };
    let (removed, ()) = tokio::join!(remove(&sandbox, "life", &declare, &|_| false), leave);
    assert_eq!(removed.len(), 1);
    let listed = cloud.servicediscovery.list_namespaces().send().await;
    assert!(listed.unwrap().namespaces().is_empty());
}
