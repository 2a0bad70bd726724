//! What a declaration wants of its service.

use crate::engine::{ResolveContext, is_unknown};

use crate::resources::ecs::revision_tags;

use super::props::{COMPLETED, ConnectProps, ServiceProps, StrategyProps, TargetProps};
use super::{Count, IDLE_SECONDS, Service, Shift, Strategy, Target};

pub(super) fn desired(service: &Service, context: &ResolveContext<'_>) -> ServiceProps {
    come_after(service, context);
    let mut subnets: Vec<String> = service
        .subnets
        .iter()
        .map(|subnet| subnet.id(context, |subnet| subnet.id.clone()))
        .collect();
    subnets.sort();
    let mut groups: Vec<String> = service
        .groups
        .iter()
        .map(|group| context.text(group, |group| group.id.clone()))
        .collect();
    groups.sort();
    let target = service.target.as_ref();
    ServiceProps {
        name: context.name::<Service>(&service.name, |live| live.name.clone()),
        cluster: context.text(&service.cluster, |cluster| cluster.name.clone()),
        status: "ACTIVE".to_owned(),
        task: context.text(&service.task, |task| task.arn.clone()),
        count: count(service, context),
        subnets,
        groups,
        public_ip: service.public_ip,
        target: target.map_or_else(TargetProps::default, |target| TargetProps {
            group: Some(context.text(&target.group, |group| group.arn.clone())),
            container: Some(target.container.clone()),
            port: Some(target.port),
            ..traffic(target, context)
        }),
        connect: connect(service, context),
        health_grace: target.map(|_| service.health_grace.unwrap_or(0)),
        strategy: strategy(service.strategy),
        minimum_percent: service.minimum_percent,
        maximum_percent: service.maximum_percent,
        circuit_breaker: "rollback".to_owned(),
        // "Balancing an Amazon ECS service across Availability Zones": refused when no more than the
        // wanted tasks may run.
        zone_rebalancing: if service.maximum_percent > 100 {
            "ENABLED".to_owned()
        } else {
            "DISABLED".to_owned()
        },
        exec: service.exec,
        propagate_tags: "SERVICE".to_owned(),
        managed_tags: true,
        platform: "LATEST".to_owned(),
        launch_type: "FARGATE".to_owned(),
        rollout: COMPLETED.to_owned(),
        endpoints: endpoints(service, context),
        tags: service.tags.clone(),
    }
}

fn traffic(target: &Target, context: &ResolveContext<'_>) -> TargetProps {
    let Some(traffic) = &target.traffic else {
        return TargetProps::default();
    };
    TargetProps {
        alternate: Some(context.text(&traffic.alternate, |group| group.arn.clone())),
        rule: Some(context.text(&traffic.rule, |rule| rule.arn.clone())),
        role: Some(context.text(&traffic.role, |role| role.arn.clone())),
        ..TargetProps::default()
    }
}

pub(super) fn strategy(strategy: Strategy) -> StrategyProps {
    let minutes = |minutes: u32| Some(minutes.cast_signed());
    let Strategy::Shifting {
        shift,
        bake_minutes,
    } = strategy
    else {
        return StrategyProps {
            kind: "ROLLING".to_owned(),
            percent: None,
            step_minutes: None,
            bake_minutes: None,
        };
    };
    let (kind, step) = match shift {
        Shift::AllAtOnce => ("BLUE_GREEN", None),
        Shift::Linear {
            percent,
            step_minutes,
        } => ("LINEAR", Some((percent, step_minutes))),
        Shift::Canary {
            percent,
            step_minutes,
        } => ("CANARY", Some((percent, step_minutes))),
    };
    StrategyProps {
        kind: kind.to_owned(),
        percent: step.map(|(percent, _)| f64::from(percent)),
        step_minutes: step.and_then(|(_, step)| minutes(step)),
        bake_minutes: minutes(bake_minutes),
    }
}

fn come_after(service: &Service, context: &ResolveContext<'_>) {
    service.network.order_before(context);
    service
        .listeners
        .iter()
        .for_each(|listener| context.after(listener));
    service.rules.iter().for_each(|rule| context.after(rule));
    service
        .after_setup
        .iter()
        .for_each(|setup| context.after(setup));
}

/// When its tasks must have been deployed to resolve every name they may use; what is there already
/// when it was.
fn endpoints(service: &Service, context: &ResolveContext<'_>) -> Option<String> {
    let others = service.after_services.iter();
    let made: Vec<String> = others
        .map(|other| context.text(other, |other| other.created.clone()))
        .collect();
    let unknown = |text: &&String| is_unknown(&text.as_str().into());
    let newest = made.iter().find(unknown).or(made.iter().max())?;
    let deployed = context.live::<Service>().map(|own| &own.deployed);
    match deployed.filter(|deployed| !unknown(&newest) && *deployed >= newest) {
        Some(deployed) => Some(deployed.clone()),
        None => Some(newest.clone()),
    }
}

/// No tasks while nothing can be pulled: they would only fail, again and again.
fn count(service: &Service, context: &ResolveContext<'_>) -> u32 {
    if context.known(&service.task, |task| task.image_present) == Some(false) {
        return 0;
    }
    // Its database may be half migrated: who goes on with that, or back, is a person.
    let begun = context.known(&service.task, |task| {
        task.tag(revision_tags::TASKS).is_some()
    });
    let stopped = context
        .live::<Service>()
        .is_some_and(|own| own.desired == 0);
    if begun == Some(true) && stopped {
        return 0;
    }
    match service.count {
        Count::Fixed(count) => count,
        Count::Scaled { initial } => context
            .live::<Service>()
            .map(|own| own.desired)
            .filter(|running| *running > 0)
            .unwrap_or(initial),
    }
}

fn connect(service: &Service, context: &ResolveContext<'_>) -> ConnectProps {
    let namespace = context.text(&service.namespace, |namespace| namespace.arn.clone());
    let expose = service.expose.as_ref();
    ConnectProps {
        namespace: Some(namespace),
        port_name: expose.map(|expose| expose.port_name.clone()),
        alias: expose.map(|expose| expose.alias.clone()),
        port: expose.map(|expose| expose.port),
        request_timeout: expose.and_then(|expose| expose.request_timeout),
        idle_timeout: expose
            .and_then(|expose| expose.request_timeout)
            .map(|_| IDLE_SECONDS),
    }
}
