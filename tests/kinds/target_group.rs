use ajuda::aws::{Cloud, STACK_TAG, Tags};
use ajuda::engine::{Graph, Link};
use ajuda::resources::{TargetGroup, Vpc};
use serde_json::json;

use crate::strangers::in_the_way;
use crate::support::life::{Variant, expect, live, up};
use crate::support::sandbox::Sandbox;

/// What the test changes; the rest stays.
struct Shape {
    name: &'static str,
    port: u16,
    path: &'static str,
    codes: &'static str,
    interval: u32,
    healthy: u32,
    unhealthy: u32,
    timeout: u32,
    delay: u32,
    sticky: Option<u32>,
    team: &'static str,
}

const BASE: Shape = Shape {
    name: "life-app",
    port: 8080,
    path: "/health",
    codes: "200",
    interval: 30,
    healthy: 2,
    unhealthy: 3,
    timeout: 5,
    delay: 30,
    sticky: None,
    team: "one",
};

fn group(shape: Shape) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let vpc = graph.add(
            "network",
            "main",
            Vpc {
                cidr: "10.0.0.0/16".into(),
                tags: Tags::new(),
            },
        );
        graph.add("load balancer", "app", target_group(&shape, vpc.into()));
    }
}

fn target_group(shape: &Shape, vpc: Link<Vpc>) -> TargetGroup {
    TargetGroup {
        alternate: false,
        name: shape.name.into(),
        vpc,
        port: shape.port,
        health_path: shape.path.into(),
        health_codes: shape.codes.into(),
        interval: shape.interval,
        healthy: shape.healthy,
        unhealthy: shape.unhealthy,
        timeout: shape.timeout,
        deregistration_delay: shape.delay,
        stickiness_seconds: shape.sticky,
        tags: Tags::from([("team".into(), shape.team.into())]),
    }
}

#[tokio::test]
async fn a_target_group_lives() {
    let sandbox = Sandbox::late();
    let path = group(Shape {
        path: "/ready",
        ..BASE
    });
    let codes = group(Shape {
        codes: "200-299",
        ..BASE
    });
    let times = group(Shape {
        interval: 60,
        timeout: 10,
        ..BASE
    });
    let counts = group(Shape {
        healthy: 4,
        unhealthy: 5,
        ..BASE
    });
    let delay = group(Shape { delay: 5, ..BASE });
    let sticky = group(Shape {
        sticky: Some(3600),
        ..BASE
    });
    let longer = group(Shape {
        sticky: Some(7200),
        ..BASE
    });
    let team = group(Shape {
        team: "two",
        ..BASE
    });
    let port = group(Shape {
        port: 9090,
        team: "two",
        ..BASE
    });
    live(
        &sandbox,
        "life",
        &group(BASE),
        &[
            Variant {
                declare: &path,
                says: &["target-group/app health.path"],
            },
            Variant {
                declare: &codes,
                says: &[
                    "target-group/app health.codes",
                    "target-group/app health.path",
                ],
            },
            Variant {
                declare: &times,
                says: &[
                    "target-group/app health.codes",
                    "target-group/app health.interval",
                    "target-group/app health.timeout",
                ],
            },
            Variant {
                declare: &counts,
                says: &[
                    "target-group/app health.healthy",
                    "target-group/app health.interval",
                    "target-group/app health.timeout",
                    "target-group/app health.unhealthy",
                ],
            },
            Variant {
                declare: &delay,
                says: &[
                    "target-group/app deregistration_delay",
                    "target-group/app health.healthy",
                    "target-group/app health.unhealthy",
                ],
            },
            Variant {
                declare: &sticky,
                says: &[
                    "target-group/app deregistration_delay",
                    "target-group/app stickiness",
                ],
            },
            Variant {
                declare: &longer,
                says: &["target-group/app stickiness"],
            },
            Variant {
                declare: &team,
                says: &["target-group/app stickiness", "target-group/app tags.team"],
            },
            Variant {
                declare: &port,
                says: &["± target-group/app name port"],
            },
        ],
    )
    .await;
}

/// Under another name than the file's it is found by its tags, which the index knows some minutes later.
#[tokio::test]
async fn a_target_group_keeps_the_name_it_was_made_with() {
    let sandbox = Sandbox::late();
    up(&sandbox, "life", &group(BASE)).await;
    sandbox.catch_up();
    let name = group(Shape {
        name: "life-web",
        ..BASE
    });
    expect(&sandbox, "life", &name, &[]).await;
    up(&sandbox, "life", &name).await;
    expect(&sandbox, "life", &name, &[]).await;
}

#[tokio::test]
async fn a_target_group_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &group(BASE)).await;
    let cloud = sandbox.cloud("life").await;
    let found = cloud.elb.describe_target_groups().send().await.unwrap();
    let [theirs] = found.target_groups() else {
        panic!("one target group: {found:?}");
    };
    cloud
        .elb
        .remove_tags()
        .resource_arns(theirs.target_group_arn().unwrap())
        .tag_keys(STACK_TAG)
        .send()
        .await
        .unwrap();
    let name = theirs.target_group_name().unwrap();
    let mark = name.strip_prefix("life-app-").unwrap();
    assert!(
        mark.len() == 5 && mark.chars().all(|digit| digit.is_ascii_hexdigit()),
        "{name}"
    );
    let conflicts = in_the_way(&cloud, &group(BASE)).await;
    assert_eq!(conflicts, [format!("target-group/app {name}")]);
    let elsewhere = group(Shape { port: 9090, ..BASE });
    assert_eq!(in_the_way(&cloud, &elsewhere).await, [""; 0]);
}

#[tokio::test]
async fn a_lost_reply_makes_no_second_target_group() {
    let sandbox = Sandbox::instant();
    let lost = json!({"rules": [{
        "service": "elasticloadbalancing", "operation": "CreateTargetGroup",
        "action": "cut-after", "times": 1,
    }]});
    sandbox.control("POST", "faults", Some(lost));
    up(&sandbox, "life", &group(BASE)).await;
    expect(&sandbox, "life", &group(BASE), &[]).await;
}
