use ajuda::aws::Cloud;
use ajuda::engine::Graph;
use ajuda::resources::ElasticIp;

use super::network::{STACK, team};
use crate::support::life::{Variant, live};
use crate::support::sandbox::Sandbox;

fn address(by: &'static str) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        graph.add("network", "nat-a", ElasticIp { tags: team(by) });
    }
}

#[tokio::test]
async fn an_elastic_ip_lives() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        STACK,
        &address("one"),
        &[Variant {
            declare: &address("two"),
            says: &["elastic-ip/nat-a tags.team"],
        }],
    )
    .await;
}
