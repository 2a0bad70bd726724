use std::collections::BTreeMap;

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::Graph;
use ajuda::resources::DbParameterGroup;

use crate::strangers::{in_the_way, left};
use crate::support::life::{Variant, expect, live, up};
use crate::support::sandbox::Sandbox;

fn group<'a>(
    family: &'a str,
    parameters: &'a [(&'a str, &'a str)],
    team: &'a str,
) -> impl Fn(&mut Graph<Cloud>) + Sync + 'a {
    move |graph| {
        let parameters = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>();
        graph.add(
            "database",
            family,
            DbParameterGroup {
                name: format!("life-{family}"),
                family: family.into(),
                parameters,
                tags: Tags::from([("team".into(), team.into())]),
            },
        );
    }
}

#[tokio::test]
async fn a_db_parameter_group_lives() {
    let sandbox = Sandbox::late();
    // `rds.force_ssl` has RDS's own value, `max_connections` needs a restart.
    let base: &[(&str, &str)] = &[("rds.force_ssl", "1"), ("max_connections", "200")];
    let more: &[(&str, &str)] = &[("max_connections", "300"), ("work_mem", "8192")];
    live(
        &sandbox,
        "life",
        &group("postgres16", base, "one"),
        &[
            Variant {
                declare: &group("postgres16", more, "one"),
                says: &[
                    "db-parameter-group/postgres16 parameters.max_connections",
                    "db-parameter-group/postgres16 parameters.rds.force_ssl",
                    "db-parameter-group/postgres16 parameters.work_mem",
                ],
            },
            Variant {
                declare: &group("postgres16", more, "two"),
                says: &["db-parameter-group/postgres16 tags.team"],
            },
            Variant {
                declare: &group("postgres17", more, "two"),
                says: &[
                    "+ db-parameter-group/postgres17",
                    "- db-parameter-group/postgres16",
                ],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_db_parameter_group_may_want_what_rds_has() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &group("postgres16", &[], "one")).await;
    let same: &[(&str, &str)] = &[("rds.force_ssl", "1"), ("autovacuum", "1")];
    expect(&sandbox, "life", &group("postgres16", same, "one"), &[]).await;
}

#[tokio::test]
async fn a_db_parameter_group_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    let cloud = sandbox.cloud("life").await;
    cloud
        .rds
        .create_db_parameter_group()
        .db_parameter_group_name("life-postgres16")
        .db_parameter_group_family("postgres16")
        .description("by hand")
        .send()
        .await
        .unwrap();
    let conflicts = in_the_way(&cloud, &group("postgres16", &[], "one")).await;
    assert_eq!(conflicts, ["db-parameter-group/postgres16 life-postgres16"]);
}

#[tokio::test]
async fn parameters_are_set_by_their_own_method() {
    let sandbox = Sandbox::instant();
    let want: &[(&str, &str)] = &[("max_connections", "200"), ("work_mem", "8192")];
    up(&sandbox, "life", &group("postgres16", want, "one")).await;
    let cloud = sandbox.cloud("life").await;
    let set = cloud
        .rds
        .describe_db_parameters()
        .db_parameter_group_name("life-postgres16")
        .source("user")
        .send()
        .await
        .unwrap();
    let mut methods: Vec<(&str, &str)> = set
        .parameters()
        .iter()
        .map(|one| {
            (
                one.parameter_name().unwrap(),
                one.apply_method().unwrap().as_str(),
            )
        })
        .collect();
    methods.sort_unstable();
    assert_eq!(
        methods,
        [
            ("max_connections", "pending-reboot"),
            ("work_mem", "immediate")
        ]
    );
}

#[tokio::test]
async fn a_db_parameter_group_that_left_the_file_is_found() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &group("postgres16", &[], "one")).await;
    let cloud = sandbox.cloud("life").await;
    let found = left(&cloud).await;
    assert_eq!(found, ["db-parameter-group/postgres16 life-postgres16"]);
}
