//! Instances of RDS as its calls answer them.

use aws_sdk_rds::types as api;

use crate::aws::{Cloud, Required, all_items, optional, user_tags};
use crate::engine::{Fault, Ownership};

use super::pending::{log_exports, pending};
use super::props::{DbInstanceLive, DbInstanceProps};
use crate::resources::ownership::is_disposable;
use crate::resources::rds::tags_of_rds;
use crate::resources::sdk::sorted;
use crate::resources::secrets_manager::secret_version::SecretVersion;

const DESCRIBE: &str = "rds:DescribeDBInstances";

/// The tag that says whether a deletion leaves a snapshot: `no` means none.
pub(super) const FINAL_SNAPSHOT_TAG: &str = "ajuda:final-snapshot";
/// The tag that says which version of its secret the master password is: AWS does not tell a password.
pub(super) const MASTER_TAG: &str = "ajuda:master";

/// Every instance of the account, with its tags.
pub(super) async fn all(cloud: &Cloud) -> Result<Vec<DbInstanceLive>, Fault> {
    let request = cloud.rds.describe_db_instances();
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

/// One instance.
pub(super) async fn one(cloud: &Cloud, identifier: &str) -> Result<Option<DbInstanceLive>, Fault> {
    let request = (cloud.rds.describe_db_instances()).db_instance_identifier(identifier);
    let answer = optional(DESCRIBE, request.send().await)?;
    let there = answer.and_then(|answer| answer.db_instances?.pop());
    there.map(live).transpose()
}

/// One instance, if it is this stack's own.
pub(crate) async fn own_instance(
    cloud: &Cloud,
    identifier: &str,
) -> Result<Option<DbInstanceLive>, Fault> {
    let there = one(cloud, identifier).await?;
    Ok(there.filter(|live| matches!(cloud.owner(&live.tags, None), Some(Ownership::Ours(_)))))
}

/// What an answer says of one instance.
pub(super) fn live(instance: api::DbInstance) -> Result<DbInstanceLive, Fault> {
    let status = instance
        .db_instance_status
        .clone()
        .required(DESCRIBE, "DBInstanceStatus")?;
    // After a rename an answer may show the endpoint of the former name: nothing is written from it.
    let identifier = instance.db_instance_identifier().unwrap_or_default();
    let host = instance
        .endpoint()
        .and_then(|endpoint| endpoint.address())
        .filter(|host| is_of(host, identifier));
    let port = instance.endpoint().and_then(|endpoint| endpoint.port());
    let tags = tags_of_rds(instance.tag_list());
    let waiting = pending(&instance);
    let props = DbInstanceProps {
        available: host.is_some() && !["creating", "deleting"].contains(&status.as_str()),
        deferred: Some(!waiting.is_empty()),
        final_snapshot: tags
            .get(FINAL_SNAPSHOT_TAG)
            .is_none_or(|value| value != "no"),
        master_password: (tags.get(MASTER_TAG))
            .map_or_else(SecretVersion::default, |tag| SecretVersion::parse(tag)),
        disposable: is_disposable(&tags),
        tags: user_tags(&tags),
        ..props(&instance).required(DESCRIBE, "DBInstanceIdentifier")?
    };
    let asked = instance.pending_modified_values();
    Ok(DbInstanceLive {
        identifier: props.identifier.clone(),
        arn: instance
            .db_instance_arn
            .clone()
            .required(DESCRIBE, "DBInstanceArn")?,
        host: host.unwrap_or_default().to_owned(),
        port: port
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(5432),
        resource_id: instance
            .dbi_resource_id
            .clone()
            .required(DESCRIBE, "DbiResourceId")?,
        password_pending: asked.is_some_and(|asked| asked.master_user_password().is_some()),
        restart: instance
            .db_parameter_groups()
            .iter()
            .any(|group| group.parameter_apply_status() == Some("pending-reboot")),
        settling: false,
        runs: instance.engine_version().unwrap_or_default().to_owned(),
        storage_gb: instance
            .allocated_storage
            .and_then(|size| u32::try_from(size).ok())
            .unwrap_or_default(),
        speed: (
            instance.iops.unwrap_or_default(),
            instance.storage_throughput.unwrap_or_default(),
        ),
        pending: waiting,
        status,
        props,
        tags,
    })
}

/// Whether an endpoint is that of the instance called `identifier`: it begins with that name ("Finding
/// the connection information" in the RDS user guide).
fn is_of(host: &str, identifier: &str) -> bool {
    let first = host.split('.').next().unwrap_or_default();
    first.eq_ignore_ascii_case(identifier)
}

/// The properties that are no matter of tags or time.
fn props(instance: &api::DbInstance) -> Option<DbInstanceProps> {
    let asked = instance.pending_modified_values();
    let number = |now: Option<i32>, later: Option<i32>| {
        u32::try_from(later.or(now).unwrap_or_default()).unwrap_or_default()
    };
    let positive = |now: Option<i32>, later: Option<i32>| {
        later.or(now).and_then(|value| u32::try_from(value).ok())
    };
    let text =
        |now: Option<&str>, later: Option<&str>| later.or(now).unwrap_or_default().to_owned();
    let storage = number(
        instance.allocated_storage,
        asked.and_then(|asked| asked.allocated_storage),
    );
    let ceiling = number(instance.max_allocated_storage, None);
    let groups = instance.vpc_security_groups().iter();
    let groups = sorted(
        groups
            .filter(|group| group.status() != Some("removing"))
            .filter_map(|group| group.vpc_security_group_id().map(str::to_owned)),
    );
    let insights = instance.performance_insights_enabled.unwrap_or(false);
    Some(DbInstanceProps {
        identifier: instance.db_instance_identifier.clone()?,
        available: false,
        deferred: None,
        version: text(
            instance.engine_version(),
            asked.and_then(|asked| asked.engine_version()),
        ),
        instance_class: text(
            instance.db_instance_class(),
            asked.and_then(|asked| asked.db_instance_class()),
        ),
        storage_gb: storage,
        // A ceiling at the present size is how autoscaling is switched off.
        max_storage_gb: if ceiling > storage { ceiling } else { 0 },
        storage_type: text(
            instance.storage_type(),
            asked.and_then(|asked| asked.storage_type()),
        ),
        iops: positive(instance.iops, asked.and_then(|asked| asked.iops)),
        throughput: positive(
            instance.storage_throughput,
            asked.and_then(|asked| asked.storage_throughput),
        ),
        multi_az: asked
            .and_then(|asked| asked.multi_az)
            .or(instance.multi_az)
            .unwrap_or(false),
        name: text(instance.db_name(), None),
        master_username: text(instance.master_username(), None),
        master_password: SecretVersion::default(),
        parameter_group: text(
            instance
                .db_parameter_groups()
                .first()
                .and_then(|group| group.db_parameter_group_name()),
            None,
        ),
        subnet_group: text(
            instance
                .db_subnet_group()
                .and_then(|group| group.db_subnet_group_name()),
            asked.and_then(|asked| asked.db_subnet_group_name()),
        ),
        groups,
        public: instance.publicly_accessible.unwrap_or(false),
        encrypted: instance.storage_encrypted.unwrap_or(false),
        kms_key: instance.kms_key_id.clone(),
        backup_days: number(
            instance.backup_retention_period,
            asked.and_then(|asked| asked.backup_retention_period),
        ),
        backup_window: instance.preferred_backup_window.clone(),
        maintenance_window: instance.preferred_maintenance_window.clone(),
        auto_minor_version: instance.auto_minor_version_upgrade.unwrap_or(false),
        extended_support: instance.engine_lifecycle_support()
            == Some("open-source-rds-extended-support"),
        performance_insights: insights,
        performance_insights_days: instance
            .performance_insights_retention_period
            .filter(|_| insights),
        database_insights: instance
            .database_insights_mode()
            .map_or("standard", api::DatabaseInsightsMode::as_str)
            .to_owned(),
        monitoring_seconds: number(instance.monitoring_interval, None),
        monitoring_role: instance.monitoring_role_arn.clone(),
        iam_authentication: asked
            .and_then(|asked| asked.iam_database_authentication_enabled)
            .or(instance.iam_database_authentication_enabled)
            .unwrap_or(false),
        log_exports: log_exports(instance),
        deletion_protection: instance.deletion_protection.unwrap_or(false),
        final_snapshot: true,
        copy_tags: instance.copy_tags_to_snapshot.unwrap_or(false),
        disposable: false,
        tags: crate::aws::Tags::new(),
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types as api;

    use super::live;

    #[test]
    fn what_was_asked_for_is_planned_with_and_what_there_is_now_is_shown() {
        let asked = api::PendingModifiedValues::builder()
            .allocated_storage(50)
            .engine_version("17.2");
        let instance = api::DbInstance::builder()
            .db_instance_identifier("shop")
            .db_instance_arn("arn:aws:rds:us-east-1:123456789012:db:shop")
            .dbi_resource_id("db-1")
            .db_instance_status("available")
            .allocated_storage(20)
            .engine_version("16.12")
            .pending_modified_values(asked.build())
            .build();
        let live = live(instance).expect("an instance");
        assert_eq!((live.storage_gb(), live.runs()), (20, "16.12"));
        assert_eq!((live.props.storage_gb, live.version()), (50, "17.2"));
    }
}
