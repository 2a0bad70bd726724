//! The services: what each container runs with, and how ECS keeps it running.

use std::collections::BTreeMap;

use super::load_balancer::{CHECK_SECONDS, CHECKS_TO_PASS, DRAIN_SECONDS};
use super::shared::{Shared, environment};
use super::{BuildContext, setup};
use crate::engine::Ref;
use crate::image_reference::join;
use crate::presets::{Strategy, Workload, command, stores, workload};
use crate::resources::{
    Checks, ContainerHealth, Count, DatabaseSetup, Expose, ScalableTarget, Service as ServiceKind,
    Shift, Strategy as Rollout, Target, TaskDefinition, TaskImage,
};
use crate::stack::{self, Service, Store};

/// Services by name.
pub(super) type Services = BTreeMap<String, Ref<ServiceKind>>;

pub(super) fn declare(context: &mut BuildContext<'_>, shared: &Shared<'_>) -> Services {
    let stack = context.stack;
    let mut tasks = BTreeMap::new();
    for service in stack.services.values() {
        let workload = workload(stack, service);
        if let Some(task) = task(context, shared, service, &workload) {
            tasks.insert(service.name.clone(), task);
        }
    }
    let setup = setup::declare(context, shared, &tasks);
    // A task can only reach names that Service Connect knew when it started: those come first.
    let (first, then): (Vec<&Service>, Vec<&Service>) = stack
        .services
        .values()
        .partition(|service| service.expose.is_some());
    let mut services = Services::new();
    for service in first {
        add(
            context,
            shared,
            service,
            &tasks,
            setup.as_ref(),
            &[],
            &mut services,
        );
    }
    let exposed: Vec<Ref<ServiceKind>> = services.values().cloned().collect();
    for service in then {
        add(
            context,
            shared,
            service,
            &tasks,
            setup.as_ref(),
            &exposed,
            &mut services,
        );
    }
    services
}

/// The step a service is printed under.
fn step(service: &Service) -> &'static str {
    match service.gateway() {
        Some(_) => "gateway",
        None => "app",
    }
}

/// ECS's name for a service.
fn service_name(context: &BuildContext<'_>, service: &Service) -> String {
    context.physical_name::<ServiceKind>(&service.name, context.name(&service.name))
}

/// Service Connect's name for a service's port.
fn port_name(service: &Service) -> String {
    match &service.expose {
        Some((alias, _)) => alias.clone(),
        None => service.name.clone(),
    }
}

fn task(
    context: &mut BuildContext<'_>,
    shared: &Shared<'_>,
    service: &Service,
    workload: &Workload,
) -> Option<Ref<TaskDefinition>> {
    let roles = shared.roles.get(&service.name)?;
    let tag = context
        .choice
        .images
        .get(&service.name)
        .or(service.image.tag.as_ref())
        .cloned();
    let image = match shared.registry.get(&service.image.name) {
        Some(repository) if service.image.ours => TaskImage::Ours {
            repository: repository.clone(),
            tag,
        },
        _ => TaskImage::Foreign(foreign(&service.image.name, tag.as_deref())),
    };
    let secrets = workload
        .secrets
        .iter()
        .filter_map(|(name, secret)| {
            Some((
                name.clone(),
                shared.secrets.key(&service.name, name, secret)?,
            ))
        })
        .collect();
    let (entry_point, command) = command(context.stack, service);
    let task = TaskDefinition {
        family: context.name(&service.name),
        container: service.name.clone(),
        cluster: shared.cluster.name.clone(),
        service: Some(service_name(context, service)),
        image,
        registry_credentials: service.registry_credentials.clone(),
        cpu: service.cpu,
        memory: service.memory,
        architecture: service.architecture.clone(),
        ephemeral_gb: service.ephemeral_gb,
        execution_role: roles.execution.clone(),
        task_role: roles.task.clone(),
        port: Some(service.port),
        port_name: Some(port_name(service)),
        app_protocol: workload.request_timeout.map(|_| "http".to_owned()),
        environment: environment(context, shared, &workload.environment),
        secrets,
        entry_point,
        command,
        health: workload
            .container_health
            .as_ref()
            .map(|health| ContainerHealth {
                command: health.command.clone(),
                interval: health.interval,
                timeout: health.timeout,
                retries: health.retries,
                start_period: health.start_period,
            }),
        log_group: shared.logs.of.get(&service.name)?.clone(),
        stop_timeout: None,
        security: service.security.clone(),
        tags: context.tags(),
    };
    Some(context.graph.add(step(service), service.name.clone(), task))
}

/// How long a task's checks take to pass, whichever of them takes longer, and its connections to end.
fn checks(workload: &Workload, balanced: bool) -> Checks {
    let balancer = if balanced {
        CHECK_SECONDS * CHECKS_TO_PASS
    } else {
        0
    };
    let own = workload.container_health.as_ref();
    let own = own.map_or(0, |own| u32::try_from(own.interval).unwrap_or(0));
    Checks {
        healthy_seconds: balancer.max(own),
        drain_seconds: if balanced { DRAIN_SECONDS } else { 0 },
    }
}

/// A deployment of the file, in the words of the service.
fn shifting(deployment: stack::Deployment) -> Rollout {
    let shift = match deployment.shift {
        stack::Shift::AllAtOnce => Shift::AllAtOnce,
        stack::Shift::Linear {
            percent,
            step_minutes,
        } => Shift::Linear {
            percent,
            step_minutes,
        },
        stack::Shift::Canary {
            percent,
            step_minutes,
        } => Shift::Canary {
            percent,
            step_minutes,
        },
    };
    Rollout::Shifting {
        shift,
        bake_minutes: deployment.bake_minutes,
    }
}

/// A reference to an image elsewhere, by tag or digest.
fn foreign(name: &str, tag: Option<&str>) -> String {
    tag.map_or_else(|| name.to_owned(), |version| join(name, version))
}

fn add(
    context: &mut BuildContext<'_>,
    shared: &Shared<'_>,
    service: &Service,
    tasks: &BTreeMap<String, Ref<TaskDefinition>>,
    setup: Option<&Ref<DatabaseSetup>>,
    exposed: &[Ref<ServiceKind>],
    services: &mut Services,
) {
    let Some(task) = tasks.get(&service.name) else {
        return;
    };
    let workload = workload(context.stack, service);
    let balancer = shared.balancer.filter(|_| service.public);
    let (minimum_percent, maximum_percent) = match workload.strategy {
        Strategy::Rolling {
            min_percent,
            max_percent,
        } => (min_percent, max_percent),
        Strategy::Recreate { .. } => (0, 100),
    };
    let uses_database = stores(context.stack, service).contains(&Store::Database);
    let declared = ServiceKind {
        name: service_name(context, service),
        cluster: shared.cluster.cluster.clone(),
        cluster_name: shared.cluster.name.clone(),
        task: task.clone(),
        count: match &service.autoscaling {
            Some(scaling) => Count::Scaled {
                initial: scaling.min,
            },
            // What the file does not say is whose who scales by hand.
            None => service
                .count
                .map_or(Count::Scaled { initial: 1 }, Count::Fixed),
        },
        subnets: shared.network.tasks.clone(),
        groups: shared.network.group(&service.name),
        public_ip: shared.network.public_ip,
        network: shared.network.access(&service.name),
        target: balancer.and_then(|balancer| {
            Some(Target {
                group: balancer.targets.get(&service.name)?.clone(),
                traffic: balancer.traffic.get(&service.name).cloned(),
                container: service.name.clone(),
                port: service.port,
            })
        }),
        listeners: balancer.map_or_else(Vec::new, |balancer| balancer.listeners.clone()),
        rules: balancer.map_or_else(Vec::new, |balancer| balancer.rules.clone()),
        after_setup: setup.filter(|_| uses_database).cloned(),
        after_services: exposed.to_vec(),
        namespace: shared.cluster.namespace.clone(),
        expose: service.expose.as_ref().map(|(alias, port)| Expose {
            port_name: port_name(service),
            alias: format!("{alias}.{}", context.stack.cluster.namespace),
            port: *port,
            request_timeout: workload.request_timeout,
        }),
        health_grace: service.public.then_some(service.health_grace),
        strategy: service.deployment.map_or(Rollout::Rolling, shifting),
        minimum_percent: u32::try_from(minimum_percent).unwrap_or(100),
        maximum_percent: u32::try_from(maximum_percent).unwrap_or(200),
        first_alone: matches!(workload.strategy, Strategy::Recreate { .. }) && setup.is_some(),
        checks: checks(&workload, balancer.is_some()),
        exec: service.exec,
        tags: context.tags(),
    };
    let reference = context
        .graph
        .add(step(service), service.name.clone(), declared);
    if let Some(scaling) = &service.autoscaling {
        let target = ScalableTarget {
            cluster: shared.cluster.cluster.clone(),
            cluster_name: shared.cluster.name.clone(),
            service: reference.clone(),
            service_name: service_name(context, service),
            min: scaling.min,
            max: scaling.max,
            cpu_percent: scaling.cpu_percent,
            tags: context.tags(),
        };
        context
            .graph
            .add(step(service), service.name.clone(), target);
    }
    services.insert(service.name.clone(), reference);
}
