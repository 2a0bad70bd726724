//! Services for tests: of one task, and behind a load balancer.

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Graph, Link, Ref};
use ajuda::resources::{
    Listener, ListenerAction, LoadBalancer, Service, Target, TargetGroup, TaskDefinition,
};

use super::tasks::{Ground, House, STACK};

/// A task and the service that runs it, both changed before they are declared.
pub fn app<'g>(
    ground: &'g Ground,
    tag: &'static str,
    change: impl Fn(&mut Graph<Cloud>, &House, &mut Service) + Sync + 'g,
) -> impl Fn(&mut Graph<Cloud>) + Sync + 'g {
    move |graph| {
        let house = ground.house(graph);
        let task = running(&house, Some(tag));
        let task = graph.add("app", "app", task);
        let mut service = house.service("app", &task);
        change(graph, &house, &mut service);
        graph.add("app", "app", service);
    }
}

fn running(house: &House, tag: Option<&str>) -> TaskDefinition {
    TaskDefinition {
        service: Some("life-app".into()),
        ..house.task("app", tag)
    }
}

/// A load balancer, and a listener that sends everything to the first of two target groups.
fn balanced(ground: &Ground, graph: &mut Graph<Cloud>, house: &House) -> Balanced {
    let balancer = graph.add("load balancer", "main", balancer(house));
    let groups = ["app", "other"].map(|name| {
        let group = target_group(name, &ground.vpc);
        graph.add("load balancer", name, group)
    });
    let listeners = [(80, &groups[0]), (81, &groups[1])].map(|(port, group)| {
        let listener = Listener {
            balancer: balancer.clone(),
            port,
            protocol: "HTTP".into(),
            certificate: None,
            ssl_policy: None,
            action: ListenerAction::Forward(group.clone()),
            tags: Tags::new(),
        };
        graph.add("load balancer", port.to_string(), listener)
    });
    Balanced {
        target: Target {
            traffic: None,
            group: groups[0].clone(),
            container: "app".into(),
            port: 8080,
        },
        other: groups[1].clone(),
        listeners: listeners.to_vec(),
    }
}

/// What a service needs to stand behind a load balancer.
pub struct Balanced {
    pub target: Target,
    pub other: Ref<TargetGroup>,
    pub listeners: Vec<Ref<Listener>>,
}

fn balancer(house: &House) -> LoadBalancer {
    LoadBalancer {
        name: STACK.into(),
        subnets: house.subnets.clone(),
        groups: vec![house.group.clone()],
        idle_timeout: 60,
        deletion_protection: false,
        logs: None,
        gateway: None,
        disposable: true,
        tags: Tags::new(),
    }
}

fn target_group(name: &str, vpc: &str) -> TargetGroup {
    TargetGroup {
        alternate: false,
        name: format!("life-{name}"),
        vpc: Link::Id(vpc.to_owned()),
        port: 8080,
        health_path: "/health".into(),
        health_codes: "200".into(),
        interval: 30,
        healthy: 2,
        unhealthy: 2,
        timeout: 5,
        deregistration_delay: 30,
        stickiness_seconds: None,
        tags: Tags::new(),
    }
}

/// The service behind its load balancer, changed before it is declared.
pub fn behind<'g>(
    ground: &'g Ground,
    tag: &'static str,
    change: impl Fn(&mut Service, &Balanced) + Sync + 'g,
) -> impl Fn(&mut Graph<Cloud>) + Sync + 'g {
    app(ground, tag, move |graph, house, service| {
        let balanced = balanced(ground, graph, house);
        service.target = Some(balanced.target.clone());
        service.listeners.clone_from(&balanced.listeners);
        service.health_grace = Some(60);
        change(service, &balanced);
    })
}
