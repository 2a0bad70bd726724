//! Rules that change places, replies that are lost, and strangers on ports and priorities.

use ajuda::aws::{Cloud, STACK_TAG, Tags};
use ajuda::engine::Graph;
use ajuda::resources::{Listener, ListenerAction, ListenerRule};
use serde_json::json;

use crate::edge::{balancer, ground, target};
use crate::strangers::in_the_way;
use crate::support::life::{expect, up};
use crate::support::sandbox::Sandbox;

/// A listener with a rule for each name and priority.
fn rules<'a>(rules: &'a [(&'a str, u32)]) -> impl Fn(&mut Graph<Cloud>) + Sync + 'a {
    move |graph| {
        let ground = ground(graph);
        let balancer = graph.add("load balancer", "main", balancer(&ground));
        let target = graph.add("load balancer", "app", target(&ground, 8080));
        let listener = Listener {
            balancer,
            port: 80,
            protocol: "HTTP".into(),
            certificate: None,
            ssl_policy: None,
            action: ListenerAction::NotFound,
            tags: Tags::new(),
        };
        let listener = graph.add("load balancer", "http", listener);
        for (name, priority) in rules {
            let rule = ListenerRule {
                alternate: None,
                listener: listener.clone(),
                priority: *priority,
                paths: vec![format!("/{name}/*")],
                target: target.clone(),
                tags: Tags::new(),
            };
            graph.add("load balancer", *name, rule);
        }
    }
}

async fn becomes(sandbox: &Sandbox, to: &[(&str, u32)], says: &[&str]) {
    expect(sandbox, "life", &rules(to), says).await;
    up(sandbox, "life", &rules(to)).await;
    expect(sandbox, "life", &rules(to), &[]).await;
}

#[tokio::test]
async fn rules_change_places() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &rules(&[("b", 10), ("c", 20)])).await;
    becomes(
        &sandbox,
        &[("a", 10), ("b", 20), ("c", 30)],
        &[
            "+ listener-rule/a",
            "listener-rule/b priority",
            "listener-rule/c priority",
        ],
    )
    .await;
    becomes(
        &sandbox,
        &[("a", 10), ("b", 30), ("c", 20)],
        &["listener-rule/b priority", "listener-rule/c priority"],
    )
    .await;
    becomes(
        &sandbox,
        &[("d", 10), ("b", 30), ("c", 20)],
        &["+ listener-rule/d", "- listener-rule/a"],
    )
    .await;
    becomes(
        &sandbox,
        &[("c", 10)],
        &[
            "- listener-rule/b",
            "- listener-rule/d",
            "listener-rule/c priority",
        ],
    )
    .await;
}

#[tokio::test]
async fn lost_replies_make_no_second_listener_or_rule() {
    let sandbox = Sandbox::instant();
    let lost = |operation: &str| {
        json!({
            "service": "elasticloadbalancing", "operation": operation,
            "action": "cut-after", "times": 1,
        })
    };
    let lost = json!({"rules": [lost("CreateListener"), lost("CreateRule")]});
    sandbox.control("POST", "faults", Some(lost));
    let declare = rules(&[("a", 10)]);
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
}

#[tokio::test]
async fn a_listener_or_rule_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    let both = rules(&[("a", 10)]);
    up(&sandbox, "life", &both).await;
    let cloud = sandbox.cloud("life").await;
    let found = cloud.tagged().await.unwrap();
    let arn = |part: &str| {
        let mut arns = found.arns().filter(|arn| arn.contains(part));
        arns.next().unwrap().to_owned()
    };
    let (listener, rule) = (arn(":listener/"), arn(":listener-rule/"));
    for (arn, line) in [
        (&rule, format!("listener-rule/a {rule}")),
        (&listener, format!("listener/http {listener}")),
    ] {
        let untag = cloud.elb.remove_tags().resource_arns(arn);
        untag.tag_keys(STACK_TAG).send().await.unwrap();
        let conflicts = in_the_way(&sandbox.cloud("life").await, &both).await;
        assert!(conflicts.contains(&line), "{line}: {conflicts:?}");
    }
    // On another priority a rule is nobody's business of ours.
    let conflicts = in_the_way(&sandbox.cloud("life").await, &rules(&[("a", 20)])).await;
    assert_eq!(conflicts, [format!("listener/http {listener}")]);
}
