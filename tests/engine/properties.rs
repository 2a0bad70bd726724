//! Random graphs with random failures: whatever they are, the scheduler keeps its word.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ajuda::engine::{Address, Cancel, Event, Graph, Ref};
use proptest::prelude::*;

use crate::fake::{Cloud, Thing, look, up};

/// For each thing, how long it takes, whether it fails, and which of the earlier ones it needs.
type Shape = Vec<(u64, bool, Vec<prop::sample::Index>)>;

fn shapes() -> impl Strategy<Value = Shape> {
    let needs = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    prop::collection::vec((0_u64..60, prop::bool::weighted(0.1), needs), 1..24)
}

fn build(shape: &Shape) -> (Graph<Cloud>, Vec<BTreeSet<usize>>) {
    let mut graph = Graph::default();
    let mut made: Vec<Ref<Thing>> = Vec::new();
    let mut edges = Vec::new();
    for (index, (seconds, _, needs)) in shape.iter().enumerate() {
        let needs: BTreeSet<usize> = if index == 0 {
            BTreeSet::new()
        } else {
            needs.iter().map(|need| need.index(index)).collect()
        };
        let references: Vec<&Ref<Thing>> = needs.iter().map(|&need| &made[need]).collect();
        let thing = Thing::new(*seconds, &references);
        made.push(graph.add("app", index.to_string(), thing));
        edges.push(needs);
    }
    (graph, edges)
}

fn longest(shape: &Shape, edges: &[BTreeSet<usize>]) -> u64 {
    let mut ends: Vec<u64> = Vec::new();
    for (index, (seconds, ..)) in shape.iter().enumerate() {
        let begins = edges[index]
            .iter()
            .map(|&need| ends[need])
            .max()
            .unwrap_or(0);
        ends.push(begins + seconds);
    }
    ends.into_iter().max().unwrap_or(0)
}

fn in_virtual_time<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
}

fn cases() -> u32 {
    std::env::var("AJUDA_GRAPHS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(512)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    #[test]
    fn every_thing_ends_once_and_nothing_starts_before_its_needs(shape in shapes()) {
        let (graph, edges) = build(&shape);
        let failing = shape.iter().enumerate().filter(|(_, (_, fails, _))| *fails);
        let cloud = Arc::new(Cloud {
            failing: failing.map(|(index, _)| index.to_string()).collect(),
            ..Cloud::default()
        });
        let run = in_virtual_time(up(&cloud, graph, &Cancel::default()));

        let mut ended: BTreeMap<usize, bool> = BTreeMap::new();
        for event in &run.events {
            let index: usize = event.address().name().parse().unwrap();
            match event {
                Event::Started { .. } => {
                    let ready = edges[index].iter().all(|need| ended.get(need) == Some(&true));
                    prop_assert!(ready, "{index} started before its needs");
                }
                Event::Done { .. } => prop_assert_eq!(ended.insert(index, true), None),
                Event::Failed { .. } | Event::Skipped { .. } => {
                    prop_assert_eq!(ended.insert(index, false), None);
                }
                Event::Note { .. } | Event::Waiting { .. } | Event::Retrying { .. } => {}
            }
        }
        prop_assert_eq!(ended.len(), shape.len(), "each ends exactly once");
        for (index, (_, fails, _)) in shape.iter().enumerate() {
            let stands = !fails && edges[index].iter().all(|need| ended[need]);
            prop_assert_eq!(ended[&index], stands);
        }
        for (address, _, cause) in &run.outcome.report.skipped {
            let cause = cause.as_ref().map(Address::name).unwrap_or_default();
            let root: usize = cause.parse().unwrap();
            prop_assert!(shape[root].1, "{address} blames {root}, which did not fail");
        }
    }

    #[test]
    fn without_failures_it_takes_as_long_as_the_longest_chain_and_then_nothing_is_left(shape in shapes()) {
        let shape: Shape = shape.into_iter().map(|(seconds, _, needs)| (seconds, false, needs)).collect();
        let cloud = Arc::new(Cloud::default());
        let (graph, edges) = build(&shape);
        let run = in_virtual_time(up(&cloud, graph, &Cancel::default()));
        prop_assert_eq!(run.took.as_secs(), longest(&shape, &edges));
        let (graph, _) = build(&shape);
        let (_, _, plan) = in_virtual_time(look(&cloud, graph));
        prop_assert!(plan.is_empty());
    }
}
