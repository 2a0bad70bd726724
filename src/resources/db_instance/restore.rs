//! An instance made of a snapshot, made like another, and given another's name.

use aws_sdk_rds::types as api;

use crate::aws::{Job, Tags, fault};
use crate::engine::{Changes, Effect, Fault, Resource, diff};

use super::super::rds::rds_tags;
use super::calls::modify;
use super::patience::patiently;
use super::props::{DbInstanceLive, DbInstanceProps};
use super::read::{live, one};
use super::DbInstance;

const RESTORE: &str = "rds:RestoreDBInstanceFromDBSnapshot";
const MODIFY: &str = "rds:ModifyDBInstance";

/// Makes `identifier` of a snapshot, where `like` is: same class, network and parameters. Exports of
/// logs come later: they would make log groups of the passing name.
///
/// # Errors
/// The fault of the call.
pub(crate) async fn restore(
    job: &Job,
    like: &DbInstanceLive,
    identifier: &str,
    snapshot: &str,
    tags: &Tags,
) -> Result<DbInstanceLive, Fault> {
    let said = &like.props;
    let request = job
        .rds
        .restore_db_instance_from_db_snapshot()
        .db_instance_identifier(identifier)
        .db_snapshot_identifier(snapshot)
        .db_instance_class(&said.instance_class)
        .multi_az(said.multi_az)
        .db_subnet_group_name(&said.subnet_group)
        .db_parameter_group_name(&said.parameter_group)
        .set_vpc_security_group_ids(Some(said.groups.clone()))
        .publicly_accessible(said.public)
        .auto_minor_version_upgrade(said.auto_minor_version)
        .copy_tags_to_snapshot(said.copy_tags)
        .deletion_protection(said.deletion_protection)
        .engine_lifecycle_support(if said.extended_support {
            "open-source-rds-extended-support"
        } else {
            "open-source-rds-extended-support-disabled"
        })
        .set_tags(Some(rds_tags(tags)));
    match request.send().await.map_err(fault(RESTORE)) {
        Ok(made) => live(
            made.db_instance
                .ok_or_else(|| Fault::incomplete(RESTORE, "DBInstance"))?,
        ),
        // A reply that was lost: its tags are those that were asked for.
        Err(fault) if fault.code == "DBInstanceAlreadyExists" => {
            let there = one(job, identifier).await?;
            there
                .filter(|there| tags.iter().all(|(key, value)| there.tags.get(key) == Some(value)))
                .ok_or(fault)
        }
        Err(fault) => Err(fault),
    }
}

/// Gives an instance another identifier, at once. It is `renaming` for a while.
///
/// # Errors
/// The fault of the call.
pub(crate) async fn rename(job: &Job, from: &str, to: &str) -> Result<(), Fault> {
    let request = job
        .rds
        .modify_db_instance()
        .db_instance_identifier(from)
        .new_db_instance_identifier(to)
        .apply_immediately(true);
    patiently(job, from, || async {
        request.clone().send().await.map_err(fault(MODIFY))
    })
    .await
    .map(|_: aws_sdk_rds::operation::modify_db_instance::ModifyDbInstanceOutput| ())
}

/// Changes what a restore takes from nowhere (backups, windows, insights, exports …) to what `old`
/// has. Answers the instance to wait for.
///
/// # Errors
/// The fault of the call.
pub(crate) async fn settle_like(
    job: &Job,
    new: &DbInstanceLive,
    old: &DbInstanceLive,
) -> Result<DbInstanceLive, Fault> {
    let want = DbInstanceProps {
        identifier: new.props.identifier.clone(),
        available: new.props.available,
        deferred: None,
        master_password: new.props.master_password.clone(),
        final_snapshot: new.props.final_snapshot,
        disposable: new.props.disposable,
        tags: new.props.tags.clone(),
        // The storage of an instance never shrinks.
        storage_gb: new.props.storage_gb.max(old.props.storage_gb),
        ..old.props.clone()
    };
    let json = |props| serde_json::to_value(props).unwrap_or_default();
    let differs = diff(
        &json(&want),
        &json(&new.props),
        DbInstance::effect,
        DbInstance::sensitive,
    );
    let changes = Changes(
        differs
            .0
            .into_iter()
            .filter(|change| DbInstance::effect(&change.path) == Effect::InPlace)
            .collect(),
    );
    let settling = modify(job, new, &want, &changes, true).await?;
    Ok(DbInstanceLive {
        settling,
        ..new.clone()
    })
}

/// Whether a snapshot can be restored.
pub(crate) fn is_whole(snapshot: &api::DbSnapshot) -> bool {
    snapshot.status() == Some("available")
}
