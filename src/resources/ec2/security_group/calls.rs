//! The calls on security groups: finding those in the way, making, closing and removing one.

use std::sync::Arc;

use aws_sdk_ec2::types as api;

use crate::aws::{Cloud, Job, Required, Tags, all_items, answer_of, create_idempotently, done};
use crate::engine::{Address, Fault, Found, Gone, Link, Ownership};

use crate::resources::ec2::security_group::{SecurityGroup, SecurityGroupLive};
use crate::resources::ec2::security_group_rule::rules::RuleProps;
use crate::resources::ec2::security_group_rule::rules::{Direction, SecurityGroupRuleLive};
use crate::resources::ec2::{
    Removal, filter, ours, remove, security_group_extras, specify, tags_of,
};

const DESCRIBE: &str = "ec2:DescribeSecurityGroups";

/// Groups that bear a declared name in the declared VPC and are not ours. The VPC's groups are read
/// whole, because names of groups are case-insensitive and filters are not.
pub(in crate::resources::ec2) async fn strangers(
    cloud: &Cloud,
    declared: &[(&Address, &SecurityGroup)],
) -> Result<Vec<Found<SecurityGroupLive>>, Fault> {
    let own = declared
        .iter()
        .any(|(_, group)| matches!(group.vpc, Link::To(_)));
    let vpcs = if own {
        own_vpcs(cloud).await?
    } else {
        Vec::new()
    };
    // A VPC of the stack's own that has no tag yet is not made yet, and nothing is in it.
    let vpc_of = |group: &SecurityGroup| match &group.vpc {
        Link::Id(id) => Some(id.clone()),
        Link::To(vpc) => {
            let mut vpcs = vpcs.iter();
            let own = vpcs.find(|(address, _)| address == vpc.address());
            own.map(|(_, id)| id.clone())
        }
    };
    let names: Vec<(&Address, String, String)> = declared
        .iter()
        .filter_map(|(address, group)| Some((*address, cloud.name(address), vpc_of(group)?)))
        .collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let vpcs = names.iter().map(|(_, _, vpc)| vpc.clone()).collect();
    let there = api::Filter::builder()
        .name("vpc-id")
        .set_values(Some(vpcs))
        .build();
    let mut found = Vec::new();
    for group in described(cloud, vec![there]).await? {
        let named = names
            .iter()
            .find(|(_, name, vpc)| name.eq_ignore_ascii_case(&group.name) && *vpc == group.vpc);
        let owner = named.and_then(|(address, ..)| cloud.owner(&group.tags, Some(address)));
        if let Some(owner @ Ownership::Foreign { .. }) = owner {
            found.push(Found {
                owner,
                id: group.id.clone(),
                live: group,
            });
        }
    }
    Ok(found)
}

/// The stack's own VPCs, by address.
async fn own_vpcs(cloud: &Cloud) -> Result<Vec<(Address, String)>, Fault> {
    let request = cloud.ec2.describe_vpcs();
    let request = request.set_filters(Some(ours(cloud, None)));
    let items = request.into_paginator().items().send();
    let vpcs = answer_of("ec2:DescribeVpcs", items.try_collect().await)?;
    let own = |vpc: api::Vpc| match cloud.owner(&tags_of(vpc.tags()), None)? {
        Ownership::Ours(claim) => Some((claim.address, vpc.vpc_id?)),
        Ownership::Foreign { .. } => None,
    };
    Ok(vpcs.into_iter().filter_map(own).collect())
}

/// The group without the rules that are resources of the stack.
pub(in crate::resources::ec2) fn without_managed_rules(
    group: SecurityGroupLive,
    rules: &[SecurityGroupRuleLive],
) -> SecurityGroupLive {
    let declared = |range: &String| {
        rules.iter().any(|rule| {
            let observed = &rule.observed;
            observed.group == group.id
                && observed.direction == Direction::Egress
                && observed.protocol == "-1"
                && observed.peer == *range
        })
    };
    let open_to = group.open_to.iter().filter(|range| !declared(range));
    let is_default = |observed: &RuleProps| {
        let range = group.open_to.contains(&observed.peer);
        observed.direction == Direction::Egress && observed.protocol == "-1" && range
    };
    let added = group.added.iter().filter(|observed| {
        let owned = rules
            .iter()
            .any(|rule| security_group_extras::same(&rule.observed, observed));
        !owned && !is_default(observed)
    });
    SecurityGroupLive {
        open_to: open_to.cloned().collect(),
        added: added.cloned().collect(),
        ..group
    }
}

/// The groups that carry the stack's tag; their rules ask for them too.
pub(in crate::resources::ec2) async fn owned_groups(
    cloud: &Cloud,
) -> Result<Arc<Vec<SecurityGroupLive>>, Fault> {
    let ask = || described(cloud, ours(cloud, None));
    cloud.memo.once(DESCRIBE, ask).await
}

/// The groups that `filters` let through.
pub(in crate::resources::ec2) async fn described(
    cloud: &Cloud,
    filters: Vec<api::Filter>,
) -> Result<Vec<SecurityGroupLive>, Fault> {
    let request = cloud.ec2.describe_security_groups();
    let request = request.set_filters(Some(filters));
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

fn live(group: api::SecurityGroup) -> Result<SecurityGroupLive, Fault> {
    let all_out = group
        .ip_permissions_egress()
        .iter()
        .filter(|permission| permission.ip_protocol() == Some("-1"));
    let open_to = all_out.flat_map(|permission| {
        let v4 = permission.ip_ranges().iter().map(api::IpRange::cidr_ip);
        let v6 = permission
            .ipv6_ranges()
            .iter()
            .map(api::Ipv6Range::cidr_ipv6);
        v4.chain(v6)
    });
    Ok(SecurityGroupLive {
        open_to: open_to
            .flatten()
            .filter(|range| matches!(*range, "0.0.0.0/0" | "::/0"))
            .map(str::to_owned)
            .collect(),
        added: security_group_extras::rules(&group),
        tags: tags_of(group.tags()),
        id: group.group_id.required(DESCRIBE, "GroupId")?,
        name: group.group_name.required(DESCRIBE, "GroupName")?,
        vpc: group.vpc_id.required(DESCRIBE, "VpcId")?,
        description: group.description.required(DESCRIBE, "Description")?,
    })
}

/// Makes a group called `name`, which carries `tags`.
pub(in crate::resources::ec2) async fn create_group(
    job: &Job,
    name: &str,
    vpc: &str,
    description: &str,
    tags: &Tags,
) -> Result<SecurityGroupLive, Fault> {
    let specification = specify(api::ResourceType::SecurityGroup, tags);
    create_idempotently(
        job,
        || async {
            let request = (job.ec2_once.create_security_group())
                .group_name(name)
                .vpc_id(vpc)
                .description(description)
                .tag_specifications(specification.clone());
            let made = answer_of("ec2:CreateSecurityGroup", request.send().await)?;
            Ok(SecurityGroupLive {
                id: made
                    .group_id
                    .required("ec2:CreateSecurityGroup", "GroupId")?,
                name: name.to_owned(),
                vpc: vpc.to_owned(),
                description: description.to_owned(),
                // What EC2 puts into every new group, the second where the VPC has IPv6.
                open_to: vec!["0.0.0.0/0".to_owned(), "::/0".to_owned()],
                added: Vec::new(),
                tags: tags.clone(),
            })
        },
        || async {
            // One that differs is what this one replaces.
            let all = described(job, ours(job, Some(job.address()))).await?;
            let same = |one: &SecurityGroupLive| one.vpc == vpc && one.description == description;
            Ok(all.into_iter().find(same))
        },
    )
    .await
}

/// Takes out the rules that let everything out to `ranges`.
pub(in crate::resources::ec2) async fn revoke_default_egress(
    job: &Job,
    group: &str,
    ranges: &[String],
) -> Result<(), Fault> {
    for range in ranges {
        let all = api::IpPermission::builder().ip_protocol("-1");
        let all = if range.contains(':') {
            all.ipv6_ranges(api::Ipv6Range::builder().cidr_ipv6(range).build())
        } else {
            all.ip_ranges(api::IpRange::builder().cidr_ip(range).build())
        };
        let closed = job
            .settle(
                |fault| {
                    // Made a moment ago (EC2 API, eventual consistency).
                    fault.is("ec2:RevokeSecurityGroupEgress", &["InvalidGroup.NotFound"])
                },
                || async {
                    let request = (job.ec2.revoke_security_group_egress())
                        .group_id(group)
                        .ip_permissions(all.clone().build());
                    answer_of("ec2:RevokeSecurityGroupEgress", request.send().await)
                },
            )
            .await;
        match closed {
            Err(fault) if !is_closed(&fault) => return Err(fault),
            _ => {}
        }
    }
    Ok(())
}

/// Whether a refusal to revoke says that the rule is not there: a VPC without IPv6 has no range `::/0`
/// (terraform-provider-aws, `vpc_security_group.go`).
fn is_closed(fault: &Fault) -> bool {
    fault.code == "InvalidPermission.NotFound"
        || (fault.code == "InvalidParameterValue" && fault.message.contains("remote-ipv6-range"))
}

/// Deletes a group, or says what holds it: a network interface, or a rule of another group.
pub(in crate::resources::ec2) async fn removed(
    job: &Job,
    live: &SecurityGroupLive,
) -> Result<Gone, Fault> {
    let gone = remove(job, Some(filter("group-id", &live.id)), async {
        let request = job.ec2.delete_security_group().group_id(&live.id);
        done("ec2:DeleteSecurityGroup", request.send().await)
    })
    .await?;
    if let Removal::InUse(_) = &gone
        && let Some(other) = namer(job, &live.id).await
    {
        return Ok(Gone::NotYet(format!("a rule of {other} names it")));
    }
    Ok(gone.into())
}

/// Another group whose rules name this one. Not being allowed to look must not fail a delete.
async fn namer(job: &Job, id: &str) -> Option<String> {
    let (incoming, outgoing) = tokio::join!(
        described(job, vec![filter("ip-permission.group-id", id)]),
        described(job, vec![filter("egress.ip-permission.group-id", id)]),
    );
    [incoming, outgoing]
        .into_iter()
        .flatten()
        .flatten()
        .map(|group| group.id)
        .find(|other| other != id)
}
