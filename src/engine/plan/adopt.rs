//! A plan that takes over what was adopted.

use std::collections::BTreeSet;

use super::super::{Address, AnyKind, Graph, Observed};
use super::{Action, AdoptedFrom, Plan, plan};

/// A plan that takes over what `observed` has adopted, and does nothing else.
///
/// Its items show what the next `plan` would change.
pub fn plan_adopt<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    kinds: &[&'static dyn AnyKind<C>],
    observed: &Observed,
) -> Plan {
    let mut next = plan(graph, kinds, observed);
    next.items
        .retain(|item| matches!(item.taken, Some(AdoptedFrom::Adopted(_))));
    for item in &mut next.items {
        item.action = Action::Adopt;
    }
    let adopted: BTreeSet<&Address> = next.items.iter().map(|item| &item.address).collect();
    next.unmanaged.retain(|one| adopted.contains(&one.address));
    next.timed(graph, kinds, observed)
}
