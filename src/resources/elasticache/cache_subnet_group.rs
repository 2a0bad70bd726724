//! The subnets that ElastiCache may put nodes in.

use aws_sdk_elasticache::types as api;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Required, Tags, all_items, all_tags, deleted, done};
use crate::engine::{Address, Changes, Fault, Found, Link, ResolveContext, Resource};
use crate::field;

use crate::resources::Subnet;
use crate::resources::elasticache::{cache_tags, own_cache_tags, update_cache_tags};
use crate::resources::own_tags::list_named;
use crate::resources::subnet_groups::{
    SubnetGroupLive, SubnetGroupProps, as_wanted, described, made, named, props, wanted,
};

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

impl Resource for CacheSubnetGroup {
    type Cloud = Cloud;
    type Props = SubnetGroupProps;
    type Live = SubnetGroupLive;

    const KIND: &'static str = "cache-subnet-group";

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
        let own = |arn: String| async move { own_cache_tags(cloud, &arn).await };
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
        let request = (job.elasticache.create_cache_subnet_group())
            .cache_subnet_group_name(&want.name)
            .cache_subnet_group_description(format!("Subnets of {}", job.place.stack))
            .set_subnet_ids(Some(want.subnets.clone()))
            .set_tags(Some(cache_tags(&tags)));
        let created = done("elasticache:CreateCacheSubnetGroup", request.send().await);
        let arn = job
            .place
            .arn("elasticache", &format!("subnetgroup:{}", want.name));
        let (own, made_now) = (own_cache_tags(job, &arn), as_wanted(want, &arn, tags));
        made(job, created, "CacheSubnetGroupAlreadyExists", own, made_now).await
    }

    async fn update(
        &self,
        job: &Job,
        live: &SubnetGroupLive,
        want: &SubnetGroupProps,
        changes: &Changes,
    ) -> Result<SubnetGroupLive, Fault> {
        if changes.changed(field!(SubnetGroupProps, subnets)) {
            let request = (job.elasticache.modify_cache_subnet_group())
                .cache_subnet_group_name(&live.name)
                .set_subnet_ids(Some(want.subnets.clone()));
            done("elasticache:ModifyCacheSubnetGroup", request.send().await)?;
        }
        let tags = update_cache_tags(job, &live.arn, &want.tags, changes).await?;
        Ok(live.brought_to(want, tags))
    }

    async fn delete(job: &Job, live: &SubnetGroupLive) -> Result<(), Fault> {
        let request =
            (job.elasticache.delete_cache_subnet_group()).cache_subnet_group_name(&live.name);
        deleted("elasticache:DeleteCacheSubnetGroup", request.send().await)
    }
}

/// Every group of the account, its tags not read yet.
async fn all(cloud: &Cloud) -> Result<Vec<SubnetGroupLive>, Fault> {
    let request = cloud.elasticache.describe_cache_subnet_groups();
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

fn live(group: api::CacheSubnetGroup) -> Result<SubnetGroupLive, Fault> {
    let name =
        (group.cache_subnet_group_name.clone()).required(DESCRIBE, "CacheSubnetGroupName")?;
    let arn = (group.arn.clone()).required(DESCRIBE, "ARN")?;
    let subnets = group.subnets().iter();
    let subnets = subnets.filter_map(|subnet| subnet.subnet_identifier());
    Ok(described(name, arn, subnets))
}

const GROUPS: &[&str] = &[
    "elasticache:subnetgroup:{stack}",
    "elasticache:subnetgroup:{stack}-*",
    "elasticache:subnetgroup:{name}",
];

impl Permitted for CacheSubnetGroup {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            anywhere(&["elasticache:DescribeCacheSubnetGroups"]),
            on(GROUPS, &["elasticache:ListTagsForResource"]),
        ]],
        create: &[&[
            on(GROUPS, &["elasticache:CreateCacheSubnetGroup"]).tagged(),
            on(GROUPS, &["elasticache:AddTagsToResource"]),
        ]],
        update: &[&[
            on(
                GROUPS,
                &[
                    "elasticache:AddTagsToResource",
                    "elasticache:RemoveTagsFromResource",
                ],
            ),
            on(GROUPS, &["elasticache:ModifyCacheSubnetGroup"]).owned(),
        ]],
        delete: &[&[on(GROUPS, &["elasticache:DeleteCacheSubnetGroup"]).owned()]],
    };
}
