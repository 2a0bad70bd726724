//! The Application Load Balancer: target groups, certificate, listeners, DNS.

use std::collections::BTreeMap;

use super::BuildContext;
use super::identity::plain_trust;
use super::network::Network;
use super::storage::Storage;
use crate::engine::{Link, Ref};
use crate::resources::{
    Certificate, DnsRecord, Listener, ListenerAction, ListenerRule, LoadBalancer, Role,
    TargetGroup, Traffic, WebAcl, WebAclAssociation,
};
use crate::stack::{Service, Stack, Waf, paths_in_order};

const STEP: &str = "load balancer";
/// Seconds between two health checks of the load balancer.
pub(super) const CHECK_SECONDS: u32 = 15;
/// How many of them in a row make a task healthy.
pub(super) const CHECKS_TO_PASS: u32 = 2;
/// Seconds that a task which leaves keeps its connections.
pub(super) const DRAIN_SECONDS: u32 = 60;
/// The priority of the rule for what no other takes; those of paths stay far below it.
const LAST: u32 = 49_000;

/// The load balancer as services use it.
pub(super) struct Balancer {
    pub(super) balancer: Ref<LoadBalancer>,
    /// Target groups by service.
    pub(super) targets: BTreeMap<String, Ref<TargetGroup>>,
    pub(super) listeners: Vec<Ref<Listener>>,
    pub(super) rules: Vec<Ref<ListenerRule>>,
    /// What moves the traffic of services whose deployments do, by service.
    pub(super) traffic: BTreeMap<String, Traffic>,
}

pub(super) fn declare(
    context: &mut BuildContext<'_>,
    network: &Network,
    storage: &Storage,
) -> Option<Balancer> {
    let stack = context.stack;
    let public: Vec<&Service> = stack
        .services
        .values()
        .filter(|service| service.public)
        .collect();
    if public.is_empty() {
        return None;
    }
    let wanted = &stack.load_balancer;
    let balancer = LoadBalancer {
        name: context.physical_name::<LoadBalancer>("main", context.name("main")),
        subnets: network.public.clone(),
        gateway: network.gateway.clone(),
        groups: network.group("load-balancer"),
        idle_timeout: wanted.idle_timeout,
        deletion_protection: wanted.deletion_protection,
        logs: storage.access_logs.clone(),
        disposable: stack.disposable,
        tags: context.tags(),
    };
    let balancer = context.graph.add(STEP, "main", balancer);
    protect(context, &balancer);
    let mut targets = BTreeMap::new();
    for service in &public {
        targets.insert(
            service.name.clone(),
            target(context, network, service, false),
        );
    }
    let default = public.iter().find(|service| service.paths.is_empty());
    let default = default.and_then(|service| targets.get(&service.name));
    let forward = default.map_or(ListenerAction::NotFound, |group| {
        ListenerAction::Forward(group.clone())
    });
    let (listeners, serving) = listeners(context, &balancer, forward);
    let mut rules = Vec::new();
    let mut traffic = BTreeMap::new();
    let (with_paths, _) = paths_in_order(stack);
    let paths = with_paths.iter().zip(1_u32..);
    let paths = paths.map(|(service, nth)| (service, nth * 10, service.paths.clone()));
    // ECS moves the traffic of a rule, and what a listener does by default is none that it takes.
    let moved = public.iter().filter(|service| service.paths.is_empty());
    let moved = moved.filter(|service| service.deployment.is_some());
    let rest = moved.map(|service| (service, LAST, vec!["/*".to_owned()]));
    for (service, priority, paths) in paths.chain(rest) {
        let Some(first) = targets.get(&service.name) else {
            continue;
        };
        let alternate = service
            .deployment
            .map(|_| target(context, network, service, true));
        let rule = ListenerRule {
            listener: serving.clone(),
            priority,
            paths,
            target: first.clone(),
            alternate: alternate.clone(),
            tags: context.tags(),
        };
        let rule = context.graph.add(STEP, service.name.clone(), rule);
        rules.push(rule.clone());
        if let Some(alternate) = alternate {
            let role = mover(context, service);
            let moves = Traffic {
                alternate,
                rule,
                role,
            };
            traffic.insert(service.name.clone(), moves);
        }
    }
    if let Some(domain) = &stack.domain
        && let Some(zone) = &domain.zone
    {
        let record = DnsRecord {
            zone: zone.clone(),
            name: domain.name.clone(),
            target: balancer.clone(),
            tags: context.tags(),
        };
        context.graph.add(STEP, "main", record);
    }
    Some(Balancer {
        balancer,
        targets,
        listeners,
        rules,
        traffic,
    })
}

/// Puts AWS WAF in front of the load balancer, if the file says so.
fn protect(context: &mut BuildContext<'_>, balancer: &Ref<LoadBalancer>) {
    let acl = match &context.stack.load_balancer.waf {
        Waf::Off => return,
        Waf::Existing(arn) => Link::Id(arn.clone()),
        Waf::Managed => {
            let acl = WebAcl {
                name: context.physical_name::<WebAcl>("main", context.name("main")),
                tags: context.tags(),
            };
            Link::To(context.graph.add(STEP, "main", acl))
        }
    };
    let association = WebAclAssociation {
        balancer: balancer.clone(),
        acl,
    };
    context.graph.add(STEP, "main", association);
}

/// The role that ECS moves the traffic of a service with. Its policy is AWS's own: which calls a move
/// needs is ECS's business, and one that lacks a call fails in the middle of a move ("Amazon ECS
/// infrastructure IAM role for load balancers").
fn mover(context: &mut BuildContext<'_>, service: &Service) -> Ref<Role> {
    let name = format!("{}-traffic", service.name);
    let role = Role {
        name: context.physical_name::<Role>(
            &name,
            context.name(&format!("{name}-{}", context.place.region)),
        ),
        description: format!("moves the traffic of {} in a deployment", service.name),
        trust: plain_trust("ecs.amazonaws.com"),
        policies: BTreeMap::new(),
        managed: vec![format!(
            "arn:{}:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers",
            context.place.partition
        )],
        tags: context.tags(),
    };
    context.graph.add(STEP, name, role)
}

fn target(
    context: &mut BuildContext<'_>,
    network: &Network,
    service: &Service,
    alternate: bool,
) -> Ref<TargetGroup> {
    let group = TargetGroup {
        name: context.name(&service.name),
        vpc: network.vpc.clone(),
        port: service.port,
        alternate,
        health_path: service.health_path.clone(),
        health_codes: "200-399".to_owned(),
        interval: CHECK_SECONDS,
        healthy: CHECKS_TO_PASS,
        unhealthy: 3,
        timeout: 5,
        deregistration_delay: DRAIN_SECONDS,
        // WebSockets of one user stay with one task.
        stickiness_seconds: may_be_many(context.stack, service).then_some(86_400),
        tags: context.tags(),
    };
    let name = if alternate {
        format!("{}-alternate", service.name)
    } else {
        service.name.clone()
    };
    context.graph.add(STEP, name, group)
}

/// Whether a service may run as several tasks.
fn may_be_many(stack: &Stack, service: &Service) -> bool {
    let by_hand = service.count.is_none() && stack.redis.is_some();
    by_hand || service.count.is_some_and(|count| count > 1) || service.autoscaling.is_some()
}

/// The listeners, and the one that serves.
fn listeners(
    context: &mut BuildContext<'_>,
    balancer: &Ref<LoadBalancer>,
    forward: ListenerAction,
) -> (Vec<Ref<Listener>>, Ref<Listener>) {
    let tags = context.tags();
    let http = |action| Listener {
        balancer: balancer.clone(),
        port: 80,
        protocol: "HTTP".to_owned(),
        certificate: None,
        ssl_policy: None,
        action,
        tags: tags.clone(),
    };
    let Some(domain) = &context.stack.domain else {
        let serving = context.graph.add(STEP, "http", http(forward));
        return (vec![serving.clone()], serving);
    };
    let certificate = match &domain.certificate {
        Some(arn) => Link::Id(arn.clone()),
        None => {
            let certificate = Certificate {
                domain: domain.name.clone(),
                zone: domain.zone.clone(),
                tags: tags.clone(),
            };
            Link::To(context.graph.add(STEP, "main", certificate))
        }
    };
    let redirect = context
        .graph
        .add(STEP, "http", http(ListenerAction::RedirectToHttps));
    let https = Listener {
        balancer: balancer.clone(),
        port: 443,
        protocol: "HTTPS".to_owned(),
        certificate: Some(certificate),
        ssl_policy: Some(context.stack.load_balancer.ssl_policy.clone()),
        action: forward,
        tags,
    };
    let serving = context.graph.add(STEP, "https", https);
    (vec![redirect, serving.clone()], serving)
}
