//! The care of a stack's database: how it is, its backups, its extensions, its version.

use aws_sdk_rds::types as api;

use crate::aws::grant::{Grant, on};
use crate::aws::{Cloud, fault};
use crate::engine::{Address, Fault, Graph};
use crate::resources::{DatabaseSetup, DbInstance};

mod backups;
mod extensions;
mod leftovers;
mod quiesce;
mod restorable_time;
pub mod restore;
mod restore_stages;
mod restore_window;
mod setup_run;
mod status;
mod upgrade;

pub use backups::named as snapshot;
pub use backups::{Backup, back_up, backups, taken, taken_before};
pub(super) use backups::{SNAPSHOT, take, usual_backup};
pub use extensions::{Extension, Extensions, extensions};
pub use leftovers::{Kind, Leftover, delete, leftovers};
pub use quiesce::follows;
pub use restore_stages::{RestorePlan, restore_plan};
pub use restore_window::{Window, check};
use setup_run::run_setup;
pub use status::{Status, status};
pub use upgrade::{Target, targets, upgrade, upgrade_schedule};

/// The declared database of a stack.
pub fn declared(graph: &Graph<Cloud>) -> Option<(&Address, &DbInstance)> {
    graph
        .iter()
        .find_map(|(address, entry)| Some((address, entry.node.declaration().downcast_ref()?)))
}

/// The declared preparation of the stack's database.
pub fn setup(graph: &Graph<Cloud>) -> Option<(&Address, &DatabaseSetup)> {
    graph
        .iter()
        .find_map(|(address, entry)| Some((address, entry.node.declaration().downcast_ref()?)))
}

/// An instance as RDS tells of it; `None` when it is not there.
///
/// # Errors
/// The fault of the request.
pub async fn described(cloud: &Cloud, identifier: &str) -> Result<Option<api::DbInstance>, Fault> {
    let answer = cloud
        .rds
        .describe_db_instances()
        .db_instance_identifier(identifier)
        .send()
        .await
        .map_err(fault("rds:DescribeDBInstances"));
    match answer {
        Ok(answer) => Ok(answer.db_instances.unwrap_or_default().pop()),
        Err(fault) if fault.is_absent() => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// A time of AWS, RFC 3339.
fn rfc3339(time: &aws_smithy_types::DateTime) -> Option<String> {
    time.fmt(aws_smithy_types::date_time::Format::DateTime).ok()
}

/// What backups, restores, upgrades and what is left of them need, beside those of the kind.
pub(crate) const GRANTS: &[Grant] = &[on(
    &["rds:snapshot:{stack}-*", "rds:snapshot:{db-instance}-*"],
    &["rds:DeleteDBSnapshot"],
)
.owned()];
