use ajuda::aws::Cloud;
use ajuda::engine::Graph;
use ajuda::resources::{ElasticIp, NatGateway};
use aws_sdk_ec2::types::{ResourceType, TagSpecification};
use serde_json::json;

use super::network::{STACK, asked, fail, gateway, subnet, team, vpc};
use crate::support::life::{Variant, expect, live, look, up};
use crate::support::sandbox::Sandbox;

fn nat(
    place: &'static str,
    address: &'static str,
    by: &'static str,
) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let vpc = vpc(graph, "main");
        let gateway = gateway(graph, &vpc);
        let (a, b) = (subnet(graph, "a", &vpc, 0), subnet(graph, "b", &vpc, 1));
        let mut ip = |name: &str| graph.add("network", name, ElasticIp { tags: team("one") });
        let (one, two) = (ip("one"), ip("two"));
        graph.add(
            "network",
            "main",
            NatGateway {
                subnet: if place == "a" { a } else { b },
                ip: if address == "one" { one } else { two },
                gateway,
                tags: team(by),
            },
        );
    }
}

#[tokio::test]
async fn a_nat_gateway_lives() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        STACK,
        &nat("a", "one", "one"),
        &[
            Variant {
                declare: &nat("a", "one", "two"),
                says: &["nat-gateway/main tags.team"],
            },
            Variant {
                declare: &nat("b", "one", "two"),
                says: &["± nat-gateway/main subnet"],
            },
            Variant {
                declare: &nat("b", "two", "two"),
                says: &["± nat-gateway/main ip"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_nat_gateway_on_its_way_is_waited_for() {
    // Fifty calls to come, thirty to go.
    let sandbox = Sandbox::start("step:2");
    let declare = nat("a", "one", "one");
    // What a run leaves that ended while it waited.
    let ended = json!([{ "operation": "DescribeNatGateways", "action": "deny" }]);
    let report = fail(&sandbox, &declare, ended).await;
    assert_eq!(report.failed.len(), 1);
    expect(&sandbox, STACK, &declare, &["nat-gateway/main pending"]).await;
    up(&sandbox, STACK, &declare).await;
    expect(&sandbox, STACK, &declare, &[]).await;
    // What a run leaves that ended while it waited for the old one to go.
    let (cloud, ..) = look(&sandbox, STACK, &declare).await;
    let all = cloud.ec2.describe_nat_gateways().send().await.unwrap();
    let id = all.nat_gateways()[0].nat_gateway_id().unwrap();
    let deleted = cloud.ec2.delete_nat_gateway().nat_gateway_id(id).send();
    deleted.await.unwrap();
    // It still has its address: a new one can only take its place.
    expect(&sandbox, STACK, &declare, &["± nat-gateway/main failure"]).await;
    up(&sandbox, STACK, &declare).await;
    expect(&sandbox, STACK, &declare, &[]).await;
    assert_eq!(asked(&sandbox, "CreateNatGateway"), 2);
}

#[tokio::test]
async fn a_nat_gateway_that_failed_is_made_again() {
    let sandbox = Sandbox::instant();
    let declare = nat("a", "one", "one");
    up(&sandbox, STACK, &declare).await;
    let (cloud, ..) = look(&sandbox, STACK, &declare).await;
    let all = cloud.ec2.describe_nat_gateways().send().await.unwrap();
    let old = &all.nat_gateways()[0];
    let old_id = old.nat_gateway_id().unwrap();
    let deleted = cloud.ec2.delete_nat_gateway().nat_gateway_id(old_id).send();
    deleted.await.unwrap();
    // The same request without its way out.
    let gateways = cloud.ec2.describe_internet_gateways().send().await.unwrap();
    let gateway = &gateways.internet_gateways()[0];
    let (id, vpc) = (
        gateway.internet_gateway_id().unwrap(),
        old.vpc_id().unwrap(),
    );
    let detach = cloud.ec2.detach_internet_gateway();
    detach
        .internet_gateway_id(id)
        .vpc_id(vpc)
        .send()
        .await
        .unwrap();
    let specification = TagSpecification::builder()
        .resource_type(ResourceType::Natgateway)
        .set_tags(Some(old.tags().to_vec()))
        .build();
    let address = old.nat_gateway_addresses()[0].allocation_id().unwrap();
    cloud
        .ec2
        .create_nat_gateway()
        .subnet_id(old.subnet_id().unwrap())
        .allocation_id(address)
        .tag_specifications(specification)
        .send()
        .await
        .unwrap();
    let says = [
        "internet-gateway/main attached",
        "± nat-gateway/main failure",
    ];
    expect(&sandbox, STACK, &declare, &says).await;
    up(&sandbox, STACK, &declare).await;
    expect(&sandbox, STACK, &declare, &[]).await;
}
