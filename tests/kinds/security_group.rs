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
    let sandbox = Sandbox::instant();
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
                says: &["± security-group/app description"],
            },
            Variant {
                declare: &group("main", "tasks", "two"),
                says: &["± security-group/app description"],
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
    let (cloud, ..) = look(&sandbox, STACK, &|_| {}).await;
    let vpcs = cloud.ec2.describe_vpcs().send().await.unwrap();
    let vpc = vpcs.vpcs()[0].vpc_id().unwrap().to_owned();
    let made = cloud
        .ec2
        .create_security_group()
        .group_name("Life-app")
        .description("somebody else's")
        .vpc_id(&vpc)
        .send()
        .await
        .unwrap();
    let declare = |graph: &mut Graph<Cloud>| {
        let group = SecurityGroup {
            vpc: Link::Id(vpc.clone()),
            description: "tasks".into(),
            tags: team("one"),
        };
        graph.add("network", "app", group);
    };
    let expected = format!("security-group/app {}", made.group_id().unwrap());
    assert_eq!(in_the_way(&cloud, &declare).await, [expected]);
}
