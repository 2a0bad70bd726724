use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Address, Graph};
use ajuda::message::StackOptions;
use ajuda::resources::{Direction, Peer, SecurityGroup, SecurityGroupRule};
use aws_sdk_ec2::types::{IpPermission, IpRange};
use serde_json::json;

use super::network::{STACK, asked, fail, team, vpc};
use crate::support::life::{Variant, expect, live, look, remove, up};
use crate::support::sandbox::Sandbox;

#[derive(Clone, Copy)]
struct Rule {
    name: &'static str,
    group: &'static str,
    direction: Direction,
    protocol: &'static str,
    ports: Option<(u16, u16)>,
    peer: &'static str,
    description: &'static str,
    team: &'static str,
}

const RULE: Rule = Rule {
    name: "app-from-alb",
    group: "app",
    direction: Direction::Ingress,
    protocol: "tcp",
    ports: Some((8080, 8080)),
    peer: "10.0.0.0/16",
    description: "from the load balancer",
    team: "one",
};

fn rule(rule: Rule) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let vpc = vpc(graph, "main");
        let mut group = |name: &str| {
            let group = SecurityGroup {
                vpc: (&vpc).into(),
                description: name.into(),
                tags: Tags::new(),
            };
            graph.add("network", name, group)
        };
        let (app, db) = (group("app"), group("db"));
        graph.add(
            "network",
            rule.name,
            SecurityGroupRule {
                group: if rule.group == "app" {
                    app.clone()
                } else {
                    db.clone()
                },
                direction: rule.direction,
                protocol: rule.protocol.into(),
                ports: rule.ports,
                peer: match rule.peer {
                    "app" => Peer::Group(app),
                    "db" => Peer::Group(db),
                    list if list.starts_with("pl-") => Peer::PrefixList(list.into()),
                    range => Peer::Cidr(range.into()),
                },
                description: rule.description.into(),
                tags: team(rule.team),
            },
        );
    }
}

#[tokio::test]
async fn a_rule_lives() {
    let sandbox = Sandbox::late();
    let team = Rule {
        team: "two",
        ..RULE
    };
    let described = Rule {
        description: "from anywhere inside",
        ..team
    };
    let ports = Rule {
        ports: Some((8000, 8080)),
        ..described
    };
    let range = Rule {
        peer: "10.0.0.0/17",
        ..ports
    };
    let v6 = Rule {
        peer: "fd00::/8",
        ..range
    };
    let wider = Rule {
        peer: "fc00::/7",
        ..v6
    };
    let member = Rule {
        peer: "db",
        ..wider
    };
    let own = Rule {
        peer: "app",
        ..member
    };
    let said = Rule {
        description: "among themselves",
        ..own
    };
    let udp = Rule {
        protocol: "udp",
        ..said
    };
    let every = Rule { ports: None, ..udp };
    let protocol = Rule {
        protocol: "-1",
        ..every
    };
    let out = Rule {
        direction: Direction::Egress,
        ..protocol
    };
    let other = Rule { group: "db", ..out };
    let anywhere = Rule {
        peer: "0.0.0.0/0",
        ..other
    };
    live(
        &sandbox,
        STACK,
        &rule(RULE),
        &[
            Variant {
                declare: &rule(team),
                says: &["security-group-rule/app-from-alb tags.team"],
            },
            Variant {
                declare: &rule(described),
                says: &["security-group-rule/app-from-alb description"],
            },
            Variant {
                declare: &rule(ports),
                says: &["security-group-rule/app-from-alb ports"],
            },
            Variant {
                declare: &rule(range),
                says: &["security-group-rule/app-from-alb peer"],
            },
            Variant {
                declare: &rule(v6),
                says: &["± security-group-rule/app-from-alb peer_type"],
            },
            Variant {
                declare: &rule(wider),
                says: &["security-group-rule/app-from-alb peer"],
            },
            Variant {
                declare: &rule(member),
                says: &["± security-group-rule/app-from-alb peer_type"],
            },
            Variant {
                declare: &rule(own),
                says: &["security-group-rule/app-from-alb peer"],
            },
            Variant {
                declare: &rule(said),
                says: &["security-group-rule/app-from-alb description"],
            },
            Variant {
                declare: &rule(udp),
                says: &["security-group-rule/app-from-alb protocol"],
            },
            Variant {
                declare: &rule(every),
                says: &["security-group-rule/app-from-alb ports"],
            },
            Variant {
                declare: &rule(protocol),
                says: &["security-group-rule/app-from-alb protocol"],
            },
            Variant {
                declare: &rule(out),
                says: &["± security-group-rule/app-from-alb direction"],
            },
            Variant {
                declare: &rule(other),
                says: &["± security-group-rule/app-from-alb group"],
            },
            Variant {
                declare: &rule(anywhere),
                says: &["± security-group-rule/app-from-alb peer_type"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn a_prefix_list_is_a_peer() {
    let sandbox = Sandbox::late();
    let (cloud, ..) = look(&sandbox, STACK, &|_| {}).await;
    let lists = cloud
        .ec2
        .describe_managed_prefix_lists()
        .send()
        .await
        .unwrap();
    let id = lists.prefix_lists()[0].prefix_list_id().unwrap().to_owned();
    let list = Rule {
        direction: Direction::Egress,
        peer: id.leak(),
        ..RULE
    };
    live(&sandbox, STACK, &rule(list), &[]).await;
}

/// EC2 may say of what it has just shown that it is not there ("Eventual consistency in the Amazon EC2 API").
#[tokio::test]
async fn a_rule_that_ec2_does_not_know_for_a_moment_is_revoked() {
    let sandbox = Sandbox::instant();
    up(&sandbox, STACK, &rule(RULE)).await;
    let unknown = json!({ "rules": [{
        "operation": "RevokeSecurityGroupIngress", "code": "InvalidGroup.NotFound", "times": 1,
    }] });
    sandbox.control("POST", "faults", Some(unknown));
    let stays = |address: &Address| address.kind() != "security-group-rule";
    remove(&sandbox, STACK, &rule(RULE), &stays).await;
    assert_eq!(asked(&sandbox, "RevokeSecurityGroupIngress"), 2);
    let made_again = ["+ security-group-rule/app-from-alb"];
    expect(&sandbox, STACK, &rule(RULE), &made_again).await;
}

#[tokio::test]
async fn a_rule_that_is_there_twice_is_told_apart() {
    let sandbox = Sandbox::instant();
    // The reply is lost after the rule was made.
    let lost = json!([{
        "operation": "AuthorizeSecurityGroupIngress", "nth": 1, "action": "cut-after",
    }]);
    let report = fail(&sandbox, &rule(RULE), lost).await;
    assert_eq!(report.failed, []);
    expect(&sandbox, STACK, &rule(RULE), &[]).await;
    // The same rule under another address is known again, and nothing is closed in between.
    let renamed = Rule {
        name: "app-from-lb",
        description: "from the balancer",
        ..RULE
    };
    sandbox.control("DELETE", "requests", None);
    expect(
        &sandbox,
        STACK,
        &rule(renamed),
        &["security-group-rule/app-from-lb description"],
    )
    .await;
    up(&sandbox, STACK, &rule(renamed)).await;
    expect(&sandbox, STACK, &rule(renamed), &[]).await;
    assert_eq!(asked(&sandbox, "AuthorizeSecurityGroupIngress"), 0);
    assert_eq!(asked(&sandbox, "RevokeSecurityGroupIngress"), 0);
    // Somebody else's.
    let (cloud, ..) = look(&sandbox, STACK, &rule(renamed)).await;
    let groups = cloud.ec2.describe_security_groups().send().await.unwrap();
    let app = groups
        .security_groups()
        .iter()
        .find(|one| one.group_name() == Some("life-app"));
    let permission = IpPermission::builder()
        .ip_protocol("tcp")
        .from_port(443)
        .to_port(443)
        .ip_ranges(IpRange::builder().cidr_ip("10.0.0.0/16").build())
        .build();
    cloud
        .ec2
        .authorize_security_group_ingress()
        .group_id(app.unwrap().group_id().unwrap())
        .ip_permissions(permission)
        .send()
        .await
        .unwrap();
    let second = Rule {
        name: "app-tls",
        ports: Some((443, 443)),
        ..RULE
    };
    let report = fail(&sandbox, &rule(second), json!([])).await;
    let hints: Vec<_> = report
        .failed
        .iter()
        .filter_map(|(.., fault)| Some(fault.hint.as_ref()?.at(&StackOptions::default())))
        .collect();
    assert!(hints[0].contains("has no tag of this stack"), "{hints:?}");
}

/// Rules that let the app out, by name: ports and peer.
fn out(
    rules: &'static [(&'static str, Option<u16>, &'static str)],
) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let vpc = vpc(graph, "main");
        let mut group = |name: &str| {
            let group = SecurityGroup {
                vpc: (&vpc).into(),
                description: name.into(),
                tags: Tags::new(),
            };
            graph.add("network", name, group)
        };
        let (app, db) = (group("app"), group("db"));
        for (name, port, peer) in rules {
            let rule = SecurityGroupRule {
                group: app.clone(),
                direction: Direction::Egress,
                protocol: port.map_or("-1", |_| "tcp").into(),
                ports: port.map(|port| (port, port)),
                peer: match *peer {
                    "db" => Peer::Group(db.clone()),
                    range => Peer::Cidr(range.into()),
                },
                description: "out".into(),
                tags: Tags::new(),
            };
            graph.add("network", *name, rule);
        }
    }
}

/// The calls that changed what is let out, in their order.
fn changed(sandbox: &Sandbox) -> Vec<String> {
    let requests = sandbox.control("GET", "requests", None);
    let requests = requests.as_array().unwrap().iter();
    requests
        .filter(|request| request["reading"] == false)
        .map(|request| request["operation"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_wide_rule_goes_after_the_narrow_ones_are_there() {
    let sandbox = Sandbox::instant();
    let wide = out(&[("app-out", None, "0.0.0.0/0")]);
    let narrow = out(&[
        ("app-to-internet", Some(443), "0.0.0.0/0"),
        ("app-to-db", Some(5432), "db"),
    ]);
    up(&sandbox, STACK, &wide).await;
    // One of the two is slow, and while it is on its way nothing is closed.
    let slow = json!([{
        "operation": "AuthorizeSecurityGroupEgress", "nth": 2, "action": "latency", "ms": 300,
    }]);
    sandbox.control("DELETE", "requests", None);
    let report = fail(&sandbox, &narrow, slow).await;
    assert_eq!(report.failed, []);
    assert_eq!(
        changed(&sandbox),
        [
            "AuthorizeSecurityGroupEgress",
            "AuthorizeSecurityGroupEgress",
            "RevokeSecurityGroupEgress"
        ]
    );
    expect(&sandbox, STACK, &narrow, &[]).await;
    // One that cannot be made leaves the wide one where it is.
    up(&sandbox, STACK, &wide).await;
    sandbox.control("DELETE", "requests", None);
    let denied =
        json!([{ "operation": "AuthorizeSecurityGroupEgress", "nth": 2, "action": "deny" }]);
    let report = fail(&sandbox, &narrow, denied).await;
    assert_eq!(report.failed.len(), 1);
    assert!(!changed(&sandbox).contains(&"RevokeSecurityGroupEgress".to_owned()));
}
