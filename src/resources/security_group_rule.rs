//! One rule of a security group.

use std::sync::Arc;

use aws_sdk_ec2::types as api;
use serde::Serialize;

use crate::aws::{Cloud, Job, Tags, absent_is_done, all_tags, fault, spoken};
use crate::engine::{Address, Changes, Effect, Fault, Found, Ref, Resource, Seen};

use super::SecurityGroup;
use super::ec2::{filter, ours, owned_of, tag_ec2, tags_of, unused};
use super::ownership::is_ours;
use super::rule_calls::{authorize, modify, revoke};

/// Lets one peer through, one way.
#[derive(Debug, Clone)]
pub struct SecurityGroupRule {
    /// The group it belongs to; cannot be changed.
    pub group: Ref<SecurityGroup>,
    /// Which way; cannot be changed.
    pub direction: Direction,
    /// `tcp`, `udp`, or `-1` for all (EC2 API, `IpPermission.IpProtocol`).
    pub protocol: String,
    /// From and to, both included; `None` for all.
    pub ports: Option<(u16, u16)>,
    /// Who is at the other end.
    pub peer: Peer,
    /// What it is for; at most 255 characters of those that `IpRange.Description` lists.
    pub description: String,
    /// The file's tags.
    pub tags: Tags,
}

/// Which way a rule lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// To the members of the group.
    Ingress,
    /// From them.
    Egress,
}

/// The other end of a rule. Its sort cannot be changed (EC2 API, `SecurityGroupRuleRequest`).
#[derive(Debug, Clone)]
pub enum Peer {
    /// A range, IPv4 or IPv6, in its canonical form.
    Cidr(String),
    /// The members of a group.
    Group(Ref<SecurityGroup>),
    /// A prefix list, `pl-…`.
    PrefixList(String),
}

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

/// What can be said of a rule.
#[derive(Debug, Serialize)]
pub struct SecurityGroupRuleProps {
    #[serde(flatten)]
    said: Said,
    tags: Tags,
}

/// A rule as AWS has it.
#[derive(Debug, Clone)]
pub struct SecurityGroupRuleLive {
    /// `sgr-…`.
    pub id: String,
    pub(super) said: Said,
    tags: Tags,
}

impl Resource for SecurityGroupRule {
    type Cloud = Cloud;
    type Props = SecurityGroupRuleProps;
    type Live = SecurityGroupRuleLive;

    const KIND: &'static str = "security-group-rule";

    fn want(&self, seen: &Seen<'_>) -> SecurityGroupRuleProps {
        let (peer_type, peer) = match &self.peer {
            Peer::Cidr(range) if range.contains(':') => (PeerType::Ipv6, range.clone()),
            Peer::Cidr(range) => (PeerType::Ipv4, range.clone()),
            Peer::Group(group) => (PeerType::Group, seen.text(group, |group| group.id.clone())),
            Peer::PrefixList(id) => (PeerType::PrefixList, id.clone()),
        };
        let ports = self
            .ports
            .map(|(from, to)| (i32::from(from), i32::from(to)));
        SecurityGroupRuleProps {
            said: Said {
                group: seen.text(&self.group, |group| group.id.clone()),
                direction: self.direction,
                protocol: self.protocol.clone(),
                ports: ports_said(ports),
                peer_type,
                peer,
                description: self.description.clone(),
            },
            tags: self.tags.clone(),
        }
    }

    fn props(live: &SecurityGroupRuleLive) -> SecurityGroupRuleProps {
        SecurityGroupRuleProps {
            said: live.said.clone(),
            tags: spoken(&live.tags),
        }
    }

    fn effect(path: &str) -> Effect {
        match path {
            "group" | "direction" | "peer_type" => Effect::Replace,
            _ => Effect::InPlace,
        }
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<SecurityGroupRuleLive>>, Fault> {
        if unused(cloud, declared).await? {
            return Ok(Vec::new());
        }
        let all = owned_rules(cloud).await?.to_vec();
        Ok(owned_of(cloud, all, |live| (&live.id, &live.tags)))
    }

    async fn create(
        &self,
        job: &Job,
        want: &SecurityGroupRuleProps,
    ) -> Result<SecurityGroupRuleLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let settles = |fault: &Fault| {
            match fault.code.as_str() {
                // Made a moment ago (EC2 API, eventual consistency).
                "InvalidGroup.NotFound" => true,
                // The same rule under an address that left the file goes in this very run.
                "InvalidPermission.Duplicate" => fault.hint.is_none(),
                _ => false,
            }
        };
        let id = job
            .settle(settles, || async {
                match authorize(job, &want.said, &tags).await {
                    Err(fault) if fault.code == "InvalidPermission.Duplicate" => {
                        same(job, &want.said, fault).await
                    }
                    other => other,
                }
            })
            .await?;
        Ok(SecurityGroupRuleLive {
            id,
            said: want.said.clone(),
            tags,
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &SecurityGroupRuleLive,
        want: &SecurityGroupRuleProps,
        changes: &Changes,
    ) -> Result<SecurityGroupRuleLive, Fault> {
        if changes.touch_any(&["protocol", "ports", "peer", "description"]) {
            modify(job, &live.id, &want.said).await?;
        }
        let tags = all_tags(job, &want.tags);
        if changes.touch("tags") {
            tag_ec2(job, &live.id, &tags).await?;
        }
        Ok(SecurityGroupRuleLive {
            id: live.id.clone(),
            said: want.said.clone(),
            tags,
        })
    }

    async fn delete(job: &Job, live: &SecurityGroupRuleLive) -> Result<(), Fault> {
        revoke(job, &live.id, &live.said)
            .await
            .or_else(absent_is_done)
    }
}

/// The rules that carry the stack's tag; the groups ask for them too.
pub(super) async fn owned_rules(cloud: &Cloud) -> Result<Arc<Vec<SecurityGroupRuleLive>>, Fault> {
    let question = "ec2:DescribeSecurityGroupRules";
    let ask = || described(cloud, ours(cloud, None));
    cloud.memo.once(question, ask).await
}

/// The id of the rule that says the same already: the job's own after a reply that was lost.
async fn same(job: &Job, said: &Said, refused: Fault) -> Result<String, Fault> {
    let rules = described(job, vec![filter("group-id", &said.group)]).await?;
    // Rules are the same whatever their description.
    let twin = rules.into_iter().find(|rule| {
        let described = Said {
            description: said.description.clone(),
            ..rule.said.clone()
        };
        described == *said
    });
    match twin {
        Some(twin) if is_ours(job, &twin.tags) => Ok(twin.id),
        Some(twin) if job.owner(&twin.tags, None).is_none() => Err(refused.hint(format!(
            "{} says the same and has no tag of this stack: remove it from {}",
            twin.id, said.group
        ))),
        _ => Err(refused),
    }
}

async fn described(
    cloud: &Cloud,
    filters: Vec<api::Filter>,
) -> Result<Vec<SecurityGroupRuleLive>, Fault> {
    let request = cloud.ec2.describe_security_group_rules();
    let mut pages = request
        .set_filters(Some(filters))
        .into_paginator()
        .items()
        .send();
    let mut all = Vec::new();
    while let Some(rule) = pages.next().await {
        all.push(live(
            rule.map_err(fault("ec2:DescribeSecurityGroupRules"))?,
        )?);
    }
    Ok(all)
}

fn live(rule: api::SecurityGroupRule) -> Result<SecurityGroupRuleLive, Fault> {
    let lacks = |field| move || Fault::incomplete("ec2:DescribeSecurityGroupRules", field);
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
    .ok_or_else(lacks("CidrIpv4"))?;
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
            protocol: rule.ip_protocol.ok_or_else(lacks("IpProtocol"))?,
            group: rule.group_id.ok_or_else(lacks("GroupId"))?,
        },
        id: rule
            .security_group_rule_id
            .ok_or_else(lacks("SecurityGroupRuleId"))?,
    })
}

/// Ports in one word. All of them are -1 for every protocol together, and 0-65535 for TCP and UDP.
fn ports_said(ports: Option<(i32, i32)>) -> String {
    match ports {
        None | Some((-1, _) | (0, 65535)) => "all".to_owned(),
        Some((from, to)) if from == to => from.to_string(),
        Some((from, to)) => format!("{from}-{to}"),
    }
}
