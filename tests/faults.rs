//! Every mutating call of `up` from nothing, of an `up` that changes every kind, and of `destroy`,
//! killed before and after its reply, throttled, failed, cut off and its reply lost: the command, or
//! the same command once more, must end with the account of an undisturbed run.
//!
//! `cargo test --test faults` runs every call once, each with another fault than the one before it,
//! and of those one in STEP. `AJUDA_FAULTS=all` runs every call with every fault and prints the table;
//! any other value runs the cases whose names contain it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

#[path = "faults/account.rs"]
mod account;
#[path = "faults/case.rs"]
mod case;
#[path = "faults/stage.rs"]
mod stage;
#[path = "faults/table.rs"]
mod table;

use std::io::Write;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use case::{Case, FAULTS, Verb};
use stage::{Desk, Stage};
use support::sandbox::Sandbox;
use table::table;

/// Of how many calls one is tried where not all are.
const STEP: usize = 4;

/// The account before `up`, and the one that `change` and `destroy` begin with.
fn accounts() -> (Sandbox, Sandbox) {
    let empty = Sandbox::instant();
    // Zones and images are prepared, and whoever takes inventory has met every service.
    Desk::new(&empty, Verb::Up).succeeds(&["plan"]).unwrap();
    empty.inventory();
    let full = empty.fork();
    Desk::new(&full, Verb::Up)
        .succeeds(Verb::Up.words())
        .unwrap();
    full.control("DELETE", "requests", None);
    (empty, full)
}

fn stages<'a>(empty: &'a Sandbox, full: &'a Sandbox) -> Vec<Stage<'a>> {
    let of = |verb| match verb {
        Verb::Up => Stage::set(verb, empty).unwrap(),
        Verb::Change | Verb::Destroy => Stage::set(verb, full).unwrap(),
    };
    Verb::ALL.map(of).into()
}

/// The cases that are asked for, each with its stage.
fn chosen<'a>(stages: &'a [Stage<'a>], asked: Option<&str>) -> Vec<(&'a Stage<'a>, Case)> {
    let calls = stages
        .iter()
        .flat_map(|stage| stage.calls.iter().map(move |call| (stage, call)));
    let mut cases = Vec::new();
    for (index, (stage, call)) in calls.enumerate() {
        for (number, fault) in FAULTS.into_iter().enumerate() {
            let case = Case {
                verb: stage.verb,
                call: call.clone(),
                fault,
            };
            let wanted = match asked {
                None => index % STEP == 0 && (index / STEP) % FAULTS.len() == number,
                Some("all") => true,
                Some(part) => case.to_string().contains(part),
            };
            if wanted {
                cases.push((stage, case));
            }
        }
    }
    cases
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[test]
fn whatever_goes_wrong_at_a_call_the_account_ends_as_it_should() {
    let asked = std::env::var("AJUDA_FAULTS").ok();
    let begun = Instant::now();
    let (empty, full) = accounts();
    let stages = stages(&empty, &full);
    let cases = chosen(&stages, asked.as_deref());
    assert!(!cases.is_empty(), "no case is called {asked:?}");
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, NonZero::get) {
            scope.spawn(|| {
                while let Some((stage, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = stage.run(case);
                    if let Err(why) = &outcome {
                        say(&format!("NOT SURVIVED: {case}\n{why}\nagain: AJUDA_FAULTS='{case}' cargo test --test faults -- --nocapture\n"));
                    }
                    let mut results = results.lock().unwrap();
                    results.push((case.clone(), outcome));
                    if results.len() % 50 == 0 {
                        say(&format!("{} of {} cases, {} s", results.len(), cases.len(), begun.elapsed().as_secs()));
                    }
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    let calls: Vec<(Verb, usize)> = stages
        .iter()
        .map(|stage| (stage.verb, stage.calls.len()))
        .collect();
    say(&table(&calls, &results));
    say(&format!(
        "{} cases in {} s",
        results.len(),
        begun.elapsed().as_secs()
    ));
    let lost: Vec<String> = results
        .iter()
        .filter(|(_, outcome)| outcome.is_err())
        .map(|(case, _)| case.to_string())
        .collect();
    assert_eq!(results.len(), cases.len(), "every case was run");
    assert!(lost.is_empty(), "not survived:\n{}", lost.join("\n"));
}
