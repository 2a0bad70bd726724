use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Graph, Link};
use ajuda::resources::DbSubnetGroup;

use crate::default_network::subnets;
use crate::strangers::{in_the_way, left};
use crate::support::life::{Variant, live, up};
use crate::support::sandbox::Sandbox;

fn group<'a>(
    name: &'a str,
    subnets: &'a [String],
    team: &'a str,
) -> impl Fn(&mut Graph<Cloud>) + Sync + 'a {
    move |graph| {
        graph.add(
            "database",
            "main",
            DbSubnetGroup {
                name: name.into(),
                subnets: subnets.iter().cloned().map(Link::Id).collect(),
                tags: Tags::from([("team".into(), team.into())]),
            },
        );
    }
}

#[tokio::test]
async fn a_db_subnet_group_lives() {
    let sandbox = Sandbox::late();
    let subnets = subnets(&sandbox).await;
    live(
        &sandbox,
        "life",
        &group("life", &subnets[..2], "one"),
        &[
            Variant {
                declare: &group("life", &subnets[1..4], "one"),
                says: &["db-subnet-group/main subnets"],
            },
            Variant {
                declare: &group("life", &subnets[1..4], "two"),
                says: &["db-subnet-group/main tags.team"],
            },
            Variant {
                declare: &group("life-2", &subnets[1..4], "two"),
                says: &[],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_db_subnet_group_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    let subnets = subnets(&sandbox).await;
    let cloud = sandbox.cloud("life").await;
    cloud
        .rds
        .create_db_subnet_group()
        .db_subnet_group_name("life")
        .db_subnet_group_description("by hand")
        .set_subnet_ids(Some(subnets[..2].to_vec()))
        .send()
        .await
        .unwrap();
    let conflicts = in_the_way(&cloud, &group("life", &subnets[..2], "one")).await;
    assert_eq!(conflicts, ["db-subnet-group/main life"]);
}

#[tokio::test]
async fn a_db_subnet_group_that_left_the_file_is_found() {
    let sandbox = Sandbox::instant();
    let subnets = subnets(&sandbox).await;
    up(&sandbox, "life", &group("life", &subnets[..2], "one")).await;
    let cloud = sandbox.cloud("life").await;
    assert_eq!(left(&cloud).await, ["db-subnet-group/main life"]);
}
