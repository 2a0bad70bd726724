//! A part of a stack: some kinds of what AWS has, or one resource of a plan and everything that stands on it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::aws::Cloud;
use crate::engine::{Action, Address, Graph, Observed, Plan, observe};
use crate::resources::KINDS;

/// Reads what AWS has of the kinds of these names, and of no others.
pub async fn observe_kinds(
    cloud: &Arc<Cloud>,
    graph: &Arc<Graph<Cloud>>,
    named: &[&str],
) -> Observed {
    let kinds = KINDS.iter().copied();
    let kinds: Vec<_> = kinds.filter(|kind| named.contains(&kind.name())).collect();
    observe(cloud, graph, &kinds).await
}

/// `root` and everything that needs it, directly or not.
pub fn with_dependents(graph: &Graph<Cloud>, root: &Address) -> BTreeSet<Address> {
    let mut all = BTreeSet::from([root.clone()]);
    // A graph keeps what is needed before what needs it.
    for (address, entry) in graph.iter() {
        if entry.needs.iter().any(|need| all.contains(need)) {
            all.insert(address.clone());
        }
    }
    all
}

/// `scope` and everything that it needs, directly or not.
fn with_dependencies(graph: &Graph<Cloud>, scope: &BTreeSet<Address>) -> BTreeSet<Address> {
    let mut open: Vec<&Address> = scope.iter().collect();
    let mut all = scope.clone();
    while let Some(address) = open.pop() {
        let needs = graph
            .get(address)
            .into_iter()
            .flat_map(|entry| &entry.needs);
        open.extend(needs.filter(|need| all.insert((*need).clone())));
    }
    all
}

/// The plan with everything outside of `scope` left as it is, and how many changes are put off by that. A
/// conflict elsewhere is nobody's business there, but for what `scope` stands on.
pub fn only(mut plan: Plan, graph: &Graph<Cloud>, scope: &BTreeSet<Address>) -> (Plan, usize) {
    let under = with_dependencies(graph, scope);
    plan.conflicts.retain(|one| under.contains(&one.address));
    let mut left = 0;
    for item in &mut plan.items {
        let inside = item.orphan.is_none() && scope.contains(&item.address);
        if !inside && item.action != Action::Keep {
            item.action = Action::Keep;
            item.notes.clear();
            left += 1;
        }
    }
    plan.unmanaged.retain(|one| scope.contains(&one.address));
    (plan, left)
}
