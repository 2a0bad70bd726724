//! The rules that others have put into a security group of ours. `DescribeSecurityGroups` tells every
//! rule of a group, and rules that are resources of the stack carry its tag: the rest is of others.

use aws_sdk_ec2::types as api;

use crate::aws::Job;
use crate::engine::{Extra, Fault};

use crate::resources::ec2::filter;
use crate::resources::ec2::security_group_rule::calls::revoke;
use crate::resources::ec2::security_group_rule::rules::Direction;
use crate::resources::ec2::security_group_rule::rules::{PeerType, Ports, RuleProps, described};

/// Every rule of a group, without descriptions.
pub(super) fn rules(group: &api::SecurityGroup) -> Vec<RuleProps> {
    let id = group.group_id().unwrap_or_default();
    let ways = [
        (Direction::Ingress, group.ip_permissions()),
        (Direction::Egress, group.ip_permissions_egress()),
    ];
    let all = ways.into_iter().flat_map(|(direction, permissions)| {
        permissions
            .iter()
            .flat_map(move |permission| rules_of(id, direction, permission))
    });
    all.collect()
}

fn rules_of(group: &str, direction: Direction, permission: &api::IpPermission) -> Vec<RuleProps> {
    let v4 = permission.ip_ranges().iter();
    let v4 = v4.filter_map(|range| Some((PeerType::Ipv4, range.cidr_ip()?)));
    let v6 = permission.ipv6_ranges().iter();
    let v6 = v6.filter_map(|range| Some((PeerType::Ipv6, range.cidr_ipv6()?)));
    let groups = permission.user_id_group_pairs().iter();
    let groups = groups.filter_map(|pair| Some((PeerType::Group, pair.group_id()?)));
    let lists = permission.prefix_list_ids().iter();
    let lists = lists.filter_map(|list| Some((PeerType::PrefixList, list.prefix_list_id()?)));
    let peers = v4.chain(v6).chain(groups).chain(lists);
    peers
        .map(|(peer_type, peer)| RuleProps {
            group: group.to_owned(),
            direction,
            protocol: permission.ip_protocol().unwrap_or_default().to_owned(),
            ports: Ports::of(permission.from_port().zip(permission.to_port())),
            peer_type,
            peer: peer.to_owned(),
            description: String::new(),
        })
        .collect()
}

/// Whether two rules let through the same, whatever their descriptions.
pub(super) fn same(one: &RuleProps, other: &RuleProps) -> bool {
    let bare = |observed: &RuleProps| RuleProps {
        description: String::new(),
        ..observed.clone()
    };
    bare(one) == bare(other)
}

/// A rule in words.
pub(super) fn extra(observed: &RuleProps) -> Extra {
    let (way, to) = match observed.direction {
        Direction::Ingress => ("ingress", "from"),
        Direction::Egress => ("egress", "to"),
    };
    let what = match (observed.protocol.as_str(), observed.ports) {
        ("-1", _) => "of all traffic".to_owned(),
        (protocol, Ports::All) => format!("of all of {protocol}"),
        (protocol, ports) => format!("of {protocol} {ports}"),
    };
    Extra {
        what: format!("{way} rule {what} {to} {}", observed.peer),
        open: observed.direction == Direction::Ingress
            && matches!(observed.peer.as_str(), "0.0.0.0/0" | "::/0"),
    }
}

/// Takes these rules out of a group, unless they carry the tags of a stack: what the group's own answer
/// calls a rule of others may be one of ours whose tag was not read yet.
pub(super) async fn remove(job: &Job, group: &str, rules: &[RuleProps]) -> Result<(), Fault> {
    for rule in described(job, vec![filter("group-id", group)]).await? {
        let theirs = job.owner(&rule.tags, None).is_none();
        if theirs && rules.iter().any(|observed| same(observed, &rule.observed)) {
            revoke(job, &rule.id, &rule.observed).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sort_of_peer_is_a_rule_of_its_own() {
        let permission = api::IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(5432)
            .to_port(5432)
            .ip_ranges(api::IpRange::builder().cidr_ip("0.0.0.0/0").build())
            .ipv6_ranges(api::Ipv6Range::builder().cidr_ipv6("::/0").build())
            .user_id_group_pairs(api::UserIdGroupPair::builder().group_id("sg-2").build())
            .prefix_list_ids(api::PrefixListId::builder().prefix_list_id("pl-3").build());
        let all = api::IpPermission::builder().ip_protocol("-1");
        let all = all.ip_ranges(api::IpRange::builder().cidr_ip("10.0.0.0/8").build());
        let group = api::SecurityGroup::builder()
            .group_id("sg-1")
            .ip_permissions(permission.build())
            .ip_permissions_egress(all.build())
            .build();
        let extras: Vec<(String, bool)> = rules(&group)
            .iter()
            .map(extra)
            .map(|one| (one.what, one.open))
            .collect();
        let rule = |words: &str, open| (words.to_owned(), open);
        assert_eq!(
            extras,
            [
                rule("ingress rule of tcp 5432 from 0.0.0.0/0", true),
                rule("ingress rule of tcp 5432 from ::/0", true),
                rule("ingress rule of tcp 5432 from sg-2", false),
                rule("ingress rule of tcp 5432 from pl-3", false),
                rule("egress rule of all traffic to 10.0.0.0/8", false),
            ]
        );
    }
}
