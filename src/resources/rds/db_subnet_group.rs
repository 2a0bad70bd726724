//! The subnets that RDS may put an instance in.

use aws_sdk_rds::types as api;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Required, Tags, all_items, all_tags, deleted, done};
use crate::engine::{Address, Changes, Fault, Found, Link, ResolveContext, Resource};
use crate::field;

use crate::resources::Subnet;
use crate::resources::own_tags::list_named;
use crate::resources::rds::{own_rds_tags, rds_tags, update_rds_tags};
use crate::resources::subnet_groups::{
    SubnetGroupLive, SubnetGroupProps, as_wanted, described, made, named, props, wanted,
};

const DESCRIBE: &str = "rds:DescribeDBSubnetGroups";

/// A subnet group of RDS.
#[derive(Debug, Clone)]
pub struct DbSubnetGroup {
    /// Its name.
    pub name: String,
    /// Subnets of one VPC in at least two zones (RDS API, `CreateDBSubnetGroup.SubnetIds`).
    pub subnets: Vec<Link<Subnet>>,
    /// The file's tags.
    pub tags: Tags,
}

impl Resource for DbSubnetGroup {
    type Cloud = Cloud;
    type Props = SubnetGroupProps;
    type Live = SubnetGroupLive;

    const KIND: &'static str = "db-subnet-group";

    fn desired(&self, context: &ResolveContext<'_>) -> SubnetGroupProps {
        wanted::<Self>(context, &self.name, &self.subnets, &self.tags)
    }

    fn props(live: &SubnetGroupLive) -> SubnetGroupProps {
        props(live)
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<SubnetGroupLive>>, Fault> {
        let bears = |one: &Self, name: &str| one.name.eq_ignore_ascii_case(name);
        let own = |arn: String| async move { own_rds_tags(cloud, &arn).await };
        list_named(cloud, declared, all(cloud), bears, own).await
    }

    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &SubnetGroupLive,
    ) -> Option<bool> {
        named(cloud, address, declared.map(|one| one.name.as_str()), live)
    }

    async fn create(&self, job: &Job, want: &SubnetGroupProps) -> Result<SubnetGroupLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let request = (job.rds.create_db_subnet_group())
            .db_subnet_group_name(&want.name)
            .db_subnet_group_description(format!("Subnets of {}", job.place.stack))
            .set_subnet_ids(Some(want.subnets.clone()))
            .set_tags(Some(rds_tags(&tags)));
        let created = done("rds:CreateDBSubnetGroup", request.send().await);
        let arn = job.place.arn("rds", &format!("subgrp:{}", want.name));
        let (own, made_now) = (own_rds_tags(job, &arn), as_wanted(want, &arn, tags));
        made(job, created, "DBSubnetGroupAlreadyExists", own, made_now).await
    }

    async fn update(
        &self,
        job: &Job,
        live: &SubnetGroupLive,
        want: &SubnetGroupProps,
        changes: &Changes,
    ) -> Result<SubnetGroupLive, Fault> {
        if changes.changed(field!(SubnetGroupProps, subnets)) {
            let request = (job.rds.modify_db_subnet_group())
                .db_subnet_group_name(&live.name)
                .set_subnet_ids(Some(want.subnets.clone()));
            done("rds:ModifyDBSubnetGroup", request.send().await)?;
        }
        let tags = update_rds_tags(job, &live.arn, &want.tags, changes).await?;
        Ok(live.brought_to(want, tags))
    }

    async fn delete(job: &Job, live: &SubnetGroupLive) -> Result<(), Fault> {
        let request = (job.rds.delete_db_subnet_group()).db_subnet_group_name(&live.name);
        deleted("rds:DeleteDBSubnetGroup", request.send().await)
    }
}

/// Every group of the account, its tags not read yet.
async fn all(cloud: &Cloud) -> Result<Vec<SubnetGroupLive>, Fault> {
    let request = cloud.rds.describe_db_subnet_groups();
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

fn live(group: api::DbSubnetGroup) -> Result<SubnetGroupLive, Fault> {
    let name = (group.db_subnet_group_name.clone()).required(DESCRIBE, "DBSubnetGroupName")?;
    let arn = (group.db_subnet_group_arn.clone()).required(DESCRIBE, "DBSubnetGroupArn")?;
    let subnets = group.subnets().iter();
    let subnets = subnets.filter_map(|subnet| subnet.subnet_identifier());
    Ok(described(name, arn, subnets))
}

const GROUPS: &[&str] = &[
    "rds:subgrp:{stack}",
    "rds:subgrp:{stack}-*",
    "rds:subgrp:{name}",
];

impl Permitted for DbSubnetGroup {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            anywhere(&["rds:DescribeDBSubnetGroups"]),
            on(GROUPS, &["rds:ListTagsForResource"]),
        ]],
        create: &[&[
            on(GROUPS, &["rds:CreateDBSubnetGroup"]).tagged(),
            on(GROUPS, &["rds:AddTagsToResource"]),
        ]],
        update: &[&[
            on(
                GROUPS,
                &["rds:AddTagsToResource", "rds:RemoveTagsFromResource"],
            ),
            on(GROUPS, &["rds:ModifyDBSubnetGroup"]).owned(),
        ]],
        delete: &[&[on(GROUPS, &["rds:DeleteDBSubnetGroup"]).owned()]],
    };
}
