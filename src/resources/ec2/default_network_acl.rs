//! The default network ACL of a VPC: it comes and goes with the VPC, and every subnet that names no
//! other uses it ("Default network ACL for your VPC" in the VPC user guide).
//!
//! As EC2 makes it, it lets everything through, and security groups decide. It can keep the ports of SSH
//! and RDP closed to the internet (control EC2.21 of AWS Security Hub). The Config rule behind that
//! control objects to every entry that allows one of these ports, and says nothing of a denial with a
//! lower number (`nacl-no-unrestricted-ssh-rdp`): so what is allowed is listed around them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::aws::grant::{Grant, Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Tags, all_tags, user_tags};
use crate::engine::{
    Address, Changes, Class, Fault, Field, Found, Ref, ResolveContext, Resource, Ties,
};
use crate::fields;

use self::entries::{Entry, change, described};
use crate::resources::Vpc;
use crate::resources::ec2::{filter, ours, owned_of, tag_ec2, untag_ec2, unused, update_ec2_tags};

mod entries;

/// The default network ACL of a VPC of ours. Making it is taking over the one that is there; removing
/// it is giving it back, and leaves it as it is.
#[derive(Debug, Clone)]
pub struct DefaultNetworkAcl {
    /// The VPC; cannot be changed.
    pub vpc: Ref<Vpc>,
    /// The VPC's range, from within which everything is let in.
    pub cidr: String,
    /// Whether the ports of SSH and RDP are closed to the internet.
    pub deny_remote_login: bool,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a default network ACL.
#[derive(Debug, Serialize)]
pub struct DefaultNetworkAclProps {
    vpc: String,
    /// Entries by number, such as `allow tcp 0-21 from 0.0.0.0/0`; the one that denies the rest is
    /// always there and not among them.
    ingress: BTreeMap<i32, String>,
    egress: BTreeMap<i32, String>,
    tags: Tags,
}

/// A default network ACL as AWS has it.
#[derive(Debug, Clone)]
pub struct DefaultNetworkAclLive {
    /// `acl-…`.
    pub id: String,
    pub(super) vpc: String,
    pub(super) entries: Vec<Entry>,
    pub(super) tags: Tags,
}

impl DefaultNetworkAcl {
    fn entries(&self) -> Vec<Entry> {
        const INTERNET: &str = "0.0.0.0/0";
        let mut entries = vec![Entry::allow(true, 100, "-1", None, INTERNET)];
        if !self.deny_remote_login {
            entries.push(Entry::allow(false, 100, "-1", None, INTERNET));
            return entries;
        }
        entries.push(Entry::allow(false, 90, "-1", None, &self.cidr));
        let around = [(0, 21), (23, 3388), (3390, 65535)];
        // Their numbers of IANA: TCP, UDP, ICMP.
        let both = ["6", "17"]
            .into_iter()
            .flat_map(|protocol| around.map(|ports| (protocol, Some(ports))));
        for ((protocol, ports), number) in both.chain([("1", None)]).zip((110..).step_by(10)) {
            entries.push(Entry::allow(false, number, protocol, ports, INTERNET));
        }
        entries
    }
}

fn entries_in_words(entries: &[Entry], egress: bool) -> BTreeMap<i32, String> {
    let of = entries.iter().filter(|entry| entry.egress == egress);
    of.map(|entry| (entry.number, entry.to_string())).collect()
}

impl Resource for DefaultNetworkAcl {
    type Cloud = Cloud;
    type Props = DefaultNetworkAclProps;
    type Live = DefaultNetworkAclLive;

    const KIND: &'static str = "default-network-acl";
    const CREATE_ONLY: &'static [Field] = &fields!(DefaultNetworkAclProps, vpc);

    fn desired(&self, context: &ResolveContext<'_>) -> DefaultNetworkAclProps {
        let entries = self.entries();
        DefaultNetworkAclProps {
            vpc: context.text(&self.vpc, |vpc| vpc.id.clone()),
            ingress: entries_in_words(&entries, false),
            egress: entries_in_words(&entries, true),
            tags: self.tags.clone(),
        }
    }

    fn props(live: &DefaultNetworkAclLive) -> DefaultNetworkAclProps {
        DefaultNetworkAclProps {
            vpc: live.vpc.clone(),
            ingress: entries_in_words(&live.entries, false),
            egress: entries_in_words(&live.entries, true),
            tags: user_tags(&live.tags),
        }
    }

    fn ties(live: &DefaultNetworkAclLive) -> Ties {
        Ties {
            ids: vec![live.id.clone()],
            within: vec![live.vpc.clone()],
            ..Ties::default()
        }
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<DefaultNetworkAclLive>>, Fault> {
        if unused(cloud, declared).await? {
            return Ok(Vec::new());
        }
        let mut filters = ours(cloud, None);
        filters.push(filter("default", "true"));
        let all = described(cloud, filters).await?;
        Ok(owned_of(cloud, all, |live| (&live.id, &live.tags)))
    }

    async fn create(
        &self,
        job: &Job,
        want: &DefaultNetworkAclProps,
    ) -> Result<DefaultNetworkAclLive, Fault> {
        let live = job
            .settle(
                // It is made with the VPC, a moment ago (EC2 API, eventual consistency).
                |fault| fault.class == Class::Absent,
                || async {
                    let of = vec![filter("vpc-id", &want.vpc), filter("default", "true")];
                    described(job, of).await?.pop().ok_or_else(|| {
                        let message = format!("{} has no default network ACL", want.vpc);
                        Fault::new("ec2:DescribeNetworkAcls", Class::Absent, message)
                    })
                },
            )
            .await?;
        // Tagged first: a run that is killed now leaves one that the next run finishes.
        let tags = all_tags(job, &want.tags);
        tag_ec2(job, &live.id, &tags).await?;
        change(job, &live.id, &live.entries, &self.entries()).await?;
        Ok(DefaultNetworkAclLive {
            entries: self.entries(),
            tags,
            ..live
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &DefaultNetworkAclLive,
        want: &DefaultNetworkAclProps,
        changes: &Changes,
    ) -> Result<DefaultNetworkAclLive, Fault> {
        if changes.any_changed(&fields!(DefaultNetworkAclProps, ingress, egress)) {
            change(job, &live.id, &live.entries, &self.entries()).await?;
        }
        let tags = update_ec2_tags(job, &live.id, &want.tags, changes).await?;
        Ok(DefaultNetworkAclLive {
            entries: self.entries(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &DefaultNetworkAclLive) -> Result<(), Fault> {
        untag_ec2(job, &live.id, &live.tags).await
    }
}

const ACLS: &[&str] = &["ec2:network-acl/*"];
const ENTRIES: Grant = on(
    ACLS,
    &[
        "ec2:CreateNetworkAclEntry",
        "ec2:ReplaceNetworkAclEntry",
        "ec2:DeleteNetworkAclEntry",
    ],
)
.owned();

impl Permitted for DefaultNetworkAcl {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&["ec2:DescribeNetworkAcls", "ec2:DescribeVpcs"])]],
        create: &[&[
            // AWS makes it together with the VPC, without tags.
            on(ACLS, &["ec2:CreateTags"]).claimed(),
            ENTRIES,
        ]],
        update: &[&[
            on(ACLS, &["ec2:CreateTags", "ec2:DeleteTags"]).owned(),
            ENTRIES,
        ]],
        delete: &[&[on(ACLS, &["ec2:DeleteTags"]).owned()]],
    };
}

#[cfg(test)]
mod tests {
    use super::DefaultNetworkAcl;
    use crate::aws::Tags;
    use crate::engine::Graph;
    use crate::resources::Vpc;

    #[test]
    fn no_entry_lets_the_internet_in_to_ssh_or_rdp() {
        let mut graph = Graph::default();
        let vpc = Vpc {
            cidr: "10.0.0.0/16".to_owned(),
            tags: Tags::new(),
        };
        let acl = DefaultNetworkAcl {
            vpc: graph.add("network", "main", vpc),
            cidr: "10.0.0.0/16".to_owned(),
            deny_remote_login: true,
            tags: Tags::new(),
        };
        let entries = acl.entries();
        let open = entries
            .iter()
            .filter(|entry| !entry.egress && entry.range == "0.0.0.0/0");
        for entry in open {
            assert_ne!(entry.protocol, "-1", "{entry}");
            for port in [22, 3389] {
                let let_in = entry
                    .ports
                    .is_some_and(|(from, to)| (from..=to).contains(&port));
                assert!(!let_in, "{entry}");
            }
        }
        let lets_in = |protocol: &str, port: i32| {
            entries.iter().any(|entry| {
                let ports = entry
                    .ports
                    .is_some_and(|(from, to)| (from..=to).contains(&port));
                !entry.egress && entry.protocol == protocol && ports
            })
        };
        for port in (0..=65535).filter(|port| ![22, 3389].contains(port)) {
            assert!(lets_in("6", port) && lets_in("17", port), "{port}");
        }
    }
}
