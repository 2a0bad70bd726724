//! The commands that stand in docs/operations.md beside its year, one after the other on the file that the
//! README begins with.

use crate::binary::{Desk, Ended, repository, run};
use crate::stage::push;

/// What runs elsewhere: `exec`, `tunnel` and `push` need a plug-in, an engine or a registry (`inside` and the
/// tests of `push` run them on this file too), `--watch` and `--follow` have no end, and `reports` is a service
/// of another file.
const ELSEWHERE: [&str; 6] = ["exec", "tunnel", "push", "--watch", "--follow", "reports"];

/// What a stack that has just come up, and nobody who types, cannot have: how each ends, and what it says.
const REFUSED: [(&str, i32, &str); 5] = [
    (
        "secrets set provider-sealion",
        3,
        "give it with --stdin, or with --env VAR",
    ),
    (
        "db restore --snapshot chat-manual-20261123015916",
        1,
        "`ajuda deploy db backups --sandbox` lists those of this database",
    ),
    (
        "db restore --to-time 2026-11-23T01:30:00Z",
        3,
        "cannot restore the database",
    ),
    (
        "db cleanup chat-before-20261123015918",
        3,
        "`ajuda deploy db cleanup --sandbox` lists what is",
    ),
    (
        "db upgrade --to 16.13 --in-window",
        3,
        "RDS does not upgrade 16.15 to 16.13",
    ),
];

/// The lines of fenced blocks that are commands of ours, up to a pipe or a comment.
fn commands() -> Vec<String> {
    let page = std::fs::read_to_string(repository("docs/operations.md")).unwrap();
    let parts = page
        .split("\n## ")
        .filter(|part| !part.starts_with("A year\n"));
    let fences = parts.flat_map(|part| part.split("```").skip(1).step_by(2).collect::<Vec<_>>());
    let lines = fences.flat_map(str::lines);
    lines
        .filter_map(|line| line.strip_prefix("ajuda deploy "))
        .map(|line| line.split(" | ").next().unwrap_or(line))
        .map(|line| line.split("  #").next().unwrap_or(line).trim().to_owned())
        .collect()
}

fn run_line(desk: &Desk, line: &str) -> Ended {
    let (words, command) = match line.split_once(" -- ") {
        Some((words, command)) => (words, Some(command)),
        None => (line, None),
    };
    let mut all = desk.command();
    all.arg("deploy").args(words.split(' ')).arg("--sandbox");
    if let Some(command) = command {
        all.args(["--", "sh", "-c", command]);
    }
    for variable in ["GOOGLE_CLIENT_SECRET", "SEALION_API_KEY", "NEW_KEY"] {
        all.env(variable, "a-value-for-tests");
    }
    run(&mut all)
}

#[test]
fn every_command_of_the_page_runs_on_the_file_for_production() {
    let desk = Desk::copy("stacks/production.toml");
    push(&desk, "ajuda-digital:v2", "ok");
    assert_eq!(desk.deploy(&["up", "--yes"]).code, 0);
    let mut ran = 0;
    for line in commands() {
        if line.split(' ').any(|word| ELSEWHERE.contains(&word)) {
            continue;
        }
        let mut ended = run_line(&desk, &line);
        if ended.code == 3 && ended.err.contains("no terminal to confirm on") {
            ended = run_line(&desk, &format!("{line} --yes"));
        }
        let refused = REFUSED.iter().find(|(refused, ..)| *refused == line);
        let (code, said) = refused.map_or((0, ""), |(_, code, said)| (*code, *said));
        assert_eq!(ended.code, code, "{line}: {}{}", ended.out, ended.err);
        assert!(ended.err.contains(said), "{line}: {}", ended.err);
        ran += 1;
    }
    assert!(ran > 30, "{ran}");
}
