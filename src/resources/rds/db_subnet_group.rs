//! The subnets that RDS may put an instance in.

use aws_sdk_rds::types as api;
use serde::Serialize;

use crate::aws::{
    Cloud, Job, Required, Tags, all_items, all_tags, answer_of, deleted, done, spoken,
};
use crate::engine::{Address, Changes, Fault, Found, Link, Resource, Seen};

use crate::resources::Subnet;
use crate::resources::own_tags::{Near, near};
use crate::resources::ownership::{bears, is_ours};
use crate::resources::rds::{own_rds_tags, rds_tags, update_rds_tags};

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

/// What can be said of a subnet group.
#[derive(Debug, Serialize)]
pub struct DbSubnetGroupProps {
    name: String,
    subnets: Vec<String>,
    tags: Tags,
}

/// A subnet group as AWS has it.
#[derive(Debug, Clone)]
pub struct DbSubnetGroupLive {
    /// Its name.
    pub name: String,
    arn: String,
    subnets: Vec<String>,
    tags: Tags,
}

impl Resource for DbSubnetGroup {
    type Cloud = Cloud;
    type Props = DbSubnetGroupProps;
    type Live = DbSubnetGroupLive;

    const KIND: &'static str = "db-subnet-group";

    fn want(&self, seen: &Seen<'_>) -> DbSubnetGroupProps {
        let subnets = self.subnets.iter();
        let mut subnets: Vec<String> = subnets
            .map(|subnet| subnet.id(seen, |subnet| subnet.id.clone()))
            .collect();
        subnets.sort();
        DbSubnetGroupProps {
            // RDS keeps names in small letters.
            name: seen.name::<Self>(&self.name.to_ascii_lowercase(), |live| live.name.clone()),
            subnets,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &DbSubnetGroupLive) -> DbSubnetGroupProps {
        DbSubnetGroupProps {
            name: live.name.clone(),
            subnets: live.subnets.clone(),
            tags: spoken(&live.tags),
        }
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<DbSubnetGroupLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let (_, groups) = tokio::try_join!(cloud.tagged(), described(cloud))?;
        let named = |group: &DbSubnetGroupLive| {
            let mut declared = declared.iter();
            let named = declared.find(|(_, one)| one.name.eq_ignore_ascii_case(&group.name));
            named.map(|(address, _)| *address)
        };
        let own = |arn: String| async move { own_rds_tags(cloud, &arn).await };
        let near = near(cloud, groups, named, |group| &group.arn, own).await?;
        let found = near.into_iter().filter_map(|Near { live, named, tags }| {
            Some(Found {
                owner: cloud.owner(&tags, named)?,
                id: live.name.clone(),
                live: DbSubnetGroupLive { tags, ..live },
            })
        });
        Ok(found.collect())
    }

    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &Self::Live,
    ) -> Option<bool> {
        let said = declared.map(|one| one.name.to_ascii_lowercase());
        bears(cloud, address, &live.name, said, |place, name| {
            (name == "main").then(|| place.name(name).to_ascii_lowercase())
        })
    }

    async fn create(
        &self,
        job: &Job,
        want: &DbSubnetGroupProps,
    ) -> Result<DbSubnetGroupLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let request = (job.rds.create_db_subnet_group())
            .db_subnet_group_name(&want.name)
            .db_subnet_group_description(format!("Subnets of {}", job.place.stack))
            .set_subnet_ids(Some(want.subnets.clone()))
            .set_tags(Some(rds_tags(&tags)));
        let created = answer_of("rds:CreateDBSubnetGroup", request.send().await);
        let arn = job.place.arn("rds", &format!("subgrp:{}", want.name));
        if let Err(fault) = created {
            let there = fault.code == "DBSubnetGroupAlreadyExists";
            // A reply that was lost: the tags say whether the group is the one made then.
            if !there || !is_ours(job, &own_rds_tags(job, &arn).await?) {
                return Err(fault);
            }
        }
        Ok(DbSubnetGroupLive {
            name: want.name.clone(),
            arn,
            subnets: want.subnets.clone(),
            tags,
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &DbSubnetGroupLive,
        want: &DbSubnetGroupProps,
        changes: &Changes,
    ) -> Result<DbSubnetGroupLive, Fault> {
        if changes.touch("subnets") {
            let request = (job.rds.modify_db_subnet_group())
                .db_subnet_group_name(&live.name)
                .set_subnet_ids(Some(want.subnets.clone()));
            done("rds:ModifyDBSubnetGroup", request.send().await)?;
        }
        let tags = update_rds_tags(job, &live.arn, &want.tags, changes).await?;
        Ok(DbSubnetGroupLive {
            subnets: want.subnets.clone(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &DbSubnetGroupLive) -> Result<(), Fault> {
        let request = (job.rds.delete_db_subnet_group()).db_subnet_group_name(&live.name);
        deleted("rds:DeleteDBSubnetGroup", request.send().await)
    }
}

/// Every group of the account, its tags not read yet.
async fn described(cloud: &Cloud) -> Result<Vec<DbSubnetGroupLive>, Fault> {
    let request = cloud.rds.describe_db_subnet_groups();
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

fn live(group: api::DbSubnetGroup) -> Result<DbSubnetGroupLive, Fault> {
    let mut subnets: Vec<String> = group
        .subnets()
        .iter()
        .filter_map(|subnet| subnet.subnet_identifier().map(str::to_owned))
        .collect();
    subnets.sort();
    Ok(DbSubnetGroupLive {
        name: group
            .db_subnet_group_name
            .required(DESCRIBE, "DBSubnetGroupName")?,
        arn: group
            .db_subnet_group_arn
            .required(DESCRIBE, "DBSubnetGroupArn")?,
        subnets,
        tags: Tags::new(),
    })
}
