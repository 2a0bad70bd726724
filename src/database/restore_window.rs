//! What an instance can be restored from, found out before anything is stopped.

use aws_smithy_types::DateTime;

use crate::aws::{Cloud, fault};
use crate::engine::{Class, Fault};
use crate::message::{Command, commands, message};
use crate::resources::DbInstanceLive;
use crate::resources::rds::db_instance::restore::RestoreSource;

use super::backups::named;
use super::rfc3339;

/// The moments that an instance's own backups reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The first.
    pub earliest: DateTime,
    /// The last; it is some minutes ago.
    pub latest: DateTime,
}

impl Window {
    /// The window of the instance called `identifier`; `None` while it has no backups.
    ///
    /// # Errors
    /// The fault of the request.
    pub async fn of(cloud: &Cloud, identifier: &str) -> Result<Option<Self>, Fault> {
        let answer = cloud
            .rds
            .describe_db_instance_automated_backups()
            .db_instance_identifier(identifier)
            .send()
            .await
            .map_err(fault("rds:DescribeDBInstanceAutomatedBackups"));
        let answer = match answer {
            Ok(answer) => answer,
            Err(fault) if fault.is_absent() => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let backups = answer.db_instance_automated_backups();
        // One that is retained of an instance that is gone has the same name.
        let active = backups
            .iter()
            .find(|backup| backup.status() == Some("active"));
        Ok(active
            .and_then(|backup| backup.restore_window())
            .and_then(|window| {
                Some(Self {
                    earliest: *window.earliest_time()?,
                    latest: *window.latest_time()?,
                })
            }))
    }
}

/// Refuses a source that cannot take the place of `live`.
///
/// # Errors
/// What is wrong with it, or the fault of a request.
pub async fn check(
    cloud: &Cloud,
    live: &DbInstanceLive,
    source: &RestoreSource,
) -> Result<(), Fault> {
    match source {
        RestoreSource::Snapshot(name) => snapshot(cloud, live, name).await,
        RestoreSource::Latest => window(cloud, live).await.map(|_| ()),
        RestoreSource::Time(time) => {
            let window = window(cloud, live).await?;
            let secs = time.secs();
            if (window.earliest.secs()..=window.latest.secs()).contains(&secs) {
                return Ok(());
            }
            let say = |time: &DateTime| rfc3339(time).unwrap_or_default();
            Err(refused(format!(
                "`{}` can be restored to moments from {} to {}, and {} is outside this range",
                live.identifier,
                say(&window.earliest),
                say(&window.latest),
                say(time)
            )))
        }
    }
}

async fn window(cloud: &Cloud, live: &DbInstanceLive) -> Result<Window, Fault> {
    let window = Window::of(cloud, &live.identifier).await?;
    window.ok_or_else(|| {
        refused(format!(
            "`{}` has no backups of its own, so it cannot be restored to a moment",
            live.identifier
        ))
        .hint("`backup_days` under [database] switches them on; a snapshot can be restored")
    })
}

async fn snapshot(cloud: &Cloud, live: &DbInstanceLive, name: &str) -> Result<(), Fault> {
    let Some(found) = named(cloud, name).await? else {
        let what = format!("there is no snapshot `{name}`");
        return Err(Fault::new("restore", Class::Absent, what).hint(message![
            commands::db_backups(),
            " lists those of this database"
        ]));
    };
    let major = |version: &str| version.split('.').next().unwrap_or_default().to_owned();
    if found.status != "available" {
        return Err(refused(format!(
            "the snapshot `{name}` is {}",
            found.status
        )));
    }
    if major(&found.version) != major(live.version()) {
        return Err(refused(format!(
            "the snapshot `{name}` is of PostgreSQL {}, and the database runs {}",
            found.version,
            live.version()
        )));
    }
    match (found.encrypted, live.is_encrypted()) {
        (true, false) => Err(refused(format!(
            "the snapshot `{name}` is encrypted, unlike the database"
        ))),
        (false, true) => {
            let copy = Command::aws("rds copy-db-snapshot")
                .option("--source-db-snapshot-identifier", name)
                .option(
                    "--target-db-snapshot-identifier",
                    format!("{name}-encrypted"),
                )
                .option("--kms-key-id", "alias/aws/rds");
            let what = format!("the snapshot `{name}` is not encrypted, unlike the database");
            Err(refused(what).hint(message![copy, " makes an encrypted copy of it"]))
        }
        _ => Ok(()),
    }
}

fn refused(what: String) -> Fault {
    Fault::new("restore", Class::Conflict, what)
}
