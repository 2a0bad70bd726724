use ajuda::aws::Cloud;
use ajuda::engine::Graph;
use ajuda::resources::InternetGateway;
use serde_json::json;

use super::network::{STACK, fail, team, vpc};
use crate::support::life::{Variant, expect, live, remove, up};
use crate::support::sandbox::Sandbox;

fn gateway(of: &'static str, by: &'static str) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let (main, other) = (vpc(graph, "main"), vpc(graph, "other"));
        let vpc = if of == "main" { main } else { other };
        let tags = team(by);
        graph.add("network", "main", InternetGateway { vpc, tags });
    }
}

#[tokio::test]
async fn an_internet_gateway_lives() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        STACK,
        &gateway("main", "one"),
        &[
            Variant {
                declare: &gateway("main", "two"),
                says: &["internet-gateway/main tags.team"],
            },
            Variant {
                declare: &gateway("other", "two"),
                says: &["± internet-gateway/main vpc"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_loose_internet_gateway_is_attached() {
    let sandbox = Sandbox::instant();
    let before = sandbox.inventory();
    let declare = gateway("main", "one");
    let denied = json!([{ "operation": "AttachInternetGateway", "action": "deny" }]);
    let report = fail(&sandbox, &declare, denied).await;
    assert_eq!(report.failed.len(), 1);
    expect(
        &sandbox,
        STACK,
        &declare,
        &["internet-gateway/main attached"],
    )
    .await;
    up(&sandbox, STACK, &declare).await;
    expect(&sandbox, STACK, &declare, &[]).await;
    remove(&sandbox, STACK, &declare, &|_| false).await;
    assert_eq!(sandbox.inventory(), before);
}
