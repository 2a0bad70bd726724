use ajuda::aws::{Cloud, Tags};
use ajuda::engine::Graph;
use ajuda::resources::LogGroup;

use crate::support::life::{Variant, live};
use crate::support::sandbox::Sandbox;

fn group(days: u32, team: &str) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        graph.add(
            "cluster",
            "app",
            LogGroup {
                name: "/ecs/life/app".into(),
                days,
                by_service: false,
                tags: Tags::from([("team".into(), team.into())]),
            },
        );
    }
}

#[tokio::test]
async fn a_log_group_lives() {
    let sandbox = Sandbox::instant();
    live(
        &sandbox,
        "life",
        &group(30, "one"),
        &[
            Variant {
                declare: &group(90, "one"),
                says: &["log-group/app retention_days"],
            },
            Variant {
                declare: &group(90, "two"),
                says: &["log-group/app tags.team"],
            },
        ],
    )
    .await;
}
