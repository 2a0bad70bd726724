use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ajuda::engine::{Action, Address, Cancel, Event, Graph, RunContext, apply, plan_destroy};
use tokio::sync::mpsc;

use crate::fake::{Cloud, KINDS, Thing, look, up};

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A network and roles that take moments, a database that takes twelve minutes, a service on all.
fn stack() -> Graph<Cloud> {
    let mut graph = Graph::default();
    let vpc = graph.add("network", "vpc", Thing::new(2, &[]));
    let subnet = graph.add("network", "subnet", Thing::new(1, &[&vpc]));
    let nat = graph.add("network", "nat", Thing::new(100, &[&subnet]));
    let database = graph.add("database", "database", Thing::new(720, &[&subnet]));
    let role = graph.add("identity", "role", Thing::new(5, &[]));
    let balancer = graph.add("load balancer", "balancer", Thing::new(150, &[&subnet]));
    graph.add(
        "app",
        "service",
        Thing::new(150, &[&database, &role, &balancer, &nat]),
    );
    graph
}

#[tokio::test(start_paused = true)]
async fn an_up_takes_as_long_as_its_longest_chain() {
    let cloud = Arc::new(Cloud::default());
    let run = up(&cloud, stack(), &Cancel::default()).await;
    assert!(run.outcome.report.failed.is_empty());
    // vpc 2, subnet 1, database 720, service 150: everything else overlaps.
    assert_eq!(run.took, secs(873));
    let (_, _, plan) = look(&cloud, stack()).await;
    assert!(plan.is_empty());
}

/// Where not everything fits at once, what the most stands on is begun first, whatever its place in the file.
#[tokio::test(start_paused = true)]
async fn the_longest_chain_is_begun_before_what_nothing_stands_on() {
    let cloud = Arc::new(Cloud::default());
    let mut graph = Graph::default();
    // Three times as many as are worked on at once.
    for number in 0..96 {
        graph.add("app", format!("alone-{number:02}"), Thing::new(10, &[]));
    }
    let first = graph.add("app", "first", Thing::new(10, &[]));
    let second = graph.add("app", "second", Thing::new(10, &[&first]));
    graph.add("app", "third", Thing::new(10, &[&second]));
    let run = up(&cloud, graph, &Cancel::default()).await;
    assert!(run.outcome.report.failed.is_empty());
    // 99 of ten seconds each, 32 at once; the chain after the others would take two rounds more.
    assert_eq!(run.took, secs(40));
}

#[tokio::test(start_paused = true)]
async fn a_failure_skips_what_stands_on_it_and_the_rest_goes_on() {
    let cloud = Arc::new(Cloud {
        failing: BTreeSet::from(["database".to_owned()]),
        ..Cloud::default()
    });
    let run = up(&cloud, stack(), &Cancel::default()).await;
    let report = &run.outcome.report;
    let failed: Vec<&str> = report
        .failed
        .iter()
        .map(|(address, ..)| address.name())
        .collect();
    assert_eq!(failed, ["database"], "root causes only");
    let skipped: Vec<(&str, Option<&str>)> = report
        .skipped
        .iter()
        .map(|(address, _, cause)| (address.name(), cause.as_ref().map(Address::name)))
        .collect();
    assert_eq!(skipped, [("service", Some("database"))]);
    assert_eq!(report.done.len(), 5, "what does not need it is made");

    let mended = Arc::new(Cloud {
        objects: std::mem::take(&mut *cloud.objects.lock().unwrap()).into(),
        ..Cloud::default()
    });
    let run = up(&mended, stack(), &Cancel::default()).await;
    let made: Vec<&str> = run
        .outcome
        .report
        .done
        .iter()
        .map(|(address, _)| address.name())
        .collect();
    assert_eq!(
        made,
        ["database", "service"],
        "the next run does only what is left"
    );
}

#[tokio::test(start_paused = true)]
async fn a_stopped_run_begins_nothing_and_leaves_within_five_seconds() {
    let cloud = Arc::new(Cloud::default());
    let cancel = Cancel::default();
    let stop = cancel.clone();
    tokio::spawn(async move {
        tokio::time::sleep(secs(10)).await;
        stop.stop();
    });
    let run = up(&cloud, stack(), &cancel).await;
    assert!(run.outcome.report.interrupted);
    assert!(run.took < secs(15), "took {:?}", run.took);
    let skipped: Vec<&str> = run
        .outcome
        .report
        .skipped
        .iter()
        .map(|(address, ..)| address.name())
        .collect();
    assert_eq!(skipped, ["service"]);
    let started = run
        .events
        .iter()
        .filter(|event| matches!(event, Event::Started { .. }))
        .count();
    assert_eq!(started, 6);
}

#[tokio::test(start_paused = true)]
async fn a_destroy_takes_what_stands_on_a_thing_before_the_thing() {
    let cloud = Arc::new(Cloud::default());
    up(&cloud, stack(), &Cancel::default()).await;
    let (graph, observed, _) = look(&cloud, stack()).await;
    let plan = plan_destroy(&graph, KINDS, &observed, |_| false);
    let (events, _keep) = mpsc::unbounded_channel();
    let context = RunContext {
        cloud: Arc::clone(&cloud),
        events,
        cancel: Cancel::default(),
        clock_speed: 1.0,
    };
    let outcome = apply(&context, &graph, KINDS, &plan, &observed).await;
    // The made-up cloud refuses to delete what is needed, as AWS does.
    assert!(outcome.report.failed.is_empty(), "{:?}", outcome.report);
    assert!(cloud.objects.lock().unwrap().is_empty());
    assert!(outcome.found.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_left_the_file_is_an_orphan_and_goes() {
    let cloud = Arc::new(Cloud::default());
    let mut graph = Graph::default();
    let kept = graph.add("app", "kept", Thing::new(1, &[]));
    graph.add("app", "gone", Thing::new(1, &[&kept]));
    up(&cloud, graph, &Cancel::default()).await;

    let smaller = || {
        let mut graph = Graph::default();
        graph.add("app", "kept", Thing::new(1, &[]));
        graph
    };
    let (_, _, plan) = look(&cloud, smaller()).await;
    let deleted: Vec<&str> = plan
        .items
        .iter()
        .filter(|item| item.action == Action::Delete)
        .map(|item| item.address.name())
        .collect();
    assert_eq!(deleted, ["gone"]);
    up(&cloud, smaller(), &Cancel::default()).await;
    let (_, _, plan) = look(&cloud, smaller()).await;
    assert!(plan.is_empty());
}

/// A wide one that narrower ones take over from, when one of them cannot be made and when all can.
#[tokio::test(start_paused = true)]
async fn what_left_the_file_goes_after_what_takes_over_from_it() {
    let names = ["a", "b"];
    let narrow = || {
        let mut graph = Graph::default();
        for (name, seconds) in names.iter().zip([2, 5]) {
            graph.add("app", *name, Thing::new(seconds, &[]));
        }
        graph
    };
    for failing in [Some("b"), None] {
        let cloud = Arc::new(Cloud::default());
        let mut graph = Graph::default();
        graph.add("app", "wide", Thing::new(1, &[]));
        up(&cloud, graph, &Cancel::default()).await;
        let cloud = Arc::new(Cloud {
            objects: std::mem::take(&mut *cloud.objects.lock().unwrap()).into(),
            failing: failing.into_iter().map(str::to_owned).collect(),
            ..Cloud::default()
        });
        up(&cloud, narrow(), &Cancel::default()).await;
        let history = cloud.history();
        let at = |what: &str| history.iter().position(|one| one == what);
        match failing {
            Some(_) => assert_eq!(at("deleted wide"), None, "{history:?}"),
            None => assert!(
                at("deleted wide") > at("made a").max(at("made b")),
                "{history:?}"
            ),
        }
    }
}
