//! What each verb asks AWS for: how many requests, in how many round trips. A verb that is not in the table fails.
//!
//! `AJUDA_REQUESTS=plan` counts the lines that begin with that alone.

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex};
use std::thread;

use serde_json::Value;

use crate::binary::{Desk, run};
use crate::stage::{push, requests};
use crate::support::by_hand;
use crate::support::lease::without_renewals;
use crate::support::plugin::plugin;
use crate::support::round_trips::{counted, depth};
use crate::support::sandbox::Sandbox;

/// Where a verb is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum On {
    /// Nothing is there.
    Nothing,
    /// The deployment of docs/adopting.md.
    ByHand,
    /// The stack of `FILE`, whose services have been updated, and whose database has a snapshot.
    Stack,
}
use On::{ByHand, Nothing, Stack};

/// What is typed, on what, and how many requests and round trips it takes at most, looks at the lease aside. Of what
/// waits, each call counts once ([`waits`]).
#[rustfmt::skip]
const VERBS: &[(&str, On, usize, usize)] = &[
    ("adopt repository/ajuda-digital --yes", ByHand, 113, 11),
    ("check", Stack, 130, 6),
    ("cost", Stack, 0, 0),
    ("db backup --name other", Stack, 12, 9),
    ("db backups", Stack, 6, 3),
    ("db cleanup", Stack, 13, 5),
    ("db extensions", Stack, 47, 14),
    ("db restore --snapshot early --yes", Stack, 140, 40),
    ("db status", Stack, 10, 3),
    ("db upgrade", Stack, 13, 6),
    ("db upgrade --to 16.13 --in-window --yes", Stack, 18, 14),
    ("destroy --yes --delete-all-data", Stack, 255, 48),
    ("example", Stack, 0, 0),
    ("exec -- true", Stack, 6, 5),
    ("history", Stack, 8, 5),
    ("logs", Stack, 4, 3),
    ("outputs", Stack, 51, 4),
    ("permissions up", Stack, 3, 3),
    ("plan", Nothing, 64, 3),
    ("plan", Stack, 125, 4),
    ("rollback --service bedrock-gateway --yes", Stack, 26, 24),
    ("rollback --restore-snapshot --yes", Stack, 145, 52),
    ("run -- true", Stack, 8, 8),
    ("scale open-webui=3 --no-wait --yes", Stack, 11, 9),
    ("secrets get app-key --stdout", Stack, 3, 3),
    ("secrets list", Stack, 18, 5),
    ("secrets rotate app-key --yes", Stack, 125, 28),
    ("secrets rotate gateway-key --yes", Stack, 138, 34),
    ("secrets set provider-one --env OTHER --yes", Stack, 8, 8),
    ("status", Stack, 133, 6),
    ("tunnel --port 15433", Stack, 7, 5),
    ("unlock --yes", Stack, 2, 2),
    ("up --yes", Nothing, 290, 52),
    ("up --yes", Stack, 120, 13),
    ("update --image v3 --yes", Stack, 45, 36),
    ("update --service bedrock-gateway --image v3 --no-wait --yes", Stack, 15, 13),
    ("validate", Stack, 0, 0),
];

/// What is counted where it is tested.
const ELSEWHERE: &[&str] = &["push"];

fn file() -> String {
    let assistant = include_str!("../../examples/sandbox.toml");
    let app = "image = \"ajuda-digital\"\n";
    let shared = "image = \"ajuda-digital\"\nexec = true\nautoscaling = { min = 2, max = 4 }\n\n[redis]\n\n[database]\nversion = \"16.12\"\n\n\
                  [provider.one]\nurl = \"https://one.example.org/v1\"\nkey = { env = \"ONE\" }\n\n";
    assistant.replace(app, shared)
}

/// Accounts of which each verb gets a copy, with the file there.
fn account(on: On) -> &'static (Sandbox, String) {
    static NOTHING: LazyLock<(Sandbox, String)> = LazyLock::new(|| {
        let desk = Desk::with(&file());
        // The first command makes the zone and the images that the file takes for granted.
        desk.deploy(&["plan"]);
        kept(desk)
    });
    static STACK: LazyLock<(Sandbox, String)> = LazyLock::new(|| {
        let desk = Desk::deployed(&file());
        for image in ["ajuda-digital", "bedrock-gateway"] {
            for tag in ["v2", "v3"] {
                push(&desk, &format!("{image}:{tag}"), "ok");
            }
        }
        for words in [
            &["update", "--image", "v2", "--yes"][..],
            &[
                "update",
                "--service",
                "bedrock-gateway",
                "--image",
                "v2",
                "--yes",
            ],
            &["db", "backup", "--name", "early"],
        ] {
            let ended = desk.deploy(words);
            assert_eq!(ended.code, 0, "{words:?}: {}", ended.err);
        }
        kept(desk)
    });
    static BY_HAND: LazyLock<(Sandbox, String)> = LazyLock::new(|| {
        let desk = Desk::with("");
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let file = runtime.block_on(async {
            let cloud = desk.sandbox.cloud("by-hand").await;
            by_hand::deploy(&desk.sandbox, &cloud).await;
            by_hand::file(&cloud).await
        });
        desk.write(&file);
        kept(desk)
    });
    match on {
        Nothing => &NOTHING,
        ByHand => &BY_HAND,
        Stack => &STACK,
    }
}

fn kept(desk: Desk) -> (Sandbox, String) {
    let text = desk.text();
    // It is never dropped, and nobody but its copies has to find it.
    std::fs::remove_dir_all(desk.sandbox.home()).unwrap();
    (desk.sandbox, text)
}

/// What it asked for.
fn count(words: &str, on: On) -> Result<(usize, usize), String> {
    let (sandbox, file) = account(on);
    let desk = Desk::of(sandbox.fork(), file);
    let plugin = plugin("exit 0");
    let (verb, command) = words.split_once(" -- ").unwrap_or((words, ""));
    let mut all = vec!["deploy"];
    all.extend(verb.split(' '));
    if !["example", "validate"].contains(&verb) {
        all.push("--sandbox");
    }
    if !command.is_empty() {
        all.extend(["--", command]);
    }
    let mut program = desk.command();
    program.args(all).env("PATH", plugin.path());
    program.envs([("ONE", "a-value-for-tests"), ("OTHER", "another-value")]);
    let ended = counted(&desk.sandbox, || run(&mut program));
    if ended.code != 0 {
        return Err(format!("{words}: {}{}", ended.out, ended.err));
    }
    let all = without_renewals(requests(&desk));
    let mut asked = BTreeSet::new();
    let counts = |one: &&Value| !waits(words) || asked.insert(call(one));
    let needed: Vec<&Value> = all.iter().filter(counts).collect();
    // Whether the lease is looked for beside something else is a question of time, too.
    let beside = |one: &&Value| one["operation"] != "DescribeLogGroups";
    let trips = depth(needed.iter().copied().filter(beside));
    Ok((needed.len(), trips))
}

/// Whether it waits for what AWS does. How often it looks is a question of time, so that each call counts once.
fn waits(words: &str) -> bool {
    const VERBS: [&str; 9] = [
        "db backup ",
        "db restore",
        "db upgrade --to",
        "destroy",
        "rollback",
        "run",
        "secrets rotate",
        "up ",
        "update",
    ];
    !words.contains("--no-wait") && VERBS.iter().any(|verb| words.starts_with(verb))
}

/// What is asked, of which object.
fn call(one: &Value) -> String {
    ["service", "operation", "target", "about"]
        .map(|part| one[part].to_string())
        .join(" ")
}

/// One line of the table: what is wrong with it.
fn differs(&(words, on, most, deepest): &(&str, On, usize, usize)) -> Option<String> {
    let (count, trips) = match count(words, on) {
        Ok(counted) => counted,
        Err(why) => return Some(why),
    };
    let right = count <= most && trips <= deepest;
    (!right).then(|| {
        format!("(\"{words}\", {on:?}, {count}, {trips}), where {most} and {deepest} are allowed")
    })
}

#[test]
fn no_verb_asks_for_more_than_it_needs() {
    let asked = std::env::var("AJUDA_REQUESTS").unwrap_or_default();
    let rows = Mutex::new(VERBS.iter().filter(|row| row.0.starts_with(&asked)));
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let next = || rows.lock().unwrap().next();
                while let Some(row) = next() {
                    if let Some(line) = differs(row) {
                        wrong.lock().unwrap().push(line);
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The verbs below these words, as the binary's help lists them.
fn verbs(desk: &Desk, words: &[&str]) -> Vec<String> {
    let help = run(desk.command().args(words).arg("--help"));
    let listed = help.out.split("\nCommands:\n").nth(1);
    let Some(listed) = listed.and_then(|rest| rest.split("\n\n").next()) else {
        return vec![words[1..].join(" ")];
    };
    let names = listed.lines().filter_map(|line| {
        let name = line.strip_prefix("  ")?.split(' ').next()?;
        (!name.is_empty() && name != "help").then_some(name)
    });
    names
        .flat_map(|name| verbs(desk, &[words, &[name]].concat()))
        .collect()
}

#[test]
fn every_verb_is_in_the_table() {
    let desk = Desk::with("");
    let all: BTreeSet<String> = verbs(&desk, &["deploy"]).into_iter().collect();
    assert!(
        all.contains("db restore") && all.contains("plan"),
        "{all:?}"
    );
    let listed = |verb: &String| {
        let begins = |words: &str| words == verb || words.starts_with(&format!("{verb} "));
        VERBS.iter().any(|(words, ..)| begins(words)) || ELSEWHERE.contains(&verb.as_str())
    };
    let missing: Vec<&String> = all.iter().filter(|verb| !listed(verb)).collect();
    assert!(missing.is_empty(), "not in the table: {missing:?}");
}
