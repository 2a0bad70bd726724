//! What rules of security groups say, and how they are read.

use std::fmt;
use std::sync::Arc;

use aws_sdk_ec2::types as api;
use serde::Serialize;

use crate::aws::{Cloud, Required, Tags, all_items};
use crate::engine::{Fault, as_one};

use crate::resources::ec2::{ours, tags_of};

const DESCRIBE: &str = "ec2:DescribeSecurityGroupRules";

/// Which way a rule lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// To the members of the group.
    Ingress,
    /// From them.
    Egress,
}

/// A rule as AWS has it.
#[derive(Debug, Clone)]
pub struct SecurityGroupRuleLive {
    /// `sgr-…`.
    pub id: String,
    pub(in crate::resources::ec2) observed: RuleProps,
    pub(in crate::resources::ec2) tags: Tags,
}

/// Which sort of peer a rule has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::resources::ec2) enum PeerType {
    Ipv4,
    Ipv6,
    Group,
    PrefixList,
}

/// Which ports a rule lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(in crate::resources::ec2) enum Ports {
    /// All of them: null in JSON.
    All,
    /// Those from one to another, or one where they are the same.
    Range { from: i32, to: i32 },
}

impl Ports {
    /// As AWS says it: all of them are -1 for every protocol together, and 0-65535 for TCP and UDP.
    pub(in crate::resources::ec2) fn of(ports: Option<(i32, i32)>) -> Self {
        match ports {
            None | Some((-1, _) | (0, 65535)) => Self::All,
            Some((from, to)) => Self::Range { from, to },
        }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Range { from, to } if from == to => write!(f, "{from}"),
            Self::Range { from, to } => write!(f, "{from}-{to}"),
        }
    }
}

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::resources::ec2) struct RuleProps {
    pub(in crate::resources::ec2) group: String,
    pub(in crate::resources::ec2) direction: Direction,
    pub(in crate::resources::ec2) protocol: String,
    #[serde(serialize_with = "as_one")]
    pub(in crate::resources::ec2) ports: Ports,
    pub(in crate::resources::ec2) peer_type: PeerType,
    /// A range or an id.
    pub(in crate::resources::ec2) peer: String,
    pub(in crate::resources::ec2) description: String,
}

/// The rules that carry the stack's tag; the groups ask for them too.
pub(in crate::resources::ec2) async fn owned_rules(
    cloud: &Cloud,
) -> Result<Arc<Vec<SecurityGroupRuleLive>>, Fault> {
    let ask = || described(cloud, ours(cloud, None));
    cloud.memo.once(DESCRIBE, ask).await
}

/// The rules that `filters` let through.
pub(in crate::resources::ec2) async fn described(
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
        observed: RuleProps {
            direction: if rule.is_egress() == Some(true) {
                Direction::Egress
            } else {
                Direction::Ingress
            },
            ports: Ports::of(rule.from_port().zip(rule.to_port())),
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
