//! Whether RDS offers the database that the plan makes or changes: its class with its version, gp3 and a standby, in the
//! zones of its subnets.
//!
//! `rds:DescribeOrderableDBInstanceOptions` says what can be ordered where; `CreateDBInstance` answers the rest with
//! `InvalidParameterCombination` or `InsufficientDBInstanceCapacity`, after network and roles were made.

use std::collections::BTreeSet;

use aws_sdk_rds::types::OrderableDbInstanceOption as Option_;

use super::{CheckContext, Finding, network};
use crate::aws::fault;
use crate::aws::grant::{Grant, anywhere};
use crate::engine::{Action, Fault, Item, Resource};
use crate::message::{Command, message};
use crate::resources::DbInstance;
use crate::stack::{Database, Network};

const STORAGE: &str = "gp3";
const CLASS: &str = "database.instance_class";
const VERSION: &str = "database.version";

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let Some(wanted) = &context.stack.database else {
        return Ok(Vec::new());
    };
    let is_ordered = |item: &Item| match item.action {
        Action::Create | Action::Replace { .. } => true,
        Action::Update => item.changes.any_changed(&DbInstance::ORDERED),
        _ => false,
    };
    let mut items = context.plan.items.iter();
    if !items.any(|item| item.address.kind() == DbInstance::KIND && is_ordered(item)) {
        return Ok(Vec::new());
    }
    let (options, zones) = tokio::try_join!(options(context, wanted), zones(context))?;
    Ok(vec![assess(context, wanted, &options, &zones)])
}

/// What can be ordered of the class with the version: `16` is any of its minor ones.
async fn options(context: &CheckContext<'_>, wanted: &Database) -> Result<Vec<Option_>, Fault> {
    let is_minor = wanted.version.contains('.');
    let mut pages = context
        .cloud
        .rds
        .describe_orderable_db_instance_options()
        .engine("postgres")
        .set_engine_version(is_minor.then(|| wanted.version.clone()))
        .db_instance_class(&wanted.instance_class)
        .vpc(true)
        .max_records(100)
        .into_paginator()
        .items()
        .send();
    let of_major = format!("{}.", wanted.version);
    let mut options = Vec::new();
    while let Some(option) = pages.next().await {
        let option = option.map_err(fault("rds:DescribeOrderableDBInstanceOptions"))?;
        let version = option.engine_version().unwrap_or_default();
        if is_minor || version.starts_with(&of_major) {
            options.push(option);
        }
    }
    Ok(options)
}

/// The zones of the subnets that it is put into.
async fn zones(context: &CheckContext<'_>) -> Result<BTreeSet<String>, Fault> {
    match &context.stack.network {
        Network::Own(own) => {
            let zones = (0..own.zones).map(|index| context.cloud.place.zone(index));
            Ok(zones.collect())
        }
        Network::Existing { .. } => network::private_zones(context.cloud, context.stack).await,
    }
}

fn assess(
    context: &CheckContext<'_>,
    wanted: &Database,
    options: &[Option_],
    zones: &BTreeSet<String>,
) -> Finding {
    let (class, version, region) = (&wanted.instance_class, &wanted.version, context.region());
    let failed = |path: &str, reason: String| Finding::fail(path, reason).in_file();
    if options.is_empty() {
        let path = if class.is_empty() { VERSION } else { CLASS };
        let reason = format!("RDS does not offer {class} with PostgreSQL {version} in {region}");
        let list = Command::aws("rds describe-orderable-db-instance-options")
            .option("--engine", "postgres")
            .option("--db-instance-class", class)
            .option("--query", "OrderableDBInstanceOptions[].[EngineVersion]")
            .option("--output", "text");
        return failed(path, reason).fix(message![list, " lists what is"]);
    }
    let fits = |option: &&Option_| option.storage_type() == Some(STORAGE);
    let with_storage: Vec<&Option_> = options.iter().filter(fits).collect();
    if with_storage.is_empty() {
        let reason = format!("RDS does not offer {class} with {STORAGE} storage in {region}");
        return failed(CLASS, reason).fix("name a class of a newer generation");
    }
    let standby = |option: &&Option_| option.multi_az_capable() == Some(true);
    if wanted.multi_az && !with_storage.iter().copied().any(|one| standby(&one)) {
        let reason = format!("RDS offers {class} without a standby in {region}");
        return failed("database.multi_az", reason)
            .fix("write multi_az = false, or name another class");
    }
    let offered: BTreeSet<&str> = with_storage
        .iter()
        .flat_map(|option| option.availability_zones())
        .filter_map(|zone| zone.name())
        .collect();
    let there: Vec<&str> = zones
        .iter()
        .map(String::as_str)
        .filter(|zone| offered.contains(zone))
        .collect();
    let needed = if wanted.multi_az { 2 } else { 1 };
    // Where nothing is said of zones, nothing is judged by them.
    if there.len() < needed && !offered.is_empty() && !zones.is_empty() {
        let named: Vec<&str> = zones.iter().map(String::as_str).collect();
        let offered: Vec<&str> = offered.into_iter().collect();
        let reason = format!(
            "RDS offers {class} in {} of the {} zones of the subnets ({}), and {needed} are needed",
            there.len(),
            zones.len(),
            named.join(", ")
        );
        let fix = format!(
            "name a class that is offered there, or zones of {}",
            offered.join(", ")
        );
        return failed(CLASS, reason).fix(fix);
    }
    let standby = if wanted.multi_az {
        ", with a standby"
    } else {
        ""
    };
    let reason = format!("RDS offers {class} with PostgreSQL {version} and {STORAGE}{standby}");
    Finding::ok(CLASS, reason).in_file()
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[anywhere(&[
    "rds:DescribeOrderableDBInstanceOptions",
    "rds:DescribeDBEngineVersions",
])];
