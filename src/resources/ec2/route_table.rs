//! A route table: which subnets use it, and where their traffic leaves the VPC.

use std::collections::BTreeMap;

use aws_sdk_ec2::types as api;
use serde::Serialize;

use crate::aws::grant::{Grant, Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Required, Tags, all_items, all_tags, answer_of, deleted, user_tags};
use crate::engine::{
    Address, Changes, Extra, Fault, Field, Found, Ref, ResolveContext, Resource, Ties,
};
use crate::{field, fields};

use self::routes::{Destination, added, associate, disassociate, remove, set_default_route};
use crate::resources::ec2::{ours, owned_of, specify, tags_of, token, unused, update_ec2_tags};
use crate::resources::sdk::sorted;
use crate::resources::{InternetGateway, NatGateway, Subnet, Vpc};

mod routes;

const DESCRIBE: &str = "ec2:DescribeRouteTables";

/// A route table of a VPC of ours.
#[derive(Debug, Clone)]
pub struct RouteTable {
    /// Its VPC; cannot be changed.
    pub vpc: Ref<Vpc>,
    /// The subnets that use it. A subnet uses one table.
    pub subnets: Vec<Ref<Subnet>>,
    /// Where what is not for the VPC goes; `None` keeps it in.
    pub default: Option<DefaultRoute>,
    /// The file's tags.
    pub tags: Tags,
}

/// The target of `0.0.0.0/0`.
#[derive(Debug, Clone)]
pub enum DefaultRoute {
    /// The Internet, for public subnets.
    Internet(Ref<InternetGateway>),
    /// The Internet by way of a NAT gateway, for private ones.
    Nat(Ref<NatGateway>),
}

/// What can be said of a route table. Routes that gateway endpoints put in are theirs, not its own.
#[derive(Debug, Serialize)]
pub struct RouteTableProps {
    vpc: String,
    /// Ids, sorted.
    pub(super) subnets: Vec<String>,
    /// The id of a gateway, or `none`.
    pub(super) default_route: String,
    tags: Tags,
}

/// A route table as AWS has it.
#[derive(Debug, Clone)]
pub struct RouteTableLive {
    /// `rtb-…`.
    pub id: String,
    vpc: String,
    /// Association ids, by subnet id.
    associations: BTreeMap<String, String>,
    default_route: String,
    /// Routes of others: where to, and what they lead to.
    added: Vec<(Destination, String)>,
    tags: Tags,
}

/// What `default_route` says when there is none.
pub(super) const NONE: &str = "none";

impl Resource for RouteTable {
    type Cloud = Cloud;
    type Props = RouteTableProps;
    type Live = RouteTableLive;

    const KIND: &'static str = "route-table";
    const HEADLINE: &'static [Field] = &fields!(RouteTableProps, default_route);
    const CREATE_ONLY: &'static [Field] = &fields!(RouteTableProps, vpc);

    fn desired(&self, context: &ResolveContext<'_>) -> RouteTableProps {
        let subnets = self.subnets.iter();
        let subnets =
            sorted(subnets.map(|subnet| context.text(subnet, |subnet| subnet.id.clone())));
        RouteTableProps {
            vpc: context.text(&self.vpc, |vpc| vpc.id.clone()),
            subnets,
            default_route: match &self.default {
                None => NONE.to_owned(),
                Some(DefaultRoute::Internet(to)) => context.text(to, |gateway| gateway.id.clone()),
                Some(DefaultRoute::Nat(to)) => context.text(to, |gateway| gateway.id.clone()),
            },
            tags: self.tags.clone(),
        }
    }

    fn props(live: &RouteTableLive) -> RouteTableProps {
        RouteTableProps {
            vpc: live.vpc.clone(),
            subnets: live.associations.keys().cloned().collect(),
            default_route: live.default_route.clone(),
            tags: user_tags(&live.tags),
        }
    }

    fn extras(live: &RouteTableLive) -> Vec<Extra> {
        let words = |(to, by): &(Destination, String)| Extra {
            what: format!("route to {to} by {by}"),
            open: to.is_everything(),
        };
        live.added.iter().map(words).collect()
    }

    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<RouteTableLive>>, Fault> {
        if unused(cloud, declared).await? {
            return Ok(Vec::new());
        }
        let request = cloud.ec2.describe_route_tables();
        let request = request.set_filters(Some(ours(cloud, None)));
        let items = request.into_paginator().items().send();
        let all = all_items(DESCRIBE, items.try_collect().await, live)?;
        Ok(owned_of(cloud, all, |live| (&live.id, &live.tags)))
    }

    fn ties(live: &Self::Live) -> Ties {
        Ties {
            within: vec![live.vpc.clone()],
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &RouteTableProps) -> Result<RouteTableLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let request = (job.ec2.create_route_table())
            .client_token(token(job, &tags, &[&want.vpc]))
            .vpc_id(&want.vpc)
            .tag_specifications(specify(api::ResourceType::RouteTable, &tags));
        let made = answer_of("ec2:CreateRouteTable", request.send().await)?;
        let made = live(
            made.route_table
                .required("ec2:CreateRouteTable", "RouteTable")?,
        )?;
        let associations = bind(job, &made, want).await?;
        set_default_route(job, &made.id, &made.default_route, &want.default_route).await?;
        Ok(RouteTableLive {
            associations,
            default_route: want.default_route.clone(),
            tags,
            ..made
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &RouteTableLive,
        want: &RouteTableProps,
        changes: &Changes,
    ) -> Result<RouteTableLive, Fault> {
        let mut associations = live.associations.clone();
        if changes.changed(field!(RouteTableProps, subnets)) {
            associations = bind(job, live, want).await?;
        }
        if changes.changed(field!(RouteTableProps, default_route)) {
            set_default_route(job, &live.id, &live.default_route, &want.default_route).await?;
        }
        if changes.remove_extras() {
            for (to, _) in &live.added {
                remove(job, &live.id, to).await?;
            }
        }
        let tags = update_ec2_tags(job, &live.id, &want.tags, changes).await?;
        Ok(RouteTableLive {
            associations,
            default_route: want.default_route.clone(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &RouteTableLive) -> Result<(), Fault> {
        // A table that subnets use is not deleted (`DependencyViolation`).
        for association in live.associations.values() {
            disassociate(job, association).await?;
        }
        let request = job.ec2.delete_route_table().route_table_id(&live.id);
        deleted("ec2:DeleteRouteTable", request.send().await)
    }
}

/// Gives the table the subnets that it shall have, and those alone.
async fn bind(
    job: &Job,
    live: &RouteTableLive,
    want: &RouteTableProps,
) -> Result<BTreeMap<String, String>, Fault> {
    let mut associations = BTreeMap::new();
    for subnet in &want.subnets {
        let association = match live.associations.get(subnet) {
            Some(association) => association.clone(),
            None => associate(job, &live.id, subnet).await?,
        };
        associations.insert(subnet.clone(), association);
    }
    for (subnet, association) in &live.associations {
        if !associations.contains_key(subnet) {
            disassociate(job, association).await?;
        }
    }
    Ok(associations)
}

fn live(table: api::RouteTable) -> Result<RouteTableLive, Fault> {
    let associations = table
        .associations()
        .iter()
        .filter_map(|one| {
            let subnet = one.subnet_id()?.to_owned();
            Some((subnet, one.route_table_association_id()?.to_owned()))
        })
        .collect();
    let default = table
        .routes()
        .iter()
        .find(|route| route.destination_cidr_block() == Some("0.0.0.0/0"));
    Ok(RouteTableLive {
        associations,
        added: added(table.routes()),
        default_route: default.map_or(NONE, target).to_owned(),
        tags: tags_of(table.tags()),
        id: table.route_table_id.required(DESCRIBE, "RouteTableId")?,
        vpc: table.vpc_id.required(DESCRIBE, "VpcId")?,
    })
}

/// The id of what a route leads to; those that somebody else put there included.
pub(super) fn target(route: &api::Route) -> &str {
    route
        .nat_gateway_id()
        .or(route.gateway_id())
        .or(route.transit_gateway_id())
        .or(route.vpc_peering_connection_id())
        .or(route.network_interface_id())
        .or(route.instance_id())
        .unwrap_or("something else")
}

const TABLES: &[&str] = &["ec2:route-table/*"];
const ROUTES: Grant = on(
    TABLES,
    &["ec2:CreateRoute", "ec2:ReplaceRoute", "ec2:DeleteRoute"],
)
.owned();
const ASSOCIATED: &[&str] = &["ec2:route-table/*", "ec2:subnet/*"];
const ASSOCIATIONS: Grant = on(
    ASSOCIATED,
    &[
        "ec2:AssociateRouteTable",
        "ec2:ReplaceRouteTableAssociation",
        "ec2:DisassociateRouteTable",
    ],
)
.owned();

impl Permitted for RouteTable {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&["ec2:DescribeRouteTables"])]],
        create: &[&[
            on(TABLES, &["ec2:CreateRouteTable"]).tagged(),
            on(&["ec2:vpc/*"], &["ec2:CreateRouteTable"]).owned(),
            on(TABLES, &["ec2:CreateTags"]).creating(),
            ROUTES,
            ASSOCIATIONS,
        ]],
        update: &[&[
            on(TABLES, &["ec2:CreateTags", "ec2:DeleteTags"]).owned(),
            ROUTES,
            ASSOCIATIONS,
        ]],
        delete: &[&[
            on(TABLES, &["ec2:DeleteRouteTable"]).owned(),
            on(ASSOCIATED, &["ec2:DisassociateRouteTable"]).owned(),
        ]],
    };
}
