//! Every mutating call of `up` from nothing, of an `up` that changes every kind, and of `destroy`,
//! killed before and after its reply, throttled, failed, cut off and its reply lost: the command, or
//! the same command once more, must end with the account of an undisturbed run.
//!
//! The sandbox is as late as AWS; `AJUDA_TEST_LAG=off` makes it answer at once.
//!
//! `cargo test --test faults` tries every call once, each with another fault than the one before it,
//! and of those one in STEP. `AJUDA_FAULTS=all` tries every call with every fault. Both print the table:
//! a kill alone, other faults TOGETHER in a run, and alone where that does not survive. Any other
//! value runs the cases whose names contain it, each alone; `AJUDA_FAULTS_EVERY=10` runs one in ten of them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

#[path = "faults/account.rs"]
mod account;
#[path = "faults/acts.rs"]
mod acts;
#[path = "faults/case.rs"]
mod case;
#[path = "faults/stage.rs"]
mod stage;
#[path = "faults/table.rs"]
mod table;

use std::collections::BTreeSet;
use std::io::Write;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Instant;

use ajuda::resources::KINDS;
use serde_json::{Value, json};

use account::{differences, normal};
use case::{Case, FAULTS, Verb};
use stage::{Desk, Stage};
use support::sandbox::Sandbox;
use table::table;

/// Of how many calls one is tried where not all are.
const STEP: usize = 4;
/// How many calls go wrong in one run at most: the process lives through a fault that does not kill
/// it, so one run can show many.
const TOGETHER: usize = 12;

/// As late as AWS, unless `AJUDA_TEST_LAG` says otherwise.
fn sandbox() -> Sandbox {
    match std::env::var_os("AJUDA_TEST_LAG") {
        Some(_) => Sandbox::instant(),
        None => Sandbox::late(),
    }
}

/// The account before `up`, and the one that `change` and `destroy` begin with. Nothing is done to them but
/// copied, and they stay until the tests end.
static ACCOUNTS: LazyLock<(Sandbox, Sandbox)> = LazyLock::new(|| {
    let empty = sandbox();
    // Zones and images are prepared, and whoever takes inventory has met every service.
    Desk::new(&empty, Verb::Up).succeeds(&["plan"]).unwrap();
    empty.inventory();
    let full = empty.fork();
    Desk::new(&full, Verb::Up)
        .succeeds(Verb::Up.words())
        .unwrap();
    for sandbox in [&empty, &full] {
        // Nobody but its copies has to find it, and it is never dropped.
        std::fs::remove_dir_all(sandbox.home()).unwrap();
    }
    (empty, full)
});

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
    let every = std::env::var("AJUDA_FAULTS_EVERY").ok();
    let every: usize = every.map_or(1, |every| every.parse().unwrap());
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
    cases.into_iter().step_by(every).collect()
}

/// The cases as runs: those that go together, up to `most` in one.
fn runs<'a, 'c>(
    cases: &'c [(&'a Stage<'a>, Case)],
    most: usize,
) -> Vec<(&'a Stage<'a>, Vec<&'c Case>)> {
    let mut runs: Vec<(&Stage<'_>, Vec<&Case>)> = Vec::new();
    for (stage, case) in cases {
        let fits =
            |run: &Vec<&Case>| run.len() < most && run.iter().all(|other| case.goes_with(other));
        match runs.iter_mut().find(|(_, run)| fits(run)) {
            Some((_, run)) => run.push(case),
            None => runs.push((stage, vec![case])),
        }
    }
    runs
}

/// What came of each case of a run. Where several that went wrong together did not survive, or one
/// did not come, each is tried alone.
fn outcomes(stage: &Stage<'_>, run: &[&Case]) -> Vec<table::Result> {
    let alone = |case: &Case| {
        let outcome = stage.run(case);
        if let Err(why) = &outcome {
            say(&format!(
                "NOT SURVIVED: {case}\n{why}\nagain: AJUDA_FAULTS='{case}' cargo test --test faults -- --nocapture\n"
            ));
        }
        (case.clone(), outcome)
    };
    if let [case] = run {
        return vec![alone(case)];
    }
    match stage.run_all(run) {
        Err(why) => {
            let many = run.len();
            say(&format!(
                "{many} together did not survive, so each is tried alone: {why}"
            ));
            run.iter().map(|case| alone(case)).collect()
        }
        Ok((by_itself, missed)) => run
            .iter()
            .map(|case| {
                if missed.iter().any(|other| std::ptr::eq(*other, *case)) {
                    alone(case)
                } else {
                    ((*case).clone(), Ok(by_itself))
                }
            })
            .collect(),
    }
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

#[test]
fn whatever_goes_wrong_at_a_call_the_account_ends_as_it_should() {
    let asked = std::env::var("AJUDA_FAULTS").ok();
    let begun = Instant::now();
    let (empty, full) = &*ACCOUNTS;
    let stages = stages(empty, full);
    let cases = chosen(&stages, asked.as_deref());
    assert!(!cases.is_empty(), "no case is called {asked:?}");
    let together = match asked.as_deref() {
        None | Some("all") => TOGETHER,
        Some(_) => 1,
    };
    let runs = runs(&cases, together);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    // One more than there are processors: a run on a late AWS waits for much of its time.
    let side_by_side = 1 + thread::available_parallelism().map_or(2, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..side_by_side {
            scope.spawn(|| {
                while let Some((stage, run)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let ended = outcomes(stage, run);
                    let mut results = results.lock().unwrap();
                    results.extend(ended);
                    let (done, all) = (results.len(), cases.len());
                    say(&format!(
                        "{done} of {all} cases, {} s",
                        begun.elapsed().as_secs()
                    ));
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

/// The kinds that a plan of `verb` does `action` to.
fn kinds(sandbox: &Sandbox, verb: Verb, actions: &[&str]) -> BTreeSet<String> {
    let plan = Desk::new(sandbox, verb)
        .succeeds(&["plan", "--output", "json"])
        .unwrap();
    let begin = plan.find('{').unwrap();
    let plan: Value = serde_json::from_str(&plan[begin..]).unwrap();
    let items = plan["actions"].as_array().unwrap().iter();
    items
        .filter(|item| actions.contains(&item["action"].as_str().unwrap()))
        .map(|item| item["kind"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_files_make_and_change_every_kind() {
    let every: BTreeSet<String> = KINDS.iter().map(|kind| kind.name().to_owned()).collect();
    let (empty, full) = (ACCOUNTS.0.fork(), ACCOUNTS.1.fork());
    assert_eq!(kinds(&empty, Verb::Up, &["create"]), every);
    let mut changed = kinds(&full, Verb::Change, &["update", "replace"]);
    // What the set-up does changes with the database's user only, which a running database keeps.
    assert!(changed.insert("database-setup".to_owned()));
    // An association changes when the file names another web ACL, and none is there before the stack.
    assert!(changed.insert("web-acl-association".to_owned()));
    assert_eq!(changed, every);
    let anew = kinds(&full, Verb::Change, &["replace"]);
    for kind in ["certificate", "dns-record", "namespace", "target-group"] {
        assert!(anew.contains(kind), "{kind} is made anew: {anew:?}");
    }
}

#[test]
fn what_is_doubled_lost_changed_or_refers_to_another_is_a_difference() {
    let tags = |address: &str| json!([{ "Key": "ajuda:address", "Value": address }]);
    let subnet =
        |vpc: &str| json!({ "VpcId": vpc, "Tags": tags("subnet/a"), "CidrBlock": "10.0.0.0/24" });
    let account = |vpcs: &[&str], subnets: Value| {
        let vpcs = vpcs
            .iter()
            .map(|id| ((*id).to_owned(), json!({ "Tags": tags("vpc/main") })));
        normal(&json!({ "ec2": { "vpcs": Value::Object(vpcs.collect()), "subnets": subnets } }))
    };
    let (one, other) = ("vpc-0123456789abcdef0", "vpc-fedcba98765432100");
    let first = account(&[one], json!({ "subnet-0123456789abcdef1": subnet(one) }));
    let same = account(
        &[other],
        json!({ "subnet-fedcba98765432101": subnet(other) }),
    );
    assert_eq!(differences(&first, &same), [""; 0], "ids alone are none");
    for (what, account) in [
        (
            "doubled",
            account(
                &[one, other],
                json!({ "subnet-0123456789abcdef1": subnet(one) }),
            ),
        ),
        ("lost", account(&[one], json!({}))),
        (
            "refers to another",
            account(
                &[one],
                json!({ "subnet-0123456789abcdef1": subnet("vpc-0000000000000000f") }),
            ),
        ),
    ] {
        assert_eq!(differences(&first, &account).len(), 1, "{what}");
    }
}
