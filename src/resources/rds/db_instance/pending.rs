//! What was asked of an instance of RDS and is not done yet.

use aws_sdk_rds::types as api;

/// Exports, as they will be when what was asked for is done: they never wait for a window.
pub(super) fn log_exports(instance: &api::DbInstance) -> Vec<String> {
    let mut exports = instance.enabled_cloudwatch_logs_exports().to_vec();
    let asked = instance
        .pending_modified_values()
        .and_then(|asked| asked.pending_cloudwatch_logs_exports());
    if let Some(asked) = asked {
        exports.extend(asked.log_types_to_enable().iter().cloned());
        exports.retain(|kind| !asked.log_types_to_disable().contains(kind));
    }
    exports.sort();
    exports.dedup();
    exports
}

/// What waits for the maintenance window, in words.
pub(super) fn pending(instance: &api::DbInstance) -> Vec<String> {
    let Some(asked) = instance.pending_modified_values() else {
        return Vec::new();
    };
    let mut waiting = Vec::new();
    let mut add = |what: &str, now: Option<String>, later: Option<String>| {
        if let Some(later) = later {
            waiting.push(format!("{what} {} → {later}", now.unwrap_or_default()));
        }
    };
    let size = |value: Option<i32>| value.map(|value| format!("{value} GB"));
    let number = |value: Option<i32>| value.map(|value| value.to_string());
    let on = |value: Option<bool>| value.map(|on| if on { "on" } else { "off" }.to_owned());
    add(
        "instance class",
        instance.db_instance_class.clone(),
        asked.db_instance_class.clone(),
    );
    add(
        "version",
        instance.engine_version.clone(),
        asked.engine_version.clone(),
    );
    add(
        "storage",
        size(instance.allocated_storage),
        size(asked.allocated_storage),
    );
    add(
        "storage type",
        instance.storage_type.clone(),
        asked.storage_type.clone(),
    );
    add("IOPS", number(instance.iops), number(asked.iops));
    add(
        "MiB/s",
        number(instance.storage_throughput),
        number(asked.storage_throughput),
    );
    add("Multi-AZ", on(instance.multi_az), on(asked.multi_az));
    add(
        "IAM authentication",
        on(instance.iam_database_authentication_enabled),
        on(asked.iam_database_authentication_enabled),
    );
    add(
        "days of backups",
        number(instance.backup_retention_period),
        number(asked.backup_retention_period),
    );
    waiting
}
