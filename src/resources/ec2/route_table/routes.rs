//! The calls on what a route table holds: its associations and its default route.

use std::fmt;

use aws_sdk_ec2::types as api;

use crate::aws::{Job, Required, answer_of, deleted, done};
use crate::engine::Fault;

use crate::resources::ec2::filter;
use crate::resources::ec2::route_table::{NONE, target};

const EVERYWHERE: &str = "0.0.0.0/0";

/// What EC2 answers about objects that were made a moment ago (EC2 API, eventual consistency).
const SPREADING: &[&str] = &[
    "InvalidRouteTableID.NotFound",
    "InvalidSubnetID.NotFound",
    "InvalidGatewayID.NotFound",
    "InvalidInternetGatewayID.NotFound",
    "InvalidNatGatewayID.NotFound",
    "NatGatewayNotFound",
];

/// Lets a subnet of ours use a table, whichever it used before. Returns the association's id.
pub(super) async fn associate(job: &Job, table: &str, subnet: &str) -> Result<String, Fault> {
    let settles = |fault: &Fault| {
        fault.is("ec2:AssociateRouteTable", SPREADING)
            // The other table gave the subnet up between two of our calls.
            || fault.is("ec2:AssociateRouteTable", &["Resource.AlreadyAssociated"])
            || fault.is(
                "ec2:ReplaceRouteTableAssociation",
                &["InvalidAssociationID.NotFound"],
            )
    };
    job.settle(settles, || async {
        let request = (job.ec2.associate_route_table())
            .route_table_id(table)
            .subnet_id(subnet);
        let made = answer_of("ec2:AssociateRouteTable", request.send().await);
        match made {
            Ok(made) => made
                .association_id
                .required("ec2:AssociateRouteTable", "AssociationId"),
            Err(refused) if refused.code == "Resource.AlreadyAssociated" => {
                take_over(job, table, subnet, refused).await
            }
            Err(refused) => Err(refused),
        }
    })
    .await
}

/// Moves a subnet over from the table that it uses; the fault `refused` if it uses none.
async fn take_over(job: &Job, table: &str, subnet: &str, refused: Fault) -> Result<String, Fault> {
    let request = job.ec2.describe_route_tables();
    let request = request.filters(filter("association.subnet-id", subnet));
    let tables = answer_of("ec2:DescribeRouteTables", request.send().await)?;
    let present = tables
        .route_tables()
        .iter()
        .flat_map(|table| table.associations())
        .find(|one| one.subnet_id() == Some(subnet));
    let Some((present, id)) =
        present.and_then(|one| Some((one, one.route_table_association_id()?)))
    else {
        return Err(refused);
    };
    if present.route_table_id() == Some(table) {
        return Ok(id.to_owned());
    }
    let request = (job.ec2.replace_route_table_association())
        .association_id(id)
        .route_table_id(table);
    let moved = answer_of("ec2:ReplaceRouteTableAssociation", request.send().await)?;
    moved
        .new_association_id
        .required("ec2:ReplaceRouteTableAssociation", "NewAssociationId")
}

/// Ends an association; one that moved to another table meanwhile is gone as well.
pub(super) async fn disassociate(job: &Job, association: &str) -> Result<(), Fault> {
    let request = (job.ec2.disassociate_route_table()).association_id(association);
    deleted("ec2:DisassociateRouteTable", request.send().await)
}

/// Lets a table's default route lead to the gateway `to` instead of `from`; [`NONE`] is no route.
pub(super) async fn set_default_route(
    job: &Job,
    table: &str,
    from: &str,
    to: &str,
) -> Result<(), Fault> {
    if to == NONE {
        return delete_default_route(job, table, from).await;
    }
    if from == NONE {
        match create_default_route(job, table, to).await {
            // A reply that was lost: put right what is there now.
            Err(fault) if fault.code == "RouteAlreadyExists" => {}
            other => return other,
        }
    }
    job.settle(
        |fault| fault.is("ec2:ReplaceRoute", SPREADING),
        || async {
            let (internet, nat) = either(to);
            let request = (job.ec2.replace_route())
                .route_table_id(table)
                .destination_cidr_block(EVERYWHERE)
                .set_gateway_id(internet)
                .set_nat_gateway_id(nat);
            done("ec2:ReplaceRoute", request.send().await)
        },
    )
    .await
}

async fn create_default_route(job: &Job, table: &str, to: &str) -> Result<(), Fault> {
    job.settle(
        |fault| fault.is("ec2:CreateRoute", SPREADING),
        || async {
            let (internet, nat) = either(to);
            let request = (job.ec2.create_route())
                .route_table_id(table)
                .destination_cidr_block(EVERYWHERE)
                .set_gateway_id(internet)
                .set_nat_gateway_id(nat);
            done("ec2:CreateRoute", request.send().await)
        },
    )
    .await
}

async fn delete_default_route(job: &Job, table: &str, from: &str) -> Result<(), Fault> {
    if from == NONE {
        return Ok(());
    }
    let request = (job.ec2.delete_route())
        .route_table_id(table)
        .destination_cidr_block(EVERYWHERE);
    deleted("ec2:DeleteRoute", request.send().await)
}

/// A target as the two fields that take it: `GatewayId`, `NatGatewayId`.
fn either(to: &str) -> (Option<String>, Option<String>) {
    if to.starts_with("nat-") {
        (None, Some(to.to_owned()))
    } else {
        (Some(to.to_owned()), None)
    }
}

/// Where a route leads to (EC2 API, `Route`: one of three).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    Ipv4(String),
    Ipv6(String),
    PrefixList(String),
}

impl Destination {
    fn of(route: &api::Route) -> Option<Self> {
        let v4 = route.destination_cidr_block().map(str::to_owned);
        let v6 = route.destination_ipv6_cidr_block().map(str::to_owned);
        let list = route.destination_prefix_list_id().map(str::to_owned);
        v4.map(Self::Ipv4)
            .or(v6.map(Self::Ipv6))
            .or(list.map(Self::PrefixList))
    }

    /// Whether it is the whole Internet.
    pub(super) fn is_everything(&self) -> bool {
        matches!(self, Self::Ipv4(range) | Self::Ipv6(range) if range == EVERYWHERE || range == "::/0")
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Ipv4(text) | Self::Ipv6(text) | Self::PrefixList(text)) = self;
        f.write_str(text)
    }
}

/// The routes that others have put into a table of ours: neither its default route, which is compared,
/// nor what AWS itself puts there: the local one, those of gateway endpoints, and those that a virtual
/// private gateway propagates (VPC user guide, "Route tables").
pub(super) fn added(routes: &[api::Route]) -> Vec<(Destination, String)> {
    let all = routes.iter().filter(|route| {
        let by = target(route);
        let own = by == "local" || by.starts_with("vpce-");
        let propagated = route.origin() == Some(&api::RouteOrigin::EnableVgwRoutePropagation);
        !own && !propagated && route.destination_cidr_block() != Some(EVERYWHERE)
    });
    all.filter_map(|route| Some((Destination::of(route)?, target(route).to_owned())))
        .collect()
}

/// Takes a route out.
pub(super) async fn remove(job: &Job, table: &str, to: &Destination) -> Result<(), Fault> {
    let request = job.ec2.delete_route().route_table_id(table);
    let request = match to {
        Destination::Ipv4(range) => request.destination_cidr_block(range),
        Destination::Ipv6(range) => request.destination_ipv6_cidr_block(range),
        Destination::PrefixList(id) => request.destination_prefix_list_id(id),
    };
    deleted("ec2:DeleteRoute", request.send().await)
}
