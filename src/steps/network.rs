//! The network: a VPC of our own, or one that exists.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::BuildContext;
use super::cluster::Logs;
use crate::engine::{Link, Ref};
use crate::resources::{
    Arn, DefaultNetworkAcl, DefaultRoute, DefaultSecurityGroup, Document, ElasticIp, FlowLog,
    InternetGateway, NatGateway, NetworkAccess, PolicyStatement, Role, RouteTable, SecurityGroup,
    SecurityGroupRule, Subnet, Vpc, VpcEndpoint,
};
use crate::stack::{Nat, Network as Wanted, OwnNetwork};

pub(super) const STEP: &str = "network";

/// The first block of private subnets; those before it are public.
pub(super) const PRIVATE: u32 = 8;

/// The network as later steps use it.
pub(super) struct Network {
    pub(super) vpc: Link<Vpc>,
    /// The internet gateway, when it is ours.
    pub(super) gateway: Option<Ref<InternetGateway>>,
    pub(super) public: Vec<Link<Subnet>>,
    pub(super) private: Vec<Link<Subnet>>,
    /// Where tasks run.
    pub(super) tasks: Vec<Link<Subnet>>,
    /// Whether tasks need a public address to reach the internet.
    pub(super) public_ip: bool,
    pub(super) groups: BTreeMap<String, Ref<SecurityGroup>>,
    /// The way of tasks out of their subnets, when it is ours.
    way_out: NetworkAccess,
    /// The rules that are about each group, by its name.
    pub(super) rules: BTreeMap<String, Vec<Ref<SecurityGroupRule>>>,
}

impl Network {
    /// The group of a service, or of `load-balancer`, `database`, `cache` or `database-setup`.
    pub(super) fn group(&self, name: &str) -> Vec<Ref<SecurityGroup>> {
        self.groups.get(name).cloned().into_iter().collect()
    }

    /// What lets the tasks of a service, or the `database-setup`, connect.
    pub(super) fn access(&self, name: &str) -> NetworkAccess {
        NetworkAccess {
            rules: self.rules.get(name).cloned().unwrap_or_default(),
            ..self.way_out.clone()
        }
    }
}

pub(super) fn declare(context: &mut BuildContext<'_>, logs: &Logs) -> Network {
    match &context.stack.network {
        Wanted::Own(own) => declare_own(context, own, logs),
        Wanted::Existing {
            vpc,
            public_subnets,
            private_subnets,
        } => {
            let given = |ids: &[String]| ids.iter().cloned().map(Link::Id).collect::<Vec<_>>();
            Network {
                vpc: Link::Id(vpc.clone()),
                gateway: None,
                public: given(public_subnets),
                private: given(private_subnets),
                tasks: given(private_subnets),
                public_ip: false,
                groups: BTreeMap::new(),
                way_out: NetworkAccess::default(),
                rules: BTreeMap::new(),
            }
        }
    }
}

fn declare_own(context: &mut BuildContext<'_>, own: &OwnNetwork, logs: &Logs) -> Network {
    let tags = context.tags();
    let vpc = context.graph.add(
        STEP,
        "main",
        Vpc {
            cidr: own.cidr.to_string(),
            tags: tags.clone(),
        },
    );
    let gateway = context.graph.add(
        STEP,
        "main",
        InternetGateway {
            vpc: vpc.clone(),
            tags: tags.clone(),
        },
    );
    context.graph.add(
        STEP,
        "main",
        DefaultSecurityGroup {
            vpc: vpc.clone(),
            tags: tags.clone(),
        },
    );
    context.graph.add(
        STEP,
        "main",
        DefaultNetworkAcl {
            vpc: vpc.clone(),
            cidr: own.cidr.to_string(),
            deny_remote_login: own.deny_remote_login,
            tags: tags.clone(),
        },
    );
    let zones: Vec<String> = (0..own.zones)
        .map(|index| context.place.zone(index))
        .collect();
    let subnets = |context: &mut BuildContext<'_>, side: &str, first: u32| -> Vec<Ref<Subnet>> {
        zones
            .iter()
            .zip(first..)
            .map(|(zone, block)| {
                let letter = zone.chars().next_back().unwrap_or('a');
                context.graph.add(
                    STEP,
                    format!("{side}-{letter}"),
                    Subnet {
                        vpc: Link::from(&vpc),
                        cidr: block_of(own.cidr, block).to_string(),
                        zone: zone.clone(),
                        tags: tags.clone(),
                    },
                )
            })
            .collect()
    };
    let public = subnets(context, "public", 0);
    let private = subnets(context, "private", PRIVATE);

    let public_table = context.graph.add(
        STEP,
        "public",
        RouteTable {
            vpc: vpc.clone(),
            subnets: public.clone(),
            default: Some(DefaultRoute::Internet(gateway.clone())),
            tags: tags.clone(),
        },
    );
    let nats = match own.nat {
        Nat::None => 0,
        Nat::One => 1,
        Nat::PerZone => public.len(),
    };
    let nats: Vec<Ref<NatGateway>> = public
        .iter()
        .take(nats)
        .map(|subnet| {
            let zone = subnet
                .address()
                .name()
                .trim_start_matches("public-")
                .to_owned();
            let name = if nats == 1 { "main".to_owned() } else { zone };
            let ip = context
                .graph
                .add(STEP, name.clone(), ElasticIp { tags: tags.clone() });
            context.graph.add(
                STEP,
                name,
                NatGateway {
                    subnet: subnet.clone(),
                    ip,
                    gateway: gateway.clone(),
                    tags: tags.clone(),
                },
            )
        })
        .collect();
    let private_table =
        |context: &mut BuildContext<'_>, name: &str, subnets: &[Ref<Subnet>], nat| {
            context.graph.add(
                STEP,
                name,
                RouteTable {
                    vpc: vpc.clone(),
                    subnets: subnets.to_vec(),
                    default: nat,
                    tags: tags.clone(),
                },
            )
        };
    let mut private_tables = Vec::new();
    if own.nat == Nat::PerZone {
        for (subnet, nat) in private.iter().zip(&nats) {
            let route = Some(DefaultRoute::Nat(nat.clone()));
            let name = subnet.address().name().to_owned();
            private_tables.push(private_table(
                context,
                &name,
                std::slice::from_ref(subnet),
                route,
            ));
        }
    } else {
        let route = nats.first().cloned().map(DefaultRoute::Nat);
        private_tables.push(private_table(context, "private", &private, route));
    }
    let endpoint = own.s3_endpoint.then(|| {
        let service = format!("com.amazonaws.{}.s3", context.place.region);
        let tables = [std::slice::from_ref(&public_table), &private_tables].concat();
        context.graph.add(
            STEP,
            "s3",
            VpcEndpoint {
                vpc: Link::from(&vpc),
                service,
                route_tables: tables,
                tags: tags.clone(),
            },
        )
    });
    if let Some(group) = &logs.flow {
        flow_log(context, &vpc, group);
    }
    let public: Vec<Link<Subnet>> = public.iter().map(Link::from).collect();
    let private: Vec<Link<Subnet>> = private.iter().map(Link::from).collect();
    let without_nat = own.nat == Nat::None;
    Network {
        vpc: Link::from(&vpc),
        gateway: Some(gateway),
        tasks: if without_nat {
            public.clone()
        } else {
            private.clone()
        },
        public,
        private,
        public_ip: without_nat,
        groups: BTreeMap::new(),
        way_out: NetworkAccess {
            route_tables: if without_nat {
                vec![public_table]
            } else {
                private_tables
            },
            endpoints: endpoint.into_iter().collect(),
            rules: Vec::new(),
        },
        rules: BTreeMap::new(),
    }
}

/// The `index`-th sixteenth of a range: a /20 of a /16.
pub(super) fn block_of(range: Ipv4Net, index: u32) -> Ipv4Net {
    let prefix = (range.prefix_len() + 4).min(32);
    let size = 1_u32.checked_shl(u32::from(32 - prefix)).unwrap_or(0);
    let start = u32::from(range.network()).wrapping_add(index.wrapping_mul(size));
    Ipv4Net::new(Ipv4Addr::from(start), prefix).unwrap_or(range)
}

/// "IAM role for publishing flow logs to CloudWatch Logs" in the VPC user guide.
fn flow_log(
    context: &mut BuildContext<'_>,
    vpc: &Ref<Vpc>,
    group: &Ref<crate::resources::LogGroup>,
) {
    let tags = context.tags();
    let statement = PolicyStatement::on(
        &[
            "logs:CreateLogStream",
            "logs:DescribeLogGroups",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
        ],
        Arn::LogStreams(group.clone()),
    );
    let role = context.graph.add(
        STEP,
        "flow-logs",
        Role {
            name: context.physical_name::<Role>(
                "flow-logs",
                context.name(&format!("flow-logs-{}", context.place.region)),
            ),
            description: "lets VPC flow logs write to their log group".to_owned(),
            trust: super::identity::trust(context.place, "vpc-flow-logs.amazonaws.com", None),
            policies: BTreeMap::from([(
                "flow-logs".to_owned(),
                Document {
                    statements: vec![statement],
                },
            )]),
            managed: Vec::new(),
            tags: tags.clone(),
        },
    );
    context.graph.add(
        STEP,
        "main",
        FlowLog {
            vpc: vpc.clone(),
            group: group.clone(),
            role,
            traffic: "ALL".to_owned(),
            tags,
        },
    );
}

#[cfg(test)]
mod tests {
    use super::block_of;

    #[test]
    fn a_range_has_sixteen_blocks() {
        let range = "10.0.0.0/16".parse().unwrap();
        assert_eq!(block_of(range, 0).to_string(), "10.0.0.0/20");
        assert_eq!(block_of(range, 9).to_string(), "10.0.144.0/20");
        assert_eq!(
            block_of("10.9.8.0/24".parse().unwrap(), 8).to_string(),
            "10.9.8.128/28"
        );
    }
}
