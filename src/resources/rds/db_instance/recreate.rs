//! An instance made anew of a snapshot, in the place of one that is gone.

use crate::aws::{Job, Required, Tags, answer_of};
use crate::engine::{Class, Fault, Pace, Ready};
use crate::message::{commands, message};

use super::calls::{STRIPED_GB, number, support, tags_wanted};
use super::props::{DbInstanceLive, DbInstanceProps};
use super::read::{MASTER_TAG, live, one};
use super::restore::{FROM_TAG, RestoreSource, start_restore};
use crate::resources::rds::rds_tags;

/// What a restore takes on AWS, more or less.
pub(super) const RESTORE: Pace = Pace::of(1500, 3 * 60 * 60, 15);

/// Restores `snapshot` as the instance that is wanted, and gives it what a restore does not take over.
/// It is the stack's from the beginning: an interrupted run is gone on with by the next `up`.
///
/// # Errors
/// RDS's refusal, a state that it does not mend, or an interruption.
pub(super) async fn restore(
    job: &Job,
    want: &DbInstanceProps,
    snapshot: &str,
) -> Result<DbInstanceLive, Fault> {
    const OPERATION: &str = "rds:RestoreDBInstanceFromDBSnapshot";
    let request = (job.rds.describe_db_snapshots()).db_snapshot_identifier(snapshot);
    let held = answer_of("rds:DescribeDBSnapshots", request.send().await)?;
    let held = held.db_snapshots().first();
    let held = held.and_then(|one| one.allocated_storage()).unwrap_or(0);
    // Never less than it holds.
    let size = number(want.storage_gb).max(held);
    let striped = u32::try_from(size).is_ok_and(|size| size >= STRIPED_GB);
    let mut tags = tags_wanted(job, want);
    // The password is that of the day of the snapshot until it has been set.
    tags.remove(MASTER_TAG);
    let source = RestoreSource::Snapshot(snapshot.to_owned());
    tags.insert(FROM_TAG.to_owned(), source.as_tag());
    job.note(format!("is restored from the snapshot `{snapshot}`"));
    let request = (job.rds.restore_db_instance_from_db_snapshot())
        .db_instance_identifier(&want.identifier)
        .db_snapshot_identifier(snapshot)
        .db_instance_class(&want.instance_class)
        .db_subnet_group_name(&want.subnet_group)
        .set_vpc_security_group_ids(Some(want.groups.clone()))
        .db_parameter_group_name(&want.parameter_group)
        .multi_az(want.multi_az)
        .publicly_accessible(want.public)
        .storage_type(&want.storage_type)
        .allocated_storage(size)
        .set_iops(want.iops.filter(|_| striped).map(number))
        .set_storage_throughput(want.throughput.filter(|_| striped).map(number))
        .engine_lifecycle_support(support(want.extended_support))
        .auto_minor_version_upgrade(want.auto_minor_version)
        .enable_iam_database_authentication(want.iam_authentication)
        .set_enable_cloudwatch_logs_exports(Some(want.log_exports.clone()))
        .copy_tags_to_snapshot(want.copy_tags)
        .deletion_protection(want.deletion_protection)
        .set_tags(Some(rds_tags(&tags)));
    let made = answer_of(OPERATION, request.send().await)?;
    let made = made.db_instance.required(OPERATION, "DBInstance")?;
    bring(job, live(made)?, want).await
}

/// Waits until a restored instance can be changed, and makes it as it is wanted.
///
/// # Errors
/// As [`restore`].
pub(super) async fn bring(
    job: &Job,
    made: DbInstanceLive,
    want: &DbInstanceProps,
) -> Result<DbInstanceLive, Fault> {
    let settled = || async {
        let Some(now) = one(job, &made.identifier).await? else {
            return Ok(Ready::NotYet("spreading".to_owned()));
        };
        now.ensure_usable()?;
        Ok(match now.is_settled() {
            true => Ready::Yes(now),
            false => Ready::NotYet(now.status),
        })
    };
    let late = |fault: Fault| match fault.class {
        Class::TimedOut => fault.hint(message![
            "AWS goes on, and ",
            commands::up(),
            " goes on with it"
        ]),
        _ => fault,
    };
    let now = job.until(RESTORE, settled).await.map_err(late)?;
    let have = &now.props;
    let want = DbInstanceProps {
        identifier: have.identifier.clone(),
        available: have.available,
        deferred: None,
        version: have.version.clone(),
        storage_gb: have.storage_gb,
        iops: have.iops,
        throughput: have.throughput,
        name: have.name.clone(),
        master_username: have.master_username.clone(),
        encrypted: have.encrypted,
        kms_key: have.kms_key.clone(),
        subnet_group: have.subnet_group.clone(),
        extended_support: have.extended_support,
        final_snapshot: have.final_snapshot,
        disposable: have.disposable,
        tags: Tags::new(),
        ..want.clone()
    };
    let asked = start_restore(job, &now, &want).await?;
    Ok(DbInstanceLive {
        settling: asked,
        ..now
    })
}
