//! The services: what each container runs with, and how ECS keeps it running.

use std::collections::BTreeMap;

use super::cluster::{Cluster, Logs};
use super::identity::Roles;
use super::load_balancer::Balancer;
use super::network::Network;
use super::registry::Registry;
use super::secrets::Secrets;
use super::storage::Storage;
use super::{Site, setup};
use crate::engine::Ref;
use crate::presets::{Strategy, Workload, command, rds_ca, stores, workload};
use crate::resources::{
    ContainerHealth, Count, DatabaseSetup, DbInstance, EnvironmentValue, Expose, ScalableTarget,
    Service as ServiceKind, Shift, Strategy as Rollout, Target, TaskDefinition, TaskImage,
};
use crate::stack::{self, Output, Service, Store, Value};

/// Everything that services stand on.
pub(super) struct House<'a> {
    pub(super) logs: &'a Logs,
    pub(super) network: &'a Network,
    pub(super) registry: &'a Registry,
    pub(super) storage: &'a Storage,
    pub(super) secrets: &'a Secrets,
    pub(super) database: Option<&'a Ref<DbInstance>>,
    pub(super) cluster: &'a Cluster,
    pub(super) roles: &'a Roles,
    pub(super) balancer: Option<&'a Balancer>,
}

/// Services by name.
pub(super) type Services = BTreeMap<String, Ref<ServiceKind>>;

pub(super) fn declare(site: &mut Site<'_>, house: &House<'_>) -> Services {
    let stack = site.stack;
    let mut tasks = BTreeMap::new();
    for service in stack.services.values() {
        let workload = workload(stack, service);
        if let Some(task) = task(site, house, service, &workload) {
            tasks.insert(service.name.clone(), task);
        }
    }
    let setup = setup::declare(site, house, &tasks);
    // A task can only reach names that Service Connect knew when it started: those come first.
    let (first, then): (Vec<&Service>, Vec<&Service>) = stack
        .services
        .values()
        .partition(|service| service.expose.is_some());
    let mut services = Services::new();
    for service in first {
        add(
            site,
            house,
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
            site,
            house,
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
fn service_name(site: &Site<'_>, service: &Service) -> String {
    site.called::<ServiceKind>(&service.name, site.name(&service.name))
}

/// Service Connect's name for a service's port.
fn port_name(service: &Service) -> String {
    match &service.expose {
        Some((alias, _)) => alias.clone(),
        None => service.name.clone(),
    }
}

fn task(
    site: &mut Site<'_>,
    house: &House<'_>,
    service: &Service,
    workload: &Workload,
) -> Option<Ref<TaskDefinition>> {
    let roles = house.roles.get(&service.name)?;
    let tag = site
        .choice
        .images
        .get(&service.name)
        .or(service.image.tag.as_ref())
        .cloned();
    let image = match house.registry.get(&service.image.name) {
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
                house.secrets.key(&service.name, name, secret)?,
            ))
        })
        .collect();
    let (entry_point, command) = command(site.stack, service);
    let task = TaskDefinition {
        family: site.name(&service.name),
        container: service.name.clone(),
        cluster: house.cluster.name.clone(),
        service: Some(service_name(site, service)),
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
        environment: environment(site, house, &workload.environment),
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
        log_group: house.logs.of.get(&service.name)?.clone(),
        stop_timeout: None,
        security: service.security.clone(),
        tags: site.tags(),
    };
    Some(site.graph.add(step(service), service.name.clone(), task))
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
    match tag {
        Some(digest) if digest.starts_with("sha256:") => format!("{name}@{digest}"),
        Some(tag) => format!("{name}:{tag}"),
        None => name.to_owned(),
    }
}

/// Plain environment, with what is known only once the stack is up as references.
pub(super) fn environment(
    site: &Site<'_>,
    house: &House<'_>,
    values: &BTreeMap<String, Value>,
) -> BTreeMap<String, EnvironmentValue> {
    values
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), resolve(site, house, value)?)))
        .collect()
}

/// `None` for what the stack does not have, which the file's validation has refused.
fn resolve(site: &Site<'_>, house: &House<'_>, value: &Value) -> Option<EnvironmentValue> {
    let text = |text: String| Some(EnvironmentValue::Text(text));
    match value {
        Value::Text(said) => text(said.clone()),
        Value::From(Output::Bucket) => {
            Some(EnvironmentValue::Bucket(house.storage.uploads.clone()?))
        }
        Value::From(Output::DatabaseHost) => {
            Some(EnvironmentValue::DatabaseHost(house.database?.clone()))
        }
        Value::From(Output::DatabasePort) => {
            Some(EnvironmentValue::DatabasePort(house.database?.clone()))
        }
        Value::From(Output::DatabaseName) => text(site.stack.database.as_ref()?.name.clone()),
        Value::From(Output::DatabaseCa) => {
            let certificates = rds_ca::certificates(site.stack, &site.place.region)?;
            text(certificates.to_owned())
        }
        Value::From(Output::Region) => text(site.place.region.clone()),
        Value::From(Output::Url) => match &site.stack.domain {
            Some(domain) => text(format!("https://{}", domain.name)),
            None => Some(EnvironmentValue::BalancerUrl(
                house.balancer?.balancer.clone(),
            )),
        },
    }
}

fn add(
    site: &mut Site<'_>,
    house: &House<'_>,
    service: &Service,
    tasks: &BTreeMap<String, Ref<TaskDefinition>>,
    setup: Option<&Ref<DatabaseSetup>>,
    exposed: &[Ref<ServiceKind>],
    services: &mut Services,
) {
    let Some(task) = tasks.get(&service.name) else {
        return;
    };
    let workload = workload(site.stack, service);
    let balancer = house.balancer.filter(|_| service.public);
    let (minimum_percent, maximum_percent) = match workload.strategy {
        Strategy::Rolling {
            min_percent,
            max_percent,
        } => (min_percent, max_percent),
        Strategy::Recreate { .. } => (0, 100),
    };
    let uses_database = stores(site.stack, service).contains(&Store::Database);
    let declared = ServiceKind {
        name: service_name(site, service),
        cluster: house.cluster.cluster.clone(),
        cluster_name: house.cluster.name.clone(),
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
        subnets: house.network.tasks.clone(),
        groups: house.network.group(&service.name),
        public_ip: house.network.public_ip,
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
        namespace: house.cluster.namespace.clone(),
        expose: service.expose.as_ref().map(|(alias, port)| Expose {
            port_name: port_name(service),
            alias: format!("{alias}.{}", site.stack.cluster.namespace),
            port: *port,
            request_timeout: workload.request_timeout,
        }),
        health_grace: service.public.then_some(service.health_grace),
        strategy: service.deployment.map_or(Rollout::Rolling, shifting),
        minimum_percent: u32::try_from(minimum_percent).unwrap_or(100),
        maximum_percent: u32::try_from(maximum_percent).unwrap_or(200),
        first_alone: matches!(workload.strategy, Strategy::Recreate { .. }) && setup.is_some(),
        exec: service.exec,
        tags: site.tags(),
    };
    let reference = site
        .graph
        .add(step(service), service.name.clone(), declared);
    if let Some(scaling) = &service.autoscaling {
        let target = ScalableTarget {
            cluster: house.cluster.cluster.clone(),
            cluster_name: house.cluster.name.clone(),
            service: reference.clone(),
            service_name: service_name(site, service),
            min: scaling.min,
            max: scaling.max,
            cpu_percent: scaling.cpu_percent,
            tags: site.tags(),
        };
        site.graph.add(step(service), service.name.clone(), target);
    }
    services.insert(service.name.clone(), reference);
}
