use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Graph, Link};
use ajuda::resources::{Listener, ListenerAction, ListenerRule};
use serde_json::json;

use crate::edge::{balancer, ground, target};
use crate::support::life::{Variant, live};
use crate::support::sandbox::Sandbox;

/// What a listener may name.
struct Around {
    first: ajuda::engine::Ref<ajuda::resources::TargetGroup>,
    second: ajuda::engine::Ref<ajuda::resources::TargetGroup>,
}

/// A load balancer with two targets and a listener that `change` has changed.
fn edge(change: impl Fn(&mut Listener, &Around) + Sync) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let ground = ground(graph);
        let balancer = graph.add("load balancer", "main", balancer(&ground));
        let around = Around {
            first: graph.add("load balancer", "first", target(&ground, 8080)),
            second: graph.add("load balancer", "second", target(&ground, 9090)),
        };
        let mut listener = Listener {
            balancer,
            port: 80,
            protocol: "HTTP".into(),
            certificate: None,
            ssl_policy: None,
            action: ListenerAction::Forward(around.first.clone()),
            tags: Tags::from([("team".into(), "one".into())]),
        };
        change(&mut listener, &around);
        graph.add("load balancer", "http", listener);
    }
}

#[tokio::test]
async fn a_listener_lives() {
    let sandbox = Sandbox::late();
    let one = sandbox.control(
        "POST",
        "seed",
        Some(json!({ "certificates": ["one.example.org"] })),
    );
    let two = sandbox.control(
        "POST",
        "seed",
        Some(json!({ "certificates": ["two.example.org"] })),
    );
    let one = one["certificates"]["one.example.org"]
        .as_str()
        .unwrap()
        .to_owned();
    let two = two["certificates"]["two.example.org"]
        .as_str()
        .unwrap()
        .to_owned();
    let https = |certificate: &str, policy: &str| {
        let (certificate, policy) = (certificate.to_owned(), policy.to_owned());
        edge(move |listener, around| {
            listener.action = ListenerAction::Forward(around.second.clone());
            listener.port = 443;
            listener.protocol = "HTTPS".into();
            listener.certificate = Some(Link::Id(certificate.clone()));
            listener.ssl_policy = Some(policy.clone());
        })
    };
    let modern = "ELBSecurityPolicy-TLS13-1-2-2021-06";
    live(
        &sandbox,
        "life",
        &edge(|_, _| {}),
        &[
            Variant {
                declare: &edge(|listener, _| {
                    listener.tags = Tags::from([("team".into(), "two".into())])
                }),
                says: &["listener/http tags.team"],
            },
            Variant {
                declare: &edge(|listener, around| {
                    listener.action = ListenerAction::Forward(around.second.clone());
                }),
                says: &["listener/http action", "listener/http tags.team"],
            },
            Variant {
                declare: &edge(|listener, _| listener.action = ListenerAction::NotFound),
                says: &["listener/http action"],
            },
            Variant {
                declare: &edge(|listener, _| listener.action = ListenerAction::RedirectToHttps),
                says: &["listener/http action"],
            },
            Variant {
                declare: &edge(|listener, _| {
                    listener.action = ListenerAction::RedirectToHttps;
                    listener.port = 8080;
                }),
                says: &["listener/http port"],
            },
            Variant {
                declare: &https(&one, modern),
                says: &[
                    "listener/http action",
                    "listener/http certificate",
                    "listener/http port",
                    "listener/http protocol",
                    "listener/http ssl_policy",
                ],
            },
            Variant {
                declare: &https(&two, modern),
                says: &["listener/http certificate"],
            },
            Variant {
                declare: &https(&two, "ELBSecurityPolicy-TLS13-1-3-2021-06"),
                says: &["listener/http ssl_policy"],
            },
        ],
    )
    .await;
}

/// A rule that `change` has changed.
fn rule(change: impl Fn(&mut ListenerRule, &Around) + Sync) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let ground = ground(graph);
        let balancer = graph.add("load balancer", "main", balancer(&ground));
        let around = Around {
            first: graph.add("load balancer", "first", target(&ground, 8080)),
            second: graph.add("load balancer", "second", target(&ground, 9090)),
        };
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
        let mut rule = ListenerRule {
            alternate: None,
            listener,
            priority: 10,
            paths: vec!["/api/*".into(), "/hooks/*".into()],
            target: around.first.clone(),
            tags: Tags::from([("team".into(), "one".into())]),
        };
        change(&mut rule, &around);
        graph.add("load balancer", "api", rule);
    }
}

#[tokio::test]
async fn a_rule_lives() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        "life",
        &rule(|_, _| {}),
        &[
            Variant {
                declare: &rule(|rule, _| rule.paths = vec!["/hooks/*".into(), "/api/*".into()]),
                says: &[],
            },
            Variant {
                declare: &rule(|rule, _| rule.paths = vec!["/api/*".into()]),
                says: &["listener-rule/api paths"],
            },
            Variant {
                declare: &rule(|rule, _| {
                    rule.paths = vec!["/api/*".into()];
                    rule.priority = 20;
                }),
                says: &["listener-rule/api priority"],
            },
            Variant {
                declare: &rule(|rule, around| {
                    rule.paths = vec!["/api/*".into()];
                    rule.priority = 20;
                    rule.target = around.second.clone();
                }),
                says: &["listener-rule/api action"],
            },
            Variant {
                declare: &rule(|rule, around| {
                    rule.paths = vec!["/api/*".into()];
                    rule.priority = 20;
                    rule.target = around.second.clone();
                    rule.tags = Tags::from([("team".into(), "two".into())]);
                }),
                says: &["listener-rule/api tags.team"],
            },
            Variant {
                declare: &rule(|rule, around| {
                    rule.paths = vec!["/api/*".into()];
                    rule.priority = 20;
                    rule.target = around.second.clone();
                    rule.alternate = Some(around.first.clone());
                    rule.tags = Tags::from([("team".into(), "two".into())]);
                }),
                says: &["listener-rule/api action"],
            },
        ],
    )
    .await;
}
