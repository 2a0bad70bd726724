use std::sync::Arc;

use ajuda::aws::{Cloud, STACK_TAG, Tags};
use ajuda::engine::{
    Address, Cancel, Graph, Link, Observed, Plan, Report, apply, observe, plan_destroy,
};
use ajuda::resources::{Bucket, KINDS, LoadBalancer};
use aws_sdk_elasticloadbalancingv2::types::LoadBalancerAttribute;
use serde_json::json;
use tokio::sync::mpsc;

use crate::edge::{Ground, balancer, ground};
use crate::strangers::in_the_way;
use crate::support::life::{Variant, expect, live, up};
use crate::support::sandbox::Sandbox;

/// A network, a bucket for logs, and a load balancer that `change` has changed.
fn edge(
    change: impl Fn(&mut LoadBalancer, &Ground, &dyn Fn() -> Option<ajuda::engine::Ref<Bucket>>) + Sync,
) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let ground = ground(graph);
        let logs = graph.add("storage", "logs", bucket());
        let mut balancer = balancer(&ground);
        change(&mut balancer, &ground, &|| Some(logs.clone()));
        graph.add("load balancer", "main", balancer);
    }
}

fn plain() -> impl Fn(&mut Graph<Cloud>) + Sync {
    edge(|_, _, _| {})
}

fn bucket() -> Bucket {
    Bucket {
        name: "life-logs".into(),
        versioning: false,
        noncurrent_days: 1,
        abort_upload_days: 7,
        expire_days: Some(90),
        kms_key: None,
        policy: vec![json!({
            "Sid": "AccessLogs",
            "Effect": "Allow",
            "Principal": { "Service": "logdelivery.elasticloadbalancing.amazonaws.com" },
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::life-logs/alb/AWSLogs/123456789012/*",
        })],
        access_log: None,
        disposable: true,
        tags: Tags::new(),
    }
}

#[tokio::test]
async fn a_load_balancer_lives() {
    let sandbox = Sandbox::late();
    let moved = edge(|one, ground, _| {
        one.subnets = ground.subnets[1..].iter().map(Link::from).collect();
    });
    let guarded = edge(|one, ground, _| one.groups = ground.groups.clone());
    let slow = edge(|one, _, _| one.idle_timeout = 60);
    let logged = edge(|one, _, logs| one.logs = logs());
    let team = edge(|one, _, _| {
        one.tags.insert("team".into(), "two".into());
    });
    let disposable = edge(|one, _, _| one.disposable = true);
    let protected = edge(|one, _, _| {
        one.disposable = true;
        one.deletion_protection = true;
    });
    let kept = edge(|one, _, logs| {
        one.disposable = true;
        one.deletion_protection = true;
        one.logs = logs();
    });
    live(
        &sandbox,
        "life",
        &plain(),
        &[
            Variant {
                declare: &moved,
                says: &["load-balancer/main subnets"],
            },
            Variant {
                declare: &guarded,
                says: &["load-balancer/main groups", "load-balancer/main subnets"],
            },
            Variant {
                declare: &slow,
                says: &[
                    "load-balancer/main groups",
                    "load-balancer/main idle_timeout",
                ],
            },
            Variant {
                declare: &logged,
                says: &[
                    "load-balancer/main access_logs",
                    "load-balancer/main idle_timeout",
                ],
            },
            Variant {
                declare: &team,
                says: &[
                    "load-balancer/main access_logs",
                    "load-balancer/main tags.team",
                ],
            },
            Variant {
                declare: &disposable,
                says: &[
                    "load-balancer/main disposable",
                    "load-balancer/main tags.team",
                ],
            },
            Variant {
                declare: &protected,
                says: &["load-balancer/main deletion_protection"],
            },
            Variant {
                declare: &kept,
                says: &["load-balancer/main access_logs"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_load_balancer_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &plain()).await;
    let cloud = sandbox.cloud("life").await;
    let arn = arn(&cloud).await;
    let untag = cloud.elb.remove_tags().resource_arns(&arn);
    untag.tag_keys(STACK_TAG).send().await.unwrap();
    let cloud = sandbox.cloud("life").await;
    let conflicts = in_the_way(&cloud, &plain()).await;
    assert_eq!(conflicts, ["load-balancer/main life"]);
}

#[tokio::test]
async fn what_was_changed_or_not_finished_is_put_right() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &plain()).await;
    let cloud = sandbox.cloud("life").await;
    let attribute = LoadBalancerAttribute::builder()
        .key("routing.http.drop_invalid_header_fields.enabled")
        .value("false")
        .build();
    let modify = cloud.elb.modify_load_balancer_attributes();
    let modify = modify.load_balancer_arn(arn(&cloud).await);
    modify.attributes(attribute).send().await.unwrap();
    let says = ["load-balancer/main drop_invalid_headers"];
    expect(&sandbox, "life", &plain(), &says).await;
    up(&sandbox, "life", &plain()).await;
    expect(&sandbox, "life", &plain(), &[]).await;
}

#[tokio::test]
async fn a_lost_reply_makes_no_second_load_balancer() {
    let sandbox = Sandbox::instant();
    let lost = json!({"rules": [{
        "service": "elasticloadbalancing", "operation": "CreateLoadBalancer",
        "action": "cut-after", "times": 1,
    }]});
    sandbox.control("POST", "faults", Some(lost));
    up(&sandbox, "life", &plain()).await;
    expect(&sandbox, "life", &plain(), &[]).await;
}

#[tokio::test]
async fn a_protected_load_balancer_goes_only_when_it_is_named() {
    let sandbox = Sandbox::instant();
    let protected = edge(|one, _, _| one.deletion_protection = true);
    up(&sandbox, "life", &protected).await;
    let report = destroy(&sandbox, &protected, &[]).await;
    let [(address, _, fault)] = report.failed.as_slice() else {
        panic!("{report:?}");
    };
    assert_eq!(address.to_string(), "load-balancer/main");
    assert_eq!(fault.message, "it is protected from deletion");
    let hint = "`--delete-data load-balancer/main` deletes it all the same";
    assert_eq!(fault.hint, Some(hint.into()));
    let report = destroy(&sandbox, &protected, &["load-balancer/main"]).await;
    assert_eq!(report.failed, []);
}

async fn destroy(
    sandbox: &Sandbox,
    declare: &(dyn Fn(&mut Graph<Cloud>) + Sync),
    named: &[&str],
) -> Report {
    let mut cloud = Arc::into_inner(sandbox.cloud("life").await).unwrap();
    cloud.force = named
        .iter()
        .filter_map(|text| Address::parse(text))
        .collect();
    let cloud = Arc::new(cloud);
    let mut graph = Graph::default();
    declare(&mut graph);
    let graph = Arc::new(graph);
    let observed: Observed = observe(&cloud, &graph, KINDS).await;
    let plan: Plan = plan_destroy(&graph, KINDS, &observed, |_| false);
    let (events, _log) = mpsc::unbounded_channel();
    let run = ajuda::engine::RunContext {
        cloud: Arc::clone(&cloud),
        events,
        cancel: Cancel::default(),
        clock_speed: 1000.0,
    };
    apply(&run, &graph, KINDS, &plan, &observed).await.report
}

async fn arn(cloud: &Cloud) -> String {
    let found = cloud.elb.describe_load_balancers().send().await.unwrap();
    let one = found.load_balancers().first().unwrap();
    one.load_balancer_arn().unwrap().to_owned()
}

/// It goes between the call that lists it and the one that asks for the tags of all: that fails for all.
#[tokio::test]
async fn a_load_balancer_of_others_that_goes_away_hides_none_of_ours() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &plain()).await;
    let other = |graph: &mut Graph<Cloud>| {
        let mut other = balancer(&ground(graph));
        other.name = "other".into();
        graph.add("load balancer", "main", other);
    };
    up(&sandbox, "other", &other).await;
    let gone = json!({ "rules": [{
        "service": "elasticloadbalancing", "operation": "DescribeTags", "times": 1,
        "code": "LoadBalancerNotFound", "message": "One or more load balancers not found", "http": 400,
    }] });
    sandbox.control("POST", "faults", Some(gone));
    expect(&sandbox, "life", &plain(), &[]).await;
}
