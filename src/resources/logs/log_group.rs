//! A CloudWatch Logs log group.

use std::collections::BTreeSet;

use aws_sdk_cloudwatchlogs::types as api;
use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{
    Cloud, Job, Place, Required, STACK_TAG, Tags, all_items, all_tags, answer_of, deleted, done,
    tags_taken_out, user_tags,
};
use crate::engine::{
    Address, Changes, Fault, Field, Found, Ownership, ResolveContext, Resource, Ties,
};
use crate::{field, fields};

use crate::resources::live::Named;
use crate::resources::own_tags::{Candidate, candidates};
use crate::resources::ownership::bears;
use crate::resources::sdk::try_join_bounded;

const DESCRIBE: &str = "logs:DescribeLogGroups";

/// A log group that keeps its lines for some days.
#[derive(Debug, Clone)]
pub struct LogGroup {
    /// Its name (CloudWatch Logs API, `CreateLogGroup.logGroupName`).
    pub name: String,
    /// Retention; one of the values of `PutRetentionPolicy.retentionInDays`.
    pub days: u32,
    /// KMS key ARN; `None` is CloudWatch Logs' own. The key's policy must let the service use it.
    pub kms_key: Option<String>,
    /// Whether a service of AWS makes it where it is missing and leaves it behind: then one without
    /// an owner is taken over.
    pub by_service: bool,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a log group.
#[derive(Debug, Clone, Serialize)]
pub struct LogGroupProps {
    name: String,
    retention_days: Option<i32>,
    /// KMS key ARN; empty is CloudWatch Logs' own.
    kms_key: String,
    /// Whether it carries the stack's tag.
    owned: bool,
    tags: Tags,
}

/// A log group as AWS has it.
pub type LogGroupLive = Named<LogGroupProps>;

impl Resource for LogGroup {
    type Cloud = Cloud;
    type Props = LogGroupProps;
    type Live = LogGroupLive;

    const KIND: &'static str = "log-group";
    const HEADLINE: &'static [Field] = &fields!(LogGroupProps, retention_days);

    fn desired(&self, context: &ResolveContext<'_>) -> LogGroupProps {
        LogGroupProps {
            name: context.name::<Self>(&self.name, |live| live.name.clone()),
            retention_days: i32::try_from(self.days).ok(),
            kms_key: self.kms_key.clone().unwrap_or_default(),
            owned: true,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &LogGroupLive) -> LogGroupProps {
        LogGroupProps {
            owned: live.tags.contains_key(STACK_TAG),
            tags: user_tags(&live.tags),
            ..live.props.clone()
        }
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<LogGroupLive>>, Fault> {
        let tagged = cloud.tagged().await?;
        let marker = cloud.place.arn("logs", "log-group:");
        // Groups of one stack share a few folders, and one call finds all of a folder.
        let prefixes: BTreeSet<String> = declared
            .iter()
            .map(|(_, group)| prefix(&group.name))
            .chain(tagged.after(&marker).map(prefix))
            .collect();
        // A folder holds those below it: a group that came twice would pass for one left behind.
        let prefixes = prefixes.iter().filter(|prefix| {
            let mut others = prefixes.iter();
            !others.any(|other| other != *prefix && prefix.starts_with(other.as_str()))
        });
        let groups = try_join_bounded(prefixes.map(|prefix| described(cloud, prefix))).await?;
        let declared_as = |group: &LogGroupLive| {
            let mut declared = declared.iter();
            declared.find(|(_, one)| one.name == group.name)
        };
        let named = |group: &LogGroupLive| declared_as(group).map(|(address, _)| *address);
        let groups = groups.into_iter().flatten().collect();
        let own = |arn: String| async move { own_tags(cloud, &arn).await };
        let near = candidates(cloud, groups, named, |group| &group.arn, own).await?;
        let found = near
            .into_iter()
            .filter_map(|Candidate { live, named, tags }| {
                let free = declared_as(&live).is_some_and(|(_, one)| one.by_service)
                    && !tags.contains_key(STACK_TAG);
                let owner = match named {
                    Some(address) if free => Ownership::Ours(address.clone().into()),
                    _ => cloud.owner(&tags, named)?,
                };
                Some(Found {
                    owner,
                    id: live.name.clone(),
                    live: Named { tags, ..live },
                })
            });
        Ok(found.collect())
    }

    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &LogGroupLive,
    ) -> Option<bool> {
        let declared_name = declared.map(|one| one.name.clone());
        let of = |folder: &str, file: &str| Some(format!("{folder}/{file}"));
        let ours = |place: &Place, name: &str| match name {
            "flow-logs" => of(&format!("/vpc/{}", place.stack), name),
            "container-insights" => {
                let cluster = place.name("cluster");
                of(
                    "/aws/ecs/containerinsights",
                    &format!("{cluster}/performance"),
                )
            }
            _ => of(&format!("/ecs/{}", place.stack), name),
        };
        // Those that RDS exports to are named after the instance.
        let of_database = |place: &Place, name: &str| {
            let instance = place.name("main").to_ascii_lowercase();
            let export = name.strip_prefix("database-")?;
            of("/aws/rds/instance", &format!("{instance}/{export}"))
        };
        let by_database = bears(cloud, address, &live.name, None, of_database);
        by_database
            .filter(|named| *named)
            .or_else(|| bears(cloud, address, &live.name, declared_name, ours))
    }

    /// Its database names it.
    fn ties(live: &LogGroupLive) -> Ties {
        Ties {
            ids: vec![live.name.clone()],
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &LogGroupProps) -> Result<LogGroupLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let create = (job.logs.create_log_group())
            .log_group_name(&want.name)
            .set_kms_key_id(key(want))
            .set_tags(Some(tags.clone().into_iter().collect()));
        let created = job
            .settle(meets, || async {
                answer_of("logs:CreateLogGroup", create.clone().send().await)
            })
            .await;
        let live = LogGroupLive {
            name: want.name.clone(),
            arn: job.place.arn("logs", &format!("log-group:{}", want.name)),
            props: want.clone(),
            tags,
        };
        match created {
            Ok(_) => {}
            // A reply that was lost: the tags say whether the group is the one made then.
            Err(fault) if fault.code == "ResourceAlreadyExistsException" => {
                if own_tags(job, &live.arn).await? != live.tags {
                    return Err(fault);
                }
            }
            Err(fault) => return Err(fault),
        }
        retain(job, &want.name, want.retention_days).await?;
        Ok(live)
    }

    async fn update(
        &self,
        job: &Job,
        live: &LogGroupLive,
        want: &LogGroupProps,
        changes: &Changes,
    ) -> Result<LogGroupLive, Fault> {
        if changes.changed(field!(LogGroupProps, retention_days)) {
            retain(job, &live.name, want.retention_days).await?;
        }
        if changes.changed(field!(LogGroupProps, kms_key)) {
            encrypt(job, want).await?;
        }
        let tags = all_tags(job, &want.tags);
        if changes.any_changed(&fields!(LogGroupProps, tags, owned)) {
            let gone = tags_taken_out(job);
            if !gone.is_empty() {
                let request = job.logs.untag_resource().resource_arn(&live.arn);
                let request = request.set_tag_keys(Some(gone));
                done("logs:UntagResource", request.send().await)?;
            }
            let request = (job.logs.tag_resource())
                .resource_arn(&live.arn)
                .set_tags(Some(tags.clone().into_iter().collect()));
            done("logs:TagResource", request.send().await)?;
        }
        Ok(live.brought_to(want, tags))
    }

    async fn delete(job: &Job, live: &LogGroupLive) -> Result<(), Fault> {
        let request = job.logs.delete_log_group().log_group_name(&live.name);
        deleted("logs:DeleteLogGroup", request.send().await)
    }
}

/// The folder of a name, up to its last slash.
fn prefix(name: &str) -> String {
    let end = name.rfind('/').map_or(name.len(), |at| at + 1);
    name[..end].to_owned()
}

async fn described(cloud: &Cloud, prefix: &str) -> Result<Vec<LogGroupLive>, Fault> {
    let groups = cloud
        .memo
        .once(format!("logs:DescribeLogGroups {prefix}"), || async {
            let request = cloud.logs.describe_log_groups();
            let request = request.log_group_name_prefix(prefix);
            let items = request.into_paginator().items().send();
            all_items(DESCRIBE, items.try_collect().await, live)
        })
        .await?;
    Ok(groups.to_vec())
}

fn live(group: api::LogGroup) -> Result<LogGroupLive, Fault> {
    let name = group.log_group_name.required(DESCRIBE, "logGroupName")?;
    let arn = group.arn.required(DESCRIBE, "arn")?;
    Ok(LogGroupLive {
        arn: arn.trim_end_matches(":*").to_owned(),
        props: LogGroupProps {
            name: name.clone(),
            retention_days: group.retention_in_days,
            kms_key: group.kms_key_id.unwrap_or_default(),
            owned: false,
            tags: Tags::new(),
        },
        name,
        tags: Tags::new(),
    })
}

async fn own_tags(cloud: &Cloud, arn: &str) -> Result<Tags, Fault> {
    let request = cloud.logs.list_tags_for_resource().resource_arn(arn);
    let answer = answer_of("logs:ListTagsForResource", request.send().await)?;
    Ok(answer.tags.unwrap_or_default().into_iter().collect())
}

fn key(want: &LogGroupProps) -> Option<String> {
    Some(want.kms_key.clone()).filter(|key| !key.is_empty())
}

/// What is in the group already stays under the key that it came under (CloudWatch Logs API,
/// `AssociateKmsKey`).
async fn encrypt(job: &Job, want: &LogGroupProps) -> Result<(), Fault> {
    match key(want) {
        Some(key) => {
            let request = job.logs.associate_kms_key().log_group_name(&want.name);
            done("logs:AssociateKmsKey", request.kms_key_id(key).send().await)
        }
        None => {
            let request = job.logs.disassociate_kms_key().log_group_name(&want.name);
            done("logs:DisassociateKmsKey", request.send().await)
        }
    }
}

/// Whether another call on the same group was being carried out (Logs API, `OperationAbortedException`).
fn meets(fault: &Fault) -> bool {
    fault.code == "OperationAbortedException"
}

async fn retain(job: &Job, name: &str, days: Option<i32>) -> Result<(), Fault> {
    let Some(days) = days else { return Ok(()) };
    let put = (job.logs.put_retention_policy())
        .log_group_name(name)
        .retention_in_days(days);
    job.settle(meets, || async {
        answer_of("logs:PutRetentionPolicy", put.clone().send().await)
    })
    .await?;
    Ok(())
}

const GROUPS: &[&str] = &[
    "logs:log-group:/ecs/{stack}/*",
    "logs:log-group:/vpc/{stack}/*",
    "logs:log-group:/aws/rds/instance/{stack}/*",
    "logs:log-group:/aws/rds/instance/{stack}-*",
    "logs:log-group:/aws/ecs/containerinsights/{stack}-*",
    "logs:log-group:{name}",
    "logs:log-group:{name}:*",
];

impl Permitted for LogGroup {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            anywhere(&["logs:DescribeLogGroups"]),
            on(GROUPS, &["logs:ListTagsForResource"]),
        ]],
        create: &[&[
            // With tags, `CreateLogGroup` asks for `logs:TagResource` as well (its API page).
            on(GROUPS, &["logs:CreateLogGroup"]).tagged(),
            on(
                GROUPS,
                &[
                    "logs:TagResource",
                    "logs:PutRetentionPolicy",
                    "logs:AssociateKmsKey",
                ],
            ),
        ]],
        update: &[&[on(
            GROUPS,
            &[
                "logs:TagResource",
                "logs:UntagResource",
                "logs:PutRetentionPolicy",
                "logs:AssociateKmsKey",
                "logs:DisassociateKmsKey",
            ],
        )]],
        delete: &[&[on(GROUPS, &["logs:DeleteLogGroup"]).owned()]],
    };
}
