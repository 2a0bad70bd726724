//! A network that a load balancer can stand in, and a load balancer.

use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Graph, Link, Ref};
use ajuda::resources::{InternetGateway, LoadBalancer, SecurityGroup, Subnet, TargetGroup, Vpc};

/// What a load balancer stands on.
pub struct Ground {
    pub vpc: Ref<Vpc>,
    pub gateway: Ref<InternetGateway>,
    /// One a zone.
    pub subnets: Vec<Ref<Subnet>>,
    pub groups: Vec<Ref<SecurityGroup>>,
}

/// A VPC with three subnets and two security groups.
pub fn ground(graph: &mut Graph<Cloud>) -> Ground {
    let tags = Tags::new();
    let vpc = Vpc {
        cidr: "10.0.0.0/16".into(),
        tags: tags.clone(),
    };
    let vpc = graph.add("network", "main", vpc);
    let gateway = InternetGateway {
        vpc: vpc.clone(),
        tags: tags.clone(),
    };
    let gateway = graph.add("network", "main", gateway);
    let subnets = ["a", "b", "c"].iter().zip(1..).map(|(zone, number)| {
        let subnet = Subnet {
            vpc: (&vpc).into(),
            cidr: format!("10.0.{number}.0/24"),
            zone: format!("us-east-1{zone}"),
            tags: tags.clone(),
        };
        graph.add("network", format!("public-{zone}"), subnet)
    });
    let subnets = subnets.collect();
    let groups = ["one", "two"].iter().map(|name| {
        let group = SecurityGroup {
            vpc: (&vpc).into(),
            description: (*name).into(),
            tags: tags.clone(),
        };
        graph.add("network", *name, group)
    });
    let groups = groups.collect();
    Ground {
        vpc,
        gateway,
        subnets,
        groups,
    }
}

/// A load balancer on it, as plain as can be.
pub fn balancer(ground: &Ground) -> LoadBalancer {
    LoadBalancer {
        name: "life".into(),
        subnets: ground.subnets[..2].iter().map(Link::from).collect(),
        gateway: Some(ground.gateway.clone()),
        groups: vec![ground.groups[0].clone()],
        idle_timeout: 600,
        deletion_protection: false,
        logs: None,
        disposable: false,
        tags: Tags::from([("team".into(), "one".into())]),
    }
}

/// A target group on it.
pub fn target(ground: &Ground, port: u16) -> TargetGroup {
    TargetGroup {
        alternate: false,
        name: "life-app".into(),
        vpc: (&ground.vpc).into(),
        port,
        health_path: "/health".into(),
        health_codes: "200".into(),
        interval: 30,
        healthy: 2,
        unhealthy: 3,
        timeout: 5,
        deregistration_delay: 30,
        stickiness_seconds: None,
        tags: Tags::new(),
    }
}
