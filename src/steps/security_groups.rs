//! Security groups: one for each thing in the network, and their rules one by one, so that no two
//! groups need each other.

use super::Site;
use super::network::{Network, STEP};
use crate::resources::{Direction, Peer, SecurityGroup, SecurityGroupRule};
use crate::stack::{Preset, Service};

pub(super) fn declare(site: &mut Site<'_>, network: &mut Network) {
    let stack = site.stack;
    let services: Vec<&Service> = stack.services.values().collect();
    let public: Vec<&&Service> = services.iter().filter(|service| service.public).collect();
    if !public.is_empty() {
        group(
            site,
            network,
            "load-balancer",
            "who may reach the load balancer",
        );
    }
    for service in &services {
        group(
            site,
            network,
            &service.name,
            &format!("tasks of {}", service.name),
        );
        let everywhere = Peer::Cidr("0.0.0.0/0".to_owned());
        rule(
            site,
            network,
            &service.name,
            Direction::Egress,
            None,
            everywhere,
            "out",
            "anywhere",
        );
    }
    let ports: &[u16] = if stack.domain.is_some() {
        &[80, 443]
    } else {
        &[80]
    };
    if !public.is_empty() {
        for &port in ports {
            for (index, range) in stack.load_balancer.allow.iter().enumerate() {
                let name = format!("in-{port}-{index}");
                let peer = Peer::Cidr(range.to_string());
                rule(
                    site,
                    network,
                    "load-balancer",
                    Direction::Ingress,
                    Some(port),
                    peer,
                    &name,
                    "users",
                );
            }
        }
    }
    for service in &public {
        let peer = network.group(&service.name);
        for peer in peer {
            let name = format!("to-{}", service.name);
            rule(
                site,
                network,
                "load-balancer",
                Direction::Egress,
                Some(service.port),
                Peer::Group(peer),
                &name,
                "health checks and requests",
            );
        }
        for peer in network.group("load-balancer") {
            rule(
                site,
                network,
                &service.name,
                Direction::Ingress,
                Some(service.port),
                Peer::Group(peer),
                "from-load-balancer",
                "the load balancer",
            );
        }
    }
    // Service Connect's proxy listens on the container's own port, not on the alias's.
    for exposed in services.iter().filter(|service| service.expose.is_some()) {
        for client in services.iter().filter(|client| client.name != exposed.name) {
            for peer in network.group(&client.name) {
                let name = format!("from-{}", client.name);
                rule(
                    site,
                    network,
                    &exposed.name,
                    Direction::Ingress,
                    Some(exposed.port),
                    Peer::Group(peer),
                    &name,
                    &client.name,
                );
            }
        }
    }
    if stack.database.is_some() {
        group(site, network, "database", "the database");
        group(
            site,
            network,
            "database-setup",
            "the task that prepares the database",
        );
        let everywhere = Peer::Cidr("0.0.0.0/0".to_owned());
        rule(
            site,
            network,
            "database-setup",
            Direction::Egress,
            None,
            everywhere,
            "out",
            "anywhere",
        );
        for peer in network.group("database-setup") {
            rule(
                site,
                network,
                "database",
                Direction::Ingress,
                Some(5432),
                Peer::Group(peer),
                "from-database-setup",
                "the set-up task",
            );
        }
        clients(site, network, "database", 5432, &services);
    }
    if stack.redis.is_some() {
        group(site, network, "cache", "the cache");
        clients(site, network, "cache", 6379, &services);
    }
}

/// Who may reach a store: every service but the gateway, which needs none.
fn clients(site: &mut Site<'_>, network: &Network, store: &str, port: u16, services: &[&Service]) {
    for service in services {
        if service.preset.is_some_and(Preset::is_gateway) {
            continue;
        }
        for peer in network.group(&service.name) {
            let name = format!("from-{}", service.name);
            rule(
                site,
                network,
                store,
                Direction::Ingress,
                Some(port),
                Peer::Group(peer),
                &name,
                &service.name,
            );
        }
    }
}

fn group(site: &mut Site<'_>, network: &mut Network, name: &str, description: &str) {
    let group = SecurityGroup {
        vpc: network.vpc.clone(),
        description: description.to_owned(),
        tags: site.tags(),
    };
    let group = site.graph.add(STEP, name, group);
    network.groups.insert(name.to_owned(), group);
}

#[expect(
    clippy::too_many_arguments,
    reason = "a rule is that many words, and each call reads as one line"
)]
fn rule(
    site: &mut Site<'_>,
    network: &Network,
    of: &str,
    direction: Direction,
    port: Option<u16>,
    peer: Peer,
    name: &str,
    description: &str,
) {
    let Some(group) = network.groups.get(of).cloned() else {
        return;
    };
    let rule = SecurityGroupRule {
        group,
        direction,
        protocol: if port.is_some() { "tcp" } else { "-1" }.to_owned(),
        ports: port.map(|port| (port, port)),
        peer,
        description: description.to_owned(),
        tags: site.tags(),
    };
    site.graph.add(STEP, format!("{of}-{name}"), rule);
}
