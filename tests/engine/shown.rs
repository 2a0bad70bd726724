//! A run is over when AWS's reads show what it did, and no sooner and no later.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ajuda::engine::{
    Action, Address, Cancel, Event, Graph, Item, Report, RunContext, Verb, observe, plan,
    until_shown,
};
use tokio::sync::mpsc;

use crate::fake::{Cloud, Firm, KINDS, Thing, look, up};

fn pair(size: u32, color: &str) -> Arc<Graph<Cloud>> {
    let mut graph = Graph::default();
    let below = Thing {
        size,
        ..Thing::new(1, &[])
    };
    let below = graph.add("app", "below", below);
    let above = Firm {
        color: color.to_owned(),
        ..Firm::new(1, &[&below])
    };
    graph.add("app", "above", above);
    Arc::new(graph)
}

/// How often it looks when `above` was changed, and whether it says that this is not shown.
async fn reads_until_shown(cloud: &Arc<Cloud>, graph: &Arc<Graph<Cloud>>) -> (u32, bool) {
    let (events, mut told) = mpsc::unbounded_channel();
    let run = RunContext {
        cloud: Arc::clone(cloud),
        events,
        cancel: Cancel::default(),
        clock_speed: 1.0,
    };
    let above = Address::new("firm", "above");
    let report = Report {
        done: vec![(above, Verb::Update)],
        ..Report::default()
    };
    let reads = AtomicU32::new(0);
    let forget = |_: &Cloud| {
        reads.fetch_add(1, Ordering::Relaxed);
    };
    until_shown(&run, graph, KINDS, &report, forget).await;
    drop(run);
    let late = matches!(told.recv().await, Some(Event::Note { .. }));
    (reads.into_inner(), late)
}

/// A rotation leaves what else the file changes to `up`: what stands on that will differ once it is made anew, which says
/// nothing of what the rotation did.
#[tokio::test(start_paused = true)]
async fn what_was_put_off_is_not_waited_for() {
    let cloud = Arc::new(Cloud::default());
    let applied = Arc::try_unwrap(pair(1, "blue")).ok().unwrap();
    up(&cloud, applied, &Cancel::default()).await;
    let file = pair(2, "blue");
    let observed = observe(&cloud, &file, KINDS).await;
    let plan = plan(&file, KINDS, &observed);
    let replaced = |item: &Item| matches!(item.action, Action::Replace { .. });
    assert!(plan.items.iter().all(replaced), "{plan:?}");
    assert_eq!(reads_until_shown(&cloud, &file).await, (1, false));
}

#[tokio::test(start_paused = true)]
async fn what_was_done_and_is_not_shown_is_waited_for_a_minute() {
    let cloud = Arc::new(Cloud::default());
    let applied = Arc::try_unwrap(pair(1, "red")).ok().unwrap();
    up(&cloud, applied, &Cancel::default()).await;
    let (file, _, _) = look(&cloud, Arc::try_unwrap(pair(1, "blue")).ok().unwrap()).await;
    assert_eq!(reads_until_shown(&cloud, &file).await, (7, true));
}
