use ajuda::aws::Cloud;
use ajuda::engine::Graph;
use ajuda::resources::DefaultNetworkAcl;
use aws_sdk_ec2::types::RuleAction;
use serde_json::json;

use super::network::{STACK, fail, team, vpc};
use crate::support::life::{Variant, expect, live, look, up};
use crate::support::sandbox::Sandbox;

fn acl(of: &'static str, deny: bool, by: &'static str) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let (main, other) = (vpc(graph, "main"), vpc(graph, "other"));
        let acl = DefaultNetworkAcl {
            vpc: if of == "main" { main } else { other },
            cidr: "10.0.0.0/16".into(),
            deny_remote_login: deny,
            tags: team(by),
        };
        graph.add("network", "main", acl);
    }
}

/// What a change between open and closed touches, sorted as a plan's lines are.
const BOTH_WAYS: [&str; 9] = [
    "default-network-acl/main ingress.100",
    "default-network-acl/main ingress.110",
    "default-network-acl/main ingress.120",
    "default-network-acl/main ingress.130",
    "default-network-acl/main ingress.140",
    "default-network-acl/main ingress.150",
    "default-network-acl/main ingress.160",
    "default-network-acl/main ingress.170",
    "default-network-acl/main ingress.90",
];

#[tokio::test]
async fn a_default_network_acl_lives() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        STACK,
        &acl("main", false, "one"),
        &[
            Variant {
                declare: &acl("main", false, "two"),
                says: &["default-network-acl/main tags.team"],
            },
            Variant {
                declare: &acl("main", true, "two"),
                says: &BOTH_WAYS,
            },
            Variant {
                declare: &acl("main", false, "two"),
                says: &BOTH_WAYS,
            },
            Variant {
                declare: &acl("main", true, "two"),
                says: &BOTH_WAYS,
            },
            Variant {
                declare: &acl("other", true, "two"),
                says: &["± default-network-acl/main vpc"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_allowed_before_and_after_is_allowed_all_the_time() {
    let sandbox = Sandbox::instant();
    up(&sandbox, STACK, &acl("main", false, "one")).await;
    for (deny, last) in [
        (true, "DeleteNetworkAclEntry"),
        (false, "DeleteNetworkAclEntry"),
    ] {
        sandbox.control("DELETE", "requests", None);
        // A reply that is lost makes no entry twice.
        let lost = json!([{
            "operation": "CreateNetworkAclEntry", "nth": 1, "action": "cut-after",
        }]);
        let declare = acl("main", deny, "one");
        let report = fail(&sandbox, &declare, lost).await;
        assert_eq!(report.failed, []);
        expect(&sandbox, STACK, &declare, &[]).await;
        let requests = sandbox.control("GET", "requests", None);
        let calls: Vec<&str> = requests
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|request| request["operation"].as_str())
            .filter(|operation| operation.ends_with("NetworkAclEntry"))
            .collect();
        let first = calls.iter().position(|call| *call == last).unwrap();
        assert!(
            calls[first..].iter().all(|call| *call == last),
            "what goes, goes last: {calls:?}"
        );
    }
}

#[tokio::test]
async fn an_entry_of_somebody_else_shows_and_goes() {
    let sandbox = Sandbox::instant();
    let declare = acl("main", true, "one");
    up(&sandbox, STACK, &declare).await;
    let (cloud, ..) = look(&sandbox, STACK, &declare).await;
    let acls = cloud.ec2.describe_network_acls().send().await.unwrap();
    let ours = acls
        .network_acls()
        .iter()
        .find(|acl| !acl.tags().is_empty());
    let entry = cloud
        .ec2
        .create_network_acl_entry()
        .network_acl_id(ours.and_then(|acl| acl.network_acl_id()).unwrap())
        .rule_number(50)
        .egress(false)
        .protocol("-1")
        .rule_action(RuleAction::Allow)
        .cidr_block("0.0.0.0/0");
    entry.send().await.unwrap();
    let line = "default-network-acl/main ingress.50";
    expect(&sandbox, STACK, &declare, &[line]).await;
    // It goes by itself while it is being removed.
    let gone = json!([{
        "operation": "DeleteNetworkAclEntry", "nth": 1,
        "code": "InvalidNetworkAclEntry.NotFound", "http": 400,
    }]);
    let report = fail(&sandbox, &declare, gone).await;
    assert_eq!(report.failed, []);
    up(&sandbox, STACK, &declare).await;
    expect(&sandbox, STACK, &declare, &[]).await;
}
