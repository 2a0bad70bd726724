//! What is in use of quotas that only Service Quotas tells.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::types::{Dimension, Statistic};
use aws_sdk_ec2::types::{Filter, Subnet};
use aws_smithy_types::DateTime;

use super::CheckContext;
use crate::aws::fault;
use crate::engine::Fault;

/// Elastic IPs of the account in the region.
pub(super) async fn addresses(context: &CheckContext<'_>) -> Result<f64, Fault> {
    let answer = context.cloud.ec2.describe_addresses().send().await;
    let answer = answer.map_err(fault("ec2:DescribeAddresses"))?;
    Ok(answer.addresses().len() as f64)
}

/// VPCs of the account in the region.
pub(super) async fn vpcs(context: &CheckContext<'_>) -> Result<f64, Fault> {
    let pages = context.cloud.ec2.describe_vpcs().into_paginator();
    let mut vpcs = pages.items().send();
    let mut used = 0.0;
    while let Some(vpc) = vpcs.next().await {
        vpc.map_err(fault("ec2:DescribeVpcs"))?;
        used += 1.0;
    }
    Ok(used)
}

/// NAT gateways of the zone of the stack that has most of them: those that are deleted count for some minutes more, and
/// are not among these.
pub(super) async fn nat_gateways(context: &CheckContext<'_>) -> Result<f64, Fault> {
    let ec2 = &context.cloud.ec2;
    let there = Filter::builder().name("state");
    let there = there.values("pending").values("available").build();
    let gateways = ec2.describe_nat_gateways().filter(there).into_paginator();
    let mut gateways = gateways.items().send();
    let mut subnets = Vec::new();
    while let Some(one) = gateways.next().await {
        let one = one.map_err(fault("ec2:DescribeNatGateways"))?;
        subnets.extend(one.subnet_id);
    }
    if subnets.is_empty() {
        return Ok(0.0);
    }
    let answer = ec2.describe_subnets().set_subnet_ids(Some(subnets.clone()));
    let answer = answer.send().await.map_err(fault("ec2:DescribeSubnets"))?;
    let zones = answer.subnets().iter();
    let zone = |one: &Subnet| Some((one.subnet_id.clone()?, one.availability_zone.clone()?));
    let zones: BTreeMap<String, String> = zones.filter_map(zone).collect();
    let mut used: BTreeMap<&str, u32> = BTreeMap::new();
    for zone in subnets.iter().filter_map(|subnet| zones.get(subnet)) {
        if context.cloud.place.zones.contains(zone) {
            *used.entry(zone).or_default() += 1;
        }
    }
    Ok(f64::from(used.into_values().max().unwrap_or(0)))
}

/// vCPUs of Fargate's tasks in the last ten minutes ("AWS Fargate usage metrics", ECS developer guide); none where nothing
/// ran.
pub(super) async fn vcpus(context: &CheckContext<'_>) -> Result<f64, Fault> {
    let now = SystemTime::now();
    let since = now - Duration::from_secs(600);
    let dimension = |name: &str, value: &str| Dimension::builder().name(name).value(value).build();
    let asked = context
        .cloud
        .cloudwatch
        .get_metric_statistics()
        .namespace("AWS/Usage")
        .metric_name("ResourceCount")
        .dimensions(dimension("Service", "Fargate"))
        .dimensions(dimension("Type", "Resource"))
        .dimensions(dimension("Resource", "vCPU"))
        .dimensions(dimension("Class", "Standard/OnDemand"))
        .start_time(DateTime::from(since))
        .end_time(DateTime::from(now))
        .period(300)
        .statistics(Statistic::Maximum);
    let answer = asked.send().await;
    let answer = answer.map_err(fault("cloudwatch:GetMetricStatistics"))?;
    let points = answer.datapoints().iter().filter_map(|one| one.maximum());
    Ok(points.fold(0.0, f64::max))
}
