//! What is going on already: a database that is not available, or waits for its maintenance window, and services whose
//! deployment has not ended. Read for the plan; nothing more is asked.
//!
//! RDS refuses changes of an instance that is not `available` (`InvalidDBInstanceState`), which `up` waits out; one that is
//! stopped or broken does not come back by waiting ("Viewing Amazon RDS DB instance status", RDS user guide).

use super::{CheckContext, Finding};
use crate::aws::grant::Grant;
use crate::engine::{Action, Address, Fault, Resource};
use crate::message::{Message, commands, message};
use crate::resources::{DbInstance, Service};

type Database = <DbInstance as Resource>::Live;
type Running = <Service as Resource>::Live;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let mut found = Vec::new();
    for (address, live) in &context.observed.found {
        if let Some(database) = live.downcast_ref::<Database>() {
            found.extend(assess(
                address,
                database,
                changes(context, &[DbInstance::KIND, Service::KIND]),
            ));
        } else if let Some(service) = live.downcast_ref::<Running>() {
            let notes = Service::notes(service).into_iter();
            found.extend(notes.map(|note| Finding::warn(address.to_string(), note).pending()));
        }
    }
    Ok(found)
}

/// Whether the plan does anything to one of these kinds.
fn changes(context: &CheckContext<'_>, kinds: &[&str]) -> bool {
    let mut items = context.plan.items.iter();
    items.any(|item| item.action != Action::Keep && kinds.contains(&item.address.kind()))
}

fn assess(address: &Address, database: &Database, needed: bool) -> Vec<Finding> {
    let subject = address.to_string();
    let status = database.status.as_str();
    let notes = Message::join(database.notes(), "; ");
    if !database.is_fit() {
        return vec![match needed {
            true => Finding::fail(subject, notes),
            false => Finding::warn(subject, notes),
        }];
    }
    let mut found = Vec::new();
    if ["available", "storage-optimization"].contains(&status) {
        found.push(Finding::ok(subject.clone(), format!("is {status}")));
    } else {
        let reason = message![
            format!("is {status}: RDS takes no change of it until that is done, and "),
            commands::up(),
            " waits",
        ];
        found.push(Finding::warn(subject.clone(), reason).pending());
    }
    if !database.waits().is_empty() && status == "available" {
        found.push(Finding::warn(subject, notes));
    }
    found
}

/// What it looks at was read for the plan.
pub(super) const GRANTS: &[Grant] = &[];
