use std::sync::Arc;

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Cancel, Graph, RunContext, apply};
use ajuda::resources::{Cluster, KINDS, Namespace};
use aws_sdk_ecs::types::{ClusterSetting, ClusterSettingName};
use serde_json::json;
use tokio::sync::mpsc;

use crate::default_network::linked_role;
use crate::strangers::in_the_way;
use crate::support::life::{Variant, expect, live, look, up};
use crate::support::sandbox::Sandbox;

struct Said {
    name: &'static str,
    insights: &'static str,
    namespace: &'static str,
    team: &'static str,
}

const BASE: Said = Said {
    name: "life-cluster",
    insights: "enabled",
    namespace: "main",
    team: "one",
};

fn cluster(said: Said) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let namespaces = ["main", "other"].map(|name| {
            let namespace = Namespace {
                name: format!("life-{name}"),
                tags: Tags::new(),
            };
            (name, graph.add("cluster", name, namespace))
        });
        for (name, namespace) in namespaces {
            if name == said.namespace {
                let cluster = Cluster {
                    logs: None,
                    name: said.name.into(),
                    container_insights: said.insights.into(),
                    namespace,
                    tags: Tags::from([("team".into(), said.team.into())]),
                };
                graph.add("cluster", "main", cluster);
            }
        }
    }
}

#[tokio::test]
async fn a_cluster_lives() {
    let sandbox = Sandbox::late();
    linked_role(&sandbox, "ecs.amazonaws.com").await;
    live(
        &sandbox,
        "life",
        &cluster(BASE),
        &[
            Variant {
                declare: &cluster(Said {
                    insights: "enhanced",
                    ..BASE
                }),
                says: &["cluster/main container_insights"],
            },
            Variant {
                declare: &cluster(Said {
                    insights: "disabled",
                    namespace: "other",
                    ..BASE
                }),
                says: &["cluster/main container_insights", "cluster/main namespace"],
            },
            Variant {
                declare: &cluster(Said { ..BASE }),
                says: &["cluster/main container_insights", "cluster/main namespace"],
            },
            Variant {
                declare: &cluster(Said {
                    team: "two",
                    ..BASE
                }),
                says: &["cluster/main tags.team"],
            },
            Variant {
                declare: &cluster(Said {
                    name: "life-2",
                    team: "two",
                    ..BASE
                }),
                says: &[],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_cluster_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    let cloud = sandbox.cloud("life").await;
    let made = cloud.ecs.create_cluster();
    made.cluster_name("life-cluster").send().await.unwrap();
    let conflicts = in_the_way(&cloud, &cluster(BASE)).await;
    assert_eq!(conflicts, ["cluster/main life-cluster"]);
}

/// It was not there when the plan was made. AWS answers it as it is, or refuses other settings than it has.
#[tokio::test]
async fn a_cluster_that_somebody_else_made_meanwhile_is_named() {
    for insights in [BASE.insights, "disabled"] {
        let sandbox = Sandbox::instant();
        let (cloud, graph, observed, plan) = look(&sandbox, "life", &cluster(BASE)).await;
        let setting = ClusterSetting::builder()
            .name(ClusterSettingName::ContainerInsights)
            .value(insights);
        let made = cloud.ecs.create_cluster().cluster_name("life-cluster");
        made.settings(setting.build()).send().await.unwrap();
        let (events, _log) = mpsc::unbounded_channel();
        let run = RunContext {
            cloud: Arc::clone(&cloud),
            events,
            cancel: Cancel::default(),
            clock_speed: 1000.0,
        };
        let report = apply(&run, &graph, KINDS, &plan, &observed).await.report;
        let failed: Vec<String> = report
            .failed
            .iter()
            .map(|(address, _, fault)| format!("{address} {:?} {fault}", fault.class))
            .collect();
        assert_eq!(
            failed,
            [
                "cluster/main Conflict ecs:CreateCluster: a cluster named life-cluster is there already and not of this stack"
            ],
            "{insights}"
        );
    }
}

#[tokio::test]
async fn the_first_cluster_of_an_account_makes_the_role_of_ecs() {
    let sandbox = Sandbox::instant();
    let refused = json!({ "rules": [{
        "operation": "CreateCluster",
        "code": "InvalidParameterException",
        "message": "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
        "times": 2,
    }] });
    sandbox.control("POST", "faults", Some(refused));
    up(&sandbox, "life", &cluster(BASE)).await;
    expect(&sandbox, "life", &cluster(BASE), &[]).await;
    let cloud = sandbox.cloud("life").await;
    let role = cloud.iam.get_role().role_name("AWSServiceRoleForECS");
    assert!(role.send().await.is_ok());
}
