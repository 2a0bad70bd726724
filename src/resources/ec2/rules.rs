//! What rules of security groups say, and how they are read.

use std::sync::Arc;

use aws_sdk_ec2::types as api;
use serde::Serialize;

use crate::aws::{Cloud, Required, all_items};
use crate::engine::{Address, Fault, Found, Owner};

use crate::resources::ec2::security_group::SecurityGroupLive;
use crate::resources::ec2::security_group_rule::{
    Direction, Peer, SecurityGroupRule, SecurityGroupRuleLive,
};
use crate::resources::ec2::{ours, tags_of};

const DESCRIBE: &str = "ec2:DescribeSecurityGroupRules";

/// Which sort of peer a rule has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum PeerType {
    Ipv4,
    Ipv6,
    Group,
    PrefixList,
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Said {
    pub(super) group: String,
    pub(super) direction: Direction,
    pub(super) protocol: String,
    /// `443`, `8000-8080` or `all`.
    pub(super) ports: String,
    pub(super) peer_type: PeerType,
    /// A range or an id.
    pub(super) peer: String,
    pub(super) description: String,
}

/// The rules that carry the stack's tag; the groups ask for them too.
pub(super) async fn owned_rules(cloud: &Cloud) -> Result<Arc<Vec<SecurityGroupRuleLive>>, Fault> {
    let ask = || described(cloud, ours(cloud, None));
    cloud.memo.once(DESCRIBE, ask).await
}

/// The rules that `filters` let through.
pub(super) async fn described(
    cloud: &Cloud,
    filters: Vec<api::Filter>,
) -> Result<Vec<SecurityGroupRuleLive>, Fault> {
    let request = cloud.ec2.describe_security_group_rules();
    let request = request.set_filters(Some(filters));
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

fn live(rule: api::SecurityGroupRule) -> Result<SecurityGroupRuleLive, Fault> {
    let group = rule
        .referenced_group_info()
        .and_then(|info| info.group_id());
    let (peer_type, peer) = [
        (PeerType::Ipv4, rule.cidr_ipv4()),
        (PeerType::Ipv6, rule.cidr_ipv6()),
        (PeerType::Group, group),
        (PeerType::PrefixList, rule.prefix_list_id()),
    ]
    .into_iter()
    .find_map(|(sort, peer)| Some((sort, peer?.to_owned())))
    .required(DESCRIBE, "CidrIpv4")?;
    Ok(SecurityGroupRuleLive {
        tags: tags_of(rule.tags()),
        said: Said {
            direction: if rule.is_egress() == Some(true) {
                Direction::Egress
            } else {
                Direction::Ingress
            },
            ports: ports_said(rule.from_port().zip(rule.to_port())),
            peer_type,
            peer,
            description: rule.description().unwrap_or_default().to_owned(),
            protocol: rule.ip_protocol.required(DESCRIBE, "IpProtocol")?,
            group: rule.group_id.required(DESCRIBE, "GroupId")?,
        },
        id: rule
            .security_group_rule_id
            .required(DESCRIBE, "SecurityGroupRuleId")?,
    })
}

/// Ports in one word. All of them are -1 for every protocol together, and 0-65535 for TCP and UDP.
pub(super) fn ports_said(ports: Option<(i32, i32)>) -> String {
    match ports {
        None | Some((-1, _) | (0, 65535)) => "all".to_owned(),
        Some((from, to)) if from == to => from.to_string(),
        Some((from, to)) => format!("{from}-{to}"),
    }
}

/// Knows rules again whose address alone has changed: a rule under an address that is not declared, that
/// lets through what a declared one shall that is not there, is that one under its old address.
pub(super) fn renamed(
    cloud: &Cloud,
    declared: &[(&Address, &SecurityGroupRule)],
    groups: &[SecurityGroupLive],
    found: &mut [Found<SecurityGroupRuleLive>],
) {
    let claimed = |owner: &Owner| match owner {
        Owner::Ours(claim) => Some(claim.address.clone()),
        Owner::Stranger { .. } => None,
    };
    let there: Vec<Address> = found
        .iter()
        .filter_map(|rule| claimed(&rule.owner))
        .collect();
    let mut open: Vec<&(&Address, &SecurityGroupRule)> = declared
        .iter()
        .filter(|(address, _)| !there.contains(address))
        .collect();
    let group_of = |id: &str| {
        let group = groups.iter().find(|group| group.id == id)?;
        claimed(&cloud.owner(&group.tags, None)?)
    };
    for rule in found {
        let Owner::Ours(claim) = &mut rule.owner else {
            continue;
        };
        if declared
            .iter()
            .any(|(address, _)| **address == claim.address)
        {
            continue;
        }
        let same = |one: &&(&Address, &SecurityGroupRule)| same(one.1, &rule.live.said, group_of);
        if let Some(at) = open.iter().position(same) {
            let (address, _) = open.remove(at);
            claim
                .moved_from
                .get_or_insert_with(|| claim.address.clone());
            claim.address = (*address).clone();
        }
    }
}

/// Whether a declared rule lets the same through, whatever its description: EC2 takes it once only.
fn same(
    declared: &SecurityGroupRule,
    said: &Said,
    group_of: impl Fn(&str) -> Option<Address>,
) -> bool {
    let group = |declared: &Address, id: &str| group_of(id).as_ref() == Some(declared);
    let peer = match &declared.peer {
        Peer::Group(peer) => group(peer.address(), &said.peer),
        Peer::Cidr(text) | Peer::PrefixList(text) => said.peer == *text,
    };
    let ports = declared
        .ports
        .map(|(from, to)| (i32::from(from), i32::from(to)));
    peer && said.peer_type == declared.peer.sort()
        && said.direction == declared.direction
        && said.protocol == declared.protocol
        && said.ports == ports_said(ports)
        && group(declared.group.address(), &said.group)
}
