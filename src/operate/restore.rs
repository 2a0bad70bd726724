//! Brings the database back to a snapshot, under its own name.
//!
//! RDS restores only into a new instance (`RestoreDBInstanceFromDBSnapshot`). It is made beside the
//! old one, which then gives its identifier away and stays under another: the endpoint is made of
//! the identifier, so that nothing else changes ("Renaming a DB instance", RDS User Guide).

use super::{marks, snapshot};
use crate::aws::{Cloud, STACK_TAG, Tags};
use crate::engine::{Address, Class, Fault, Halted, Job, Pace, Ready, Resource, Step, Verb, Work};
use crate::resources::DbInstance;
use crate::resources::db_instance::{DbInstanceLive, all, one, rename, restore, settle_like};
use crate::resources::rds::{tag_rds, tags_of_rds, untag_rds};

/// On an instance that is being restored: the stack whose database it will be.
const RESTORING: &str = "ajuda:restoring";
/// On the same: the identifier that the old instance gets.
const ASIDE: &str = "ajuda:aside";

/// What stands between the database's identifier and the time, in the name of the old one.
const MARK: &str = "-aside-";
/// On the stack's database: the snapshot that it was made of, until something else migrates it.
const RESTORED: &str = "ajuda:restored";

/// The address of the stack's database.
pub(crate) fn address() -> Address {
    Address::new(DbInstance::KIND, "main")
}

/// Brings `instance` back to `snapshot`, from wherever an interrupted run left it.
///
/// # Errors
/// When a step failed, which the report of the work tells.
pub(crate) async fn carry_out(
    work: &mut Work<Cloud>,
    instance: &str,
    snapshot: &str,
) -> Result<(), Halted> {
    let pace = Pace::of(1500, 3 * 60 * 60, 15);
    work.step(address(), Verb::Update, pace, async |step| {
        swap(step, instance, snapshot).await
    })
    .await
}

async fn swap(step: &Step<Cloud>, instance: &str, snapshot: &str) -> Result<(), Fault> {
    let job = step.job();
    let beside = format!("{instance}-restored");
    let is_new = |live: &DbInstanceLive| live.tags().contains_key(RESTORING);
    let there = one(job, instance).await?;
    let is = |there: &DbInstanceLive| {
        !is_new(there) && there.tags().get(RESTORED).is_some_and(|of| of == snapshot)
    };
    if there.as_ref().is_some_and(is) {
        job.note(format!("an earlier run has restored {snapshot} already"));
        return Ok(());
    }
    let new = one(job, &beside).await?;
    // Both have their names already, only the last touches are missing.
    let (mut new, aside) = match (&there, new) {
        (Some(there), _) if is_new(there) => (there.clone(), aside_of(there)?),
        (_, Some(new)) if is_new(&new) => {
            let aside = aside_of(&new)?;
            (new, aside)
        }
        (_, Some(_)) => return Err(taken(&beside)),
        (None, None) => return Err(gone(instance)),
        (Some(old), None) => {
            let aside = format!("{instance}{MARK}{}", marks::stamp());
            let mut tags = new_tags(job, old, &aside);
            tags.extend(passwords_of(job, snapshot).await?);
            job.note(format!("the snapshot {snapshot} is restored as {beside}"));
            (restore(job, old, &beside, snapshot, &tags).await?, aside)
        }
    };
    if new.identifier == beside {
        wait_for(step, &beside).await?;
        if one(job, instance).await?.is_some() {
            job.note(format!("{instance}, as it is, becomes {aside}"));
            rename(job, instance, &aside).await?;
        }
        wait_for(step, &aside).await?;
        job.note(format!("{beside} becomes {instance}"));
        rename(job, &beside, instance).await?;
        new = wait_for(step, instance).await?;
    }
    let old = one(job, &aside).await?;
    if let Some(old) = &old {
        let settling = settle_like(job, &new, old).await?;
        step.until(async || DbInstance::ready(job, &settling).await)
            .await?;
        // Until now an `up` took it for the stack's database, and made no other.
        untag_rds(job, &old.arn, &[STACK_TAG]).await?;
    }
    let ours = Tags::from([
        (STACK_TAG.to_owned(), job.place.stack.clone()),
        (RESTORED.to_owned(), snapshot.to_owned()),
    ]);
    tag_rds(job, &new.arn, &ours).await?;
    untag_rds(job, &new.arn, &[RESTORING, ASIDE]).await?;
    if old.is_some() {
        job.note(format!(
            "the database as it was is still there, as {aside}, and costs as much; when nobody needs it any more: \
             `aws rds delete-db-instance --db-instance-identifier {aside} --final-db-snapshot-identifier {aside}-final` \
             (after `aws rds modify-db-instance --db-instance-identifier {aside} --no-deletion-protection --apply-immediately`)"
        ));
    }
    Ok(())
}

/// The identifier of the database that an interrupted run was bringing back.
///
/// # Errors
/// The fault of a call.
pub(crate) async fn interrupted(cloud: &Cloud) -> Result<Option<String>, Fault> {
    let all = all(cloud).await?;
    let ours = all
        .iter()
        .find(|one| one.tags().get(RESTORING) == Some(&cloud.place.stack));
    let aside = ours.map(aside_of).transpose()?;
    Ok(aside.and_then(|aside| Some(aside.rsplit_once(MARK)?.0.to_owned())))
}

/// Whatever the database was made of, it is about to become something else.
///
/// # Errors
/// The fault of a call.
pub(crate) async fn forget(job: &Job<Cloud>, instance: &str) -> Result<(), Fault> {
    match one(job, instance).await? {
        Some(there) if there.tags().contains_key(RESTORED) => {
            untag_rds(job, &there.arn, &[RESTORED]).await
        }
        _ => Ok(()),
    }
}

/// The tags of the stack's database, but that it is none yet: a plan must not find two.
fn new_tags(cloud: &Cloud, old: &DbInstanceLive, aside: &str) -> Tags {
    let mut tags: Tags = old
        .tags()
        .iter()
        .filter(|(key, _)| {
            !key.starts_with("aws:") && ![STACK_TAG, RESTORED].contains(&key.as_str())
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    tags.insert(RESTORING.to_owned(), cloud.place.stack.clone());
    tags.insert(ASIDE.to_owned(), aside.to_owned());
    tags
}

/// What the snapshot says of the passwords in it.
async fn passwords_of(cloud: &Cloud, name: &str) -> Result<Tags, Fault> {
    let snapshot = snapshot::describe(cloud, name).await?;
    let tags = snapshot.map(|snapshot| tags_of_rds(snapshot.tag_list()));
    let told = tags.unwrap_or_default().into_iter();
    Ok(told
        .filter(|(key, _)| snapshot::PASSWORDS.contains(&key.as_str()))
        .collect())
}

fn aside_of(new: &DbInstanceLive) -> Result<String, Fault> {
    let aside = new.tags().get(ASIDE).cloned();
    aside.ok_or_else(|| Fault::incomplete("rds:DescribeDBInstances", ASIDE))
}

/// Waits until an instance of that name can be used.
async fn wait_for(step: &Step<Cloud>, identifier: &str) -> Result<DbInstanceLive, Fault> {
    step.until(async || match one(step.job(), identifier).await? {
        Some(now) => {
            let ready = DbInstance::ready(step.job(), &now).await?;
            Ok(match ready {
                Ready::NotYet(doing) => Ready::NotYet(format!("{identifier} is {doing}")),
                ready => ready,
            })
        }
        None => Ok(Ready::NotYet(format!("{identifier} is not there yet"))),
    })
    .await
}

fn taken(beside: &str) -> Fault {
    Fault::new(
        beside,
        Class::Conflict,
        format!("an instance called `{beside}` is there already, and it is none of this stack's"),
    )
    .hint("rename it, then run this again")
}

fn gone(instance: &str) -> Fault {
    Fault::new(
        instance,
        Class::Absent,
        format!("the instance `{instance}` is not there"),
    )
}
