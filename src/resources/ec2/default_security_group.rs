//! The default security group of a VPC: it comes and goes with the VPC, and is kept empty, so that
//! nothing that names no group of its own can connect to anything ("Default security groups for your
//! VPCs" in the VPC user guide; control EC2.2 of AWS Security Hub).

use aws_sdk_ec2::types as api;
use serde::Serialize;

use crate::aws::grant::{Grant, Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Required, Tags, all_items, all_tags, user_tags};
use crate::engine::{
    Address, Changes, Class, Fault, Field, Found, Ref, ResolveContext, Resource, Ties,
};
use crate::fields;

use crate::resources::Vpc;
use crate::resources::ec2::security_group_rule::rules::{Ports, described};
use crate::resources::ec2::{
    filter, list_owned, ours, tag_ec2, tags_of, untag_ec2, update_ec2_tags,
};
use crate::resources::live::Live;

const DESCRIBE: &str = "ec2:DescribeSecurityGroups";

/// Its name in every VPC; no other group can have it (EC2 API, `CreateSecurityGroup.GroupName`).
pub(super) const DEFAULT: &str = "default";

/// The default security group of a VPC of ours. Making it is taking over the one that is there and
/// revoking its rules; removing it is giving it back, and leaves it as it is.
#[derive(Debug, Clone)]
pub struct DefaultSecurityGroup {
    /// The VPC; cannot be changed.
    pub vpc: Ref<Vpc>,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a default security group.
#[derive(Debug, Clone, Serialize)]
pub struct DefaultSecurityGroupProps {
    vpc: String,
    /// What its rules let in, such as `tcp 22 from 0.0.0.0/0`.
    ingress: Vec<String>,
    /// What its rules let out.
    egress: Vec<String>,
    tags: Tags,
}

/// A default security group as AWS has it: `sg-…`.
pub type DefaultSecurityGroupLive = Live<DefaultSecurityGroupProps>;

impl Resource for DefaultSecurityGroup {
    type Cloud = Cloud;
    type Props = DefaultSecurityGroupProps;
    type Live = DefaultSecurityGroupLive;

    const KIND: &'static str = "default-security-group";
    const CREATE_ONLY: &'static [Field] = &fields!(DefaultSecurityGroupProps, vpc);

    fn desired(&self, context: &ResolveContext<'_>) -> DefaultSecurityGroupProps {
        DefaultSecurityGroupProps {
            vpc: context.text(&self.vpc, |vpc| vpc.id.clone()),
            ingress: Vec::new(),
            egress: Vec::new(),
            tags: self.tags.clone(),
        }
    }

    fn props(live: &DefaultSecurityGroupLive) -> DefaultSecurityGroupProps {
        live.props.clone()
    }

    fn ties(live: &DefaultSecurityGroupLive) -> Ties {
        Ties {
            ids: vec![live.id.clone()],
            within: vec![live.props.vpc.clone()],
            ..Ties::default()
        }
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<DefaultSecurityGroupLive>>, Fault> {
        let mut filters = ours(cloud, None);
        filters.push(filter("group-name", DEFAULT));
        list_owned(cloud, declared, answered(cloud, filters)).await
    }

    async fn create(
        &self,
        job: &Job,
        want: &DefaultSecurityGroupProps,
    ) -> Result<DefaultSecurityGroupLive, Fault> {
        let live = job
            .settle(
                // It is made with the VPC, a moment ago (EC2 API, eventual consistency).
                |fault| fault.class == Class::Absent,
                || async {
                    let of = vec![filter("vpc-id", &want.vpc), filter("group-name", DEFAULT)];
                    answered(job, of).await?.pop().ok_or_else(|| {
                        let message = format!("{} has no default security group", want.vpc);
                        Fault::new(DESCRIBE, Class::Absent, message)
                    })
                },
            )
            .await?;
        // Tagged first: a run that is killed now leaves a group that the next one empties.
        let tags = all_tags(job, &want.tags);
        tag_ec2(job, &live.id, &tags).await?;
        empty(job, &live.id).await?;
        Ok(live.brought_to(want, tags))
    }

    async fn update(
        &self,
        job: &Job,
        live: &DefaultSecurityGroupLive,
        want: &DefaultSecurityGroupProps,
        changes: &Changes,
    ) -> Result<DefaultSecurityGroupLive, Fault> {
        if changes.any_changed(&fields!(DefaultSecurityGroupProps, ingress, egress)) {
            empty(job, &live.id).await?;
        }
        let tags = update_ec2_tags(job, &live.id, &want.tags, changes).await?;
        Ok(live.brought_to(want, tags))
    }

    async fn delete(job: &Job, live: &DefaultSecurityGroupLive) -> Result<(), Fault> {
        untag_ec2(job, &live.id, &live.tags).await
    }
}

async fn answered(
    cloud: &Cloud,
    filters: Vec<api::Filter>,
) -> Result<Vec<DefaultSecurityGroupLive>, Fault> {
    let request = cloud.ec2.describe_security_groups();
    let request = request.set_filters(Some(filters));
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

fn live(group: api::SecurityGroup) -> Result<DefaultSecurityGroupLive, Fault> {
    let tags = tags_of(group.tags());
    Ok(DefaultSecurityGroupLive {
        props: DefaultSecurityGroupProps {
            ingress: rules_in_words(group.ip_permissions(), "from"),
            egress: rules_in_words(group.ip_permissions_egress(), "to"),
            tags: user_tags(&tags),
            vpc: group.vpc_id.required(DESCRIBE, "VpcId")?,
        },
        id: group.group_id.required(DESCRIBE, "GroupId")?,
        tags,
        more: (),
    })
}

/// Rules in words, one for each peer.
fn rules_in_words(permissions: &[api::IpPermission], word: &str) -> Vec<String> {
    let mut extras = Vec::new();
    for one in permissions {
        let ports = Ports::of(one.from_port().zip(one.to_port()));
        let what = match one.ip_protocol() {
            None | Some("-1") => "all".to_owned(),
            Some(protocol) => format!("{protocol} {ports}"),
        };
        let v4 = one.ip_ranges().iter().filter_map(api::IpRange::cidr_ip);
        let v6 = one
            .ipv6_ranges()
            .iter()
            .filter_map(api::Ipv6Range::cidr_ipv6);
        let groups = one.user_id_group_pairs().iter();
        let lists = one.prefix_list_ids().iter();
        let peers = v4
            .chain(v6)
            .chain(groups.filter_map(api::UserIdGroupPair::group_id))
            .chain(lists.filter_map(api::PrefixListId::prefix_list_id));
        extras.extend(peers.map(|peer| format!("{what} {word} {peer}")));
    }
    extras.sort();
    extras
}

/// Revokes every rule of a group.
async fn empty(job: &Job, group: &str) -> Result<(), Fault> {
    for rule in described(job, vec![filter("group-id", group)]).await? {
        crate::resources::ec2::security_group_rule::calls::revoke(job, &rule.id, &rule.observed)
            .await?;
    }
    Ok(())
}

const GROUPS: &[&str] = &["ec2:security-group/*"];
const RULES: Grant = on(
    GROUPS,
    &[
        "ec2:RevokeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
    ],
)
.owned();

impl Permitted for DefaultSecurityGroup {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&[
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSecurityGroupRules",
        ])]],
        create: &[&[
            // AWS makes it together with the VPC, without tags.
            on(GROUPS, &["ec2:CreateTags"]).claimed(),
            RULES,
        ]],
        update: &[&[
            on(GROUPS, &["ec2:CreateTags", "ec2:DeleteTags"]).owned(),
            RULES,
        ]],
        delete: &[&[on(GROUPS, &["ec2:DeleteTags"]).owned()]],
    };
}
