//! What ajuda has left of a database and what costs money: snapshots that it took, and instances that restores
//! have set aside. What of it may go, and its deletion.

use std::collections::BTreeMap;
use std::time::SystemTime;

use aws_smithy_types::DateTime;
use serde::Serialize;

use crate::aws::{Cloud, absent_is_done, fault};
use crate::engine::{Address, Fault, Halted, Pace, Ready, Resource, Verb, Workflow};
use crate::message::{Message, commands, message};
use crate::resources::rds::db_instance::leftovers;
use crate::resources::rds::db_instance::restore::{RestoreSource, restored_name};
use crate::resources::{DbInstance, DbInstanceLive};

use super::{restore, rfc3339, snapshot, taken};

/// What the deletion of an instance with a last snapshot takes on AWS, more or less.
const INSTANCE: Pace = Pace::of(600, 2 * 60 * 60, 15);
/// What that of a snapshot takes.
const SNAPSHOT: Pace = Pace::of(20, 15 * 60, 5);

/// What something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A snapshot.
    Snapshot,
    /// An instance.
    Instance,
}

/// Something that ajuda made and that is left.
#[derive(Debug, Clone, PartialEq)]
pub struct Leftover {
    /// Its identifier in RDS.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// GiB of the volume.
    pub size_gb: Option<u32>,
    /// When the snapshot was taken, or the instance was set aside; RFC 3339.
    pub since: Option<String>,
    /// Seconds since then.
    pub age_s: Option<i64>,
    /// Why it is deleted only when that is insisted on.
    pub protected: Option<Message>,
    /// Why it cannot be deleted now.
    pub blocked: Option<Message>,
}

impl Leftover {
    /// Its address in events and reports.
    pub fn address(&self) -> Address {
        let kind = match self.kind {
            Kind::Snapshot => "db-snapshot",
            Kind::Instance => DbInstance::KIND,
        };
        Address::new(kind, self.name.clone())
    }
}

/// Everything that ajuda has left of the database at `address`, whose instance is called `identifier`: the
/// instances first, then the snapshots, each the newest first. `in_use` are the snapshots that a rollback needs,
/// each with the service that goes back.
///
/// # Errors
/// The fault of a request.
pub async fn leftovers(
    cloud: &Cloud,
    address: &Address,
    identifier: &str,
    in_use: &BTreeMap<String, String>,
) -> Result<Vec<Leftover>, Fault> {
    let (all, snapshots) = tokio::try_join!(
        DbInstanceLive::all(cloud),
        taken(cloud, address, identifier)
    )?;
    let named = |name: &str| all.iter().find(|one| one.identifier == name);
    let own = named(identifier);
    let group = own.filter(|own| own.belongs_to(cloud, address));
    let aside = leftovers::left(cloud, &all, identifier, group);
    // A restore that has not ended: its instance beside the database's, or in its place already.
    let unfinished = aside
        .iter()
        .chain(own)
        .find(|one| one.displaces().is_some());
    let now = DateTime::from(SystemTime::now()).secs();
    let mut found = Vec::new();
    for live in &aside {
        let restored = live.identifier == restored_name(identifier);
        if restored && live.displaces().is_none() {
            // Somebody else made it: a restore of ours notes at once what it is for.
            continue;
        }
        let (mut protected, mut blocked) = (None, None);
        if restored && group.is_some() {
            protected = Some("a restore that has not ended goes on with it".into());
        } else if restored
            || live.belongs_to(cloud, address)
            || unfinished.and_then(DbInstanceLive::displaces) == Some(&live.identifier)
        {
            blocked = Some(
                unfinished.map_or_else(|| "a restore has not ended".into(), restore::unfinished),
            );
        } else if own.is_none() {
            protected = Some("the database itself is gone".into());
        }
        if live.status == "deleting" {
            blocked = Some("it is being deleted".into());
        }
        let since = live.set_aside();
        found.push(Leftover {
            name: live.identifier.clone(),
            kind: Kind::Instance,
            size_gb: Some(live.storage_gb()),
            since: since.as_ref().and_then(rfc3339),
            age_s: since.map(|since| (now - since.secs()).max(0)),
            protected,
            blocked,
        });
    }
    found.sort_by_key(|one| one.age_s);
    // What an instance that was set aside leaves at the end is newer, and what is in it is older.
    let newest = snapshots
        .iter()
        .find(|one| one.status == "available" && one.of == identifier);
    let newest = newest.map(|one| one.name.clone());
    let from = unfinished.and_then(DbInstanceLive::restored_from);
    for one in snapshots {
        let protected = if newest.as_ref() == Some(&one.name) {
            Some("the newest".into())
        } else {
            let service = in_use.get(&one.name);
            service.map(|service| {
                message![
                    commands::rollback_with_database(service),
                    " goes back to it",
                ]
            })
        };
        let blocked = if from == Some(RestoreSource::Snapshot(one.name.clone())) {
            Some("a restore from it has not ended".into())
        } else if ["available", "failed"].contains(&one.status.as_str()) {
            None
        } else {
            Some(format!("it is {}", one.status).into())
        };
        found.push(Leftover {
            kind: Kind::Snapshot,
            size_gb: one.size_gb.and_then(|size| u32::try_from(size).ok()),
            since: one.taken,
            age_s: one.age_s,
            name: one.name,
            protected,
            blocked,
        });
    }
    Ok(found)
}

/// Deletes what was chosen of it, one after the other, and waits until it is gone. An instance leaves a last
/// snapshot.
///
/// # Errors
/// When one could not be deleted, which the report tells: those after it are there.
pub async fn delete(workflow: &mut Workflow<Cloud>, chosen: &[Leftover]) -> Result<(), Halted> {
    for one in chosen {
        let name = one.name.as_str();
        match one.kind {
            Kind::Snapshot => {
                workflow
                    .step(one.address(), Verb::Delete, SNAPSHOT, async |step| {
                        step.job()
                            .rds
                            .delete_db_snapshot()
                            .db_snapshot_identifier(name)
                            .send()
                            .await
                            .map_err(fault("rds:DeleteDBSnapshot"))
                            .map(|_| ())
                            .or_else(absent_is_done)?;
                        step.until(async || {
                            Ok(match snapshot(step.job(), name).await? {
                                Some(there) => Ready::NotYet(there.status),
                                None => Ready::Yes(()),
                            })
                        })
                        .await
                    })
                    .await?;
            }
            Kind::Instance => {
                workflow
                    .step(one.address(), Verb::Delete, INSTANCE, async |step| {
                        let Some(live) = DbInstanceLive::read(step.job(), name).await? else {
                            return Ok(());
                        };
                        DbInstance::delete(step.job(), &live).await?;
                        step.until(async || {
                            let gone = DbInstance::gone(step.job(), &live).await?;
                            Ok(Ready::from(gone))
                        })
                        .await
                    })
                    .await?;
            }
        }
    }
    Ok(())
}
