use ajuda::aws::{Cloud, Tags};
use ajuda::engine::Graph;
use ajuda::resources::Vpc;

use crate::support::life::{Variant, live};
use crate::support::sandbox::Sandbox;

fn vpc(cidr: &str, team: &str) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let tags = Tags::from([("team".into(), team.into())]);
        graph.add(
            "network",
            "main",
            Vpc {
                cidr: cidr.into(),
                tags,
            },
        );
    }
}

#[tokio::test]
async fn a_vpc_lives() {
    let sandbox = Sandbox::instant();
    live(
        &sandbox,
        "life",
        &vpc("10.0.0.0/16", "one"),
        &[
            Variant {
                declare: &vpc("10.0.0.0/16", "two"),
                says: &["vpc/main tags.team"],
            },
            Variant {
                declare: &vpc("10.1.0.0/16", "two"),
                says: &["± vpc/main cidr"],
            },
        ],
    )
    .await;
}
