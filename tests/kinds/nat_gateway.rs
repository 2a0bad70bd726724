use ajuda::aws::Cloud;
use ajuda::engine::Graph;
use ajuda::resources::{ElasticIp, NatGateway};

use super::network::{STACK, asked, gateway, subnet, team, vpc};
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
    let sandbox = Sandbox::instant();
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
    let sandbox = Sandbox::start("100");
    let declare = nat("a", "one", "one");
    up(&sandbox, STACK, &declare).await;
    let (cloud, ..) = look(&sandbox, STACK, &declare).await;
    let all = cloud.ec2.describe_nat_gateways().send().await.unwrap();
    let id = all.nat_gateways()[0].nat_gateway_id().unwrap();
    // What a run leaves that was killed while it waited.
    let deleted = cloud
        .ec2
        .delete_nat_gateway()
        .nat_gateway_id(id)
        .send()
        .await;
    deleted.unwrap();
    // It still has its address: a new one can only take its place.
    expect(&sandbox, STACK, &declare, &["± nat-gateway/main failure"]).await;
    up(&sandbox, STACK, &declare).await;
    expect(&sandbox, STACK, &declare, &[]).await;
    assert_eq!(asked(&sandbox, "CreateNatGateway"), 2);
}
