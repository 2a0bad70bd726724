//! A gateway endpoint: a service of AWS without a way over the Internet.

use aws_sdk_ec2::types as api;
use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{
    Cloud, Job, Required, Tags, absent_is_done, all_tags, answer_of, done, optional, user_tags,
};
use crate::engine::{
    Address, Changes, Class, Fault, Field, Found, Gone, Link, Pace, Ready, Ref, ResolveContext,
    Resource, Takes, Ties,
};
use crate::resources::durations;
use crate::{field, fields};

use crate::resources::ec2::{
    all_done, ours, owned_of, specify, tags_of, token, unused, update_ec2_tags,
};
use crate::resources::live::Live;
use crate::resources::sdk::sorted;
use crate::resources::{RouteTable, Vpc};

const DESCRIBE: &str = "ec2:DescribeVpcEndpoints";

/// A gateway endpoint (S3 and DynamoDB have one, free of charge).
#[derive(Debug, Clone)]
pub struct VpcEndpoint {
    /// Its VPC; cannot be changed.
    pub vpc: Link<Vpc>,
    /// `com.amazonaws.us-east-1.s3`; cannot be changed.
    pub service: String,
    /// The tables that lead to it.
    pub route_tables: Vec<Ref<RouteTable>>,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a gateway endpoint.
#[derive(Debug, Clone, Serialize)]
pub struct VpcEndpointProps {
    vpc: String,
    service: String,
    /// Ids, sorted.
    route_tables: Vec<String>,
    tags: Tags,
}

/// A gateway endpoint as AWS has it: `vpce-…`.
pub type VpcEndpointLive = Live<VpcEndpointProps>;

impl Resource for VpcEndpoint {
    type Cloud = Cloud;
    type Props = VpcEndpointProps;
    type Live = VpcEndpointLive;

    const KIND: &'static str = "vpc-endpoint";
    const HEADLINE: &'static [Field] = &fields!(VpcEndpointProps, service);
    const CREATE_ONLY: &'static [Field] = &fields!(VpcEndpointProps, vpc, service);
    const TAKES: Takes = durations::VPC_ENDPOINT;
    const PACE: Pace = Self::TAKES.pace(600, 5);

    fn desired(&self, context: &ResolveContext<'_>) -> VpcEndpointProps {
        let route_tables = self.route_tables.iter();
        let route_tables =
            sorted(route_tables.map(|table| context.text(table, |table| table.id.clone())));
        VpcEndpointProps {
            vpc: self.vpc.id(context, |vpc| vpc.id.clone()),
            service: self.service.clone(),
            route_tables,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &VpcEndpointLive) -> VpcEndpointProps {
        live.props.clone()
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<VpcEndpointLive>>, Fault> {
        if unused(cloud, declared).await? {
            return Ok(Vec::new());
        }
        let request = cloud.ec2.describe_vpc_endpoints();
        let request = request.set_filters(Some(ours(cloud, None)));
        let items = request.into_paginator().items().send();
        let mut all = answer_of(DESCRIBE, items.try_collect().await)?;
        all.retain(|one| !matches!(state(one).as_str(), "deleting" | "deleted"));
        let all = all.into_iter().map(live).collect::<Result<_, _>>()?;
        Ok(owned_of(cloud, all, |live| (&live.id, &live.tags)))
    }

    fn ties(live: &Self::Live) -> Ties {
        Ties {
            within: vec![live.props.vpc.clone()],
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &VpcEndpointProps) -> Result<VpcEndpointLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let token = token(
            job,
            &tags,
            &[&want.vpc, &want.service, &want.route_tables.join(" ")],
        );
        let made = job
            .settle(
                |fault| {
                    // Made a moment ago (EC2 API, eventual consistency).
                    fault.is(
                        "ec2:CreateVpcEndpoint",
                        &[
                            "InvalidRouteTableId.NotFound",
                            "InvalidRouteTableID.NotFound",
                        ],
                    )
                },
                || async {
                    let request = (job.ec2.create_vpc_endpoint())
                        .client_token(&token)
                        .vpc_endpoint_type(api::VpcEndpointType::Gateway)
                        .vpc_id(&want.vpc)
                        .service_name(&want.service)
                        .set_route_table_ids(Some(want.route_tables.clone()))
                        .tag_specifications(specify(api::ResourceType::VpcEndpoint, &tags));
                    answer_of("ec2:CreateVpcEndpoint", request.send().await)
                },
            )
            .await?;
        let id = made.vpc_endpoint.and_then(|made| made.vpc_endpoint_id);
        Ok(VpcEndpointLive {
            id: id.required("ec2:CreateVpcEndpoint", "VpcEndpoint.VpcEndpointId")?,
            props: want.clone(),
            tags,
            more: (),
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &VpcEndpointLive,
        want: &VpcEndpointProps,
        changes: &Changes,
    ) -> Result<VpcEndpointLive, Fault> {
        if changes.changed(field!(VpcEndpointProps, route_tables)) {
            let (add, take) = (
                lacking(&want.route_tables, &live.props.route_tables),
                lacking(&live.props.route_tables, &want.route_tables),
            );
            let request = (job.ec2.modify_vpc_endpoint())
                .vpc_endpoint_id(&live.id)
                .set_add_route_table_ids(add)
                .set_remove_route_table_ids(take);
            done("ec2:ModifyVpcEndpoint", request.send().await)?;
        }
        let tags = update_ec2_tags(job, &live.id, &want.tags, changes).await?;
        Ok(live.brought_to(want, tags))
    }

    async fn delete(job: &Job, live: &VpcEndpointLive) -> Result<(), Fault> {
        let request = job.ec2.delete_vpc_endpoints().vpc_endpoint_ids(&live.id);
        let answer = answer_of("ec2:DeleteVpcEndpoints", request.send().await);
        answer
            .and_then(|answer| all_done("ec2:DeleteVpcEndpoints", answer.unsuccessful()))
            .or_else(absent_is_done)
    }

    async fn ready(job: &Job, made: &VpcEndpointLive) -> Result<Ready<VpcEndpointLive>, Fault> {
        let Some(now) = described(job, &made.id).await? else {
            // Describes lag behind creates.
            return Ok(Ready::NotYet("spreading".to_owned()));
        };
        match state(&now).as_str() {
            "available" => Ok(Ready::Yes(made.clone())),
            bad @ ("failed" | "rejected" | "deleted" | "deleting" | "expired") => {
                let message = now.last_error().and_then(|error| error.message());
                Err(Fault::new(
                    "ec2:CreateVpcEndpoint",
                    Class::Failed,
                    message.unwrap_or(bad),
                ))
            }
            other => Ok(Ready::NotYet(other.to_owned())),
        }
    }

    async fn gone(job: &Job, live: &VpcEndpointLive) -> Result<Gone, Fault> {
        Ok(match described(job, &live.id).await? {
            Some(endpoint) if state(&endpoint) != "deleted" => Gone::NotYet(state(&endpoint)),
            _ => Gone::Yes,
        })
    }
}

/// What of `all` is not in `there`; `None` for nothing.
fn lacking(all: &[String], there: &[String]) -> Option<Vec<String>> {
    let lacking: Vec<String> = all
        .iter()
        .filter(|one| !there.contains(one))
        .cloned()
        .collect();
    (!lacking.is_empty()).then_some(lacking)
}

/// In lower case: EC2 answers `available` where its API model says `Available`.
fn state(endpoint: &api::VpcEndpoint) -> String {
    let state = endpoint.state().map_or("pending", api::State::as_str);
    state.to_lowercase()
}

async fn described(job: &Job, id: &str) -> Result<Option<api::VpcEndpoint>, Fault> {
    let request = job.ec2.describe_vpc_endpoints().vpc_endpoint_ids(id);
    let answer = optional(DESCRIBE, request.send().await)?;
    Ok(answer.and_then(|answer| answer.vpc_endpoints?.pop()))
}

fn live(endpoint: api::VpcEndpoint) -> Result<VpcEndpointLive, Fault> {
    let mut route_tables = endpoint.route_table_ids().to_vec();
    route_tables.sort();
    let tags = tags_of(endpoint.tags());
    let id = endpoint.vpc_endpoint_id;
    Ok(VpcEndpointLive {
        id: id.required(DESCRIBE, "VpcEndpointId")?,
        props: VpcEndpointProps {
            vpc: endpoint.vpc_id.required(DESCRIBE, "VpcId")?,
            service: endpoint.service_name.required(DESCRIBE, "ServiceName")?,
            route_tables,
            tags: user_tags(&tags),
        },
        tags,
        more: (),
    })
}

const ENDPOINTS: &[&str] = &["ec2:vpc-endpoint/*"];

impl Permitted for VpcEndpoint {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&["ec2:DescribeVpcEndpoints"])]],
        create: &[&[
            on(ENDPOINTS, &["ec2:CreateVpcEndpoint"]).tagged(),
            on(
                &["ec2:vpc/*", "ec2:route-table/*"],
                &["ec2:CreateVpcEndpoint"],
            )
            .owned(),
            on(ENDPOINTS, &["ec2:CreateTags"]).creating(),
        ]],
        update: &[&[
            on(
                &["ec2:vpc-endpoint/*", "ec2:route-table/*"],
                &["ec2:ModifyVpcEndpoint"],
            )
            .owned(),
            on(ENDPOINTS, &["ec2:CreateTags", "ec2:DeleteTags"]).owned(),
        ]],
        delete: &[&[on(ENDPOINTS, &["ec2:DeleteVpcEndpoints"]).owned()]],
    };
}
