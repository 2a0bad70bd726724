//! What lets a task connect: its way out of its subnets, and the rules of its security groups.

use crate::engine::{Ref, ResolveContext};
use crate::resources::{RouteTable, SecurityGroupRule, VpcEndpoint};

/// Order only: a task that starts before these are there cannot read its secrets, pull its image or reach its database,
/// and stops (`CannotPullContainerError`, `ResourceInitializationError`: "Amazon ECS stopped tasks error messages" in
/// the ECS developer guide).
#[derive(Debug, Clone, Default)]
pub struct NetworkAccess {
    /// The route tables of its subnets, with what their default route leads to.
    pub route_tables: Vec<Ref<RouteTable>>,
    /// Gateway endpoints in those: connections to S3, where layers of images come from, "might be briefly interrupted"
    /// when one is made ("Amazon ECR interface VPC endpoints" in the ECR user guide).
    pub endpoints: Vec<Ref<VpcEndpoint>>,
    /// The rules that are about its security group, on its side and on the other one.
    pub rules: Vec<Ref<SecurityGroupRule>>,
}

impl NetworkAccess {
    /// Puts all of it before what `context` belongs to.
    pub(super) fn order_before(&self, context: &ResolveContext<'_>) {
        self.route_tables
            .iter()
            .for_each(|table| context.after(table));
        self.endpoints.iter().for_each(|one| context.after(one));
        self.rules.iter().for_each(|rule| context.after(rule));
    }
}
