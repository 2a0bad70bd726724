//! An internet gateway, attached to a VPC.

use aws_sdk_ec2::types as api;
use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{
    Cloud, Job, Required, Tags, absent_is_done, all_items, all_tags, answer_of,
    create_idempotently, done, user_tags,
};
use crate::engine::{
    Address, Changes, Fault, Field, Found, Gone, Pace, PropsWith, Ref, ResolveContext, Resource,
    Takes, Ties,
};
use crate::resources::durations;
use crate::{field, fields};

use crate::resources::Vpc;
use crate::resources::ec2::{filter, list_owned, ours, remove, specify, tags_of, update_ec2_tags};
use crate::resources::live::Live;

const DESCRIBE: &str = "ec2:DescribeInternetGateways";

/// The way of a VPC to the Internet and back.
#[derive(Debug, Clone)]
pub struct InternetGateway {
    /// The VPC it is attached to; a VPC can have one (EC2 API, `AttachInternetGateway`).
    pub vpc: Ref<Vpc>,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of an internet gateway.
#[derive(Debug, Clone, Serialize)]
pub struct InternetGatewayProps {
    /// Where it is attached; `None` in what is wanted when it is attached nowhere, because then it
    /// can be attached to any.
    vpc: Option<String>,
    attached: bool,
    tags: Tags,
}

/// An internet gateway as AWS has it: `igw-…`.
pub type InternetGatewayLive = Live<InternetGatewayProps>;

impl InternetGatewayProps {
    /// What there is once it is attached.
    fn attached(&self, vpc: &str) -> Self {
        Self {
            vpc: Some(vpc.to_owned()),
            ..self.clone()
        }
    }
}

impl Resource for InternetGateway {
    type Cloud = Cloud;
    /// Beside them the VPC that it is attached to in any case.
    type Props = PropsWith<InternetGatewayProps, String>;
    type Live = InternetGatewayLive;

    const KIND: &'static str = "internet-gateway";
    const CREATE_ONLY: &'static [Field] = &fields!(InternetGatewayProps, vpc);
    // A detach is refused while public addresses linger.
    const TAKES: Takes = durations::INTERNET_GATEWAY;
    const PACE: Pace = Self::TAKES.pace(1200, 10);

    fn desired(&self, context: &ResolveContext<'_>) -> Self::Props {
        let to = context.text(&self.vpc, |vpc| vpc.id.clone());
        let loose = context
            .live::<Self>()
            .is_some_and(|own| own.props.vpc.is_none());
        let props = InternetGatewayProps {
            vpc: (!loose).then(|| to.clone()),
            attached: true,
            tags: self.tags.clone(),
        };
        PropsWith::wanted(props, to)
    }

    fn props(live: &InternetGatewayLive) -> Self::Props {
        PropsWith::observed(live.props.clone())
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<InternetGatewayLive>>, Fault> {
        list_owned(cloud, declared, owned(cloud, None)).await
    }

    /// One that is attached to nothing yet has only its tags.
    fn ties(live: &Self::Live) -> Ties {
        Ties {
            within: live.props.vpc.iter().cloned().collect(),
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &Self::Props) -> Result<InternetGatewayLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let specification = specify(api::ResourceType::InternetGateway, &tags);
        let made = create_idempotently(
            job,
            || async {
                let request = (job.ec2_once.create_internet_gateway())
                    .tag_specifications(specification.clone());
                let made = answer_of("ec2:CreateInternetGateway", request.send().await)?;
                live(
                    made.internet_gateway
                        .required("ec2:CreateInternetGateway", "InternetGateway")?,
                )
            },
            || async {
                // One that is attached is what this one replaces.
                let all = owned(job, Some(job.address())).await?;
                Ok(all.into_iter().find(|one| one.props.vpc.is_none()))
            },
        )
        .await?;
        let vpc = want.extra()?;
        attach(job, &made.id, vpc).await?;
        Ok(made.brought_to(&want.attached(vpc), tags))
    }

    async fn update(
        &self,
        job: &Job,
        live: &InternetGatewayLive,
        want: &Self::Props,
        changes: &Changes,
    ) -> Result<InternetGatewayLive, Fault> {
        let mut now = InternetGatewayProps::clone(want);
        if changes.changed(field!(InternetGatewayProps, attached)) {
            let vpc = want.extra()?;
            attach(job, &live.id, vpc).await?;
            now = want.attached(vpc);
        }
        let tags = update_ec2_tags(job, &live.id, &want.tags, changes).await?;
        Ok(live.brought_to(&now, tags))
    }

    async fn delete(job: &Job, live: &InternetGatewayLive) -> Result<(), Fault> {
        removed(job, live).await.map(drop)
    }

    async fn gone(job: &Job, live: &InternetGatewayLive) -> Result<Gone, Fault> {
        removed(job, live).await
    }
}

/// The stack's internet gateways.
async fn owned(cloud: &Cloud, only: Option<&Address>) -> Result<Vec<InternetGatewayLive>, Fault> {
    let request = cloud.ec2.describe_internet_gateways();
    let request = request.set_filters(Some(ours(cloud, only)));
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

fn live(gateway: api::InternetGateway) -> Result<InternetGatewayLive, Fault> {
    let tags = tags_of(gateway.tags());
    let mut attachments = gateway.attachments().iter();
    let vpc = attachments.find_map(|attachment| attachment.vpc_id().map(str::to_owned));
    let id = gateway.internet_gateway_id;
    Ok(InternetGatewayLive {
        id: id.required(DESCRIBE, "InternetGatewayId")?,
        props: InternetGatewayProps {
            attached: vpc.is_some(),
            vpc,
            tags: user_tags(&tags),
        },
        tags,
        more: (),
    })
}

async fn attach(job: &Job, id: &str, vpc: &str) -> Result<(), Fault> {
    let settles = |fault: &Fault| {
        // Made a moment ago (EC2 API, eventual consistency).
        fault.is(
            "ec2:AttachInternetGateway",
            &["InvalidInternetGatewayID.NotFound"],
        )
    };
    let attached = job
        .settle(settles, || async {
            let request = (job.ec2.attach_internet_gateway())
                .internet_gateway_id(id)
                .vpc_id(vpc);
            answer_of("ec2:AttachInternetGateway", request.send().await)
        })
        .await;
    match attached {
        Ok(_) => Ok(()),
        // A reply that was lost, or a VPC that has a gateway of somebody else.
        Err(refused) if refused.code == "Resource.AlreadyAssociated" => {
            let request = (job.ec2.describe_internet_gateways())
                .internet_gateway_ids(id)
                .filters(filter("attachment.vpc-id", vpc));
            let there = answer_of(DESCRIBE, request.send().await)?;
            if there.internet_gateways().is_empty() {
                return Err(refused);
            }
            Ok(())
        }
        Err(refused) => Err(refused),
    }
}

async fn removed(job: &Job, live: &InternetGatewayLive) -> Result<Gone, Fault> {
    if let Some(vpc) = &live.props.vpc {
        let detached = remove(job, Some(filter("vpc-id", vpc)), async {
            let request = (job.ec2.detach_internet_gateway())
                .internet_gateway_id(&live.id)
                .vpc_id(vpc);
            done("ec2:DetachInternetGateway", request.send().await)
                // Detached before, or gone with its VPC.
                .or_else(|fault| match fault.code.as_str() {
                    "Gateway.NotAttached" => Ok(()),
                    _ => absent_is_done(fault),
                })
        })
        .await
        .map(Gone::from)?;
        if detached != Gone::Yes {
            return Ok(detached);
        }
    }
    remove(job, None, async {
        let request = (job.ec2.delete_internet_gateway()).internet_gateway_id(&live.id);
        done("ec2:DeleteInternetGateway", request.send().await)
    })
    .await
    .map(Gone::from)
}

const GATEWAYS: &[&str] = &["ec2:internet-gateway/*"];

impl Permitted for InternetGateway {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&["ec2:DescribeInternetGateways"])]],
        create: &[&[
            on(GATEWAYS, &["ec2:CreateInternetGateway"]).tagged(),
            on(GATEWAYS, &["ec2:CreateTags"]).creating(),
            on(
                &["ec2:internet-gateway/*", "ec2:vpc/*"],
                &["ec2:AttachInternetGateway"],
            )
            .owned(),
        ]],
        update: &[&[
            on(GATEWAYS, &["ec2:CreateTags", "ec2:DeleteTags"]).owned(),
            on(
                &["ec2:internet-gateway/*", "ec2:vpc/*"],
                &["ec2:AttachInternetGateway"],
            )
            .owned(),
        ]],
        delete: &[&[
            on(
                &["ec2:internet-gateway/*", "ec2:vpc/*"],
                &["ec2:DetachInternetGateway"],
            )
            .owned(),
            on(GATEWAYS, &["ec2:DeleteInternetGateway"]).owned(),
        ]],
    };
}
