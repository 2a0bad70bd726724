//! A public NAT gateway in one subnet.

use aws_sdk_ec2::types as api;
use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Required, Tags, all_tags, answer_of, deleted, optional, user_tags};
use crate::engine::{
    Address, Changes, Class, Fault, Field, Found, Gone, Pace, Ready, Ref, Replacement,
    ResolveContext, Resource, Takes, Ties,
};
use crate::fields;
use crate::resources::durations;

use crate::resources::ec2::{ours, owned_of, specify, tags_of, token, unused, update_ec2_tags};
use crate::resources::live::Live;
use crate::resources::{ElasticIp, InternetGateway, Subnet};

const DESCRIBE: &str = "ec2:DescribeNatGateways";

/// The way of private subnets to the Internet.
#[derive(Debug, Clone)]
pub struct NatGateway {
    /// The public subnet it stands in; cannot be changed.
    pub subnet: Ref<Subnet>,
    /// Its address; cannot be changed.
    pub ip: Ref<ElasticIp>,
    /// Must be attached before (`NatGateway.FailureCode`, `Gateway.NotAttached`).
    pub gateway: Ref<InternetGateway>,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a NAT gateway.
#[derive(Debug, Clone, Serialize)]
pub struct NatGatewayProps {
    subnet: String,
    ip: String,
    /// Being made: nothing to change, only to wait for.
    pending: bool,
    /// Why it is of no use; empty when it is of use.
    failure: String,
    tags: Tags,
}

/// A NAT gateway as AWS has it: `nat-…`.
pub type NatGatewayLive = Live<NatGatewayProps>;

impl Resource for NatGateway {
    type Cloud = Cloud;
    type Props = NatGatewayProps;
    type Live = NatGatewayLive;

    const KIND: &'static str = "nat-gateway";
    const CREATE_ONLY: &'static [Field] = &fields!(NatGatewayProps, subnet, ip, failure);
    // Two cannot have the same address.
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;
    const TAKES: Takes = durations::NAT_GATEWAY;
    const PACE: Pace = Self::TAKES.pace(900, 10);

    fn desired(&self, context: &ResolveContext<'_>) -> NatGatewayProps {
        context.after(&self.gateway);
        NatGatewayProps {
            subnet: context.text(&self.subnet, |subnet| subnet.id.clone()),
            ip: context.text(&self.ip, |ip| ip.id.clone()),
            pending: false,
            failure: String::new(),
            tags: self.tags.clone(),
        }
    }

    fn props(live: &NatGatewayLive) -> NatGatewayProps {
        live.props.clone()
    }

    /// One that is being deleted is still there, because it still has its address; `deleted` ones
    /// are shown by AWS for about an hour and are not.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<NatGatewayLive>>, Fault> {
        if unused(cloud, declared).await? {
            return Ok(Vec::new());
        }
        let request = cloud.ec2.describe_nat_gateways();
        let request = request.set_filter(Some(ours(cloud, None)));
        let items = request.into_paginator().items().send();
        let mut all = answer_of(DESCRIBE, items.try_collect().await)?;
        all.retain(|one| one.state() != Some(&api::NatGatewayState::Deleted));
        let all = all.into_iter().map(live).collect::<Result<_, _>>()?;
        Ok(owned_of(cloud, all, |live| (&live.id, &live.tags)))
    }

    /// It shows whose its address is.
    fn ties(live: &Self::Live) -> Ties {
        Ties {
            within: vec![live.props.subnet.clone()],
            vouches: vec![live.props.ip.clone()],
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &NatGatewayProps) -> Result<NatGatewayLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let token = token(job, &tags, &[&want.subnet, &want.ip]);
        let made = job
            .settle(
                |fault| {
                    // Made a moment ago (EC2 API, eventual consistency).
                    fault.is(
                        "ec2:CreateNatGateway",
                        &["InvalidSubnetID.NotFound", "InvalidAllocationID.NotFound"],
                    )
                },
                || async {
                    let request = (job.ec2.create_nat_gateway())
                        .client_token(&token)
                        .subnet_id(&want.subnet)
                        .allocation_id(&want.ip)
                        .connectivity_type(api::ConnectivityType::Public)
                        .tag_specifications(specify(api::ResourceType::Natgateway, &tags));
                    answer_of("ec2:CreateNatGateway", request.send().await)
                },
            )
            .await?;
        let id = made.nat_gateway.and_then(|gateway| gateway.nat_gateway_id);
        Ok(NatGatewayLive {
            id: id.required("ec2:CreateNatGateway", "NatGateway.NatGatewayId")?,
            props: NatGatewayProps {
                pending: true,
                ..want.clone()
            },
            tags,
            more: (),
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &NatGatewayLive,
        want: &NatGatewayProps,
        changes: &Changes,
    ) -> Result<NatGatewayLive, Fault> {
        let tags = update_ec2_tags(job, &live.id, &want.tags, changes).await?;
        Ok(NatGatewayLive {
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &NatGatewayLive) -> Result<(), Fault> {
        let request = job.ec2.delete_nat_gateway().nat_gateway_id(&live.id);
        deleted("ec2:DeleteNatGateway", request.send().await)
    }

    async fn ready(job: &Job, made: &NatGatewayLive) -> Result<Ready<NatGatewayLive>, Fault> {
        let Some(now) = described(job, &made.id).await? else {
            // Describes lag behind creates.
            return Ok(Ready::NotYet("spreading".to_owned()));
        };
        Ok(match now.state() {
            Some(api::NatGatewayState::Available) => {
                let mut made = made.clone();
                made.props.pending = false;
                Ready::Yes(made)
            }
            None | Some(api::NatGatewayState::Pending) => Ready::NotYet("pending".to_owned()),
            Some(_) => {
                let failure = failure(&now);
                return Err(Fault::new("ec2:CreateNatGateway", Class::Failed, failure));
            }
        })
    }

    async fn gone(job: &Job, live: &NatGatewayLive) -> Result<Gone, Fault> {
        let now = described(job, &live.id).await?;
        Ok(match now.as_ref().map(api::NatGateway::state) {
            None | Some(Some(api::NatGatewayState::Deleted)) => Gone::Yes,
            Some(state) => {
                Gone::NotYet(state.map_or("deleting", |state| state.as_str()).to_owned())
            }
        })
    }
}

async fn described(job: &Job, id: &str) -> Result<Option<api::NatGateway>, Fault> {
    let request = job.ec2.describe_nat_gateways().nat_gateway_ids(id);
    let answer = optional(DESCRIBE, request.send().await)?;
    Ok(answer.and_then(|answer| answer.nat_gateways?.pop()))
}

fn live(gateway: api::NatGateway) -> Result<NatGatewayLive, Fault> {
    let failure = match gateway.state() {
        None | Some(api::NatGatewayState::Pending | api::NatGatewayState::Available) => {
            String::new()
        }
        Some(_) => failure(&gateway),
    };
    // A failed one has no address any more.
    let mut addresses = gateway.nat_gateway_addresses().iter();
    let ip = addresses.find_map(|address| address.allocation_id());
    let tags = tags_of(gateway.tags());
    Ok(NatGatewayLive {
        props: NatGatewayProps {
            ip: ip.unwrap_or_default().to_owned(),
            pending: gateway.state() == Some(&api::NatGatewayState::Pending),
            failure,
            tags: user_tags(&tags),
            subnet: gateway.subnet_id.required(DESCRIBE, "SubnetId")?,
        },
        id: gateway.nat_gateway_id.required(DESCRIBE, "NatGatewayId")?,
        tags,
        more: (),
    })
}

/// What is wrong with one that is neither pending nor available.
fn failure(gateway: &api::NatGateway) -> String {
    match (gateway.failure_code(), gateway.failure_message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => gateway
            .state()
            .map_or("failed", |state| state.as_str())
            .to_owned(),
    }
}

const GATEWAYS: &[&str] = &["ec2:natgateway/*"];

impl Permitted for NatGateway {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&["ec2:DescribeNatGateways"])]],
        create: &[&[
            on(GATEWAYS, &["ec2:CreateNatGateway"]).tagged(),
            on(
                &["ec2:elastic-ip/*", "ec2:subnet/*"],
                &["ec2:CreateNatGateway"],
            )
            .owned(),
            on(GATEWAYS, &["ec2:CreateTags"]).creating(),
        ]],
        update: &[&[on(GATEWAYS, &["ec2:CreateTags", "ec2:DeleteTags"]).owned()]],
        delete: &[&[on(GATEWAYS, &["ec2:DeleteNatGateway"]).owned()]],
    };
}
