//! The life of a small graph: made, unchanged, changed field by field, lost, removed.

use std::collections::BTreeSet;
use std::sync::Arc;

use ajuda::aws::Cloud;
use ajuda::engine::{
    Action, Address, Cancel, Graph, Observed, Outcome, Plan, RunContext, apply, observe, plan,
    plan_destroy, until_shown,
};
use ajuda::resources::KINDS;
use tokio::sync::mpsc;

use super::sandbox::Sandbox;

/// Fills a graph with declarations.
pub type Declare<'a> = &'a (dyn Fn(&mut Graph<Cloud>) + Sync);

/// A changed declaration and what a plan must then say: `address path`, or `address` alone for a
/// create or delete, sorted.
pub struct Variant<'a> {
    pub declare: Declare<'a>,
    pub says: &'a [&'a str],
}

/// Reads and plans.
pub async fn look(
    sandbox: &Sandbox,
    stack: &str,
    declare: Declare<'_>,
) -> (Arc<Cloud>, Arc<Graph<Cloud>>, Observed, Plan) {
    let cloud = sandbox.cloud(stack).await;
    let mut graph = Graph::default();
    declare(&mut graph);
    let graph = Arc::new(graph);
    let observed = observe(&cloud, &graph, KINDS).await;
    let plan = plan(&graph, KINDS, &observed);
    assert_eq!(plan.unread, [], "everything can be read");
    assert_eq!(plan.conflicts, [], "nothing is in the way");
    (cloud, graph, observed, plan)
}

/// Brings a graph up.
pub async fn up(sandbox: &Sandbox, stack: &str, declare: Declare<'_>) -> Outcome {
    let (cloud, graph, observed, plan) = look(sandbox, stack, declare).await;
    run(&cloud, &graph, &plan, &observed).await
}

async fn run(
    cloud: &Arc<Cloud>,
    graph: &Arc<Graph<Cloud>>,
    plan: &Plan,
    observed: &Observed,
) -> Outcome {
    let (events, mut log) = mpsc::unbounded_channel();
    let run = RunContext {
        cloud: Arc::clone(cloud),
        events,
        cancel: Cancel::default(),
        clock_speed: 1000.0,
    };
    let outcome = apply(&run, graph, KINDS, plan, observed).await;
    let forget = |cloud: &Cloud| cloud.memo.forget();
    until_shown(&run, graph, KINDS, &outcome.report, forget).await;
    let mut said = Vec::new();
    while let Ok(event) = log.try_recv() {
        said.push(format!("{event:?}"));
    }
    assert!(
        outcome.report.failed.is_empty(),
        "{:#?}\n{said:#?}",
        outcome.report
    );
    outcome
}

/// Removes what `keep` does not keep; returns the addresses that were removed.
pub async fn remove(
    sandbox: &Sandbox,
    stack: &str,
    declare: Declare<'_>,
    keep: &dyn Fn(&Address) -> bool,
) -> Vec<Address> {
    let (cloud, graph, observed, _) = look(sandbox, stack, declare).await;
    let plan = plan_destroy(&graph, KINDS, &observed, keep);
    let outcome = run(&cloud, &graph, &plan, &observed).await;
    outcome
        .report
        .done
        .into_iter()
        .map(|(address, _)| address)
        .collect()
}

/// What a plan says, a line each: `address path` for changed fields, `+ address`, `- address`.
pub fn says(plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    for item in &plan.items {
        match &item.action {
            Action::Keep => {}
            Action::Create => lines.push(format!("+ {}", item.address)),
            Action::Delete => lines.push(format!("- {}", item.address)),
            Action::Adopt => lines.push(format!("→ {}", item.address)),
            Action::Update | Action::Later { .. } => lines.extend(
                item.changes
                    .fields
                    .iter()
                    .map(|change| format!("{} {}", item.address, change.path)),
            ),
            Action::Replace { because } => {
                lines.push(format!("± {} {}", item.address, because.join(" ")));
            }
        }
    }
    lines.sort();
    lines
}

/// The whole life: up, plan empty; for each variant the plan says just that, up, plan empty; each
/// object (with what stands on it) lost, plan creates it, up, plan empty; destroy twice; the account
/// is as it was found.
pub async fn live(sandbox: &Sandbox, stack: &str, base: Declare<'_>, variants: &[Variant<'_>]) {
    let before = sandbox.inventory();
    sandbox.actions();
    up(sandbox, stack, base).await;
    expect(sandbox, stack, base, &[]).await;
    for variant in variants {
        expect(sandbox, stack, variant.declare, variant.says).await;
        up(sandbox, stack, variant.declare).await;
        expect(sandbox, stack, variant.declare, &[]).await;
    }
    let last = variants.last().map_or(base, |variant| variant.declare);
    lose_each(sandbox, stack, last).await;
    remove(sandbox, stack, last, &|_| false).await;
    let again = remove(sandbox, stack, last, &|_| false).await;
    assert_eq!(again, [], "a second destroy has nothing to do");
    sandbox.asked_nothing_undeclared(stack);
    let after = sandbox.inventory();
    assert!(
        before == after,
        "the account is as it was found\nbefore: {before:#}\nafter: {after:#}"
    );
}

/// The plan for `declare` says exactly `lines`.
pub async fn expect(sandbox: &Sandbox, stack: &str, declare: Declare<'_>, lines: &[&str]) {
    let (_, _, _, plan) = look(sandbox, stack, declare).await;
    let said = says(&plan);
    assert!(
        said == lines,
        "the plan says {said:#?}\nand not {lines:#?}\n{plan:#?}"
    );
}

/// Deletes each object behind the tool's back, together with what stands on it, and expects the
/// plan to make those again.
pub async fn lose_each(sandbox: &Sandbox, stack: &str, declare: Declare<'_>) {
    let mut graph = Graph::default();
    declare(&mut graph);
    for (address, _) in graph.iter() {
        let lost = with_dependents(&graph, address);
        remove(sandbox, stack, declare, &|one| !lost.contains(one)).await;
        let (_, _, _, plan) = look(sandbox, stack, declare).await;
        let made: BTreeSet<Address> = plan
            .items
            .iter()
            .filter(|item| item.action == Action::Create)
            .map(|item| item.address.clone())
            .collect();
        assert_eq!(made, lost, "what was lost is made again");
        up(sandbox, stack, declare).await;
        expect(sandbox, stack, declare, &[]).await;
    }
}

fn with_dependents(graph: &Graph<Cloud>, address: &Address) -> BTreeSet<Address> {
    let mut set = BTreeSet::from([address.clone()]);
    for (above, entry) in graph.iter() {
        if entry.needs.iter().any(|need| set.contains(need)) {
            set.insert(above.clone());
        }
    }
    set
}
