//! The calls that make, change and remove one rule of a security group.

use aws_sdk_ec2::types as api;

use crate::aws::{Job, Required, Tags, answer_of, deleted, done};
use crate::engine::Fault;

use crate::resources::ec2::security_group_rule::rules::Direction;
use crate::resources::ec2::security_group_rule::rules::{PeerType, Ports, RuleProps};
use crate::resources::ec2::specify;

/// Adds a rule; returns its id.
pub(in crate::resources::ec2) async fn authorize(
    job: &Job,
    observed: &RuleProps,
    tags: &Tags,
) -> Result<String, Fault> {
    let tags = specify(api::ResourceType::SecurityGroupRule, tags);
    let (operation, rules) = match observed.direction {
        Direction::Ingress => {
            let operation = "ec2:AuthorizeSecurityGroupIngress";
            let request = (job.ec2.authorize_security_group_ingress())
                .group_id(&observed.group)
                .ip_permissions(permission(observed))
                .tag_specifications(tags);
            let made = answer_of(operation, request.send().await)?;
            (operation, made.security_group_rules)
        }
        Direction::Egress => {
            let operation = "ec2:AuthorizeSecurityGroupEgress";
            let request = (job.ec2.authorize_security_group_egress())
                .group_id(&observed.group)
                .ip_permissions(permission(observed))
                .tag_specifications(tags);
            let made = answer_of(operation, request.send().await)?;
            (operation, made.security_group_rules)
        }
    };
    rules
        .unwrap_or_default()
        .into_iter()
        .find_map(|rule| rule.security_group_rule_id)
        .required(operation, "SecurityGroupRuleId")
}

/// Lets a rule say something else. All that it says is sent, as the API demands.
pub(in crate::resources::ec2) async fn modify(
    job: &Job,
    id: &str,
    observed: &RuleProps,
) -> Result<(), Fault> {
    let (from, to) = ports(observed);
    let peer = |sort| (observed.peer_type == sort).then(|| observed.peer.clone());
    let request = api::SecurityGroupRuleRequest::builder()
        .ip_protocol(&observed.protocol)
        .from_port(from)
        .to_port(to)
        .set_cidr_ipv4(peer(PeerType::Ipv4))
        .set_cidr_ipv6(peer(PeerType::Ipv6))
        .set_referenced_group_id(peer(PeerType::Group))
        .set_prefix_list_id(peer(PeerType::PrefixList))
        .description(&observed.description)
        .build();
    let update = api::SecurityGroupRuleUpdate::builder()
        .security_group_rule_id(id)
        .security_group_rule(request)
        .build();
    let request = (job.ec2.modify_security_group_rules())
        .group_id(&observed.group)
        .security_group_rules(update);
    done("ec2:ModifySecurityGroupRules", request.send().await)
}

/// Removes a rule; one that is gone already is as wanted (`InvalidSecurityGroupRuleId.NotFound`).
pub(in crate::resources::ec2) async fn revoke(
    job: &Job,
    id: &str,
    observed: &RuleProps,
) -> Result<(), Fault> {
    match observed.direction {
        Direction::Ingress => {
            let request = job.ec2.revoke_security_group_ingress();
            let request = request
                .group_id(&observed.group)
                .security_group_rule_ids(id);
            deleted("ec2:RevokeSecurityGroupIngress", request.send().await)
        }
        Direction::Egress => {
            let request = job.ec2.revoke_security_group_egress();
            let request = request
                .group_id(&observed.group)
                .security_group_rule_ids(id);
            deleted("ec2:RevokeSecurityGroupEgress", request.send().await)
        }
    }
}

fn permission(observed: &RuleProps) -> api::IpPermission {
    let (from, to) = ports(observed);
    let permission = api::IpPermission::builder()
        .ip_protocol(&observed.protocol)
        .from_port(from)
        .to_port(to);
    let (peer, description) = (&observed.peer, &observed.description);
    match observed.peer_type {
        PeerType::Ipv4 => permission.ip_ranges(
            api::IpRange::builder()
                .cidr_ip(peer)
                .description(description)
                .build(),
        ),
        PeerType::Ipv6 => permission.ipv6_ranges(
            api::Ipv6Range::builder()
                .cidr_ipv6(peer)
                .description(description)
                .build(),
        ),
        PeerType::Group => permission.user_id_group_pairs(
            api::UserIdGroupPair::builder()
                .group_id(peer)
                .description(description)
                .build(),
        ),
        PeerType::PrefixList => permission.prefix_list_ids(
            api::PrefixListId::builder()
                .prefix_list_id(peer)
                .description(description)
                .build(),
        ),
    }
    .build()
}

/// `FromPort` and `ToPort`: all ports are -1 where the protocol has none, and a range where it has.
fn ports(observed: &RuleProps) -> (i32, i32) {
    match observed.ports {
        Ports::Range { from, to } => (from, to),
        Ports::All if matches!(observed.protocol.as_str(), "tcp" | "udp") => (0, 65535),
        Ports::All => (-1, -1),
    }
}
