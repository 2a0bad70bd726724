//! A subnet in one zone.

use aws_sdk_ec2::types as api;
use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{
    Cloud, Job, Required, Tags, all_items, all_tags, answer_of, create_idempotently, done,
    optional, user_tags,
};
use crate::engine::{
    Address, Changes, Fault, Field, Found, Gone, Link, Pace, Ready, ResolveContext, Resource,
    Takes, Ties,
};
use crate::resources::durations;
use crate::{field, fields};

use crate::resources::Vpc;
use crate::resources::ec2::{filter, list_owned, ours, remove, specify, tags_of, update_ec2_tags};
use crate::resources::live::Live;

const DESCRIBE: &str = "ec2:DescribeSubnets";

/// A subnet whose interfaces get no public address by themselves (Security Hub, EC2.15).
#[derive(Debug, Clone)]
pub struct Subnet {
    /// Its VPC; cannot be changed.
    pub vpc: Link<Vpc>,
    /// Its range, within the VPC's; cannot be changed (EC2 API, `CreateSubnet.CidrBlock`).
    pub cidr: String,
    /// Its availability zone, `us-east-1a`; cannot be changed.
    pub zone: String,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a subnet.
#[derive(Debug, Clone, Serialize)]
pub struct SubnetProps {
    vpc: String,
    cidr: String,
    zone: String,
    public_addresses: bool,
    tags: Tags,
}

/// A subnet as AWS has it: `subnet-…`.
pub type SubnetLive = Live<SubnetProps>;

impl Resource for Subnet {
    type Cloud = Cloud;
    type Props = SubnetProps;
    type Live = SubnetLive;

    const KIND: &'static str = "subnet";
    const HEADLINE: &'static [Field] = &fields!(SubnetProps, cidr, zone, public_addresses);
    const CREATE_ONLY: &'static [Field] = &fields!(SubnetProps, vpc, cidr, zone);
    // A delete is refused while network interfaces linger.
    const TAKES: Takes = durations::SUBNET;
    const PACE: Pace = Self::TAKES.pace(1200, 10);

    fn desired(&self, context: &ResolveContext<'_>) -> SubnetProps {
        SubnetProps {
            vpc: self.vpc.id(context, |vpc| vpc.id.clone()),
            cidr: self.cidr.clone(),
            zone: self.zone.clone(),
            public_addresses: false,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &SubnetLive) -> SubnetProps {
        live.props.clone()
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<SubnetLive>>, Fault> {
        list_owned(cloud, declared, owned(cloud, None)).await
    }

    fn ties(live: &Self::Live) -> Ties {
        Ties {
            ids: vec![live.id.clone()],
            within: vec![live.props.vpc.clone()],
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &SubnetProps) -> Result<SubnetLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let specification = specify(api::ResourceType::Subnet, &tags);
        let made = create_idempotently(
            job,
            || async {
                let request = (job.ec2_once.create_subnet())
                    .vpc_id(&want.vpc)
                    .cidr_block(&want.cidr)
                    .availability_zone(&want.zone)
                    .tag_specifications(specification.clone());
                let made = answer_of("ec2:CreateSubnet", request.send().await)?;
                live(made.subnet.required("ec2:CreateSubnet", "Subnet")?)
            },
            || async {
                // One that differs is what this one replaces.
                let all = owned(job, Some(job.address())).await?;
                Ok(all.into_iter().find(|one| {
                    let one = &one.props;
                    (&one.vpc, &one.cidr, &one.zone) == (&want.vpc, &want.cidr, &want.zone)
                }))
            },
        )
        .await
        .map_err(|fault| match fault.code.as_str() {
            "InvalidSubnet.Conflict" => fault.hint(
                "a subnet keeps its zone and its range for life: give the new one a range of its own",
            ),
            _ => fault,
        })?;
        Ok(SubnetLive { tags, ..made })
    }

    async fn update(
        &self,
        job: &Job,
        live: &SubnetLive,
        want: &SubnetProps,
        changes: &Changes,
    ) -> Result<SubnetLive, Fault> {
        if changes.changed(field!(SubnetProps, public_addresses)) {
            let value = api::AttributeBooleanValue::builder()
                .value(want.public_addresses)
                .build();
            let request = (job.ec2.modify_subnet_attribute())
                .subnet_id(&live.id)
                .map_public_ip_on_launch(value);
            done("ec2:ModifySubnetAttribute", request.send().await)?;
        }
        let tags = update_ec2_tags(job, &live.id, &want.tags, changes).await?;
        Ok(live.brought_to(want, tags))
    }

    async fn delete(job: &Job, live: &SubnetLive) -> Result<(), Fault> {
        removed(job, live).await.map(drop)
    }

    async fn ready(job: &Job, made: &SubnetLive) -> Result<Ready<SubnetLive>, Fault> {
        let request = job.ec2.describe_subnets().subnet_ids(&made.id);
        // Describes lag behind creates.
        let Some(answer) = optional(DESCRIBE, request.send().await)? else {
            return Ok(Ready::NotYet("spreading".to_owned()));
        };
        Ok(
            match answer.subnets().first().and_then(|subnet| subnet.state()) {
                Some(api::SubnetState::Available) => Ready::Yes(made.clone()),
                _ => Ready::NotYet("pending".to_owned()),
            },
        )
    }

    async fn gone(job: &Job, live: &SubnetLive) -> Result<Gone, Fault> {
        removed(job, live).await
    }
}

/// The stack's subnets.
async fn owned(cloud: &Cloud, only: Option<&Address>) -> Result<Vec<SubnetLive>, Fault> {
    let request = cloud.ec2.describe_subnets();
    let request = request.set_filters(Some(ours(cloud, only)));
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

fn live(subnet: api::Subnet) -> Result<SubnetLive, Fault> {
    let tags = tags_of(subnet.tags());
    let zone = subnet.availability_zone;
    Ok(SubnetLive {
        id: subnet.subnet_id.required(DESCRIBE, "SubnetId")?,
        props: SubnetProps {
            vpc: subnet.vpc_id.required(DESCRIBE, "VpcId")?,
            cidr: subnet.cidr_block.required(DESCRIBE, "CidrBlock")?,
            zone: zone.required(DESCRIBE, "AvailabilityZone")?,
            public_addresses: subnet.map_public_ip_on_launch.unwrap_or(false),
            tags: user_tags(&tags),
        },
        tags,
        more: (),
    })
}

async fn removed(job: &Job, live: &SubnetLive) -> Result<Gone, Fault> {
    remove(job, Some(filter("subnet-id", &live.id)), async {
        let request = job.ec2.delete_subnet().subnet_id(&live.id);
        done("ec2:DeleteSubnet", request.send().await)
    })
    .await
    .map(Gone::from)
}

const SUBNETS: &[&str] = &["ec2:subnet/*"];

impl Permitted for Subnet {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&["ec2:DescribeSubnets"])]],
        create: &[&[
            on(SUBNETS, &["ec2:CreateSubnet"]).tagged(),
            // In a VPC: each object that a call names is asked about by itself.
            on(&["ec2:vpc/*"], &["ec2:CreateSubnet"]).owned(),
            on(SUBNETS, &["ec2:CreateTags"]).creating(),
            on(SUBNETS, &["ec2:ModifySubnetAttribute"]).owned(),
        ]],
        update: &[&[on(
            SUBNETS,
            &[
                "ec2:ModifySubnetAttribute",
                "ec2:CreateTags",
                "ec2:DeleteTags",
            ],
        )
        .owned()]],
        delete: &[&[on(SUBNETS, &["ec2:DeleteSubnet"]).owned()]],
    };
}
