//! Random graphs with random failures: whatever they are, the scheduler keeps its word.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use ajuda::engine::{Action, Address, Cancel, Event, Verb};
use proptest::prelude::*;

use crate::fake::{Cloud, Object, Run, destroy, look, removed, up};
use crate::shapes::{Shape, World, shapes};

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
        .unwrap_or(10_000)
}

/// A cloud in which these cannot be made.
fn failing(names: BTreeSet<String>) -> Arc<Cloud> {
    Arc::new(Cloud {
        failing: names,
        swapping: true,
        ..Cloud::default()
    })
}

/// The same objects in a cloud in which nothing fails.
fn mended(cloud: &Cloud) -> Arc<Cloud> {
    Arc::new(Cloud {
        objects: std::mem::take(&mut *cloud.objects.lock().unwrap()).into(),
        swapping: true,
        ..Cloud::default()
    })
}

/// What there is, without the ids, which depend on what happened before.
fn world(cloud: &Cloud) -> World {
    let objects = cloud.objects.lock().unwrap();
    let name = |id: &String| {
        let there = objects.get(&id.parse().unwrap());
        there.map_or(format!("{id} is gone"), |object| object.address.to_string())
    };
    let mut all: Vec<_> = objects
        .values()
        .map(|object| {
            let needs = object.needs.iter().map(name).collect();
            (
                object.address.to_string(),
                object.size,
                object.color.clone(),
                needs,
            )
        })
        .collect();
    all.sort();
    all
}

/// Whether one more run leaves just what an undisturbed one would, and the next plan is empty.
fn converges(cloud: &Cloud, shape: &Shape) -> Result<(), TestCaseError> {
    let cloud = mended(cloud);
    let run = in_virtual_time(up(&cloud, shape.graph(), &Cancel::default()));
    prop_assert!(
        run.outcome.report.failed.is_empty(),
        "{:?}",
        run.outcome.report
    );
    prop_assert_eq!(world(&cloud), shape.world());
    let (_, _, plan) = in_virtual_time(look(&cloud, shape.graph()));
    prop_assert!(plan.is_empty());
    Ok(())
}

/// Whether every operation of the plan ended just once, and well.
fn ends_once(run: &Run) -> Result<(), TestCaseError> {
    let mut planned = Vec::new();
    for item in &run.plan.items {
        let verbs: &[Verb] = match item.action {
            Action::Keep => &[],
            Action::Create => &[Verb::Create],
            Action::Update | Action::Later { .. } => &[Verb::Update],
            Action::Delete => &[Verb::Delete],
            Action::Replace { .. } => &[Verb::Create, Verb::Delete],
            Action::Adopt => &[Verb::Adopt],
        };
        planned.extend(
            verbs
                .iter()
                .map(|verb| format!("{} {verb:?}", item.address)),
        );
    }
    let report = &run.outcome.report;
    let done = report.done.iter();
    let mut done: Vec<String> = done
        .map(|(address, verb)| format!("{address} {verb:?}"))
        .collect();
    planned.sort();
    done.sort();
    prop_assert_eq!(&done, &planned, "{:?}", report);
    prop_assert!(report.failed.is_empty() && report.skipped.is_empty());
    let ends = run
        .events
        .iter()
        .filter(|event| matches!(event, Event::Done { .. }));
    prop_assert_eq!(ends.count(), planned.len());
    Ok(())
}

/// A cloud with what the shape makes, a second object under some of its addresses, and nothing that
/// cannot be deleted.
fn crowded(shape: &Shape, doubled: &[bool]) -> Arc<Cloud> {
    let cloud = failing(BTreeSet::new());
    in_virtual_time(up(&cloud, shape.graph(), &Cancel::default()));
    let mut objects = std::mem::take(&mut *cloud.objects.lock().unwrap());
    let all: Vec<_> = objects.values().cloned().collect();
    for (one, doubled) in all.into_iter().zip(doubled.iter().cycle()) {
        // Of an `only` there are never two.
        if *doubled && one.address.kind() != "only" {
            let id = objects.keys().last().map_or(1, |last| last + 1);
            objects.insert(id, Object { id, size: 9, ..one });
        }
    }
    Arc::new(Cloud {
        objects: objects.into(),
        careless: true,
        swapping: true,
        ..Cloud::default()
    })
}

fn index(address: &Address) -> usize {
    address.name().parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_failure_skips_just_what_stands_on_it_and_the_next_run_does_the_rest(shape in shapes()) {
        let cloud = failing(shape.failing());
        let run = in_virtual_time(up(&cloud, shape.graph(), &Cancel::default()));

        let mut ended: BTreeMap<usize, &str> = BTreeMap::new();
        for event in &run.events {
            let index = index(event.address());
            let end = match event {
                Event::Started { .. } => {
                    let ready = shape.needs(index).iter().all(|need| ended.get(need) == Some(&"done"));
                    prop_assert!(ready, "{index} started before its needs");
                    continue;
                }
                Event::Done { .. } => "done",
                Event::Failed { .. } => "failed",
                Event::Skipped { .. } => "skipped",
                Event::Note { .. } | Event::Waiting { .. } | Event::Retrying { .. } => continue,
            };
            prop_assert_eq!(ended.insert(index, end), None, "each ends once");
        }
        for index in 0..shape.len() {
            let stands = shape.needs(index).iter().all(|need| ended[need] == "done");
            let right = match (stands, shape.fails(index)) {
                (false, _) => "skipped",
                (true, true) => "failed",
                (true, false) => "done",
            };
            prop_assert_eq!(ended.get(&index), Some(&right));
        }
        for (address, _, cause) in &run.outcome.report.skipped {
            let cause = cause.as_ref().map(index);
            let blamed = cause.is_some_and(|cause| ended[&cause] == "failed" && shape.stands_on(index(address), cause));
            prop_assert!(blamed, "{address} blames {cause:?}");
        }
        converges(&cloud, &shape)?;
    }

    #[test]
    fn without_failures_it_takes_as_long_as_the_longest_chain_and_then_nothing_is_left(shape in shapes()) {
        let cloud = failing(BTreeSet::new());
        let run = in_virtual_time(up(&cloud, shape.graph(), &Cancel::default()));
        prop_assert_eq!(run.took.as_secs(), shape.longest());
        prop_assert_eq!(run.plan.schedule.total(), run.took, "what was expected is what it took");
        prop_assert_eq!(world(&cloud), shape.world());
        let (_, _, plan) = in_virtual_time(look(&cloud, shape.graph()));
        prop_assert!(plan.is_empty());
    }

    #[test]
    fn a_run_that_is_stopped_leaves_in_five_seconds_and_accounts_for_everything(shape in shapes(), after in 0_u64..200_000) {
        let cloud = failing(shape.failing());
        let cancel = Cancel::default();
        let after = Duration::from_millis(after);
        let stop = cancel.clone();
        let run = in_virtual_time(async {
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                stop.stop();
            });
            up(&cloud, shape.graph(), &cancel).await
        });
        prop_assert!(run.took <= after + Duration::from_secs(5), "left {:?} after {after:?}", run.took);
        let report = &run.outcome.report;
        let done = report.done.iter().map(|(address, _)| index(address));
        let failed = report.failed.iter().map(|(address, ..)| index(address));
        let skipped = report.skipped.iter().map(|(address, ..)| index(address));
        let mut told: Vec<usize> = done.clone().chain(failed).chain(skipped).collect();
        told.sort_unstable();
        prop_assert_eq!(told, (0..shape.len()).collect::<Vec<_>>(), "each is told of once");
        let made: BTreeSet<usize> = cloud.objects.lock().unwrap().values().map(|object| index(&object.address)).collect();
        prop_assert_eq!(done.collect::<BTreeSet<_>>(), made, "what is done is there, and nothing else");
        converges(&cloud, &shape)?;
    }

    #[test]
    fn replacements_of_both_ways_move_what_stands_on_them(shape in shapes(), changes in prop::collection::vec((any::<bool>(), any::<bool>()), 24)) {
        let cloud = failing(BTreeSet::new());
        in_virtual_time(up(&cloud, shape.graph(), &Cancel::default()));
        let changed = shape.changed(&changes);
        let broken = Arc::new(Cloud {
            failing: changed.failing(),
            objects: std::mem::take(&mut *cloud.objects.lock().unwrap()).into(),
            swapping: true,
            ..Cloud::default()
        });
        let run = in_virtual_time(up(&broken, changed.graph(), &Cancel::default()));
        let mut ends = BTreeSet::new();
        for event in &run.events {
            if let Event::Done { address, verb, .. } | Event::Failed { address, verb, .. } = event {
                prop_assert!(ends.insert((address.clone(), *verb as u8)), "{address} ends twice");
            }
        }
        for (address, _, fault) in &run.outcome.report.failed {
            prop_assert!(changed.fails(index(address)), "{address} failed by itself: {fault:?}");
        }
        converges(&broken, &changed)?;
    }

    #[test]
    fn deletions_go_in_reverse_and_what_stays_keeps_what_it_needs(shape in shapes()) {
        let cloud = failing(BTreeSet::new());
        in_virtual_time(up(&cloud, shape.graph(), &Cancel::default()));
        // This cloud deletes nothing that is in use.
        let strict = |cloud: &Cloud, stuck| Arc::new(Cloud {
            objects: std::mem::take(&mut *cloud.objects.lock().unwrap()).into(),
            stuck,
            ..Cloud::default()
        });
        let cloud = strict(&cloud, shape.failing());
        let outcome = in_virtual_time(destroy(&cloud, shape.graph()));
        let stays: BTreeSet<usize> = (0..shape.len())
            .filter(|&one| (0..shape.len()).any(|other| shape.fails(other) && (one == other || shape.stands_on(other, one))))
            .collect();
        let there = |cloud: &Cloud| -> BTreeSet<usize> {
            cloud.objects.lock().unwrap().values().map(|object| index(&object.address)).collect()
        };
        prop_assert_eq!(there(&cloud), stays);
        for (address, verb, _) in &outcome.report.failed {
            prop_assert!(*verb == Verb::Delete && shape.fails(index(address)), "{address} failed by itself");
        }
        let cloud = strict(&cloud, BTreeSet::new());
        let outcome = in_virtual_time(destroy(&cloud, shape.graph()));
        prop_assert!(outcome.report.failed.is_empty(), "{:?}", outcome.report);
        prop_assert_eq!(there(&cloud), BTreeSet::new());
    }

    #[test]
    fn what_has_left_the_file_never_keeps_the_rest_from_being_done(
        shape in shapes(),
        gone in prop::collection::vec(any::<bool>(), 24),
        doubled in prop::collection::vec(prop::bool::weighted(0.2), 24),
        changes in prop::collection::vec((any::<bool>(), any::<bool>()), 24),
    ) {
        // Orphans of addresses that are declared no more, and of such that still are.
        let cloud = crowded(&shape, &doubled);
        let run = in_virtual_time(removed(&cloud, shape.graph_without(&gone)));
        ends_once(&run)?;
        prop_assert!(cloud.objects.lock().unwrap().is_empty());
        // What is declared goes in reverse all the same.
        let order: Vec<usize> = run.events.iter().filter_map(|event| match event {
            Event::Done { address, .. } => Some(index(address)),
            _ => None,
        }).collect();
        for (one, needs) in shape.without(&gone) {
            let last = |of: usize| order.iter().rposition(|at| *at == of);
            let first = |of: usize| order.iter().position(|at| *at == of);
            for need in needs {
                prop_assert!(first(one) < last(need), "{need} went before {one}");
            }
        }

        // The same while the rest is changed and replaced.
        let cloud = crowded(&shape, &doubled);
        let changed = shape.changed(&changes);
        let run = in_virtual_time(up(&cloud, changed.graph_without(&gone), &Cancel::default()));
        ends_once(&run)?;
        let left: BTreeSet<usize> = changed.without(&gone).iter().map(|(index, _)| *index).collect();
        let there = cloud.objects.lock().unwrap().values().map(|object| index(&object.address)).collect::<Vec<_>>();
        prop_assert_eq!(there.len(), left.len());
    }
}
