//! Snapshots: those there are, and one more.

use std::time::SystemTime;

use aws_sdk_rds::types as api;
use aws_smithy_types::DateTime;
use serde::Serialize;

use crate::aws::{ADDRESS_TAG, Cloud, RunContext, STACK_TAG, all_tags, fault};
use crate::engine::{Address, Class, Estimate, Fault, Pace, Ready, Step, Verb};
use crate::resources::DbInstanceLive;
use crate::resources::rds::db_instance::history::{Past, history};
use crate::resources::rds::db_instance::leftovers;

use super::rfc3339;

/// What a snapshot takes on AWS, more or less.
pub(crate) const SNAPSHOT: Pace = Pace::of(240, 2 * 60 * 60, 10);

/// How long a snapshot of an instance usually takes, by its last backups; `None` where RDS does not tell.
pub(crate) async fn usual_backup(cloud: &Cloud, identifier: &str) -> Option<Estimate> {
    let known = history(cloud, identifier, &[Past::Backup]).await.ok()?;
    known.usual(Past::Backup)
}

/// One snapshot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backup {
    /// Its name.
    pub name: String,
    /// `manual` stays until somebody deletes it; `automated` goes with its retention period and its
    /// instance.
    pub kind: String,
    /// RDS's word for how it is.
    pub status: String,
    /// When it was taken, RFC 3339.
    pub taken: Option<String>,
    /// Seconds since then.
    pub age_s: Option<i64>,
    /// GiB of the volume that it would be restored to.
    pub size_gb: Option<i32>,
    /// PostgreSQL's version.
    pub version: String,
    /// The instance that it was taken of, by the name that it had then.
    pub of: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
}

/// Every snapshot of the stack's database, the newest first: of the instance called `identifier`, and
/// those that carry the stack's tags because an instance before it had them.
///
/// # Errors
/// The fault of a request.
pub async fn backups(
    cloud: &Cloud,
    address: &Address,
    identifier: &str,
) -> Result<Vec<Backup>, Fault> {
    let of = |one: &api::DbSnapshot| {
        is_ours(cloud, address, one) || one.db_instance_identifier() == Some(identifier)
    };
    some(cloud, of).await
}

/// The snapshots that ajuda took of the stack's database and of those that stood in its place, the newest first.
///
/// RDS copies an instance's tags to snapshots that others take of it (`CopyTagsToSnapshot`), so that those of the
/// stack do not tell. What ajuda takes bears its own name as the tag `Name`, and what a deletion leaves is
/// called as ajuda calls it.
///
/// # Errors
/// The fault of a request.
pub async fn taken(
    cloud: &Cloud,
    address: &Address,
    identifier: &str,
) -> Result<Vec<Backup>, Fault> {
    let of = |one: &api::DbSnapshot| {
        let name = one.db_snapshot_identifier().unwrap_or_default();
        let from = one.db_instance_identifier().unwrap_or_default();
        let made = is_ours(cloud, address, one) && tag(one, "Name") == Some(name);
        let stack = tag(one, STACK_TAG);
        let last = is_final(name, from)
            && (from == identifier || leftovers::is_left(from, identifier))
            && stack.is_none_or(|stack| stack == cloud.place.stack);
        one.snapshot_type() == Some("manual") && (made || last)
    };
    some(cloud, of).await
}

fn is_ours(cloud: &Cloud, address: &Address, snapshot: &api::DbSnapshot) -> bool {
    tag(snapshot, STACK_TAG) == Some(&cloud.place.stack)
        && tag(snapshot, ADDRESS_TAG) == Some(&address.to_string())
}

fn tag<'s>(snapshot: &'s api::DbSnapshot, key: &str) -> Option<&'s str> {
    let mut tags = snapshot.tag_list().iter();
    tags.find(|tag| tag.key() == Some(key))?.value()
}

/// Whether the deletion of the instance `of` leaves a snapshot of that name.
fn is_final(name: &str, of: &str) -> bool {
    let end = name
        .strip_prefix(of)
        .and_then(|end| end.strip_prefix("-final-"));
    end.is_some_and(|end| end.len() == 20 && end.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Those of all snapshots that `is` picks, the newest first.
async fn some(cloud: &Cloud, is: impl Fn(&api::DbSnapshot) -> bool) -> Result<Vec<Backup>, Fault> {
    let mut pages = cloud
        .rds
        .describe_db_snapshots()
        .into_paginator()
        .items()
        .send();
    let mut found: Vec<(Option<DateTime>, Backup)> = Vec::new();
    while let Some(snapshot) = pages.next().await {
        let snapshot = snapshot.map_err(fault("rds:DescribeDBSnapshots"))?;
        if is(&snapshot) {
            found.push((snapshot.snapshot_create_time, backup(&snapshot)));
        }
    }
    found.sort_by_key(|(time, _)| std::cmp::Reverse(time.map(|time| time.as_nanos())));
    Ok(found.into_iter().map(|(_, backup)| backup).collect())
}

/// The snapshot of that name, whoever's it is.
///
/// # Errors
/// The fault of the request.
pub async fn named(cloud: &Cloud, name: &str) -> Result<Option<Backup>, Fault> {
    let answer = cloud
        .rds
        .describe_db_snapshots()
        .db_snapshot_identifier(name)
        .send()
        .await
        .map_err(fault("rds:DescribeDBSnapshots"));
    match answer {
        Ok(answer) => Ok(answer.db_snapshots().first().map(backup)),
        Err(fault) if fault.is_absent() => Ok(None),
        Err(fault) => Err(fault),
    }
}

fn backup(snapshot: &api::DbSnapshot) -> Backup {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let now = DateTime::from(SystemTime::now());
    Backup {
        name: text(snapshot.db_snapshot_identifier()),
        kind: text(snapshot.snapshot_type()),
        status: text(snapshot.status()),
        taken: snapshot.snapshot_create_time().and_then(rfc3339),
        age_s: snapshot
            .snapshot_create_time()
            .map(|taken| (now.secs() - taken.secs()).max(0)),
        size_gb: snapshot.allocated_storage(),
        version: text(snapshot.engine_version()),
        of: text(snapshot.db_instance_identifier()),
        encrypted: snapshot.encrypted().unwrap_or_default(),
    }
}

/// The tag of a snapshot that says what it was taken before.
const BEFORE_TAG: &str = "ajuda:before";
/// How long a snapshot of an interrupted run serves, in seconds: what is written meanwhile is not in it.
const SERVES: i64 = 60 * 60;

/// The snapshot of the instance called `identifier` that a run took before the very thing that `before`
/// names, within the last hour, when it did not come to that thing any more.
///
/// # Errors
/// The fault of the request.
pub async fn taken_before(
    cloud: &Cloud,
    identifier: &str,
    before: &str,
) -> Result<Option<String>, Fault> {
    let mut pages = cloud
        .rds
        .describe_db_snapshots()
        .db_instance_identifier(identifier)
        .into_paginator()
        .items()
        .send();
    let mut newest: Option<api::DbSnapshot> = None;
    while let Some(snapshot) = pages.next().await {
        let snapshot = snapshot.map_err(fault("rds:DescribeDBSnapshots"))?;
        let tags = snapshot.tag_list().iter();
        let mut tags = tags.map(|tag| (tag.key().unwrap_or_default(), tag.value()));
        let fits = tags.any(|tag| tag == (BEFORE_TAG, Some(before)))
            && backup(&snapshot).age_s.is_none_or(|age| age < SERVES)
            && matches!(snapshot.status(), Some("available" | "creating"));
        let newer = newest
            .as_ref()
            .is_none_or(|one| one.snapshot_create_time() < snapshot.snapshot_create_time());
        if fits && newer {
            newest = Some(snapshot);
        }
    }
    Ok(newest.and_then(|one| one.db_snapshot_identifier))
}

/// Takes a snapshot called `name` and waits for it. One of that name that is being taken of the same
/// instance is waited for: a reply may have been lost. `before` says what it is taken before, for
/// [`taken_before`]; `begun` is one that was found by that.
///
/// # Errors
/// The fault of a request, or an interruption: RDS goes on with the snapshot.
pub async fn back_up(
    run: &RunContext,
    address: &Address,
    live: &DbInstanceLive,
    name: &str,
    before: Option<&str>,
    begun: bool,
) -> Result<Backup, Fault> {
    let at = Address::new("db-snapshot", name);
    let act = async |step: &Step<Cloud>| take(step, address, live, name, before, begun).await;
    run.step(at, Verb::Create, SNAPSHOT, act).await
}

/// The same as part of something that is told by its caller.
pub(crate) async fn take(
    step: &Step<Cloud>,
    address: &Address,
    live: &DbInstanceLive,
    name: &str,
    before: Option<&str>,
    begun: bool,
) -> Result<Backup, Fault> {
    const OPERATION: &str = "rds:CreateDBSnapshot";
    // The tags are those of the database: `backups` finds what has them.
    let mut tags = all_tags(step.job(), &live.file_tags());
    tags.insert(ADDRESS_TAG.to_owned(), address.to_string());
    tags.insert("Name".to_owned(), name.to_owned());
    if let Some(before) = before {
        tags.insert(BEFORE_TAG.to_owned(), before.to_owned());
    }
    let tags = crate::aws::tag_list(&tags, |key, value| {
        api::Tag::builder().key(key).value(value).build()
    });
    let mut asked = begun;
    let probe = async || {
        if !asked {
            let made = step
                .job()
                .rds
                .create_db_snapshot()
                .db_instance_identifier(&live.identifier)
                .db_snapshot_identifier(name)
                .set_tags(Some(tags.clone()))
                .send()
                .await
                .map_err(fault(OPERATION));
            match made {
                Ok(_) => asked = true,
                // The instance is busy with something else, a backup of its own perhaps.
                Err(fault) if fault.code == "InvalidDBInstanceState" => {
                    let now = DbInstanceLive::read(step.job(), &live.identifier).await?;
                    now.as_ref().map_or(Ok(()), DbInstanceLive::check)?;
                    let doing = now.map_or_else(|| "away".to_owned(), |now| now.status);
                    let doing = format!("waiting for the instance, which is {doing}");
                    return Ok(Ready::NotYet(doing));
                }
                Err(fault) if fault.code == "DBSnapshotAlreadyExists" => {
                    let there = named(step.job(), name).await?;
                    // Names hold the second: an older one was there before this run.
                    let just_now = |there: &Backup| {
                        there.of == live.identifier && there.age_s.is_some_and(|age| age < 300)
                    };
                    if !there.as_ref().is_some_and(just_now) {
                        return Err(fault.hint("give it another --name"));
                    }
                    asked = true;
                }
                Err(fault) => return Err(fault),
            }
        }
        match named(step.job(), name).await? {
            Some(there) if there.status == "available" => Ok(Ready::Yes(there)),
            Some(there) if there.status == "failed" => {
                let what = format!("the snapshot `{name}` failed");
                Err(Fault::new(OPERATION, Class::Failed, what))
            }
            Some(there) => Ok(Ready::NotYet(there.status)),
            None => Ok(Ready::NotYet("spreading".to_owned())),
        }
    };
    step.until(probe).await
}
