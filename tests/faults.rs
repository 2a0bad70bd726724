//! Every mutating call of `up` from nothing, of an `up` that changes every kind, of `destroy` and of what is done
//! to a running stack, killed before and after its reply, throttled, failed, cut off and its reply lost: the
//! command, or after a kill the same command once more, must end with the account of an undisturbed run.
//!
//! The sandbox is as late as AWS; `AJUDA_TEST_LAG=off` makes it answer at once.
//!
//! `cargo test --test faults` tries a part (`acts.rs`), `AJUDA_FAULTS=all` every call with every fault. Both
//! print the table. Any other value tries the cases whose names contain it, or each of its parts between `*`;
//! `AJUDA_FAULTS_EVERY=10` tries one in ten of them. A kill has a run of its own, other faults go together in one,
//! and alone where that does not survive.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

#[path = "faults/account.rs"]
mod account;
#[path = "faults/accounts.rs"]
mod accounts;
#[path = "faults/acts.rs"]
mod acts;
#[path = "faults/case.rs"]
mod case;
#[path = "faults/chosen.rs"]
mod chosen;
#[path = "faults/stage.rs"]
mod stage;
#[path = "faults/table.rs"]
mod table;

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Mutex;
use std::time::Instant;

use ajuda::resources::KINDS;
use serde_json::{Value, json};

use account::{differences, normal};
use accounts::{AFTER, Account, BEFORE};
use case::Case;
use chosen::{acts, chosen, runs, side_by_side, stages};
use stage::{Desk, Stage};
use support::sandbox::Sandbox;
use table::table;

/// What came of each case of a run. Where several that went wrong together did not survive, or one
/// did not come, each is tried alone.
fn outcomes(stage: &Stage, run: &[&Case]) -> Vec<table::Result> {
    let alone = |case: &Case| {
        let outcome = stage.run(&[case]).map(|_| ());
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
    match stage.run(run) {
        Err(why) => {
            let many = run.len();
            say(&format!(
                "{many} together did not survive, so each is tried alone: {why}"
            ));
            run.iter().map(|case| alone(case)).collect()
        }
        Ok(missed) => run
            .iter()
            .map(|case| {
                if missed.iter().any(|other| std::ptr::eq(*other, *case)) {
                    alone(case)
                } else {
                    ((*case).clone(), Ok(()))
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
    let acts = acts(asked.as_deref().filter(|asked| *asked != "all"));
    let stages = stages(&acts);
    let cases = chosen(&stages, asked.as_deref());
    assert!(!cases.is_empty(), "no case is called {asked:?}");
    let runs = runs(&cases);
    say(&format!(
        "{} cases in {} runs, {} s",
        cases.len(),
        runs.len(),
        begun.elapsed().as_secs()
    ));
    let results = Mutex::new(Vec::new());
    side_by_side(&runs, |(stage, run)| {
        let ended = outcomes(stage, run);
        let mut results = results.lock().unwrap();
        results.extend(ended);
        let (done, all) = (results.len(), cases.len());
        say(&format!(
            "{done} of {all} cases, {} s",
            begun.elapsed().as_secs()
        ));
    });
    let results = results.into_inner().unwrap();
    let calls: Vec<(String, usize)> = stages
        .iter()
        .map(|stage| (stage.act.name(), stage.calls.len()))
        .collect();
    say(&table(&calls, &results));
    say(&format!(
        "{} cases in {} runs in {} s",
        results.len(),
        runs.len(),
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

/// The kinds that a plan of a file does one of `actions` to.
fn kinds(sandbox: &Sandbox, file: &str, actions: &[&str]) -> BTreeSet<String> {
    let plan = Desk::with(sandbox, file)
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
    let [empty, full] = [Account::Empty, Account::Full].map(|one| one.prepared().sandbox.fork());
    assert_eq!(kinds(&empty, BEFORE, &["create"]), every);
    let mut changed = kinds(&full, AFTER, &["update", "replace"]);
    // What the set-up does changes with the database's user only, which a running database keeps.
    assert!(changed.insert("database-setup".to_owned()));
    // An association changes when the file names another web ACL, and none is there before the stack.
    assert!(changed.insert("web-acl-association".to_owned()));
    assert_eq!(changed, every);
    let anew = kinds(&full, AFTER, &["replace"]);
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
