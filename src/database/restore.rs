//! Going back to a backup: restored beside, checked, and swapped in by name.
//!
//! RDS restores into a new instance only. It gets the old one's name, so that the endpoint and the
//! stack's ownership stay, and the old one stays under another name. Where an interrupted restore had
//! got to is read from the instances, so that the same call goes on with it.

use std::sync::OnceLock;

use crate::aws::{Cloud, Job, RunContext, timestamp};
use crate::engine::{Address, Class, Fault, Pace, Ready, Step};
use crate::message::{Command, Message, message};
use crate::resources::DbInstanceLive;
use crate::resources::rds::db_instance::restore::{
    self as from_backup, RestoreSource, align, displaced_name, rename, restore_beside,
    restored_name, settle, tag_owned, untag_owned,
};

/// What a restore of a database of this size takes on AWS, more or less.
pub(crate) const RESTORE: Pace = Pace::of(1500, 3 * 60 * 60, 15);
/// What a renaming takes ("Renaming a DB instance": the new name is effective in about ten minutes).
pub(super) const RENAME: Pace = Pace::about(600);

/// What a restore left.
#[derive(Debug, Clone)]
pub struct Swapped {
    /// What the instance that was there is called now. It is nobody's any more and costs money.
    pub old: String,
    /// What was restored.
    pub from: RestoreSource,
    /// The instance, under its old name.
    pub live: DbInstanceLive,
}

/// How far a restore has got.
#[derive(Debug)]
pub enum Progress {
    /// None was begun.
    None,
    /// The restored instance is there, under a name of its own.
    Beside {
        /// The restored instance.
        restored: Box<DbInstanceLive>,
        /// The one whose place it will take; `None` while neither bears the name.
        old: Option<Box<DbInstanceLive>>,
    },
    /// The restored instance bears the name; the stack may not run again yet.
    Swapped(Box<DbInstanceLive>),
}

/// Looks how far a restore of the instance called `identifier` has got. Only reads.
///
/// # Errors
/// The fault of a request, or something else has the name that the restored instance gets.
pub async fn progress(cloud: &Cloud, identifier: &str) -> Result<Progress, Fault> {
    let name = restored_name(identifier);
    let (there, restored) = tokio::try_join!(
        DbInstanceLive::read(cloud, identifier),
        DbInstanceLive::read(cloud, &name)
    )?;
    match (there, restored) {
        (Some(there), _) if there.displaces().is_some() => Ok(Progress::Swapped(Box::new(there))),
        (there, Some(restored)) if restored.displaces().is_some() => Ok(Progress::Beside {
            restored: Box::new(restored),
            old: there.map(Box::new),
        }),
        (_, Some(foreign)) => Err(Fault::new(
            "db-instance",
            Class::Conflict,
            format!(
                "`{}` is there and is no restore of ours",
                foreign.identifier
            ),
        )
        .hint("a restored instance gets that name until it takes the place: rename or delete it")),
        (_, None) => Ok(Progress::None),
    }
}

/// What the stages of one restore have in common.
#[derive(Debug)]
pub struct Restoration {
    /// The database in the file.
    pub(super) address: Address,
    /// What its instance is called.
    pub(super) identifier: String,
    /// What it goes back to.
    pub(super) source: RestoreSource,
    /// In the name that the instance that is there gets.
    pub(super) time_stamp: String,
    swapped: OnceLock<Swapped>,
}

impl Restoration {
    /// Nothing is done yet.
    pub(super) fn new(address: &Address, identifier: &str, source: &RestoreSource) -> Self {
        Self {
            address: address.clone(),
            identifier: identifier.to_owned(),
            source: source.clone(),
            time_stamp: timestamp::stamp(),
            swapped: OnceLock::new(),
        }
    }

    /// What it left; `None` before its end.
    pub(super) fn swapped(&self) -> Option<&Swapped> {
        self.swapped.get()
    }
}

/// Restores the backup beside the stack's instance, waits for it and makes it like that one. One that is
/// there already is gone on with. Nothing may write to the instance any more, and the latest moment of its
/// backups was waited for.
///
/// # Errors
/// The fault of a request, a state that RDS does not mend, or an interruption: nothing was swapped,
/// and the same call goes on.
pub(super) async fn restore_backup(step: &Step<Cloud>, of: &Restoration) -> Result<(), Fault> {
    let name = restored_name(&of.identifier);
    let job = &step.job().of(&of.address);
    let (there, like) = match progress(job, &of.identifier).await? {
        Progress::Swapped(_) => return Ok(()),
        Progress::Beside { restored, old } => {
            same(&restored, &of.source)?;
            let Some(old) = old else { return Ok(()) };
            job.note(format!("goes on with `{name}`, which was restored before"));
            (Some(restored), *old)
        }
        Progress::None => {
            let like = DbInstanceLive::read(job, &of.identifier).await?;
            let like = like.filter(|like| like.belongs_to(job, &of.address));
            let like = like.ok_or_else(|| {
                let what = format!("`{}` is not there, or not this stack's", of.identifier);
                Fault::new("db-instance", Class::Absent, what)
            })?;
            (None, like)
        }
    };
    if there.is_none() {
        let old = displaced_name(&of.identifier, &of.time_stamp);
        restore_beside(job, &like, &name, &of.source, &old).await?;
    }
    let mut aligned = false;
    step.until(async || {
        let now = DbInstanceLive::read(job, &name).await?;
        let Some(now) = now else {
            return Ok(Ready::NotYet("spreading".to_owned()));
        };
        now.check()?;
        if !now.is_settled() {
            Ok(Ready::NotYet(now.status))
        } else if !aligned && align(job, &now, &like).await? {
            aligned = true;
            // RDS says "available" for some seconds before it begins.
            Ok(Ready::NotYet("about to change".to_owned()))
        } else {
            Ok(Ready::Yes(()))
        }
    })
    .await
}

/// Refuses to go on with a restore that was begun from something else.
///
/// # Errors
/// It was from something else.
pub fn ensure_same_source(begun: &Progress, source: &RestoreSource) -> Result<(), Fault> {
    match begun {
        Progress::None => Ok(()),
        Progress::Beside { restored, .. } => same(restored, source),
        Progress::Swapped(live) => same(live, source),
    }
}

/// An interrupted restore is gone on with only as what it was.
fn same(restored: &DbInstanceLive, source: &RestoreSource) -> Result<(), Fault> {
    let from = restored.restored_from();
    let is = match (&from, source) {
        // Of one that has begun it is known by now which moment that was.
        (Some(RestoreSource::Time(_) | RestoreSource::Latest), RestoreSource::Latest) => true,
        (from, source) => from.as_ref() == Some(source),
    };
    if is {
        return Ok(());
    }
    let (from, goes_on) = match from {
        Some(from) => (
            from.to_string(),
            message![from.command(), " goes on with it"],
        ),
        None => (
            "another backup".to_owned(),
            "go on with that restore".into(),
        ),
    };
    Err(Fault::new(
        "db-instance",
        Class::Conflict,
        format!(
            "`{}` was restored from {from}, and this would be from {source}",
            restored.identifier
        ),
    )
    .hint(message![
        goes_on,
        "; to give it up: ",
        Command::aws("rds delete-db-instance")
            .arg("--skip-final-snapshot")
            .option("--db-instance-identifier", &restored.identifier),
    ]))
}

/// Gives the instance that was there the name that is free for it. Nothing may use the database meanwhile.
///
/// # Errors
/// As [`restore_backup`]. After this no instance bears the name: every plan refuses then, and the same call goes on.
pub(super) async fn displace(step: &Step<Cloud>, of: &Restoration) -> Result<(), Fault> {
    if let Progress::Beside { restored, old } = progress(step.job(), &of.identifier).await?
        && let (Some(displaced), Some(old)) = (restored.displaces(), old)
    {
        moved(step, &old, displaced).await?;
    }
    Ok(())
}

/// Gives the restored instance the name, and with it the endpoint and the stack's ownership.
///
/// # Errors
/// As [`displace`].
pub(super) async fn take_name(step: &Step<Cloud>, of: &Restoration) -> Result<(), Fault> {
    let job = &step.job().of(&of.address);
    let lost = || Fault::incomplete("rds:DescribeDBInstances", "the restored instance");
    let (restored, named) = match progress(job, &of.identifier).await? {
        Progress::None => return Err(lost()),
        Progress::Swapped(restored) => (restored, true),
        Progress::Beside { restored, .. } => (restored, false),
    };
    let old = restored.displaces().map(str::to_owned).ok_or_else(lost)?;
    let live = match named {
        true => *restored,
        false => moved(step, &restored, &of.identifier).await?,
    };
    // Never are two instances the stack's: the next plan would take one for left over.
    if let Some(displaced) = DbInstanceLive::read(job, &old).await? {
        untag_owned(job, &displaced).await?;
    }
    tag_owned(job, &live).await?;
    let swapped = Swapped {
        from: live.restored_from().unwrap_or_else(|| of.source.clone()),
        old,
        live,
    };
    // A restore swaps once.
    let _ = of.swapped.set(swapped);
    Ok(())
}

/// The instance that a log-in is tried at before the names change; `None` when they have changed.
///
/// # Errors
/// The fault of a request.
pub(super) async fn restored(
    cloud: &Cloud,
    of: &Restoration,
) -> Result<Option<DbInstanceLive>, Fault> {
    Ok(match progress(cloud, &of.identifier).await? {
        Progress::Beside { restored, .. } => Some(*restored),
        Progress::None | Progress::Swapped(_) => None,
    })
}

/// What is to be done about a restore that has not ended, of which `live` tells.
pub(super) fn unfinished(live: &DbInstanceLive) -> Message {
    let restore = "a restore has not ended";
    match live.restored_from() {
        Some(from) => message![restore, ": ", from.command(), " goes on with it"],
        None => restore.into(),
    }
}

/// Renames an instance and waits until it answers under its new name.
async fn moved(
    step: &Step<Cloud>,
    from: &DbInstanceLive,
    to: &str,
) -> Result<DbInstanceLive, Fault> {
    let mut asked = false;
    step.until(async || {
        let (before, after) = tokio::try_join!(
            DbInstanceLive::read(step.job(), &from.identifier),
            DbInstanceLive::read(step.job(), to)
        )?;
        match (before, after) {
            // From before the rename: what is tagged by its ARN would not be there.
            (None, Some(now)) if !now.identifier.eq_ignore_ascii_case(to) => {
                Ok(Ready::NotYet(format!("being renamed to {to}")))
            }
            (None, Some(now)) if now.resource_id != from.resource_id => {
                let what = format!(
                    "`{}` is gone, and `{to}` is another instance",
                    from.identifier
                );
                Err(Fault::new("db-instance", Class::Conflict, what))
            }
            (None, Some(now)) => {
                now.check()?;
                // The endpoint may be that of the former name still, for a look or two.
                let answers = now.status == "available" && !now.host.is_empty();
                Ok(match answers {
                    true => Ready::Yes(now),
                    false => Ready::NotYet(now.status),
                })
            }
            (None, None) => Ok(Ready::NotYet(format!("renamed to {to}"))),
            (Some(now), _) => {
                if !asked && now.status != "renaming" {
                    match rename(step.job(), &now, to).await {
                        // A reply was lost, and when it was asked again the name was gone: what bears
                        // the new one says the rest.
                        Err(fault) if fault.code == "DBInstanceNotFound" => {}
                        answer => answer?,
                    }
                    asked = true;
                }
                Ok(Ready::NotYet(format!("being renamed to {to}")))
            }
        }
    })
    .await
}

/// Says that the stack runs again on the restored instance: the next restore is a new one.
///
/// # Errors
/// The fault of the request.
pub async fn finish(
    run: &RunContext,
    address: &Address,
    live: &DbInstanceLive,
) -> Result<(), Fault> {
    settle(&run.job(address), live).await
}

/// Whether an instance tells of a restore: that it took another one's place, or what went back with it.
pub(super) fn is_marked(live: &DbInstanceLive) -> bool {
    live.displaces().is_some() || live.back_to().is_some()
}

/// Forgets that: something else is about to be done with it, and no restore is to be gone on with.
///
/// # Errors
/// The fault of a request.
pub(crate) async fn forget(job: &Job, identifier: &str) -> Result<(), Fault> {
    match DbInstanceLive::read(job, identifier).await? {
        Some(there) if is_marked(&there) => from_backup::forget(job, &there).await,
        _ => Ok(()),
    }
}
