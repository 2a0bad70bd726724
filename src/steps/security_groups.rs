//! Security groups: one for each thing in the network, and their rules one by one, so that no two
//! groups need each other.
//!
//! A rule's name holds what it lets through, so that a changed list makes and removes rules and never
//! turns one into another. Names are resolved without a rule: security groups do not filter what goes
//! to and from Amazon's DNS ("Security groups" in the VPC user guide).

use std::collections::BTreeMap;

use ipnet::Ipv4Net;

use super::BuildContext;
use super::cluster::SETUP;
use super::network::{Network, STEP};
use crate::engine::Ref;
use crate::presets::{provider_ports, stores};
use crate::resources::{Direction, Peer, SecurityGroup, SecurityGroupRule};
use crate::stack::{Egress, Service, Store};

const BALANCER: &str = "load-balancer";
const DATABASE: &str = "database";
const CACHE: &str = "cache";
const POSTGRESQL: u16 = 5432;
const REDIS: u16 = 6379;

pub(super) fn declare(context: &mut BuildContext<'_>, network: &mut Network) {
    let stack = context.stack;
    let services: Vec<&Service> = stack.services.values().collect();
    let public: Vec<&Service> = services
        .iter()
        .filter(|service| service.public)
        .copied()
        .collect();
    let mut rules = Rules::of(context, network, &services, !public.is_empty());
    if !public.is_empty() {
        users(&mut rules);
    }
    for service in &public {
        rules.between(
            (BALANCER, "health checks and requests"),
            (&service.name, "the load balancer"),
            service.port,
        );
    }
    // Service Connect's proxy listens on the container's own port, not on the alias's.
    for exposed in services.iter().filter(|service| service.expose.is_some()) {
        for client in services.iter().filter(|client| client.name != exposed.name) {
            rules.between(
                (
                    &client.name,
                    &format!("{} by Service Connect", exposed.name),
                ),
                (&exposed.name, &client.name),
                exposed.port,
            );
        }
    }
    for service in &services {
        let used = stores(stack, service);
        if used.contains(&Store::Database) {
            let client = (service.name.as_str(), "PostgreSQL");
            rules.between(client, (DATABASE, &service.name), POSTGRESQL);
        }
        if used.contains(&Store::Redis) {
            let client = (service.name.as_str(), "Redis");
            rules.between(client, (CACHE, &service.name), REDIS);
        }
        let providers = provider_ports(stack, service);
        out(&mut rules, &service.name, &providers, &service.egress);
    }
    if stack.database.is_some() {
        rules.between(
            (SETUP, "PostgreSQL"),
            (DATABASE, "the set-up task"),
            POSTGRESQL,
        );
        out(&mut rules, SETUP, &BTreeMap::new(), &stack.egress);
    }
    let made = rules.made;
    network.rules = made;
}

/// The load balancer lets in whom the file says.
fn users(rules: &mut Rules<'_, '_>) {
    let stack = rules.context.stack;
    let ports: &[u16] = if stack.domain.is_some() {
        &[80, 443]
    } else {
        &[80]
    };
    for &port in ports {
        for range in &stack.load_balancer.allow {
            let name = format!("{BALANCER}-from-{range}-{port}");
            let peer = Peer::Cidr(range.to_string());
            rules.add(
                name,
                BALANCER,
                Direction::Ingress,
                Pass::tcp(port),
                peer,
                "users",
            );
        }
    }
}

/// Where tasks connect to outside of the stack: HTTPS, the ports of providers, and what the file says.
fn out(
    rules: &mut Rules<'_, '_>,
    of: &str,
    providers: &BTreeMap<u16, Vec<String>>,
    more: &[Egress],
) {
    let mut wanted = BTreeMap::new();
    // EC2 takes no rule twice, whatever its description.
    let mut want = |range: Ipv4Net, pass: Pass, why: String| {
        wanted.entry((range, pass)).or_insert(why);
    };
    let everywhere = Ipv4Net::default();
    want(
        everywhere,
        Pass::tcp(443),
        "AWS, image registries and other HTTPS".to_owned(),
    );
    for (port, names) in providers {
        let why = format!("provider {}", names.join(", "));
        // The longest that `IpRange.Description` takes.
        want(
            everywhere,
            Pass::tcp(*port),
            why.chars().take(255).collect(),
        );
    }
    for egress in more {
        let (range, pass) = match *egress {
            Egress::Anywhere => (everywhere, Pass::ALL),
            Egress::To {
                range,
                protocol,
                from,
                to,
            } => (
                range,
                Pass {
                    protocol: protocol.word(),
                    ports: Some((from, to)),
                },
            ),
        };
        want(range, pass, "egress of the stack file".to_owned());
    }
    for ((range, pass), why) in wanted {
        let name = match pass.ports {
            None => format!("{of}-to-{range}"),
            Some((from, to)) if from == to => format!("{of}-to-{range}-{}-{from}", pass.protocol),
            Some((from, to)) => format!("{of}-to-{range}-{}-{from}-{to}", pass.protocol),
        };
        let peer = Peer::Cidr(range.to_string());
        rules.add(name, of, Direction::Egress, pass, peer, &why);
    }
}

/// What a rule lets through.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pass {
    protocol: &'static str,
    ports: Option<(u16, u16)>,
}

impl Pass {
    /// Every protocol and port.
    const ALL: Self = Self {
        protocol: "-1",
        ports: None,
    };

    /// One port of TCP.
    fn tcp(port: u16) -> Self {
        Self {
            protocol: "tcp",
            ports: Some((port, port)),
        }
    }
}

/// The groups, and the rules that are added to them.
struct Rules<'s, 'a> {
    context: &'s mut BuildContext<'a>,
    groups: &'s BTreeMap<String, Ref<SecurityGroup>>,
    /// Those that are about each group, its own and those of others that name it.
    made: BTreeMap<String, Vec<Ref<SecurityGroupRule>>>,
}

impl<'s, 'a> Rules<'s, 'a> {
    /// Declares every group.
    fn of(
        context: &'s mut BuildContext<'a>,
        network: &'s mut Network,
        services: &[&Service],
        balancer: bool,
    ) -> Self {
        let stack = context.stack;
        let mut groups: Vec<(&str, String)> = Vec::new();
        if balancer {
            groups.push((BALANCER, "who may reach the load balancer".to_owned()));
        }
        for service in services {
            groups.push((&service.name, format!("tasks of {}", service.name)));
        }
        if stack.database.is_some() {
            groups.push((DATABASE, "the database".to_owned()));
            groups.push((SETUP, "the task that prepares the database".to_owned()));
        }
        if stack.redis.is_some() {
            groups.push((CACHE, "the cache".to_owned()));
        }
        for (name, description) in groups {
            let group = SecurityGroup {
                vpc: network.vpc.clone(),
                description,
                tags: context.tags(),
            };
            let group = context.graph.add(STEP, name, group);
            network.groups.insert(name.to_owned(), group);
        }
        Self {
            context,
            groups: &network.groups,
            made: BTreeMap::new(),
        }
    }

    /// Lets members of one group reach a TCP port of the members of another: what each side's rule is for.
    fn between(&mut self, (client, why): (&str, &str), (server, whom): (&str, &str), port: u16) {
        let (Some(from), Some(to)) = (self.groups.get(client), self.groups.get(server)) else {
            return;
        };
        let (from, to) = (Peer::Group(from.clone()), Peer::Group(to.clone()));
        let pass = Pass::tcp(port);
        let name = format!("{server}-from-{client}");
        self.add(name, server, Direction::Ingress, pass, from, whom);
        let name = format!("{client}-to-{server}");
        self.add(name, client, Direction::Egress, pass, to, why);
    }

    fn add(
        &mut self,
        name: String,
        of: &str,
        direction: Direction,
        pass: Pass,
        peer: Peer,
        description: &str,
    ) {
        let Some(group) = self.groups.get(of).cloned() else {
            return;
        };
        let other = match &peer {
            Peer::Group(other) => Some(other.address().name().to_owned()),
            Peer::Cidr(_) | Peer::PrefixList(_) => None,
        };
        let rule = SecurityGroupRule {
            group,
            direction,
            protocol: pass.protocol.to_owned(),
            ports: pass.ports,
            peer,
            description: description.to_owned(),
            tags: self.context.tags(),
        };
        let rule = self.context.graph.add(STEP, name, rule);
        for about in other.into_iter().chain([of.to_owned()]) {
            self.made.entry(about).or_default().push(rule.clone());
        }
    }
}
