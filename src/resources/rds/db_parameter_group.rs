//! A parameter group of RDS.

use std::collections::BTreeMap;

use aws_sdk_rds::types as api;
use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Required, Tags, all_items, all_tags, answer_of, deleted, user_tags};
use crate::engine::{Address, Changes, Fault, Field, Found, ResolveContext, Resource};
use crate::{field, fields};

use crate::resources::own_tags::{Candidate, candidates};
use crate::resources::ownership::{bears, is_ours};
use crate::resources::rds::{own_rds_tags, rds_tags, update_rds_tags};
use crate::resources::sdk::try_join_bounded;
use values::{set, values};

mod values;

const DESCRIBE: &str = "rds:DescribeDBParameterGroups";

/// Parameters of PostgreSQL that differ from RDS's defaults.
#[derive(Debug, Clone)]
pub struct DbParameterGroup {
    /// Its name. It should hold the family, which cannot be changed, so that a group of another
    /// family can stand beside this one until the instance has moved over.
    pub name: String,
    /// Such as `postgres16` (RDS API, `CreateDBParameterGroup.DBParameterGroupFamily`).
    pub family: String,
    /// Values by name; all others are RDS's.
    pub parameters: BTreeMap<String, String>,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a parameter group.
#[derive(Debug, Serialize)]
pub struct DbParameterGroupProps {
    name: String,
    family: String,
    parameters: BTreeMap<String, String>,
    tags: Tags,
}

/// A parameter group as AWS has it.
#[derive(Debug, Clone)]
pub struct DbParameterGroupLive {
    /// Its name.
    pub name: String,
    arn: String,
    family: String,
    /// What somebody set, and what the file speaks of.
    parameters: BTreeMap<String, String>,
    tags: Tags,
}

impl Resource for DbParameterGroup {
    type Cloud = Cloud;
    type Props = DbParameterGroupProps;
    type Live = DbParameterGroupLive;

    const KIND: &'static str = "db-parameter-group";
    const CREATE_ONLY: &'static [Field] = &fields!(DbParameterGroupProps, family);

    fn desired(&self, context: &ResolveContext<'_>) -> DbParameterGroupProps {
        let own = context
            .live::<Self>()
            .filter(|live| live.family == self.family);
        DbParameterGroupProps {
            // RDS keeps names in lowercase letters.
            name: own.map_or_else(|| self.name.to_ascii_lowercase(), |live| live.name.clone()),
            family: self.family.clone(),
            parameters: self.parameters.clone(),
            tags: self.tags.clone(),
        }
    }

    fn props(live: &DbParameterGroupLive) -> DbParameterGroupProps {
        DbParameterGroupProps {
            name: live.name.clone(),
            family: live.family.clone(),
            parameters: live.parameters.clone(),
            tags: user_tags(&live.tags),
        }
    }

    /// RDS has no batched read of parameters: two calls a declared group.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<DbParameterGroupLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let (_, groups) = tokio::try_join!(cloud.tagged(), described(cloud))?;
        let declared_as = |group: &DbParameterGroupLive| {
            let mut declared = declared.iter();
            declared.find(|(_, one)| one.name.eq_ignore_ascii_case(&group.name))
        };
        let parameters = try_join_bounded(groups.iter().filter_map(|group| {
            let (_, declared) = declared_as(group)?;
            let name = group.name.clone();
            Some(async move {
                let values = values(cloud, &name, &declared.parameters).await?;
                Ok((name, values))
            })
        }));
        let named = |group: &DbParameterGroupLive| declared_as(group).map(|(address, _)| *address);
        let own = |arn: String| async move { own_rds_tags(cloud, &arn).await };
        let near = candidates(cloud, groups.clone(), named, |group| &group.arn, own);
        let (parameters, near) = tokio::try_join!(parameters, near)?;
        let mut parameters: BTreeMap<_, _> = parameters.into_iter().collect();
        let found = near
            .into_iter()
            .filter_map(|Candidate { live, named, tags }| {
                Some(Found {
                    owner: cloud.owner(&tags, named)?,
                    id: live.name.clone(),
                    live: DbParameterGroupLive {
                        parameters: parameters.remove(&live.name).unwrap_or_default(),
                        tags,
                        ..live
                    },
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
        let declared_name = declared.map(|one| one.name.to_ascii_lowercase());
        bears(cloud, address, &live.name, declared_name, |place, name| {
            let name = name.starts_with("postgres").then(|| place.name(name));
            name.map(|name| name.to_ascii_lowercase())
        })
    }

    async fn create(
        &self,
        job: &Job,
        want: &DbParameterGroupProps,
    ) -> Result<DbParameterGroupLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let request = (job.rds.create_db_parameter_group())
            .db_parameter_group_name(&want.name)
            .db_parameter_group_family(&want.family)
            .description(format!("Parameters of {}", job.place.stack))
            .set_tags(Some(rds_tags(&tags)));
        let created = answer_of("rds:CreateDBParameterGroup", request.send().await);
        let arn = job.place.arn("rds", &format!("pg:{}", want.name));
        if let Err(fault) = created {
            let there = fault.code == "DBParameterGroupAlreadyExists";
            // A reply that was lost: the tags say whether the group is the one made then.
            if !there || !is_ours(job, &own_rds_tags(job, &arn).await?) {
                return Err(fault);
            }
            let family = |group: &DbParameterGroupLive| {
                group.name == want.name && group.family == want.family
            };
            if !described(job).await?.iter().any(family) {
                return Err(fault.hint("a group of another family needs another name"));
            }
        }
        set(job, &want.name, &want.parameters, &BTreeMap::new()).await?;
        Ok(DbParameterGroupLive {
            name: want.name.clone(),
            arn,
            family: want.family.clone(),
            parameters: want.parameters.clone(),
            tags,
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &DbParameterGroupLive,
        want: &DbParameterGroupProps,
        changes: &Changes,
    ) -> Result<DbParameterGroupLive, Fault> {
        if changes.changed(field!(DbParameterGroupProps, parameters)) {
            set(job, &live.name, &want.parameters, &live.parameters).await?;
        }
        let tags = update_rds_tags(job, &live.arn, &want.tags, changes).await?;
        Ok(DbParameterGroupLive {
            parameters: want.parameters.clone(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &DbParameterGroupLive) -> Result<(), Fault> {
        let request = (job.rds.delete_db_parameter_group()).db_parameter_group_name(&live.name);
        deleted("rds:DeleteDBParameterGroup", request.send().await)
    }
}

/// Every group of the account, its parameters and tags not read yet.
async fn described(cloud: &Cloud) -> Result<Vec<DbParameterGroupLive>, Fault> {
    let request = cloud.rds.describe_db_parameter_groups();
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

fn live(group: api::DbParameterGroup) -> Result<DbParameterGroupLive, Fault> {
    Ok(DbParameterGroupLive {
        name: group
            .db_parameter_group_name
            .required(DESCRIBE, "DBParameterGroupName")?,
        arn: group
            .db_parameter_group_arn
            .required(DESCRIBE, "DBParameterGroupArn")?,
        family: group
            .db_parameter_group_family
            .required(DESCRIBE, "DBParameterGroupFamily")?,
        parameters: BTreeMap::new(),
        tags: Tags::new(),
    })
}

const GROUPS: &[&str] = &["rds:pg:{stack}", "rds:pg:{stack}-*", "rds:pg:{name}"];

impl Permitted for DbParameterGroup {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            anywhere(&["rds:DescribeDBParameterGroups"]),
            on(
                GROUPS,
                &["rds:DescribeDBParameters", "rds:ListTagsForResource"],
            ),
        ]],
        create: &[&[
            on(GROUPS, &["rds:CreateDBParameterGroup"]).tagged(),
            on(
                GROUPS,
                &["rds:AddTagsToResource", "rds:ModifyDBParameterGroup"],
            ),
        ]],
        update: &[&[
            on(
                GROUPS,
                &["rds:AddTagsToResource", "rds:RemoveTagsFromResource"],
            ),
            on(
                GROUPS,
                &["rds:ModifyDBParameterGroup", "rds:ResetDBParameterGroup"],
            )
            .owned(),
        ]],
        delete: &[&[on(GROUPS, &["rds:DeleteDBParameterGroup"]).owned()]],
    };
}
