//! The subnets that ElastiCache may put nodes in.

use aws_sdk_elasticache::types as api;
use serde::Serialize;

use crate::aws::{
    Cloud, Job, Required, Tags, all_items, all_tags, answer_of, deleted, done, spoken,
};
use crate::engine::{Address, Changes, Fault, Found, Link, Resource, Seen};

use crate::resources::Subnet;
use crate::resources::elasticache::{cache_tags, own_cache_tags, update_cache_tags};
use crate::resources::own_tags::{Near, near};
use crate::resources::ownership::{bears, is_ours};

const DESCRIBE: &str = "elasticache:DescribeCacheSubnetGroups";

/// A subnet group of ElastiCache.
#[derive(Debug, Clone)]
pub struct CacheSubnetGroup {
    /// Its name.
    pub name: String,
    /// Subnets of one VPC, in as many zones as nodes shall stand in (ElastiCache API, `CreateCacheSubnetGroup.SubnetIds`).
    pub subnets: Vec<Link<Subnet>>,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a subnet group.
#[derive(Debug, Serialize)]
pub struct CacheSubnetGroupProps {
    name: String,
    subnets: Vec<String>,
    tags: Tags,
}

/// A subnet group as AWS has it.
#[derive(Debug, Clone)]
pub struct CacheSubnetGroupLive {
    /// Its name.
    pub name: String,
    arn: String,
    subnets: Vec<String>,
    tags: Tags,
}

impl Resource for CacheSubnetGroup {
    type Cloud = Cloud;
    type Props = CacheSubnetGroupProps;
    type Live = CacheSubnetGroupLive;

    const KIND: &'static str = "cache-subnet-group";

    fn want(&self, seen: &Seen<'_>) -> CacheSubnetGroupProps {
        let subnets = self.subnets.iter();
        let mut subnets: Vec<String> = subnets
            .map(|subnet| subnet.id(seen, |subnet| subnet.id.clone()))
            .collect();
        subnets.sort();
        CacheSubnetGroupProps {
            // ElastiCache keeps names in small letters.
            name: seen.name::<Self>(&self.name.to_ascii_lowercase(), |live| live.name.clone()),
            subnets,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &CacheSubnetGroupLive) -> CacheSubnetGroupProps {
        CacheSubnetGroupProps {
            name: live.name.clone(),
            subnets: live.subnets.clone(),
            tags: spoken(&live.tags),
        }
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<CacheSubnetGroupLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let (_, groups) = tokio::try_join!(cloud.tagged(), described(cloud))?;
        let named = |group: &CacheSubnetGroupLive| {
            let mut declared = declared.iter();
            let named = declared.find(|(_, one)| one.name.eq_ignore_ascii_case(&group.name));
            named.map(|(address, _)| *address)
        };
        let own = |arn: String| async move { own_cache_tags(cloud, &arn).await };
        let near = near(cloud, groups, named, |group| &group.arn, own).await?;
        let found = near.into_iter().filter_map(|Near { live, named, tags }| {
            Some(Found {
                owner: cloud.owner(&tags, named)?,
                id: live.name.clone(),
                live: CacheSubnetGroupLive { tags, ..live },
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
        want: &CacheSubnetGroupProps,
    ) -> Result<CacheSubnetGroupLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let request = (job.elasticache.create_cache_subnet_group())
            .cache_subnet_group_name(&want.name)
            .cache_subnet_group_description(format!("Subnets of {}", job.place.stack))
            .set_subnet_ids(Some(want.subnets.clone()))
            .set_tags(Some(cache_tags(&tags)));
        let created = answer_of("elasticache:CreateCacheSubnetGroup", request.send().await);
        let arn = job
            .place
            .arn("elasticache", &format!("subnetgroup:{}", want.name));
        if let Err(fault) = created {
            let there = fault.code == "CacheSubnetGroupAlreadyExists";
            // A reply that was lost: the tags say whether the group is the one made then.
            if !there || !is_ours(job, &own_cache_tags(job, &arn).await?) {
                return Err(fault);
            }
        }
        Ok(CacheSubnetGroupLive {
            name: want.name.clone(),
            arn,
            subnets: want.subnets.clone(),
            tags,
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &CacheSubnetGroupLive,
        want: &CacheSubnetGroupProps,
        changes: &Changes,
    ) -> Result<CacheSubnetGroupLive, Fault> {
        if changes.touch("subnets") {
            let request = (job.elasticache.modify_cache_subnet_group())
                .cache_subnet_group_name(&live.name)
                .set_subnet_ids(Some(want.subnets.clone()));
            done("elasticache:ModifyCacheSubnetGroup", request.send().await)?;
        }
        let tags = update_cache_tags(job, &live.arn, &want.tags, changes).await?;
        Ok(CacheSubnetGroupLive {
            subnets: want.subnets.clone(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &CacheSubnetGroupLive) -> Result<(), Fault> {
        let request = job.elasticache.delete_cache_subnet_group();
        let request = request.cache_subnet_group_name(&live.name);
        deleted("elasticache:DeleteCacheSubnetGroup", request.send().await)
    }
}

/// Every group of the account, its tags not read yet.
async fn described(cloud: &Cloud) -> Result<Vec<CacheSubnetGroupLive>, Fault> {
    let request = cloud.elasticache.describe_cache_subnet_groups();
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

fn live(group: api::CacheSubnetGroup) -> Result<CacheSubnetGroupLive, Fault> {
    let mut subnets: Vec<String> = group
        .subnets()
        .iter()
        .filter_map(|subnet| subnet.subnet_identifier().map(str::to_owned))
        .collect();
    subnets.sort();
    Ok(CacheSubnetGroupLive {
        name: group
            .cache_subnet_group_name
            .required(DESCRIBE, "CacheSubnetGroupName")?,
        arn: group.arn.required(DESCRIBE, "ARN")?,
        subnets,
        tags: Tags::new(),
    })
}
