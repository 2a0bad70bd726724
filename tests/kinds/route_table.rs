use ajuda::aws::Cloud;
use ajuda::engine::Graph;
use ajuda::resources::{DefaultRoute, ElasticIp, NatGateway, RouteTable};
use serde_json::json;

use super::network::{STACK, fail, gateway, subnet, team, vpc};
use crate::support::life::{Variant, expect, live, remove, up};
use crate::support::sandbox::Sandbox;

/// A table in `of` for the subnets `used`, which leads to `to`, and one for the other subnets.
fn table(
    of: &'static str,
    used: &'static str,
    to: &'static str,
    by: &'static str,
) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let (main, second) = (vpc(graph, "main"), vpc(graph, "second"));
        let internet = gateway(graph, &main);
        let (a, b) = (subnet(graph, "a", &main, 0), subnet(graph, "b", &main, 1));
        let ip = graph.add("network", "main", ElasticIp { tags: team("one") });
        let nat = NatGateway {
            subnet: subnet(graph, "public", &main, 2),
            ip,
            gateway: internet.clone(),
            tags: team("one"),
        };
        let nat = graph.add("network", "main", nat);
        let (mine, rest): (Vec<_>, Vec<_>) = [("a", a), ("b", b)]
            .into_iter()
            .partition(|(name, _)| used.contains(name));
        let refs = |set: Vec<(&str, _)>| set.into_iter().map(|(_, subnet)| subnet).collect();
        graph.add(
            "network",
            "one",
            RouteTable {
                vpc: if of == "main" { main.clone() } else { second },
                subnets: refs(mine),
                default: match to {
                    "internet" => Some(DefaultRoute::Internet(internet)),
                    "nat" => Some(DefaultRoute::Nat(nat)),
                    _ => None,
                },
                tags: team(by),
            },
        );
        graph.add(
            "network",
            "two",
            RouteTable {
                vpc: main,
                subnets: refs(rest),
                default: None,
                tags: team("one"),
            },
        );
    }
}

#[tokio::test]
async fn a_route_table_lives() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        STACK,
        &table("main", "a", "internet", "one"),
        &[
            Variant {
                declare: &table("main", "a", "internet", "two"),
                says: &["route-table/one tags.team"],
            },
            Variant {
                declare: &table("main", "a", "nat", "two"),
                says: &["route-table/one default_route"],
            },
            Variant {
                declare: &table("main", "a b", "nat", "two"),
                says: &["route-table/one subnets", "route-table/two subnets"],
            },
            Variant {
                declare: &table("main", "b", "nat", "two"),
                says: &["route-table/one subnets", "route-table/two subnets"],
            },
            Variant {
                declare: &table("main", "", "none", "two"),
                says: &[
                    "route-table/one default_route",
                    "route-table/one subnets",
                    "route-table/two subnets",
                ],
            },
            Variant {
                declare: &table("second", "", "none", "two"),
                says: &["± route-table/one vpc"],
            },
            Variant {
                declare: &table("main", "a", "internet", "two"),
                says: &["route-table/two subnets", "± route-table/one vpc"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_route_table_that_was_begun_is_finished() {
    let sandbox = Sandbox::instant();
    let before = sandbox.inventory();
    let declare = table("main", "a b", "nat", "one");
    let denied = json!([{ "operation": "CreateRoute", "action": "deny" }]);
    fail(&sandbox, &declare, denied).await;
    expect(
        &sandbox,
        STACK,
        &declare,
        &["route-table/one default_route"],
    )
    .await;
    up(&sandbox, STACK, &declare).await;
    expect(&sandbox, STACK, &declare, &[]).await;
    remove(&sandbox, STACK, &declare, &|_| false).await;
    let denied = json!([{ "operation": "AssociateRouteTable", "nth": 2, "action": "deny" }]);
    fail(&sandbox, &declare, denied).await;
    let left = ["route-table/one default_route", "route-table/one subnets"];
    expect(&sandbox, STACK, &declare, &left).await;
    up(&sandbox, STACK, &declare).await;
    expect(&sandbox, STACK, &declare, &[]).await;
    remove(&sandbox, STACK, &declare, &|_| false).await;
    assert_eq!(sandbox.inventory(), before);
}
