use ajuda::aws::Cloud;
use ajuda::engine::{Graph, Link};
use ajuda::resources::SecurityGroup;
use serde_json::json;

use super::network::{STACK, fail, team, vpc};
use super::strangers::in_the_way;
use crate::support::life::{Variant, expect, live, look, remove, up};
use crate::support::sandbox::Sandbox;

fn group(
    of: &'static str,
    description: &'static str,
    by: &'static str,
) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let (main, other) = (vpc(graph, "main"), vpc(graph, "other"));
        let vpc = if of == "main" { main } else { other };
        graph.add(
            "network",
            "app",
            SecurityGroup {
                vpc: vpc.into(),
                description: description.into(),
                tags: team(by),
            },
        );
    }
}

#[tokio::test]
async fn a_security_group_lives() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        STACK,
        &group("main", "tasks", "one"),
        &[
            Variant {
                declare: &group("main", "tasks", "two"),
                says: &["security-group/app tags.team"],
            },
            Variant {
                declare: &group("main", "tasks of the app", "two"),
                says: &[],
            },
            Variant {
                declare: &group("main", "tasks", "two"),
                says: &[],
            },
            Variant {
                declare: &group("other", "tasks", "two"),
                says: &["± security-group/app vpc"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_new_group_lets_nothing_out() {
    let sandbox = Sandbox::instant();
    let before = sandbox.inventory();
    let declare = group("main", "tasks", "one");
    let denied = json!([{ "operation": "RevokeSecurityGroupEgress", "action": "deny" }]);
    let report = fail(&sandbox, &declare, denied).await;
    assert_eq!(report.failed.len(), 1);
    expect(
        &sandbox,
        STACK,
        &declare,
        &["security-group/app open_egress"],
    )
    .await;
    up(&sandbox, STACK, &declare).await;
    expect(&sandbox, STACK, &declare, &[]).await;
    remove(&sandbox, STACK, &declare, &|_| false).await;
    assert_eq!(sandbox.inventory(), before);
}

#[tokio::test]
async fn a_group_of_somebody_else_is_left_alone() {
    let sandbox = Sandbox::instant();
    let vpc_alone = |graph: &mut Graph<Cloud>| {
        vpc(graph, "main");
    };
    up(&sandbox, STACK, &vpc_alone).await;
    let (cloud, ..) = look(&sandbox, STACK, &vpc_alone).await;
    let vpcs = cloud.ec2.describe_vpcs().send().await.unwrap();
    let own = vpcs
        .vpcs()
        .iter()
        .find(|vpc| vpc.cidr_block() == Some("10.0.0.0/16"));
    let id = own.unwrap().vpc_id().unwrap().to_owned();
    let made = cloud
        .ec2
        .create_security_group()
        .group_name("Life-app")
        .description("of somebody else")
        .vpc_id(&id)
        .send()
        .await
        .unwrap();
    let expected = format!("security-group/app {}", made.group_id().unwrap());
    // In a VPC that was there before, and in one of the stack's own.
    for existing in [true, false] {
        let declare = |graph: &mut Graph<Cloud>| {
            let own = vpc(graph, "main");
            let vpc = if existing {
                Link::Id(id.clone())
            } else {
                Link::To(own)
            };
            let group = SecurityGroup {
                vpc,
                description: "tasks".into(),
                tags: team("one"),
            };
            graph.add("network", "app", group);
        };
        let (cloud, ..) = look(&sandbox, STACK, &vpc_alone).await;
        assert_eq!(
            in_the_way(&cloud, &declare).await,
            std::slice::from_ref(&expected)
        );
    }
}
