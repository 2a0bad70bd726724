//! One rule of a security group.

use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Tags, all_tags, user_tags};
use crate::engine::{
    Address, Changes, Fault, Field, Found, Ownership, Ref, ResolveContext, Resource, Ties,
};
use crate::fields;

use self::calls::{authorize, modify, revoke};
pub use self::rules::{Direction, SecurityGroupRuleLive};
use self::rules::{PeerType, Ports, RuleProps, described, owned_rules};
use crate::resources::SecurityGroup;
use crate::resources::ec2::security_group::SecurityGroupLive;
use crate::resources::ec2::security_group::calls::owned_groups;
use crate::resources::ec2::{filter, owned_of, unused, update_ec2_tags};
use crate::resources::ownership::is_ours;

pub(super) mod calls;
pub(super) mod rules;

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

impl Peer {
    pub(super) fn sort(&self) -> PeerType {
        match self {
            Self::Cidr(range) if range.contains(':') => PeerType::Ipv6,
            Self::Cidr(_) => PeerType::Ipv4,
            Self::Group(_) => PeerType::Group,
            Self::PrefixList(_) => PeerType::PrefixList,
        }
    }
}

/// What can be said of a rule.
#[derive(Debug, Serialize)]
pub struct SecurityGroupRuleProps {
    #[serde(flatten)]
    observed: RuleProps,
    tags: Tags,
}

impl Resource for SecurityGroupRule {
    type Cloud = Cloud;
    type Props = SecurityGroupRuleProps;
    type Live = SecurityGroupRuleLive;

    const KIND: &'static str = "security-group-rule";
    const HEADLINE: &'static [Field] = &fields!(RuleProps, direction, peer, protocol, ports);
    const CREATE_ONLY: &'static [Field] = &fields!(RuleProps, group, direction, peer_type);
    // What a wider rule let through is let through by the narrower ones before it goes.
    const GOES_LAST: bool = true;

    fn desired(&self, context: &ResolveContext<'_>) -> SecurityGroupRuleProps {
        let peer = match &self.peer {
            Peer::Group(group) => context.text(group, |group| group.id.clone()),
            Peer::Cidr(text) | Peer::PrefixList(text) => text.clone(),
        };
        let ports = self
            .ports
            .map(|(from, to)| (i32::from(from), i32::from(to)));
        SecurityGroupRuleProps {
            observed: RuleProps {
                group: context.text(&self.group, |group| group.id.clone()),
                direction: self.direction,
                protocol: self.protocol.clone(),
                ports: Ports::of(ports),
                peer_type: self.peer.sort(),
                peer,
                description: self.description.clone(),
            },
            tags: self.tags.clone(),
        }
    }

    fn props(live: &SecurityGroupRuleLive) -> SecurityGroupRuleProps {
        SecurityGroupRuleProps {
            observed: live.observed.clone(),
            tags: user_tags(&live.tags),
        }
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<SecurityGroupRuleLive>>, Fault> {
        if unused(cloud, declared).await? {
            return Ok(Vec::new());
        }
        let (rules, groups) = tokio::try_join!(owned_rules(cloud), owned_groups(cloud))?;
        let mut found = owned_of(cloud, rules.to_vec(), |live| (&live.id, &live.tags));
        renamed(cloud, declared, &groups, &mut found);
        Ok(found)
    }

    fn ties(live: &Self::Live) -> Ties {
        Ties {
            within: vec![live.observed.group.clone()],
            ..Ties::default()
        }
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
                // The same rule under another address becomes another one in this very run.
                "InvalidPermission.Duplicate" => fault.hint.is_none(),
                _ => false,
            }
        };
        let id = job
            .settle(settles, || async {
                match authorize(job, &want.observed, &tags).await {
                    Err(fault) if fault.code == "InvalidPermission.Duplicate" => {
                        same(job, &want.observed, fault).await
                    }
                    other => other,
                }
            })
            .await?;
        Ok(SecurityGroupRuleLive {
            id,
            observed: want.observed.clone(),
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
        if changes.any_changed(&fields!(RuleProps, protocol, ports, peer, description)) {
            modify(job, &live.id, &want.observed).await?;
        }
        let tags = update_ec2_tags(job, &live.id, &want.tags, changes).await?;
        Ok(SecurityGroupRuleLive {
            id: live.id.clone(),
            observed: want.observed.clone(),
            tags,
        })
    }

    async fn delete(job: &Job, live: &SecurityGroupRuleLive) -> Result<(), Fault> {
        revoke(job, &live.id, &live.observed).await
    }
}

/// The id of the rule that says the same already: the job's own after a reply that was lost.
async fn same(job: &Job, observed: &RuleProps, refused: Fault) -> Result<String, Fault> {
    let rules = described(job, vec![filter("group-id", &observed.group)]).await?;
    // Rules are the same whatever their description.
    let twin = rules.into_iter().find(|rule| {
        let described = RuleProps {
            description: observed.description.clone(),
            ..rule.observed.clone()
        };
        described == *observed
    });
    match twin {
        Some(twin) if is_ours(job, &twin.tags) => Ok(twin.id),
        Some(twin) if job.owner(&twin.tags, None).is_none() => Err(refused.hint(format!(
            "{} says the same and has no tag of this stack: remove it from {}",
            twin.id, observed.group
        ))),
        _ => Err(refused),
    }
}

/// Knows rules again whose address alone has changed: a rule under an address that is not declared, that
/// lets through what a declared one shall that is not there, is that one under its old address.
fn renamed(
    cloud: &Cloud,
    declared: &[(&Address, &SecurityGroupRule)],
    groups: &[SecurityGroupLive],
    found: &mut [Found<SecurityGroupRuleLive>],
) {
    let claimed = |owner: &Ownership| match owner {
        Ownership::Ours(claim) => Some(claim.address.clone()),
        Ownership::Foreign { .. } => None,
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
        let Ownership::Ours(claim) = &mut rule.owner else {
            continue;
        };
        if declared
            .iter()
            .any(|(address, _)| **address == claim.address)
        {
            continue;
        }
        let same = |one: &&(&Address, &SecurityGroupRule)| {
            lets_the_same_through(one.1, &rule.live.observed, group_of)
        };
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
fn lets_the_same_through(
    declared: &SecurityGroupRule,
    observed: &RuleProps,
    group_of: impl Fn(&str) -> Option<Address>,
) -> bool {
    let group = |declared: &Address, id: &str| group_of(id).as_ref() == Some(declared);
    let peer = match &declared.peer {
        Peer::Group(peer) => group(peer.address(), &observed.peer),
        Peer::Cidr(text) | Peer::PrefixList(text) => observed.peer == *text,
    };
    let ports = declared
        .ports
        .map(|(from, to)| (i32::from(from), i32::from(to)));
    peer && observed.peer_type == declared.peer.sort()
        && observed.direction == declared.direction
        && observed.protocol == declared.protocol
        && observed.ports == Ports::of(ports)
        && group(declared.group.address(), &observed.group)
}

const RULES: &[&str] = &["ec2:security-group-rule/*"];
const GROUPS: &[&str] = &["ec2:security-group/*"];

impl Permitted for SecurityGroupRule {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&["ec2:DescribeSecurityGroupRules"])]],
        create: &[&[
            on(
                GROUPS,
                &[
                    "ec2:AuthorizeSecurityGroupIngress",
                    "ec2:AuthorizeSecurityGroupEgress",
                ],
            )
            .owned(),
            on(
                RULES,
                &[
                    "ec2:AuthorizeSecurityGroupIngress",
                    "ec2:AuthorizeSecurityGroupEgress",
                ],
            )
            .tagged(),
            on(RULES, &["ec2:CreateTags"]).creating(),
        ]],
        update: &[&[
            on(
                &["ec2:security-group/*", "ec2:security-group-rule/*"],
                &["ec2:ModifySecurityGroupRules"],
            )
            .owned(),
            on(RULES, &["ec2:CreateTags", "ec2:DeleteTags"]).owned(),
        ]],
        delete: &[&[on(
            GROUPS,
            &[
                "ec2:RevokeSecurityGroupIngress",
                "ec2:RevokeSecurityGroupEgress",
            ],
        )
        .owned()]],
    };
}
