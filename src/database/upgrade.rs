//! Newer versions of PostgreSQL for the database.

use std::time::Duration;

use serde::Serialize;

use super::backups::SNAPSHOT;
use crate::aws::{Cloud, RunContext, fault};
use crate::engine::{Address, Class, Estimate, Fault, Pace, Ready, Schedule, Step, Verb};
use crate::resources::DbInstanceLive;
use crate::resources::durations::DB_MAJOR;
use crate::resources::rds::db_instance::history::{Past, history};

/// What a minor upgrade takes on AWS, more or less.
const UPGRADE: Pace = Pace::about(600);
/// What another major version takes.
const MAJOR: Duration = Duration::from_secs(DB_MAJOR);

/// How long an upgrade at once is expected to take: a snapshot first, then the upgrade, which RDS takes longer for where it
/// is another major version. By what both took on this instance, where RDS tells that.
pub async fn upgrade_schedule(
    cloud: &Cloud,
    address: &Address,
    identifier: &str,
    major: bool,
) -> Schedule {
    let known = history(cloud, identifier, &[Past::Backup, Past::Minor]).await;
    let known = known.ok();
    let usual = |past| known.as_ref().and_then(|known| known.usual(past));
    let backup = usual(Past::Backup).unwrap_or(Estimate::typical(SNAPSHOT.expected));
    let upgrade = match major {
        true => Estimate::typical(MAJOR),
        false => usual(Past::Minor).unwrap_or(Estimate::typical(UPGRADE.expected)),
    };
    Schedule::chain([
        (address.clone(), Verb::Create, backup),
        (address.clone(), Verb::Update, upgrade),
    ])
}

/// A version that an instance can be upgraded to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// Such as `16.12`.
    pub version: String,
    /// Whether it is another major version.
    pub major: bool,
    /// Whether RDS goes there by itself, where automatic minor upgrades are on.
    pub automatic: bool,
}

/// What `version` can be upgraded to (RDS API, `DBEngineVersion.ValidUpgradeTarget`), oldest first.
///
/// # Errors
/// The fault of the request.
pub async fn targets(cloud: &Cloud, version: &str) -> Result<Vec<Target>, Fault> {
    let answer = cloud
        .rds
        .describe_db_engine_versions()
        .engine("postgres")
        .engine_version(version)
        // One that is no longer offered has targets all the same.
        .include_all(true)
        .send()
        .await
        .map_err(fault("rds:DescribeDBEngineVersions"))?;
    let of = answer
        .db_engine_versions()
        .iter()
        .find(|found| found.engine_version() == Some(version));
    let mut targets: Vec<Target> = of
        .map(|found| found.valid_upgrade_target())
        .unwrap_or_default()
        .iter()
        .filter_map(|target| {
            Some(Target {
                version: target.engine_version()?.to_owned(),
                major: target.is_major_version_upgrade().unwrap_or_default(),
                automatic: target.auto_upgrade().unwrap_or_default(),
            })
        })
        .collect();
    targets.sort_by_key(|target| numbers(&target.version));
    Ok(targets)
}

fn numbers(version: &str) -> Vec<u32> {
    let parts = version.split('.');
    parts.map(|part| part.parse().unwrap_or_default()).collect()
}

/// Upgrades to a minor version: `now`, waiting until it runs, or in the maintenance window.
///
/// # Errors
/// The fault of a request, a state that RDS does not mend, or an interruption: RDS goes on.
pub async fn upgrade(
    run: &RunContext,
    address: &Address,
    identifier: &str,
    version: &str,
    now: bool,
) -> Result<(), Fault> {
    let upgrade = async |step: &Step<Cloud>| {
        let cloud: &Cloud = step.job();
        let mut asked = false;
        step.until(async || {
            let there = DbInstanceLive::read(cloud, identifier).await?;
            let Some(there) = there else {
                let what = format!("`{identifier}` is not there");
                return Err(Fault::new("db-instance", Class::Absent, what));
            };
            there.check()?;
            if there.is_settled() && there.version() == version {
                return Ok(Ready::Yes(()));
            }
            if asked || there.status != "available" {
                return Ok(Ready::NotYet(there.status));
            }
            cloud
                .rds
                .modify_db_instance()
                .db_instance_identifier(identifier)
                .engine_version(version)
                .apply_immediately(now)
                .send()
                .await
                .map_err(fault("rds:ModifyDBInstance"))?;
            asked = true;
            // RDS says "available" for some seconds before it begins.
            Ok(match now {
                true => Ready::NotYet("about to be upgraded".to_owned()),
                false => Ready::Yes(()),
            })
        })
        .await
    };
    run.step(address.clone(), Verb::Update, UPGRADE, upgrade)
        .await
}
