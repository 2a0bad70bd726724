//! The availability zones of an account, those that a stack stands in already, and where RDS offers a class.

use std::collections::BTreeSet;

use aws_config::SdkConfig;
use aws_sdk_ec2::types::Filter;

use crate::aws::grant::{Grant, anywhere};
use crate::engine::Fault;

use super::{STACK_TAG, fault};

/// An availability zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// `us-east-1a`: another place in every account.
    pub name: String,
    /// `use1-az1`: one place, whatever the account calls it.
    pub id: String,
}

/// A subnet of the stack: its zone and its range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupied {
    /// The zone's name.
    pub zone: String,
    /// `10.0.0.0/20`.
    pub cidr: String,
}

/// The zones of the region, sorted by name, local and wavelength zones left out. One that is impaired
/// stays in the list, because which zones a stack is in must not change with the weather.
///
/// # Errors
/// The fault of the one request.
pub(super) async fn zones(config: &SdkConfig) -> Result<Vec<Zone>, Fault> {
    let of_region = Filter::builder()
        .name("zone-type")
        .values("availability-zone")
        .build();
    let answer = aws_sdk_ec2::Client::new(config)
        .describe_availability_zones()
        .filters(of_region)
        .send()
        .await
        .map_err(fault("ec2:DescribeAvailabilityZones"))?;
    let mut zones: Vec<Zone> = answer
        .availability_zones()
        .iter()
        .filter_map(|zone| {
            Some(Zone {
                name: zone.zone_name()?.to_owned(),
                id: zone.zone_id().unwrap_or_default().to_owned(),
            })
        })
        .collect();
    zones.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(zones)
}

/// The subnets that carry the stack's tag. Where they cannot be read there are none: the plan says then
/// that subnets are unread.
pub(super) async fn occupied(config: &SdkConfig, stack: &str) -> Vec<Occupied> {
    let ours = Filter::builder()
        .name(format!("tag:{STACK_TAG}"))
        .values(stack)
        .build();
    let request = aws_sdk_ec2::Client::new(config)
        .describe_subnets()
        .filters(ours);
    let Ok(answer) = request.send().await else {
        return Vec::new();
    };
    let subnets = answer.subnets().iter();
    subnets
        .filter_map(|subnet| {
            Some(Occupied {
                zone: subnet.availability_zone()?.to_owned(),
                cidr: subnet.cidr_block()?.to_owned(),
            })
        })
        .collect()
}

/// The zones in which RDS offers PostgreSQL on an instance class; `None` where it does not say. The fewest
/// records that a page has: versions and kinds of storage of one class are offered in the same zones.
pub(super) async fn with_class(config: &SdkConfig, class: &str) -> Option<BTreeSet<String>> {
    let answer = aws_sdk_rds::Client::new(config)
        .describe_orderable_db_instance_options()
        .engine("postgres")
        .db_instance_class(class)
        .vpc(true)
        .max_records(20)
        .send()
        .await
        .ok()?;
    let options = answer.orderable_db_instance_options().iter();
    let zones: BTreeSet<String> = options
        .flat_map(|option| option.availability_zones())
        .filter_map(|zone| Some(zone.name()?.to_owned()))
        .collect();
    (!zones.is_empty()).then_some(zones)
}

/// What finding the account and the zones needs; `GetCallerIdentity` cannot be denied (STS API).
pub(crate) const GRANTS: &[Grant] = &[anywhere(&[
    "sts:GetCallerIdentity",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeSubnets",
    "rds:DescribeOrderableDBInstanceOptions",
])];
