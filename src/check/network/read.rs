//! What AWS says of a network.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types as api;

use crate::aws::{Cloud, fault};
use crate::engine::Fault;
use crate::resources::ec2::any_of;

/// The route that everything takes which no other route leads.
const DEFAULT: &str = "0.0.0.0/0";

/// A VPC, and the subnets that the file names.
#[derive(Debug, Default)]
pub(super) struct NetworkView {
    /// Whether the VPC is there.
    pub(super) vpc: bool,
    /// Whether names are resolved in it (`enableDnsSupport`).
    pub(super) dns: bool,
    /// Those that are there, by id.
    pub(super) subnets: BTreeMap<String, Subnet>,
    /// The services that interface endpoints of the VPC lead to, such as `ecr.dkr`.
    pub(super) endpoints: BTreeSet<String>,
}

/// A subnet.
#[derive(Debug)]
pub(super) struct Subnet {
    pub(super) id: String,
    pub(super) vpc: String,
    /// Its zone's name.
    pub(super) zone: String,
    /// Addresses that nothing has.
    pub(super) free: i32,
    /// Where its default route leads.
    pub(super) way: DefaultRoute,
}

/// Where the default route of a subnet leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DefaultRoute {
    /// To an internet gateway.
    InternetGateway,
    /// To a NAT gateway, a transit gateway, an appliance: something of the operator's that is there.
    Elsewhere,
    /// To something that is gone.
    Blackhole(String),
    /// There is none.
    Nowhere,
}

impl DefaultRoute {
    /// The same in words.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::InternetGateway => "its default route leads to an internet gateway".to_owned(),
            Self::Elsewhere => "its default route leads to no internet gateway".to_owned(),
            Self::Blackhole(target) => {
                format!("its default route leads to {target}, which is gone")
            }
            Self::Nowhere => "its route table has no default route".to_owned(),
        }
    }
}

pub(super) async fn read(
    cloud: &Cloud,
    vpc: &str,
    subnets: Vec<String>,
) -> Result<NetworkView, Fault> {
    let (dns, found, mut ways, endpoints) = tokio::join!(
        dns(cloud, vpc),
        found(cloud, subnets),
        ways(cloud, vpc),
        endpoints(cloud, vpc)
    );
    let dns = dns?;
    let mut seen = NetworkView {
        vpc: dns.is_some(),
        dns: dns.unwrap_or_default(),
        subnets: BTreeMap::new(),
        endpoints: endpoints?,
    };
    let ways = ways.as_mut().map_err(|fault| fault.clone())?;
    for subnet in found? {
        let missing = |field| move || Fault::incomplete("ec2:DescribeSubnets", field);
        let id = subnet.subnet_id.ok_or_else(missing("SubnetId"))?;
        let way = ways.of(&id);
        seen.subnets.insert(
            id.clone(),
            Subnet {
                id,
                vpc: subnet.vpc_id.ok_or_else(missing("VpcId"))?,
                zone: subnet
                    .availability_zone
                    .ok_or_else(missing("AvailabilityZone"))?,
                free: subnet
                    .available_ip_address_count
                    .ok_or_else(missing("AvailableIpAddressCount"))?,
                way,
            },
        );
    }
    Ok(seen)
}

/// Whether names are resolved in the VPC; `None` when there is no such VPC.
async fn dns(cloud: &Cloud, vpc: &str) -> Result<Option<bool>, Fault> {
    let request = cloud.ec2.describe_vpc_attribute().vpc_id(vpc);
    let request = request.attribute(api::VpcAttributeName::EnableDnsSupport);
    match request
        .send()
        .await
        .map_err(fault("ec2:DescribeVpcAttribute"))
    {
        Ok(answer) => {
            let value = answer.enable_dns_support.and_then(|value| value.value);
            Ok(Some(value.unwrap_or(true)))
        }
        Err(fault) if fault.code == "InvalidVpcID.NotFound" => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// By filter, which passes over ids that are not there.
async fn found(cloud: &Cloud, ids: Vec<String>) -> Result<Vec<api::Subnet>, Fault> {
    let request = cloud
        .ec2
        .describe_subnets()
        .filters(any_of("subnet-id", ids));
    let mut pages = request.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(subnet) = pages.next().await {
        all.push(subnet.map_err(fault("ec2:DescribeSubnets"))?);
    }
    Ok(all)
}

/// Where default routes lead: of the subnets that name their route table, and of all others.
#[derive(Default)]
struct Ways {
    by_subnet: BTreeMap<String, DefaultRoute>,
    main: Option<DefaultRoute>,
}

impl Ways {
    fn of(&self, subnet: &str) -> DefaultRoute {
        let way = self.by_subnet.get(subnet).or(self.main.as_ref());
        way.cloned().unwrap_or(DefaultRoute::Nowhere)
    }
}

async fn ways(cloud: &Cloud, vpc: &str) -> Result<Ways, Fault> {
    let of_vpc = any_of("vpc-id", vec![vpc.to_owned()]);
    let request = cloud.ec2.describe_route_tables().filters(of_vpc);
    let mut pages = request.into_paginator().items().send();
    let mut all = Ways::default();
    while let Some(table) = pages.next().await {
        let table = table.map_err(fault("ec2:DescribeRouteTables"))?;
        let way = way(table.routes());
        for association in table.associations() {
            if let Some(subnet) = association.subnet_id() {
                all.by_subnet.insert(subnet.to_owned(), way.clone());
            } else if association.main() == Some(true) {
                all.main = Some(way.clone());
            }
        }
    }
    Ok(all)
}

fn way(routes: &[api::Route]) -> DefaultRoute {
    let of_all = |route: &&api::Route| route.destination_cidr_block() == Some(DEFAULT);
    let Some(route) = routes.iter().find(of_all) else {
        return DefaultRoute::Nowhere;
    };
    let gateway = route.gateway_id().unwrap_or_default();
    let target = [
        Some(gateway).filter(|gateway| !gateway.is_empty()),
        route.nat_gateway_id(),
        route.transit_gateway_id(),
        route.network_interface_id(),
        route.vpc_peering_connection_id(),
    ];
    if route.state() == Some(&api::RouteState::Blackhole) {
        let target = target.into_iter().flatten().next();
        return DefaultRoute::Blackhole(target.unwrap_or("something").to_owned());
    }
    if gateway.starts_with("igw-") {
        DefaultRoute::InternetGateway
    } else {
        DefaultRoute::Elsewhere
    }
}

async fn endpoints(cloud: &Cloud, vpc: &str) -> Result<BTreeSet<String>, Fault> {
    let of_vpc = any_of("vpc-id", vec![vpc.to_owned()]);
    let request = cloud.ec2.describe_vpc_endpoints().filters(of_vpc);
    let mut pages = request.into_paginator().items().send();
    let mut all = BTreeSet::new();
    while let Some(endpoint) = pages.next().await {
        let endpoint = endpoint.map_err(fault("ec2:DescribeVpcEndpoints"))?;
        if endpoint.vpc_endpoint_type() != Some(&api::VpcEndpointType::Interface) {
            continue;
        }
        // com.amazonaws.REGION.SERVICE, and cn.com.amazonaws.… in China
        let name = endpoint.service_name().unwrap_or_default();
        let service = name
            .split_once("amazonaws.")
            .and_then(|(_, rest)| rest.split_once('.'));
        all.extend(service.map(|(_, service)| service.to_owned()));
    }
    Ok(all)
}
