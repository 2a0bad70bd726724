//! The entries of a network ACL: what they say, how they are read, and how they are changed so that
//! what is allowed before and after is allowed all the time.

use std::fmt;

use aws_sdk_ec2::types as api;

use crate::aws::{Cloud, Job, Required, all_items, deleted, done};
use crate::engine::Fault;

use crate::resources::ec2::default_network_acl::DefaultNetworkAclLive;
use crate::resources::ec2::tags_of;

const DESCRIBE: &str = "ec2:DescribeNetworkAcls";

/// From this number on entries are AWS's own and cannot be changed (`NetworkAclEntry.RuleNumber`).
const FIXED: i32 = 32767;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::resources::ec2) struct Entry {
    pub(super) egress: bool,
    /// 1-32766; the first that matches decides.
    pub(super) number: i32,
    pub(super) allows: bool,
    /// IANA's number, or `-1` for all.
    pub(super) protocol: String,
    /// From and to, for TCP and UDP.
    pub(super) ports: Option<(i32, i32)>,
    pub(super) range: String,
}

impl Entry {
    /// One that allows.
    pub(super) fn allow(
        egress: bool,
        number: i32,
        protocol: &str,
        ports: Option<(i32, i32)>,
        range: &str,
    ) -> Self {
        Self {
            egress,
            number,
            allows: true,
            protocol: protocol.to_owned(),
            ports,
            range: range.to_owned(),
        }
    }

    fn action(&self) -> api::RuleAction {
        if self.allows {
            api::RuleAction::Allow
        } else {
            api::RuleAction::Deny
        }
    }

    fn range_of_ports(&self) -> Option<api::PortRange> {
        let (from, to) = self.ports?;
        Some(api::PortRange::builder().from(from).to(to).build())
    }

    /// Every type and code, which must be said for ICMP (`CreateNetworkAclEntry.Icmp`).
    fn icmp(&self) -> Option<api::IcmpTypeCode> {
        let all = || api::IcmpTypeCode::builder().code(-1).r#type(-1).build();
        (self.protocol == "1").then(all)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.allows { "allow " } else { "deny " })?;
        match self.protocol.as_str() {
            "-1" => f.write_str("all")?,
            "1" => f.write_str("icmp")?,
            "6" => f.write_str("tcp")?,
            "17" => f.write_str("udp")?,
            other => write!(f, "protocol {other}")?,
        }
        match self.ports {
            Some((from, to)) if from == to => write!(f, " {from}")?,
            Some((from, to)) => write!(f, " {from}-{to}")?,
            None => {}
        }
        let word = if self.egress { "to" } else { "from" };
        write!(f, " {word} {}", self.range)
    }
}

/// The network ACLs that `filters` let through, without the entries that are always there.
pub(super) async fn described(
    cloud: &Cloud,
    filters: Vec<api::Filter>,
) -> Result<Vec<DefaultNetworkAclLive>, Fault> {
    let request = cloud.ec2.describe_network_acls();
    let request = request.set_filters(Some(filters));
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

fn live(acl: api::NetworkAcl) -> Result<DefaultNetworkAclLive, Fault> {
    Ok(DefaultNetworkAclLive {
        entries: acl.entries().iter().filter_map(answered).collect(),
        tags: tags_of(acl.tags()),
        id: acl.network_acl_id.required(DESCRIBE, "NetworkAclId")?,
        vpc: acl.vpc_id.required(DESCRIBE, "VpcId")?,
    })
}

fn answered(entry: &api::NetworkAclEntry) -> Option<Entry> {
    let number = entry.rule_number().filter(|number| *number < FIXED)?;
    let ports = entry.port_range();
    Some(Entry {
        egress: entry.egress() == Some(true),
        number,
        allows: entry.rule_action() == Some(&api::RuleAction::Allow),
        protocol: entry.protocol().unwrap_or("-1").to_owned(),
        ports: ports.and_then(|ports| ports.from().zip(ports.to())),
        range: entry
            .cidr_block()
            .or(entry.ipv6_cidr_block())
            .unwrap_or_default()
            .to_owned(),
    })
}

/// Makes the entries of an ACL those of `want`: new ones first, then those that change, and what goes
/// last.
pub(super) async fn change(
    job: &Job,
    acl: &str,
    have: &[Entry],
    want: &[Entry],
) -> Result<(), Fault> {
    let place = |one: &Entry| (one.egress, one.number);
    let there = |one: &Entry| have.iter().find(|other| place(other) == place(one));
    for entry in want.iter().filter(|entry| there(entry).is_none()) {
        match create(job, acl, entry).await {
            // A reply that was lost, or somebody else was quicker.
            Err(fault) if fault.code == "NetworkAclEntryAlreadyExists" => {
                replace(job, acl, entry).await?;
            }
            other => other?,
        }
    }
    for entry in want {
        if there(entry).is_some_and(|old| old != entry) {
            replace(job, acl, entry).await?;
        }
    }
    for entry in have {
        if !want.iter().any(|other| place(other) == place(entry)) {
            delete(job, acl, entry).await?;
        }
    }
    Ok(())
}

async fn create(job: &Job, acl: &str, entry: &Entry) -> Result<(), Fault> {
    let request = (job.ec2.create_network_acl_entry())
        .network_acl_id(acl)
        .egress(entry.egress)
        .rule_number(entry.number)
        .rule_action(entry.action())
        .protocol(&entry.protocol)
        .set_port_range(entry.range_of_ports())
        .set_icmp_type_code(entry.icmp())
        .cidr_block(&entry.range);
    done("ec2:CreateNetworkAclEntry", request.send().await)
}

async fn replace(job: &Job, acl: &str, entry: &Entry) -> Result<(), Fault> {
    let request = (job.ec2.replace_network_acl_entry())
        .network_acl_id(acl)
        .egress(entry.egress)
        .rule_number(entry.number)
        .rule_action(entry.action())
        .protocol(&entry.protocol)
        .set_port_range(entry.range_of_ports())
        .set_icmp_type_code(entry.icmp())
        .cidr_block(&entry.range);
    done("ec2:ReplaceNetworkAclEntry", request.send().await)
}

async fn delete(job: &Job, acl: &str, entry: &Entry) -> Result<(), Fault> {
    let request = (job.ec2.delete_network_acl_entry())
        .network_acl_id(acl)
        .egress(entry.egress)
        .rule_number(entry.number);
    deleted("ec2:DeleteNetworkAclEntry", request.send().await)
}
