//! All kinds of the network together: what only shows when they stand on each other.

use std::collections::BTreeMap;

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Cancel, Event, Graph, Ref, apply, plan_destroy};
use ajuda::resources::{
    DefaultRoute, Direction, ElasticIp, KINDS, NatGateway, Peer, RouteTable, SecurityGroup,
    SecurityGroupRule, Subnet, VpcEndpoint,
};
use serde_json::json;
use tokio::sync::mpsc;

use super::network::{STACK, fail, gateway, subnet, vpc};
use crate::support::life::{expect, look, remove, up};
use crate::support::round_trips::{counted_here, depth};
use crate::support::sandbox::Sandbox;

/// A public and a private subnet in each of `zones`, a NAT gateway each, and a rule each.
fn network(zones: u8) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let vpc = vpc(graph, "main");
        let internet = gateway(graph, &vpc);
        let tags = Tags::new();
        let public: Vec<_> = (0..zones)
            .map(|zone| subnet(graph, &format!("public-{zone}"), &vpc, 2 * zone))
            .collect();
        let table = |subnets: Vec<Ref<Subnet>>, to| RouteTable {
            vpc: vpc.clone(),
            subnets,
            default: Some(to),
            tags: Tags::new(),
        };
        let to = DefaultRoute::Internet(internet.clone());
        let mut tables = vec![graph.add("network", "public", table(public.clone(), to))];
        for (zone, public) in (0..zones).zip(public) {
            let name = format!("private-{zone}");
            let private = subnet(graph, &name, &vpc, 2 * zone + 1);
            let ip = graph.add("network", &name, ElasticIp { tags: tags.clone() });
            let nat = NatGateway {
                subnet: public,
                ip,
                gateway: internet.clone(),
                tags: tags.clone(),
            };
            let nat = graph.add("network", &name, nat);
            let table = table(vec![private], DefaultRoute::Nat(nat));
            tables.push(graph.add("network", &name, table));
        }
        graph.add(
            "network",
            "s3",
            VpcEndpoint {
                vpc: (&vpc).into(),
                service: "com.amazonaws.us-east-1.s3".into(),
                route_tables: tables,
                tags: tags.clone(),
            },
        );
        let mut group = |name: &str| {
            let group = SecurityGroup {
                vpc: (&vpc).into(),
                description: name.into(),
                tags: Tags::new(),
            };
            graph.add("network", name, group)
        };
        let (app, alb) = (group("app"), group("alb"));
        for zone in 0..zones {
            let rule = SecurityGroupRule {
                group: app.clone(),
                direction: Direction::Ingress,
                protocol: "tcp".into(),
                ports: Some((8080 + u16::from(zone), 8080 + u16::from(zone))),
                peer: Peer::Group(alb.clone()),
                description: "from the load balancer".into(),
                tags: tags.clone(),
            };
            graph.add("network", format!("app-{zone}"), rule);
        }
    }
}

#[tokio::test]
async fn a_lost_reply_makes_nothing_twice() {
    let sandbox = Sandbox::instant();
    let before = sandbox.inventory();
    let declare = network(2);
    let creates = [
        "CreateVpc",
        "CreateInternetGateway",
        "AttachInternetGateway",
        "CreateSubnet",
        "AllocateAddress",
        "CreateNatGateway",
        "CreateRouteTable",
        "AssociateRouteTable",
        "CreateRoute",
        "CreateVpcEndpoint",
        "CreateSecurityGroup",
        "RevokeSecurityGroupEgress",
        "AuthorizeSecurityGroupIngress",
    ];
    let rules: Vec<_> = creates
        .iter()
        .map(|operation| json!({ "operation": operation, "nth": 1, "action": "cut-after" }))
        .collect();
    let report = fail(&sandbox, &declare, rules.into()).await;
    assert_eq!(report.failed, []);
    expect(&sandbox, STACK, &declare, &[]).await;
    remove(&sandbox, STACK, &declare, &|_| false).await;
    assert_eq!(sandbox.inventory(), before);
}

#[tokio::test]
async fn reading_does_not_grow_with_the_network() {
    let mut counts = Vec::new();
    for zones in [1, 3] {
        let sandbox = Sandbox::instant();
        up(&sandbox, STACK, &network(zones)).await;
        sandbox.control("DELETE", "requests", None);
        let declare = network(zones);
        counted_here(&sandbox, look(&sandbox, STACK, &declare)).await;
        let requests = sandbox.control("GET", "requests", None);
        let requests = requests.as_array().unwrap();
        // Who is calling, then the reads and what they have to ask again.
        assert!(depth(requests) <= 3, "{requests:#?}");
        let mut asked: BTreeMap<String, usize> = BTreeMap::new();
        for request in requests {
            *asked.entry(request["operation"].to_string()).or_default() += 1;
        }
        counts.push(asked);
    }
    assert_eq!(counts[0], counts[1]);
}

#[tokio::test]
async fn what_holds_a_subnet_is_named() {
    let sandbox = Sandbox::instant();
    let before = sandbox.inventory();
    let declare = network(1);
    up(&sandbox, STACK, &declare).await;
    let (cloud, graph, observed, _) = look(&sandbox, STACK, &declare).await;
    let subnets = cloud.ec2.describe_subnets().send().await.unwrap();
    let private = subnets
        .subnets()
        .iter()
        .find(|one| one.cidr_block() == Some("10.0.1.0/24"));
    let groups = cloud.ec2.describe_security_groups().send().await.unwrap();
    let app = groups
        .security_groups()
        .iter()
        .find(|one| one.group_name() == Some("life-app"));
    let held = cloud
        .ec2
        .create_network_interface()
        .subnet_id(private.and_then(|one| one.subnet_id()).unwrap())
        .groups(app.and_then(|one| one.group_id()).unwrap())
        .description("left by a task")
        .send()
        .await
        .unwrap();
    let held = held
        .network_interface()
        .unwrap()
        .network_interface_id()
        .unwrap();
    let plan = plan_destroy(&graph, KINDS, &observed, |_| false);
    let (events, mut log) = mpsc::unbounded_channel();
    let run = ajuda::engine::RunContext {
        cloud: std::sync::Arc::clone(&cloud),
        events,
        cancel: Cancel::default(),
        clock_speed: 1000.0,
    };
    let held_up = ["subnet/private-0", "security-group/app"];
    let mut waiting = BTreeMap::new();
    let released = async {
        while let Some(event) = log.recv().await {
            if let Event::Waiting { address, doing, .. } = event {
                waiting.insert(address.to_string(), doing);
            }
            if held_up.iter().all(|address| waiting.contains_key(*address)) {
                break;
            }
        }
        let delete = cloud
            .ec2
            .delete_network_interface()
            .network_interface_id(held);
        delete.send().await.unwrap();
        // Keeps the events flowing.
        while log.recv().await.is_some() {}
    };
    // The events end with the run.
    let removal = async {
        let run = run;
        apply(&run, &graph, KINDS, &plan, &observed).await
    };
    let (outcome, ()) = tokio::join!(removal, released);
    assert_eq!(outcome.report.failed, []);
    for address in held_up {
        let said =
            format!("held by network interface {held} (left by a task) of AIDAIT2UOQQY3AUEMOTO");
        assert_eq!(waiting.get(address), Some(&said));
    }
    assert_eq!(sandbox.inventory(), before);
}

#[tokio::test]
async fn what_left_the_file_goes_in_order() {
    let sandbox = Sandbox::instant();
    let before = sandbox.inventory();
    up(&sandbox, STACK, &network(1)).await;
    // What stays tells that the rest, which is in the same network, was the stack's.
    let rest = |graph: &mut Graph<Cloud>| {
        let group = SecurityGroup {
            vpc: (&vpc(graph, "main")).into(),
            description: "alb".into(),
            tags: Tags::new(),
        };
        graph.add("network", "alb", group);
    };
    up(&sandbox, STACK, &rest).await;
    expect(&sandbox, STACK, &rest, &[]).await;
    remove(&sandbox, STACK, &rest, &|_| false).await;
    assert_eq!(sandbox.inventory(), before);
}

/// Where nothing of a network is declared any more, its tags alone say that it was the stack's, and
/// they are not enough to delete it.
#[tokio::test]
async fn a_network_that_only_tags_tell_of_stays_until_it_is_named() {
    let sandbox = Sandbox::instant();
    up(&sandbox, STACK, &network(1)).await;
    let there = sandbox.inventory();
    let (_, _, _, plan) = look(&sandbox, STACK, &|_| {}).await;
    assert!(plan.is_empty(), "{plan:#?}");
    let shown = plan.unverified.iter().map(|one| one.address.to_string());
    assert!(
        shown.collect::<Vec<_>>().contains(&"vpc/main".to_owned()),
        "{plan:#?}"
    );
    up(&sandbox, STACK, &|_| {}).await;
    assert_eq!(sandbox.inventory(), there);
}
