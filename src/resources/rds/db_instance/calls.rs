//! Making and changing an instance of RDS.

use aws_sdk_rds::operation::create_db_instance::builders::CreateDBInstanceFluentBuilder;
use aws_sdk_rds::types as api;

use crate::aws::{Job, Required, Tags, answer_of};
use crate::engine::{Changes, Class, Fault, Field};
use crate::{field, fields};

use super::busy_retry::when_not_busy;
use super::props::{DbInstanceLive, DbInstanceProps};
use super::read::{FINAL_SNAPSHOT_TAG, MASTER_TAG, live};
use super::storage::in_words;
use super::version::{is_major, resolve};
use crate::resources::ownership::data_tags;
use crate::resources::rds::rds_tags;
use crate::resources::secrets_manager::secret_version::{SecretVersion, field, held_value};

/// From this size on PostgreSQL's gp3 volumes have more than one stripe, and only then can IOPS and
/// throughput be set (RDS User Guide, "gp3 storage").
pub(super) const STRIPED_GB: u32 = 400;
/// The least IOPS and MiB/s of a striped volume.
const STRIPED_SPEED: (i32, i32) = (12_000, 500);

/// Every tag of an instance.
pub(super) fn tags_wanted(job: &Job, want: &DbInstanceProps) -> Tags {
    let mut tags = data_tags(job, &want.tags, want.disposable);
    let snapshot = if want.final_snapshot { "yes" } else { "no" };
    tags.insert(FINAL_SNAPSHOT_TAG.to_owned(), snapshot.to_owned());
    tags.insert(MASTER_TAG.to_owned(), want.master_password.to_string());
    tags
}

/// Makes an instance.
pub(super) async fn create(job: &Job, want: &DbInstanceProps) -> Result<DbInstanceLive, Fault> {
    let version = resolve(job, &want.version).await?;
    let password = password(job, &want.master_password).await?;
    let request = request(job, want)
        .engine_version(version)
        .master_user_password(password)
        .set_tags(Some(rds_tags(&tags_wanted(job, want))));
    // The first instance of an account makes RDS's own role, which takes a moment to spread
    // (RDS User Guide, "Using service-linked roles").
    let spreads = |fault: &Fault| {
        fault.is("rds:CreateDBInstance", &["InvalidParameterValue"])
            && fault
                .message
                .to_ascii_lowercase()
                .contains("service linked role")
    };
    let made = job
        .settle(
            |fault| spreads(fault) || monitoring_spreads("rds:CreateDBInstance", fault),
            || async { answer_of("rds:CreateDBInstance", request.clone().send().await) },
        )
        .await?;
    live(
        made.db_instance
            .required("rds:CreateDBInstance", "DBInstance")?,
    )
}

/// The role for enhanced monitoring was made a moment ago: RDS says that its ARN is invalid.
fn monitoring_spreads(operation: &str, fault: &Fault) -> bool {
    fault.is(operation, &["InvalidParameterValue"]) && fault.message.contains("ENHANCED_MONITORING")
}

fn request(job: &Job, want: &DbInstanceProps) -> CreateDBInstanceFluentBuilder {
    job.rds
        .create_db_instance()
        .db_instance_identifier(&want.identifier)
        .engine("postgres")
        .db_name(&want.name)
        .db_instance_class(&want.instance_class)
        .allocated_storage(number(want.storage_gb))
        .storage_type(&want.storage_type)
        .set_max_allocated_storage(Some(number(want.max_storage_gb)).filter(|max| *max > 0))
        .set_iops(want.iops.map(number))
        .set_storage_throughput(want.throughput.map(number))
        .multi_az(want.multi_az)
        .master_username(&want.master_username)
        .db_subnet_group_name(&want.subnet_group)
        .db_parameter_group_name(&want.parameter_group)
        .set_vpc_security_group_ids(Some(want.groups.clone()))
        .publicly_accessible(want.public)
        .storage_encrypted(want.encrypted)
        .set_kms_key_id(want.kms_key.clone())
        .backup_retention_period(number(want.backup_days))
        .set_preferred_backup_window(want.backup_window.clone())
        .set_preferred_maintenance_window(want.maintenance_window.clone())
        .auto_minor_version_upgrade(want.auto_minor_version)
        .engine_lifecycle_support(support(want.extended_support))
        .database_insights_mode(insights_mode(want))
        .enable_performance_insights(want.performance_insights)
        .set_performance_insights_retention_period(want.performance_insights_days)
        .monitoring_interval(number(want.monitoring_seconds))
        .set_monitoring_role_arn(want.monitoring_role.clone())
        .enable_iam_database_authentication(want.iam_authentication)
        .set_enable_cloudwatch_logs_exports(Some(want.log_exports.clone()))
        .copy_tags_to_snapshot(want.copy_tags)
        .deletion_protection(want.deletion_protection)
}

/// Asks for what differs, in one call, and for what waits if it shall not. Answers whether something
/// was asked for that is done at once.
pub(super) async fn modify(
    job: &Job,
    live: &DbInstanceLive,
    want: &DbInstanceProps,
    changes: &Changes,
    immediately: bool,
) -> Result<bool, Fault> {
    const ELSEWHERE: [Field; 4] =
        fields!(DbInstanceProps, available, tags, disposable, final_snapshot);
    let asked = |path: &str| !ELSEWHERE.iter().any(|field| field.covers(path));
    if !changes.fields.iter().any(|change| asked(&change.path)) {
        return Ok(false);
    }
    let (have, changed) = (&live.props, |field| changes.changed(field));
    // What waits is asked for again, because a call without a change is refused.
    let waits = |field| changed(field) || changed(field!(DbInstanceProps, deferred));
    let version = if waits(field!(DbInstanceProps, version)) {
        Some(resolve(job, &want.version).await?)
    } else {
        None
    };
    let password = if changed(field!(DbInstanceProps, master_password)) {
        Some(password(job, &want.master_password).await?)
    } else {
        None
    };
    let storage = changed(field!(DbInstanceProps, storage_gb))
        || changed(field!(DbInstanceProps, iops))
        || changed(field!(DbInstanceProps, throughput))
        || changed(field!(DbInstanceProps, deferred));
    let speed = speed(live, want).filter(|_| storage);
    let monitoring = changes.any_changed(&fields!(
        DbInstanceProps,
        monitoring_seconds,
        monitoring_role
    ));
    let text = |field, value: &String| changed(field).then(|| value.clone());
    let flag = |field, value: bool| changed(field).then_some(value);
    let request = job
        .rds
        .modify_db_instance()
        .db_instance_identifier(&live.identifier)
        .apply_immediately(immediately)
        .set_allow_major_version_upgrade(
            version
                .as_ref()
                .map(|version| is_major(&have.version, version)),
        )
        .set_engine_version(version)
        .set_db_instance_class(
            waits(field!(DbInstanceProps, instance_class)).then(|| want.instance_class.clone()),
        )
        .set_allocated_storage(storage.then(|| number(want.storage_gb)))
        .set_iops(speed.map(|(iops, _)| iops))
        .set_storage_throughput(speed.map(|(_, throughput)| throughput))
        .set_storage_type(
            waits(field!(DbInstanceProps, storage_type)).then(|| want.storage_type.clone()),
        )
        // The present size as its ceiling switches autoscaling off.
        .set_max_allocated_storage(changed(field!(DbInstanceProps, max_storage_gb)).then(|| {
            match want.max_storage_gb {
                0 => number(want.storage_gb),
                max => number(max),
            }
        }))
        .set_multi_az(waits(field!(DbInstanceProps, multi_az)).then_some(want.multi_az))
        .set_master_user_password(password)
        .set_db_parameter_group_name(text(
            field!(DbInstanceProps, parameter_group),
            &want.parameter_group,
        ))
        .set_vpc_security_group_ids(
            changed(field!(DbInstanceProps, groups)).then(|| want.groups.clone()),
        )
        .set_publicly_accessible(flag(field!(DbInstanceProps, public), want.public))
        .set_backup_retention_period(
            waits(field!(DbInstanceProps, backup_days)).then(|| number(want.backup_days)),
        )
        .set_preferred_backup_window(
            want.backup_window
                .clone()
                .filter(|_| changed(field!(DbInstanceProps, backup_window))),
        )
        .set_preferred_maintenance_window(
            want.maintenance_window
                .clone()
                .filter(|_| changed(field!(DbInstanceProps, maintenance_window))),
        )
        .set_auto_minor_version_upgrade(flag(
            field!(DbInstanceProps, auto_minor_version),
            want.auto_minor_version,
        ))
        .set_engine_lifecycle_support(
            changed(field!(DbInstanceProps, extended_support))
                .then(|| support(want.extended_support).to_owned()),
        )
        .set_database_insights_mode(
            changed(field!(DbInstanceProps, database_insights)).then(|| insights_mode(want)),
        )
        .set_enable_performance_insights(flag(
            field!(DbInstanceProps, performance_insights),
            want.performance_insights,
        ))
        .set_performance_insights_retention_period(want.performance_insights_days.filter(|_| {
            changes.any_changed(&fields!(
                DbInstanceProps,
                performance_insights,
                performance_insights_days
            ))
        }))
        // Each is refused without the other.
        .set_monitoring_interval(monitoring.then(|| number(want.monitoring_seconds)))
        .set_monitoring_role_arn(want.monitoring_role.clone().filter(|_| monitoring))
        .set_enable_iam_database_authentication(
            waits(field!(DbInstanceProps, iam_authentication)).then_some(want.iam_authentication),
        )
        .set_cloudwatch_logs_export_configuration(
            changed(field!(DbInstanceProps, log_exports)).then(|| exports(have, want)),
        )
        .set_copy_tags_to_snapshot(flag(field!(DbInstanceProps, copy_tags), want.copy_tags))
        .set_deletion_protection(flag(
            field!(DbInstanceProps, deletion_protection),
            want.deletion_protection,
        ));
    const OPERATION: &str = "rds:ModifyDBInstance";
    job.settle(
        |fault| monitoring_spreads(OPERATION, fault),
        || {
            when_not_busy(job, &live.identifier, || async {
                answer_of(OPERATION, request.clone().send().await)
            })
        },
    )
    .await
    .map_err(in_words)?;
    Ok(immediately)
}

/// The IOPS and MiB/s to ask for with a size: none for a volume of one stripe, the least there is
/// when one grows beyond that.
fn speed(live: &DbInstanceLive, want: &DbInstanceProps) -> Option<(i32, i32)> {
    (want.storage_gb >= STRIPED_GB).then(|| {
        let of = |wanted: Option<u32>, has: i32, least: i32| wanted.map_or(has.max(least), number);
        (
            of(want.iops, live.speed.0, STRIPED_SPEED.0),
            of(want.throughput, live.speed.1, STRIPED_SPEED.1),
        )
    })
}

pub(super) fn exports(
    have: &DbInstanceProps,
    want: &DbInstanceProps,
) -> api::CloudwatchLogsExportConfiguration {
    let missing = |from: &[String], of: &[String]| {
        let missing = of.iter().filter(|kind| !from.contains(kind));
        missing.cloned().collect::<Vec<_>>()
    };
    api::CloudwatchLogsExportConfiguration::builder()
        .set_enable_log_types(Some(missing(&have.log_exports, &want.log_exports)))
        .set_disable_log_types(Some(missing(&want.log_exports, &have.log_exports)))
        .build()
}

pub(super) fn support(extended: bool) -> &'static str {
    if extended {
        "open-source-rds-extended-support"
    } else {
        "open-source-rds-extended-support-disabled"
    }
}

fn insights_mode(want: &DbInstanceProps) -> api::DatabaseInsightsMode {
    api::DatabaseInsightsMode::from(want.database_insights.as_str())
}

/// AWS's numbers are signed; the file's are far below their limit.
pub(super) fn number(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}

/// The master password, from the secret's JSON.
async fn password(job: &Job, version: &SecretVersion) -> Result<String, Fault> {
    let value = held_value(job, version).await?;
    field(&value, "password").ok_or_else(|| {
        Fault::new(
            "secretsmanager:GetSecretValue",
            Class::Invalid,
            format!("the secret `{version}` has no `password`"),
        )
    })
}
