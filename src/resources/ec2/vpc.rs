//! A VPC, with DNS on.

use aws_sdk_ec2::types as api;
use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{
    Cloud, Job, Required, Tags, all_items, all_tags, answer_of, create_idempotently, deleted, done,
    optional, user_tags,
};
use crate::engine::{
    Address, Changes, Class, Fault, Field, Found, Ready, ResolveContext, Resource, Ties,
};
use crate::fields;

use crate::message::{Command, Message, message};
use crate::resources::ec2::{filter, ours, specify, tags_of, update_ec2_tags};
use crate::resources::live::Live;

const DESCRIBE: &str = "ec2:DescribeVpcs";

/// A VPC of our own.
#[derive(Debug, Clone)]
pub struct Vpc {
    /// Its range, `10.0.0.0/16`; cannot be changed (EC2 API, `CreateVpc.CidrBlock`).
    pub cidr: String,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a VPC.
#[derive(Debug, Clone, Serialize)]
pub struct VpcProps {
    cidr: String,
    dns_support: bool,
    dns_hostnames: bool,
    tags: Tags,
}

/// A VPC as AWS has it: `vpc-…`.
pub type VpcLive = Live<VpcProps>;

impl Resource for Vpc {
    type Cloud = Cloud;
    type Props = VpcProps;
    type Live = VpcLive;

    const KIND: &'static str = "vpc";
    const HEADLINE: &'static [Field] = &fields!(VpcProps, cidr);
    const CREATE_ONLY: &'static [Field] = &fields!(VpcProps, cidr);

    fn desired(&self, _: &ResolveContext<'_>) -> VpcProps {
        VpcProps {
            cidr: self.cidr.clone(),
            dns_support: true,
            dns_hostnames: true,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &VpcLive) -> VpcProps {
        live.props.clone()
    }

    async fn list(cloud: &Cloud, _: &[(&Address, &Self)]) -> Result<Vec<Found<VpcLive>>, Fault> {
        let mut found = Vec::new();
        for vpc in owned(cloud, None).await? {
            let Some(owner) = cloud.owner(&vpc.tags, None) else {
                continue;
            };
            let (dns_support, dns_hostnames) = tokio::try_join!(
                attribute(cloud, &vpc.id, api::VpcAttributeName::EnableDnsSupport),
                attribute(cloud, &vpc.id, api::VpcAttributeName::EnableDnsHostnames),
            )?;
            found.push(Found {
                owner,
                id: vpc.id.clone(),
                live: VpcLive {
                    props: VpcProps {
                        dns_support,
                        dns_hostnames,
                        ..vpc.props
                    },
                    ..vpc
                },
            });
        }
        Ok(found)
    }

    /// It has no name and stands in nothing: that a security group with a name of ours is in it shows
    /// that it is the stack's. Until then nothing but its tags can tell.
    fn ties(live: &Self::Live) -> Ties {
        Ties {
            ids: vec![live.id.clone()],
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &VpcProps) -> Result<VpcLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let specification = specify(api::ResourceType::Vpc, &tags);
        let live = create_idempotently(
            job,
            || async {
                let request = (job.ec2_once.create_vpc())
                    .cidr_block(&want.cidr)
                    .tag_specifications(specification.clone());
                let made = answer_of("ec2:CreateVpc", request.send().await)?;
                live(made.vpc.required("ec2:CreateVpc", "Vpc")?)
            },
            || async {
                let same = owned(job, Some(job.address())).await?;
                Ok(same.into_iter().find(|vpc| vpc.props.cidr == want.cidr))
            },
        )
        .await?;
        resolve_names(job, &live.id).await?;
        Ok(live.brought_to(want, tags))
    }

    async fn update(
        &self,
        job: &Job,
        live: &VpcLive,
        want: &VpcProps,
        changes: &Changes,
    ) -> Result<VpcLive, Fault> {
        if changes.any_changed(&fields!(VpcProps, dns_support, dns_hostnames)) {
            resolve_names(job, &live.id).await?;
        }
        let tags = update_ec2_tags(job, &live.id, &want.tags, changes).await?;
        Ok(live.brought_to(want, tags))
    }

    async fn delete(job: &Job, live: &VpcLive) -> Result<(), Fault> {
        let request = job.ec2.delete_vpc().vpc_id(&live.id);
        match deleted("ec2:DeleteVpc", request.send().await) {
            Err(fault) if fault.class == Class::InUse => Err(held(job, &live.id, fault).await),
            answer => answer,
        }
    }

    async fn ready(job: &Job, made: &VpcLive) -> Result<Ready<VpcLive>, Fault> {
        let request = job.ec2.describe_vpcs().vpc_ids(&made.id);
        // Describes lag behind creates.
        let Some(answer) = optional(DESCRIBE, request.send().await)? else {
            return Ok(Ready::NotYet("spreading".to_owned()));
        };
        Ok(match answer.vpcs().first().and_then(|vpc| vpc.state()) {
            Some(api::VpcState::Available) => Ready::Yes(made.clone()),
            _ => Ready::NotYet("pending".to_owned()),
        })
    }
}

/// Names what is left in a VPC that cannot be deleted, as far as it may be looked for. GuardDuty's runtime
/// monitoring puts an endpoint and a group into every VPC with tasks, and takes neither away
/// ("Automated security agent" in the GuardDuty user guide).
async fn held(job: &Job, id: &str, fault: Fault) -> Fault {
    const GUARD: &str = "guardduty";
    let (endpoints, groups) = tokio::join!(
        job.ec2
            .describe_vpc_endpoints()
            .filters(filter("vpc-id", id))
            .send(),
        job.ec2
            .describe_security_groups()
            .filters(filter("vpc-id", id))
            .send()
    );
    let mut named = Vec::new();
    let mut commands = Vec::new();
    for endpoint in endpoints.iter().flat_map(|answer| answer.vpc_endpoints()) {
        let (of, service) = (endpoint.vpc_endpoint_id(), endpoint.service_name());
        let (of, service) = (of.unwrap_or_default(), service.unwrap_or_default());
        named.push(format!("endpoint {of} ({service})"));
        if service.contains(GUARD) {
            let delete = Command::aws("ec2 delete-vpc-endpoints");
            commands.push(delete.option("--vpc-endpoint-ids", of));
        }
    }
    for group in groups.iter().flat_map(|answer| answer.security_groups()) {
        let (of, name) = (group.group_id(), group.group_name());
        let (of, name) = (of.unwrap_or_default(), name.unwrap_or_default());
        if name == "default" {
            continue;
        }
        named.push(format!("security group {of} ({name})"));
        if name.to_ascii_lowercase().starts_with(GUARD) {
            let delete = Command::aws("ec2 delete-security-group");
            commands.push(delete.option("--group-id", of));
        }
    }
    if named.is_empty() {
        return fault;
    }
    let fault = Fault {
        message: format!("held by {}", named.join(", ")),
        ..fault
    };
    if commands.is_empty() {
        return fault;
    }
    fault.hint(message![
        "GuardDuty does not take away what it put there; delete it: ",
        Message::join(commands.into_iter().map(Message::from), ", then "),
    ])
}

/// The stack's VPCs, their DNS attributes not read yet.
async fn owned(cloud: &Cloud, only: Option<&Address>) -> Result<Vec<VpcLive>, Fault> {
    let request = cloud.ec2.describe_vpcs();
    let request = request.set_filters(Some(ours(cloud, only)));
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

fn live(vpc: api::Vpc) -> Result<VpcLive, Fault> {
    let tags = tags_of(vpc.tags());
    Ok(VpcLive {
        id: vpc.vpc_id.required(DESCRIBE, "VpcId")?,
        props: VpcProps {
            cidr: vpc.cidr_block.required(DESCRIBE, "CidrBlock")?,
            dns_support: false,
            dns_hostnames: false,
            tags: user_tags(&tags),
        },
        tags,
        more: (),
    })
}

async fn attribute(cloud: &Cloud, id: &str, name: api::VpcAttributeName) -> Result<bool, Fault> {
    let request = (cloud.ec2.describe_vpc_attribute())
        .vpc_id(id)
        .attribute(name);
    let answer = answer_of("ec2:DescribeVpcAttribute", request.send().await)?;
    let set = answer
        .enable_dns_hostnames()
        .or(answer.enable_dns_support());
    Ok(set
        .and_then(api::AttributeBooleanValue::value)
        .unwrap_or(false))
}

/// One attribute a call, as `ModifyVpcAttribute` demands. A VPC that was made a moment ago is not
/// known everywhere (the provider waits for it, `ec2/vpc_.go`).
async fn resolve_names(job: &Job, id: &str) -> Result<(), Fault> {
    let on = api::AttributeBooleanValue::builder().value(true).build();
    let modify = || job.ec2.modify_vpc_attribute().vpc_id(id);
    for request in [
        modify().enable_dns_support(on.clone()),
        modify().enable_dns_hostnames(on.clone()),
    ] {
        job.settle(Fault::is_absent, || async {
            done("ec2:ModifyVpcAttribute", request.clone().send().await)
        })
        .await?;
    }
    Ok(())
}

const VPCS: &[&str] = &["ec2:vpc/*"];

impl Permitted for Vpc {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&["ec2:DescribeVpcs", "ec2:DescribeVpcAttribute"])]],
        create: &[&[
            on(VPCS, &["ec2:CreateVpc"]).tagged(),
            on(VPCS, &["ec2:CreateTags"]).creating(),
            on(VPCS, &["ec2:ModifyVpcAttribute"]).owned(),
        ]],
        update: &[&[on(
            VPCS,
            &["ec2:ModifyVpcAttribute", "ec2:CreateTags", "ec2:DeleteTags"],
        )
        .owned()]],
        delete: &[&[on(VPCS, &["ec2:DeleteVpc"]).owned()]],
    };
}
