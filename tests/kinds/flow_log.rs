use std::collections::BTreeMap;

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::Graph;
use ajuda::resources::{FlowLog, LogGroup, Role};
use serde_json::json;

use super::network::{STACK, asked, fail, team, vpc};
use crate::support::life::{Variant, expect, live};
use crate::support::sandbox::Sandbox;

fn log(
    of: &'static str,
    group: &'static str,
    role: &'static str,
    traffic: &'static str,
    by: &'static str,
) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let vpcs = [("main", vpc(graph, "main")), ("other", vpc(graph, "other"))];
        let groups = ["one", "two"].map(|name| {
            let group = LogGroup {
                name: format!("/vpc/life/{name}"),
                days: 30,
                kms_key: None,
                by_service: false,
                tags: Tags::new(),
            };
            (name, graph.add("network", name, group))
        });
        let roles = ["one", "two"].map(|name| {
            let role = Role {
                name: format!("life-{name}"),
                description: "writes flow logs".into(),
                trust: json!({
                    "Version": "2012-10-17",
                    "Statement": [{
                        "Effect": "Allow",
                        "Principal": { "Service": "vpc-flow-logs.amazonaws.com" },
                        "Action": "sts:AssumeRole",
                    }],
                }),
                policies: BTreeMap::new(),
                managed: Vec::new(),
                tags: Tags::new(),
            };
            (name, graph.add("network", name, role))
        });
        fn pick<T>(all: impl IntoIterator<Item = (&'static str, T)>, name: &str) -> T {
            all.into_iter().find(|(one, _)| *one == name).unwrap().1
        }
        graph.add(
            "network",
            "main",
            FlowLog {
                vpc: pick(vpcs, of),
                group: pick(groups, group),
                role: pick(roles, role),
                traffic: traffic.into(),
                tags: team(by),
            },
        );
    }
}

#[tokio::test]
async fn a_flow_log_lives() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        STACK,
        &log("main", "one", "one", "ALL", "one"),
        &[
            Variant {
                declare: &log("main", "one", "one", "ALL", "two"),
                says: &["flow-log/main tags.team"],
            },
            Variant {
                declare: &log("main", "one", "one", "REJECT", "two"),
                says: &["± flow-log/main traffic"],
            },
            Variant {
                declare: &log("main", "one", "two", "REJECT", "two"),
                says: &["± flow-log/main role"],
            },
            Variant {
                declare: &log("main", "two", "two", "REJECT", "two"),
                says: &["± flow-log/main group"],
            },
            Variant {
                declare: &log("other", "two", "two", "REJECT", "two"),
                says: &["± flow-log/main vpc"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_flow_log_waits_for_its_role() {
    let sandbox = Sandbox::instant();
    let declare = log("main", "one", "one", "ALL", "one");
    let young = json!([{
        "operation": "CreateFlowLogs",
        "times": 2,
        "code": "InvalidParameter",
        "message": "Unable to assume given IAM role",
        "http": 400,
    }]);
    let report = fail(&sandbox, &declare, young).await;
    assert_eq!(report.failed, []);
    assert_eq!(asked(&sandbox, "CreateFlowLogs"), 3);
    expect(&sandbox, STACK, &declare, &[]).await;
}
