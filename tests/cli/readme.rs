//! What the README says happens.

use std::path::PathBuf;

use clap::error::ErrorKind;

use crate::binary::{Desk, repository};
use crate::support::hints;

#[test]
fn the_first_command_brings_the_stack_up_once_and_destroy_leaves_the_account_as_it_was() {
    let desk = Desk::copy("examples/sandbox.toml");
    // The account on its first day: the zone and the images of the file are there.
    desk.deploy(&["plan"]);
    let before = desk.sandbox.inventory();

    let up = desk.deploy(&["up", "--yes"]);
    assert_eq!(up.code, 0, "{}", up.err);
    assert!(up.out.contains("https://chat.example.org"), "{}", up.out);

    let again = desk.deploy(&["up", "--yes"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.err.contains("nothing to do"), "{}", again.err);
    let plan = desk.deploy(&["plan", "--detailed-exitcode"]);
    assert_eq!(plan.code, 0, "{}", plan.out);

    let outputs = desk.deploy(&["outputs", "--output", "json"]);
    let outputs: serde_json::Value = serde_json::from_str(&outputs.out).unwrap();
    assert_eq!(outputs["address"], "https://chat.example.org");
    let status = desk.deploy(&["status", "--output", "json"]);
    let status: serde_json::Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!(status["services"][1]["running"], 1, "{status:#}");

    let destroy = desk.deploy(&["destroy", "--yes"]);
    assert_eq!(destroy.code, 0, "{}", destroy.err);
    let after = desk.sandbox.inventory();
    similar_asserts(&before, &after);
    let again = desk.deploy(&["destroy", "--yes"]);
    assert_eq!(
        (again.code, again.err.contains("nothing to remove")),
        (0, true),
        "{}",
        again.err
    );
}

/// Names the places that differ.
fn similar_asserts(before: &serde_json::Value, after: &serde_json::Value) {
    let mut differences = Vec::new();
    for (service, kinds) in after.as_object().unwrap() {
        for (kind, objects) in kinds.as_object().unwrap() {
            if before[service][kind] != *objects {
                differences.push(format!(
                    "{service} {kind}: {} became {objects}",
                    before[service][kind]
                ));
            }
        }
    }
    assert!(
        differences.is_empty(),
        "the account is as it was found:\n{}",
        differences.join("\n")
    );
}

#[test]
fn a_changed_line_is_planned_as_that_line() {
    let desk = Desk::deployed_copy("examples/sandbox.toml");
    desk.write(&format!("{}\n[logs]\ndays = 90\n", desk.text()));
    let plan = desk.deploy(&["plan", "--detailed-exitcode", "--output", "json"]);
    assert_eq!(plan.code, 2, "{}", plan.err);
    let plan: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    for action in plan["actions"].as_array().unwrap() {
        assert_eq!(action["kind"], "log-group", "{action:#}");
        assert_eq!(action["changes"].as_array().unwrap().len(), 1, "{action:#}");
        assert_eq!(action["changes"][0]["path"], "retention_days");
    }
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    assert_eq!(desk.deploy(&["plan", "--detailed-exitcode"]).code, 0);
}

#[test]
fn the_readme_names_the_commands_that_are_tested() {
    let readme = std::fs::read_to_string(repository("README.md")).unwrap();
    for command in [
        "cargo run -- deploy up --sandbox --file examples/sandbox.toml --yes",
        "tests/run",
        "cp stacks/production.toml deploy.toml",
    ] {
        assert!(readme.contains(command), "{command}");
    }
}

/// The README and every page of `docs/`.
fn pages() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(repository("docs")).unwrap();
    let docs = docs.map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = docs
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    pages.push(repository("README.md"));
    pages.push(repository("examples/README.md"));
    pages
}

/// The commands of ours on a page: lines of fenced blocks, and what stands in backticks.
fn commands(page: &str) -> Vec<String> {
    let mut fenced = false;
    let (mut all, mut prose) = (Vec::new(), String::new());
    for line in page.lines().chain([""]) {
        let fence = line.starts_with("```");
        if fenced && !fence && line.contains('`') {
            // What is printed, with commands in it.
            all.extend(hints::commands(line));
        } else if fenced && !fence {
            let from = line.find("ajuda deploy ").or(line.find("ajuda sandbox "));
            all.extend(from.map(|from| hints::alone(&line[from..])));
        } else if fence || line.is_empty() || line.starts_with('|') {
            // What stands in backticks may go over the end of a line, and of no paragraph.
            prose.push_str(if fence { "" } else { line });
            // In a table a pipe is escaped, and stands between verbs.
            let said = hints::commands(&std::mem::take(&mut prose));
            all.extend(said.into_iter().filter(|one| !one.contains("\\|")));
            fenced ^= fence;
        } else {
            prose.push_str(line);
            prose.push(' ');
        }
    }
    all
}

#[test]
fn every_command_of_the_pages_is_one_that_the_command_line_takes() {
    let mut count = 0;
    for path in pages() {
        for command in commands(&std::fs::read_to_string(&path).unwrap()) {
            // A sentence may name a verb alone, whose arguments it does not say.
            let alone = [
                ErrorKind::MissingRequiredArgument,
                ErrorKind::MissingSubcommand,
            ];
            let wrong = hints::wrong(&command).filter(|wrong| !alone.contains(&wrong.kind()));
            assert!(
                wrong.is_none(),
                "{}: `{command}`\n{wrong:?}",
                path.display()
            );
            count += 1;
        }
    }
    assert!(count > 80, "only {count} commands were found");
}

/// Verbs that need a plug-in, an engine or a registry on this machine: `inside`, `hostile` and `push` run them.
const ELSEWHERE: [&str; 3] = ["exec", "tunnel", "push"];

/// The table of commands, on the file that the README says to begin with.
#[test]
fn every_verb_of_the_readme_runs_on_the_production_file() {
    let readme = std::fs::read_to_string(repository("README.md")).unwrap();
    let desk = Desk::copy("stacks/production.toml");
    let mut ran = Vec::new();
    let table = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `ajuda deploy "));
    for line in table {
        let verbs = line.split('`').next().unwrap();
        let (first, more) = verbs.split_once(' ').unwrap_or((verbs, ""));
        let words: Vec<Vec<&str>> = match first {
            "up" | "adopt" => vec![vec![first, "--yes"]],
            "destroy" => vec![vec![first, "--keep-data", "--yes"]],
            "update" => vec![
                vec![first, "--restart", "--yes"],
                vec![first, "--env", "LOG=x", "--yes"],
            ],
            "rollback" => vec![vec![first, "--yes"]],
            "scale" => vec![vec![first, "bedrock-gateway=1", "--yes"]],
            "run" => vec![vec![
                first,
                "--service",
                "open-webui",
                "--sandbox",
                "--",
                "true",
            ]],
            "secrets" => more
                .split("\\|")
                .filter_map(|verb| match verb {
                    "list" => Some(vec![first, verb]),
                    "get" => Some(vec![first, verb, "admin-password", "--stdout"]),
                    "rotate" => Some(vec![first, verb, "gateway-key", "--yes"]),
                    // It asks for the value, or takes it from stdin.
                    "set" => None,
                    other => panic!("what is `secrets {other}`?"),
                })
                .collect(),
            elsewhere if ELSEWHERE.contains(&elsewhere) => vec![],
            verb => vec![vec![verb]],
        };
        for words in words {
            let ended = match words.contains(&"--") {
                true => crate::binary::run(desk.command().arg("deploy").args(&words)),
                false => desk.deploy(&words),
            };
            assert_eq!(ended.code, 0, "{words:?}: {}{}", ended.out, ended.err);
        }
        ran.push(first.to_owned());
        // What the table shows before `up` is there from then on.
        if first == "destroy" {
            assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
        }
    }
    assert!(ran.len() >= 18, "{ran:?}");
}
