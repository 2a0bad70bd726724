//! What is gone although the rest of the stack is there, and what can be had back of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::aws::Cloud;
use crate::aws::grant::{Grant, anywhere};
use crate::engine::{self, Action, Address, Fault, Graph, Observed, Plan, Resource};
use crate::message::{commands, message};
use crate::resources::{DbInstance, Secret};

use crate::database::{Backup, backups};

/// What takes the place of what is gone.
#[derive(Debug, Clone, PartialEq)]
pub enum Recovery {
    /// The newest snapshot of a database.
    Snapshot(Box<Backup>),
    /// The secret itself, which waits for its deletion.
    Recovered,
    /// A new one, with nothing in it.
    Empty,
}

/// Data that is gone, by its address.
pub type Lost = BTreeMap<Address, Recovery>;

/// What of `plan` would be made although it was there before, and what takes its place. What `empty`
/// names is made empty. Asks AWS nothing where nothing is gone.
///
/// # Errors
/// The fault of a request.
pub async fn lost(
    cloud: &Cloud,
    graph: &Graph<Cloud>,
    observed: &Observed,
    plan: &Plan,
    empty: &BTreeSet<Address>,
) -> Result<Lost, Fault> {
    let made = |address: &Address| {
        plan.items
            .iter()
            .any(|item| item.address == *address && item.action == Action::Create)
    };
    let mut lost = Lost::new();
    for address in engine::lost(graph, observed) {
        if made(&address) {
            let instead = if empty.contains(&address) {
                Recovery::Empty
            } else {
                instead(cloud, graph, &address).await?
            };
            lost.insert(address, instead);
        }
    }
    Ok(lost)
}

async fn instead(
    cloud: &Cloud,
    graph: &Graph<Cloud>,
    address: &Address,
) -> Result<Recovery, Fault> {
    let declaration = graph.get(address).map(|entry| entry.node.declaration());
    if let Some(database) = declaration.and_then(|it| it.downcast_ref::<DbInstance>()) {
        let identifier = database.identifier.to_ascii_lowercase();
        let all = backups(cloud, address, &identifier).await?;
        let newest = all.into_iter().find(|one| one.status == "available");
        return Ok(newest.map_or(Recovery::Empty, |one| Recovery::Snapshot(Box::new(one))));
    }
    if let Some(secret) = declaration.and_then(|it| it.downcast_ref::<Secret>())
        && secret.waits_for_deletion(cloud).await?
    {
        return Ok(Recovery::Recovered);
    }
    Ok(Recovery::Empty)
}

/// Says in the plan what becomes of each.
pub fn note_lost(plan: &mut Plan, lost: &Lost) {
    for item in &mut plan.items {
        let Some(instead) = lost.get(&item.address) else {
            continue;
        };
        let address = &item.address;
        let note = match instead {
            Recovery::Snapshot(backup) => message![
                format!(
                    "was there and is gone: it is restored from its newest snapshot `{}`, taken {}; what was \
                     written since then is lost (",
                    backup.name,
                    (backup.taken.as_deref()).unwrap_or("at a time that RDS does not tell"),
                ),
                commands::up_with_empty(address),
                " makes it empty instead)",
            ],
            Recovery::Recovered => {
                "was deleted and can still be recovered: it is called back with its value".into()
            }
            Recovery::Empty if address.kind() == Secret::KIND => {
                "was there and is gone: it gets a new value, which what used the old one does not know".into()
            }
            Recovery::Empty if address.kind() == DbInstance::KIND => {
                "was there and is gone: it will be empty, and there is no snapshot of it that is used".into()
            }
            Recovery::Empty => "was there and is gone: it will be empty".into(),
        };
        item.notes.insert(0, note);
    }
}

/// What finding what is left of lost data needs.
pub(crate) const GRANTS: &[Grant] = &[anywhere(&[
    "rds:DescribeDBSnapshots",
    "rds:DescribeDBInstanceAutomatedBackups",
])];
