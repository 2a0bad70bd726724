//! What is done to a running stack, killed at every call that changes something: the same command once
//! more ends with 0, and with what one undisturbed run leaves. A second rollback, a second value of a
//! secret or a second snapshot is a difference. AWS is late, as in the other tables.
//!
//! `cargo test --test faults acts` runs a part, `AJUDA_FAULTS=all` every case, any other value the cases
//! whose names contain it.

use std::fmt::Write;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use serde_json::Value;

use crate::account::{differences, normal};
use crate::case::Call;
use crate::say;
use crate::stage::Desk;
use crate::support::sandbox::Sandbox;

/// Of how many cases one is tried where not all are.
const STEP: usize = 8;
const KILLS: [&str; 2] = ["kill-before", "kill-after"];

/// What is typed after `ajuda deploy`.
const ACTS: [&[&str]; 9] = [
    &["rollback", "--restore-snapshot", "--yes"],
    &["rollback", "--service", "bedrock-gateway", "--yes"],
    &["update", "--image", "v4", "--yes"],
    &["secrets", "rotate", "app-key", "--yes"],
    &["secrets", "rotate", "gateway-key", "--yes"],
    &["secrets", "rotate", "redis-token", "--yes"],
    &["secrets", "rotate", "database-app", "--yes"],
    &["secrets", "rotate", "database-master", "--yes"],
    &["db", "restore", "--snapshot", "early", "--yes"],
];

/// An assistant of two tasks, which share Redis.
fn file() -> String {
    include_str!("../../examples/sandbox.toml").replace(
        "image = \"ajuda-digital\"\n",
        "image = \"ajuda-digital\"\nautoscaling = { min = 2, max = 4 }\n\n[redis]\n\n",
    )
}

/// A stack on which three versions of each service ran.
fn base() -> Sandbox {
    let sandbox = crate::sandbox();
    let desk = Desk::with(&sandbox, &file());
    desk.succeeds(&["up", "--yes"]).unwrap();
    for image in ["ajuda-digital", "bedrock-gateway"] {
        for tag in ["v2", "v3", "v4"] {
            let image = serde_json::json!({ "image": format!("{image}:{tag}"), "behaviour": "ok" });
            sandbox.control("POST", "images", Some(image));
        }
    }
    for tag in ["v2", "v3"] {
        for service in ["open-webui", "bedrock-gateway"] {
            desk.succeeds(&["update", "--service", service, "--image", tag, "--yes"])
                .unwrap();
        }
    }
    desk.succeeds(&["db", "backup", "--name", "early"]).unwrap();
    // Whoever takes inventory has met every service.
    sandbox.inventory();
    sandbox.control("DELETE", "requests", None);
    sandbox
}

/// An act on a copy of the base, run undisturbed.
struct Stage {
    words: &'static [&'static str],
    calls: Vec<Call>,
    expected: Value,
}

impl Stage {
    fn set(words: &'static [&'static str], base: &Sandbox) -> Self {
        let sandbox = base.fork();
        let desk = Desk::with(&sandbox, &file());
        desk.succeeds(words).unwrap();
        let calls = Call::all(&sandbox.control("GET", "requests", None));
        Self {
            words,
            calls,
            expected: outcome(&sandbox),
        }
    }

    /// Nothing is left to be seen of a run that had only its goodbye before it: the same command is
    /// another act then. A rollback is not, because back is back.
    fn is_over(&self, call: &Call, fault: &str) -> bool {
        let last = call.is("UntagResource") && fault == "kill-after";
        self.words[0] == "secrets" && (call.ends_the_lease() || last)
    }
}

/// The account, without what a run leaves behind that was cut short: tasks that have stopped. What Service
/// Connect registers anew with each deployment is called by its name.
fn outcome(sandbox: &Sandbox) -> Value {
    let mut all = sandbox.inventory();
    let ecs = all["ecs"].as_object_mut().unwrap();
    if let Some(tasks) = ecs.get_mut("tasks").and_then(Value::as_object_mut) {
        tasks.retain(|_, task| task["lastStatus"] != "STOPPED");
    }
    let connected = all["servicediscovery"]["services"].clone();
    let mut text = all.to_string();
    for (id, service) in connected.as_object().into_iter().flatten() {
        text = text.replace(id, service["Name"].as_str().unwrap_or_default());
    }
    normal(&serde_json::from_str(&text).unwrap())
}

fn run(base: &Sandbox, stage: &Stage, call: &Call, fault: &str) -> Result<(), String> {
    let sandbox = base.fork();
    let desk = Desk::with(&sandbox, &file());
    desk.is_killed(stage.words, |pid| call.rule(fault, pid))?;
    desk.succeeds(stage.words)?;
    let lines = differences(&stage.expected, &outcome(&sandbox));
    if lines.is_empty() {
        return Ok(());
    }
    Err(format!("the account differs:\n  {}", lines.join("\n  ")))
}

/// An act and the fault that it was tried with.
type Tried = (&'static [&'static str], &'static str);

/// Acts × kills, as Markdown: how many of those that were tried were lived through.
fn table(tried: &[Tried], failed: &[Tried]) -> String {
    let mut text = "| act | kill-before | kill-after |\n|---|---|---|".to_owned();
    for words in ACTS {
        let of = |all: &[Tried], fault| all.iter().filter(|one| **one == (words, fault)).count();
        let cell = |fault| {
            let all = of(tried, fault);
            format!("{}/{all}", all - of(failed, fault))
        };
        let [before, after] = KILLS.map(cell);
        let act = words.join(" ");
        let _ = write!(text, "\n| `{act}` | {before} | {after} |");
    }
    text
}

#[test]
fn an_act_that_was_killed_is_the_same_act_when_it_is_typed_again() {
    let asked = std::env::var("AJUDA_FAULTS").ok();
    let base = base();
    let stages: Vec<Stage> = ACTS.iter().map(|words| Stage::set(words, &base)).collect();
    let mut cases = Vec::new();
    for stage in &stages {
        for call in &stage.calls {
            for fault in KILLS {
                if !stage.is_over(call, fault) {
                    let name = format!("{} | {call} | {fault}", stage.words.join(" "));
                    cases.push((name, stage, call, fault));
                }
            }
        }
    }
    let all = cases.len();
    let mut number = 0;
    cases.retain(|(name, ..)| {
        number += 1;
        match asked.as_deref() {
            None => number % STEP == 0,
            Some("all") => true,
            Some(part) => name.contains(part),
        }
    });
    say(&format!("{} of {all} kills", cases.len()));
    let next = AtomicUsize::new(0);
    let lost = Mutex::new(Vec::new());
    let begun = Instant::now();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, NonZero::get) {
            scope.spawn(|| {
                while let Some((name, stage, call, fault)) =
                    cases.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    if let Err(why) = run(&base, stage, call, fault) {
                        say(&format!("NOT THE SAME: {name}\n{why}"));
                        lost.lock()
                            .unwrap()
                            .push((stage.words, *fault, name.clone()));
                    }
                }
            });
        }
    });
    let lost = lost.into_inner().unwrap();
    let tried: Vec<_> = cases
        .iter()
        .map(|(_, stage, _, fault)| (stage.words, *fault))
        .collect();
    let failed: Vec<_> = lost
        .iter()
        .map(|(words, fault, _)| (*words, *fault))
        .collect();
    say(&table(&tried, &failed));
    say(&format!(
        "{} kills in {} s",
        tried.len(),
        begun.elapsed().as_secs()
    ));
    let lost: Vec<&str> = lost.iter().map(|(.., name)| name.as_str()).collect();
    assert!(lost.is_empty(), "not the same:\n{}", lost.join("\n"));
}
