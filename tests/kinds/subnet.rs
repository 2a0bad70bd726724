use ajuda::aws::Cloud;
use ajuda::engine::Graph;
use ajuda::resources::Subnet;
use aws_sdk_ec2::types::AttributeBooleanValue;

use super::network::{STACK, team, vpc};
use crate::support::life::{Variant, expect, live, look, up};
use crate::support::sandbox::Sandbox;

fn subnet(
    of: &'static str,
    cidr: &'static str,
    zone: &'static str,
    by: &'static str,
) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let (main, other) = (vpc(graph, "main"), vpc(graph, "other"));
        let vpc = if of == "main" { main } else { other };
        graph.add(
            "network",
            "private-a",
            Subnet {
                vpc: vpc.into(),
                cidr: cidr.into(),
                zone: zone.into(),
                tags: team(by),
            },
        );
    }
}

#[tokio::test]
async fn a_subnet_lives() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        STACK,
        &subnet("main", "10.0.0.0/24", "us-east-1a", "one"),
        &[
            Variant {
                declare: &subnet("main", "10.0.0.0/24", "us-east-1a", "two"),
                says: &["subnet/private-a tags.team"],
            },
            Variant {
                declare: &subnet("main", "10.0.1.0/24", "us-east-1a", "two"),
                says: &["± subnet/private-a cidr"],
            },
            Variant {
                declare: &subnet("main", "10.0.2.0/24", "us-east-1b", "two"),
                says: &["± subnet/private-a cidr zone"],
            },
            Variant {
                declare: &subnet("other", "10.0.2.0/24", "us-east-1b", "two"),
                says: &["± subnet/private-a vpc"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_subnet_gives_no_public_addresses() {
    let sandbox = Sandbox::instant();
    let declare = subnet("main", "10.0.0.0/24", "us-east-1a", "one");
    up(&sandbox, STACK, &declare).await;
    let (cloud, ..) = look(&sandbox, STACK, &declare).await;
    let all = cloud.ec2.describe_subnets().send().await.unwrap();
    let ours = all
        .subnets()
        .iter()
        .find(|one| one.cidr_block() == Some("10.0.0.0/24"));
    cloud
        .ec2
        .modify_subnet_attribute()
        .subnet_id(ours.and_then(|one| one.subnet_id()).unwrap())
        .map_public_ip_on_launch(AttributeBooleanValue::builder().value(true).build())
        .send()
        .await
        .unwrap();
    expect(
        &sandbox,
        STACK,
        &declare,
        &["subnet/private-a public_addresses"],
    )
    .await;
    up(&sandbox, STACK, &declare).await;
    expect(&sandbox, STACK, &declare, &[]).await;
    let moved = subnet("main", "10.0.0.0/24", "us-east-1b", "one");
    expect(&sandbox, STACK, &moved, &["± subnet/private-a zone"]).await;
}
