//! How the database is.

use serde::Serialize;

use crate::aws::Cloud;
use crate::engine::{Address, Fault};
use crate::message::Message;
use crate::resources::DbInstanceLive;
use crate::resources::rds::db_instance::restore::{RestoreSource, restored_name};

use super::restore;
use super::{Backup, Window, backups, described, rfc3339};

/// How the database is.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The instance.
    pub instance: String,
    /// RDS's word for how it is.
    pub status: String,
    /// PostgreSQL's version.
    pub version: String,
    /// Its class.
    pub instance_class: String,
    /// GiB.
    pub storage_gb: Option<i32>,
    /// GiB to which it grows by itself.
    pub max_storage_gb: Option<i32>,
    /// Whether there is a standby in another zone.
    pub multi_az: bool,
    /// Where it answers.
    pub endpoint: Option<String>,
    /// What was asked for and waits, in words.
    pub pending: Vec<String>,
    /// When that is done, UTC.
    pub maintenance_window: Option<String>,
    /// When it backs itself up, UTC.
    pub backup_window: Option<String>,
    /// Days that its own backups are kept.
    pub backup_days: Option<i32>,
    /// Whether automatic minor upgrades are on.
    pub auto_minor_version: bool,
    /// The newest snapshot.
    pub last_backup: Option<Backup>,
    /// From when on it can be restored to a moment, RFC 3339.
    pub earliest_restorable: Option<String>,
    /// Until when it can be restored to a moment, RFC 3339.
    pub latest_restorable: Option<String>,
    /// What it was restored from, if it was.
    pub restored_from: Option<RestoreSource>,
    /// What an operator should know.
    #[serde(skip)]
    pub notes: Vec<Message>,
}

/// Reads how the database is; `None` when it is not there.
///
/// # Errors
/// The fault of a request.
pub async fn status(
    cloud: &Cloud,
    address: &Address,
    identifier: &str,
) -> Result<Option<Status>, Fault> {
    let name = restored_name(identifier);
    let (instance, live, snapshots, window, restored) = tokio::try_join!(
        described(cloud, identifier),
        DbInstanceLive::read(cloud, identifier),
        backups(cloud, address, identifier),
        Window::of(cloud, identifier),
        DbInstanceLive::read(cloud, &name),
    )?;
    let (Some(instance), Some(live)) = (instance, live) else {
        return Ok(None);
    };
    let mut notes = live.notes();
    let marked = restored.as_ref().into_iter().chain([&live]);
    notes.extend(
        marked
            .filter(|one| one.displaces().is_some())
            .map(restore::unfinished)
            .take(1),
    );
    Ok(Some(Status {
        instance: identifier.to_owned(),
        status: live.status.clone(),
        version: instance.engine_version().unwrap_or_default().to_owned(),
        instance_class: instance.db_instance_class().unwrap_or_default().to_owned(),
        storage_gb: instance.allocated_storage(),
        max_storage_gb: instance.max_allocated_storage(),
        multi_az: instance.multi_az().unwrap_or_default(),
        endpoint: Some(format!("{}:{}", live.host, live.port)).filter(|_| !live.host.is_empty()),
        pending: live.waits().to_vec(),
        maintenance_window: instance.preferred_maintenance_window().map(str::to_owned),
        backup_window: instance.preferred_backup_window().map(str::to_owned),
        backup_days: instance.backup_retention_period(),
        auto_minor_version: instance.auto_minor_version_upgrade().unwrap_or_default(),
        last_backup: snapshots
            .into_iter()
            .find(|backup| backup.status == "available"),
        earliest_restorable: window.as_ref().and_then(|window| rfc3339(&window.earliest)),
        latest_restorable: window.as_ref().and_then(|window| rfc3339(&window.latest)),
        restored_from: live.restored_from(),
        notes,
    }))
}
