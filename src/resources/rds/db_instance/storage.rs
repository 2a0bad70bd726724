//! What RDS takes for a size depends on the size that is there.

use crate::engine::{Changes, Fault};
use crate::message::{Command, message};
use crate::stack::Database;
use crate::{field, fields};

use super::props::{DbInstanceLive, DbInstanceProps};

/// The status while a change of storage is spread over the volume, for hours.
const OPTIMIZING: &str = "storage-optimization";

/// The least that is a tenth more than `size`.
fn tenth_more(size: u32) -> u32 {
    size.saturating_add(size.div_ceil(10))
}

/// Why RDS would refuse a change of storage (RDS API, `ModifyDBInstance.AllocatedStorage` and
/// `MaxAllocatedStorage`: "at least 10% greater than the current value", and no two changes within six
/// hours or while the storage is being optimized).
pub(super) fn refusals(file: &Database, live: &DbInstanceLive, changes: &Changes) -> Vec<String> {
    let mut refused = Vec::new();
    let has = live.props.storage_gb;
    let size = file.storage_gb.max(has);
    let least = tenth_more(has);
    if changes.changed(field!(DbInstanceProps, storage_gb)) && size > has && size < least {
        refused.push(format!(
            "`storage_gb = {size}` is less than a tenth above the {has} GB that it has: write {least} or more, \
             or {has} to leave it"
        ));
    }
    if let Some(max) = file.max_storage_gb
        && changes.any_changed(&fields!(DbInstanceProps, storage_gb, max_storage_gb))
        && max < tenth_more(size)
    {
        let grown = if size > file.storage_gb {
            ", which it has grown to"
        } else {
            ""
        };
        refused.push(format!(
            "`max_storage_gb = {max}` is less than a tenth above {size} GB{grown}: write {} or more, or leave \
             it out so that it grows no more",
            tenth_more(size)
        ));
    }
    if live.status == OPTIMIZING
        && changes.any_changed(&fields!(
            DbInstanceProps,
            storage_gb,
            storage_type,
            iops,
            throughput
        ))
    {
        refused.push(format!(
            "{}; until then leave size and speed of the storage as they are",
            later()
        ));
    }
    refused
}

/// What an operator should know of a size that the file gives and RDS does not.
pub(super) fn remarks(file: &Database, live: &DbInstanceLive) -> Vec<String> {
    let has = live.props.storage_gb;
    // Where it may grow by itself it is expected to have more than it began with.
    if file.storage_gb >= has || file.max_storage_gb.is_some() {
        return Vec::new();
    }
    vec![format!(
        "`storage_gb = {}` is less than the {has} GB that it has, and RDS never shrinks storage: it keeps {has} GB",
        file.storage_gb
    )]
}

fn later() -> &'static str {
    "its storage is still being optimized after the last change, and RDS takes the next six hours after \
     that at the earliest"
}

/// Says in words what RDS says of a storage change too soon after another.
pub(super) fn in_words(fault: Fault) -> Fault {
    let optimized = fault.message.contains("storage change is being optimized")
        || fault
            .message
            .contains("storage modification is in progress");
    if fault.code == "InvalidParameterCombination" && optimized {
        return fault.hint(message![
            format!("{}: ", later()),
            Command::aws("rds describe-db-instances"),
            " says `storage-optimization` until then; nothing is lost, run it again later",
        ]);
    }
    fault
}
