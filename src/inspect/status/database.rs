//! How the database is.

use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::types as api;

use super::{DatabaseSummary, Health};
use crate::aws::{Cloud, fault};
use crate::engine::{Fault, Resource};
use crate::resources::{DbInstance, own_database};

/// Reads the instance, and how much of its storage is free.
pub(super) async fn read(
    cloud: &Cloud,
    identifier: Option<&str>,
) -> Result<Option<DatabaseSummary>, Fault> {
    let Some(identifier) = identifier else {
        return Ok(None);
    };
    let (instance, free_gb) =
        tokio::join!(own_database(cloud, identifier), free_gb(cloud, identifier));
    Ok(instance?.map(|live| DatabaseSummary {
        identifier: live.identifier.clone(),
        health: health(&live.status, live.is_fit()),
        status: live.status.clone(),
        version: live.runs().to_owned(),
        storage_gb: live.storage_gb(),
        // A caller who may not ask CloudWatch is told nothing of it.
        free_gb: free_gb.ok().flatten(),
        notes: DbInstance::notes(&live),
    }))
}

/// By "Viewing Amazon RDS DB instance status" in the RDS user guide.
fn health(status: &str, fit: bool) -> Health {
    match status {
        // It answers while it does these.
        "available"
        | "backing-up"
        | "configuring-enhanced-monitoring"
        | "storage-optimization"
        | "configuring-log-exports"
        | "storage-config-upgrade" => Health::Healthy,
        "storage-full" | "stopped" | "stopping" | "deleting" => Health::Unhealthy,
        _ if !fit => Health::Unhealthy,
        _ => Health::Changing,
    }
}

/// The newest figure of the last half hour.
async fn free_gb(cloud: &Cloud, identifier: &str) -> Result<Option<f64>, Fault> {
    let now = SystemTime::now();
    let answer = cloud
        .cloudwatch
        .get_metric_statistics()
        .namespace("AWS/RDS")
        .metric_name("FreeStorageSpace")
        .dimensions(
            api::Dimension::builder()
                .name("DBInstanceIdentifier")
                .value(identifier)
                .build(),
        )
        .statistics(api::Statistic::Minimum)
        .period(300)
        .start_time((now - Duration::from_secs(1800)).into())
        .end_time(now.into())
        .send()
        .await
        .map_err(fault("cloudwatch:GetMetricStatistics"))?;
    let newest = answer
        .datapoints()
        .iter()
        .max_by_key(|point| point.timestamp().map_or(0, |time| time.secs()));
    Ok(newest
        .and_then(api::Datapoint::minimum)
        .map(|bytes| (bytes / 1024.0 / 1024.0 / 1024.0 * 10.0).round() / 10.0))
}
