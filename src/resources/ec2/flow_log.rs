//! The flow log of a VPC: who talked to whom, in a log group.

use aws_sdk_ec2::types as api;
use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on, pass_role};
use crate::aws::{
    Cloud, Job, Required, Tags, absent_is_done, all_items, all_tags, answer_of, user_tags,
};
use crate::engine::{
    Address, Changes, Fault, Field, Found, Ref, Replacement, ResolveContext, Resource, Ties,
};
use crate::fields;

use crate::message::Message;
use crate::resources::ec2::{all_done, list_owned, ours, specify, tags_of, token, update_ec2_tags};
use crate::resources::live::Live;
use crate::resources::{LogGroup, Role, Vpc};

const DESCRIBE: &str = "ec2:DescribeFlowLogs";

/// A flow log that EC2 writes to a log group. Nothing of it but its tags can be changed
/// (VPC User Guide, flow logs).
#[derive(Debug, Clone)]
pub struct FlowLog {
    /// Whose traffic.
    pub vpc: Ref<Vpc>,
    /// Where it is written.
    pub group: Ref<LogGroup>,
    /// What EC2 writes as; trusts `vpc-flow-logs.amazonaws.com`.
    pub role: Ref<Role>,
    /// `ALL`, `ACCEPT` or `REJECT`.
    pub traffic: String,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a flow log.
#[derive(Debug, Clone, Serialize)]
pub struct FlowLogProps {
    vpc: String,
    group: String,
    role: String,
    traffic: String,
    tags: Tags,
}

/// A flow log as AWS has it: `fl-…`, and why nothing is delivered, as EC2 says it.
pub type FlowLogLive = Live<FlowLogProps, Option<String>>;

impl Resource for FlowLog {
    type Cloud = Cloud;
    type Props = FlowLogProps;
    type Live = FlowLogLive;

    const KIND: &'static str = "flow-log";
    const HEADLINE: &'static [Field] = &fields!(FlowLogProps, traffic);
    const CREATE_ONLY: &'static [Field] = &fields!(FlowLogProps, vpc, group, role, traffic);
    // A second one for the same VPC and log group is refused (`FlowLogAlreadyExists`).
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;

    fn desired(&self, context: &ResolveContext<'_>) -> FlowLogProps {
        FlowLogProps {
            vpc: context.text(&self.vpc, |vpc| vpc.id.clone()),
            group: context.text(&self.group, |group| group.name.clone()),
            role: context.text(&self.role, |role| role.arn.clone()),
            traffic: self.traffic.clone(),
            tags: self.tags.clone(),
        }
    }

    fn props(live: &FlowLogLive) -> FlowLogProps {
        live.props.clone()
    }

    fn notes(live: &FlowLogLive) -> Vec<Message> {
        live.more
            .iter()
            .map(|trouble| format!("nothing reaches {}: {trouble}", live.props.group).into())
            .collect()
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<FlowLogLive>>, Fault> {
        list_owned(cloud, declared, owned(cloud, None)).await
    }

    fn ties(live: &Self::Live) -> Ties {
        Ties {
            within: vec![live.props.vpc.clone()],
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &FlowLogProps) -> Result<FlowLogLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let parts = [&want.vpc, &want.group, &want.role, &want.traffic].map(String::as_str);
        let token = token(job, &tags, &parts);
        let made = job
            .settle(
                |fault| {
                    // A role that IAM has not spread yet.
                    fault.is("ec2:CreateFlowLogs", &["InvalidParameter"])
                        && fault.message.contains("Unable to assume given IAM role")
                },
                || order(job, want, &tags, &token),
            )
            .await;
        let id = match made {
            Ok(id) => id,
            // A reply that was lost: the tags say whether it is the one made then.
            Err(fault) if fault.code == "FlowLogAlreadyExists" => {
                let there = owned(job, Some(job.address())).await?.pop();
                there.ok_or(fault)?.id
            }
            Err(fault) => return Err(fault),
        };
        Ok(FlowLogLive {
            id,
            props: want.clone(),
            tags,
            more: None,
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &FlowLogLive,
        want: &FlowLogProps,
        changes: &Changes,
    ) -> Result<FlowLogLive, Fault> {
        let tags = update_ec2_tags(job, &live.id, &want.tags, changes).await?;
        Ok(live.brought_to(want, tags))
    }

    async fn delete(job: &Job, live: &FlowLogLive) -> Result<(), Fault> {
        let operation = "ec2:DeleteFlowLogs";
        let request = job.ec2.delete_flow_logs().flow_log_ids(&live.id);
        answer_of(operation, request.send().await)
            .and_then(|answer| all_done(operation, answer.unsuccessful()))
            .or_else(absent_is_done)
    }
}

/// Asks for one; returns its id.
async fn order(job: &Job, want: &FlowLogProps, tags: &Tags, token: &str) -> Result<String, Fault> {
    let operation = "ec2:CreateFlowLogs";
    let request = (job.ec2.create_flow_logs())
        .client_token(token)
        .resource_type(api::FlowLogsResourceType::Vpc)
        .resource_ids(&want.vpc)
        .traffic_type(want.traffic.as_str().into())
        .log_destination_type(api::LogDestinationType::CloudWatchLogs)
        .log_group_name(&want.group)
        .deliver_logs_permission_arn(&want.role)
        .tag_specifications(specify(api::ResourceType::VpcFlowLog, tags));
    let answer = answer_of(operation, request.send().await)?;
    all_done(operation, answer.unsuccessful())?;
    let id = answer.flow_log_ids.unwrap_or_default().pop();
    id.required(operation, "FlowLogIds")
}

/// The stack's flow logs.
async fn owned(cloud: &Cloud, only: Option<&Address>) -> Result<Vec<FlowLogLive>, Fault> {
    let request = cloud.ec2.describe_flow_logs();
    let request = request.set_filter(Some(ours(cloud, only)));
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

fn live(log: api::FlowLog) -> Result<FlowLogLive, Fault> {
    let tags = tags_of(log.tags());
    let traffic = log.traffic_type.required(DESCRIBE, "TrafficType")?;
    Ok(FlowLogLive {
        id: log.flow_log_id.required(DESCRIBE, "FlowLogId")?,
        props: FlowLogProps {
            vpc: log.resource_id.required(DESCRIBE, "ResourceId")?,
            // Those that go elsewhere have neither group nor role: that is a difference, not a fault.
            group: log.log_group_name.unwrap_or_default(),
            role: log.deliver_logs_permission_arn.unwrap_or_default(),
            traffic: traffic.as_str().to_owned(),
            tags: user_tags(&tags),
        },
        tags,
        more: log.deliver_logs_error_message,
    })
}

const FLOW_LOGS: &[&str] = &["ec2:vpc-flow-log/*"];

impl Permitted for FlowLog {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&["ec2:DescribeFlowLogs"])]],
        create: &[&[
            on(FLOW_LOGS, &["ec2:CreateFlowLogs"]).tagged(),
            on(&["ec2:vpc/*"], &["ec2:CreateFlowLogs"]).owned(),
            on(FLOW_LOGS, &["ec2:CreateTags"]).creating(),
            pass_role(&["vpc-flow-logs.amazonaws.com"]),
        ]],
        update: &[&[on(FLOW_LOGS, &["ec2:CreateTags", "ec2:DeleteTags"]).owned()]],
        delete: &[&[on(FLOW_LOGS, &["ec2:DeleteFlowLogs"]).owned()]],
    };
}
