use ajuda::aws::{Cloud, Tags};
use ajuda::engine::Graph;
use ajuda::resources::{RouteTable, VpcEndpoint};

use super::network::{STACK, team, vpc};
use crate::support::life::{Variant, live};
use crate::support::sandbox::Sandbox;

/// An endpoint in `of` that the tables of that VPC named in `tables` lead to.
fn endpoint(
    of: &'static str,
    service: &'static str,
    tables: &'static str,
    by: &'static str,
) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let (main, other) = (vpc(graph, "main"), vpc(graph, "other"));
        let mut table = |name: &str, vpc| {
            let table = RouteTable {
                vpc,
                subnets: Vec::new(),
                default: None,
                tags: Tags::new(),
            };
            graph.add("network", name, table)
        };
        let all = [
            ("a", table("a", main.clone())),
            ("b", table("b", main.clone())),
            ("c", table("c", other.clone())),
        ];
        let used = all.into_iter().filter(|(name, _)| tables.contains(name));
        let route_tables = used.map(|(_, table)| table).collect();
        graph.add(
            "network",
            "main",
            VpcEndpoint {
                vpc: if of == "main" { main } else { other }.into(),
                service: format!("com.amazonaws.us-east-1.{service}"),
                route_tables,
                tags: team(by),
            },
        );
    }
}

#[tokio::test]
async fn a_vpc_endpoint_lives() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        STACK,
        &endpoint("main", "s3", "a", "one"),
        &[
            Variant {
                declare: &endpoint("main", "s3", "a", "two"),
                says: &["vpc-endpoint/main tags.team"],
            },
            Variant {
                declare: &endpoint("main", "s3", "a b", "two"),
                says: &["vpc-endpoint/main route_tables"],
            },
            Variant {
                declare: &endpoint("main", "s3", "b", "two"),
                says: &["vpc-endpoint/main route_tables"],
            },
            Variant {
                declare: &endpoint("main", "dynamodb", "b", "two"),
                says: &["± vpc-endpoint/main service"],
            },
            Variant {
                declare: &endpoint("other", "dynamodb", "c", "two"),
                says: &["± vpc-endpoint/main vpc"],
            },
        ],
    )
    .await;
}
