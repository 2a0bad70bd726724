use ajuda::aws::{Cloud, Tags};
use ajuda::engine::Graph;
use ajuda::resources::{SecurityGroup, Vpc};

use crate::support::life::{Variant, live};
use crate::support::sandbox::Sandbox;

fn vpc(cidr: &str, team: &str) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let tags = Tags::from([("team".into(), team.into())]);
        let cidr = cidr.into();
        let vpc = graph.add("network", "main", Vpc { cidr, tags });
        // Its name, which no tag gives it, says that what it is in is the stack's.
        let group = SecurityGroup {
            vpc: (&vpc).into(),
            description: "tasks".into(),
            tags: Tags::new(),
        };
        graph.add("network", "app", group);
    }
}

#[tokio::test]
async fn a_vpc_lives() {
    let sandbox = Sandbox::late();
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
                says: &["± security-group/app vpc", "± vpc/main cidr"],
            },
        ],
    )
    .await;
}
