//! What network tests stand on.

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Cancel, Graph, Ref, Report, apply};
use ajuda::resources::{InternetGateway, KINDS, Subnet, Vpc};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::life::{Declare, look};
use crate::support::sandbox::Sandbox;

/// The stack of every network test.
pub const STACK: &str = "life";

/// The one tag of a test's objects.
pub fn team(name: &str) -> Tags {
    Tags::from([("team".into(), name.into())])
}

/// A VPC of 10.0.0.0/16.
pub fn vpc(graph: &mut Graph<Cloud>, name: &str) -> Ref<Vpc> {
    graph.add(
        "network",
        name,
        Vpc {
            cidr: "10.0.0.0/16".into(),
            tags: Tags::new(),
        },
    )
}

/// A subnet of 10.0.`number`.0/24.
pub fn subnet(graph: &mut Graph<Cloud>, name: &str, vpc: &Ref<Vpc>, number: u8) -> Ref<Subnet> {
    graph.add(
        "network",
        name,
        Subnet {
            vpc: vpc.into(),
            cidr: format!("10.0.{number}.0/24"),
            zone: if number.is_multiple_of(2) {
                "us-east-1a"
            } else {
                "us-east-1b"
            }
            .into(),
            tags: Tags::new(),
        },
    )
}

/// An internet gateway.
pub fn gateway(graph: &mut Graph<Cloud>, vpc: &Ref<Vpc>) -> Ref<InternetGateway> {
    graph.add(
        "network",
        "main",
        InternetGateway {
            vpc: vpc.clone(),
            tags: Tags::new(),
        },
    )
}

/// How often EC2 answered an operation since the record was last cleared.
pub fn asked(sandbox: &Sandbox, operation: &str) -> usize {
    let requests = sandbox.control("GET", "requests", None);
    requests
        .as_array()
        .unwrap()
        .iter()
        .filter(|request| request["operation"] == operation)
        .count()
}

/// Lets calls fail by `rules`, brings the graph up as far as it comes, and lets them succeed again.
pub async fn fail(sandbox: &Sandbox, declare: Declare<'_>, rules: Value) -> Report {
    let (cloud, graph, observed, plan) = look(sandbox, STACK, declare).await;
    sandbox.control("POST", "faults", Some(json!({ "rules": rules })));
    let (events, _log) = mpsc::unbounded_channel();
    let run = ajuda::engine::RunContext {
        cloud: std::sync::Arc::clone(&cloud),
        events,
        cancel: Cancel::default(),
        clock_speed: 1000.0,
    };
    let outcome = apply(&run, &graph, KINDS, &plan, &observed).await;
    sandbox.control("DELETE", "faults", None);
    outcome.report
}
