//! What the cloud would refuse of a plan, known before anything is begun.

use super::{Action, Address, Graph, Observed, Plan};
use crate::message::Message;

/// One refusal that is known beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRefusal {
    /// What would be changed.
    pub address: Address,
    /// Why it would be refused, and what would be right.
    pub why: Message,
}

/// Notes in `plan` what its declarations have to say of what is there, and answers what of it would be
/// refused. Pure.
pub fn planned_refusals<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    observed: &Observed,
    plan: &mut Plan,
) -> Vec<PlannedRefusal> {
    let mut foreseen = Vec::new();
    for item in plan.items.iter_mut().filter(|item| item.orphan.is_none()) {
        let entry = graph.get(&item.address);
        let (Some(entry), Some(live)) = (entry, observed.found.get(&item.address)) else {
            continue;
        };
        let remarks = entry.node.remarks(live).into_iter();
        let mut notes: Vec<Message> = remarks.map(Message::from).collect();
        if item.action == Action::Update {
            for why in entry.node.refusals(live, &item.changes) {
                notes.push(format!("is refused by AWS: {why}").into());
                let address = item.address.clone();
                let why = why.into();
                foreseen.push(PlannedRefusal { address, why });
            }
        }
        notes.append(&mut item.notes);
        item.notes = notes;
    }
    foreseen
}
