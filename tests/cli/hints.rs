//! Commands that an operator is told to type: wherever they are told, they are about the stack that the run was about.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::binary::{Desk, Ended, run};
use crate::support::hints;
use crate::support::terminal::on_a_terminal;

const WEB: &str = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\ndisposable = true\n[service.web]\nimage = \"web\"\nport = 8080\npublic = true\n";

/// `ajuda deploy` for the stack of a file that has another name, and blanks in it.
fn elsewhere(desk: &Desk, file: &Path, words: &[&str]) -> Command {
    let mut command = desk.command();
    command.arg("deploy").args(words);
    command.arg("--sandbox").arg("--file").arg(file);
    command
}

/// The commands of `ajuda deploy` in a text: each has to name the place.
fn told(text: &str, file: &Path) -> Vec<String> {
    let place = format!(" --sandbox --file '{}'", file.display());
    let commands = hints::commands(text).into_iter();
    let commands: Vec<String> = commands
        .filter(|command| command.starts_with("ajuda deploy "))
        .collect();
    for command in &commands {
        assert!(command.contains(&place), "`{command}` in:\n{text}");
        hints::check(command);
    }
    commands
}

/// The lines of a run as JSON.
fn lines(ended: &Ended) -> Vec<Value> {
    let lines = ended.out.lines();
    let read = lines.map(|line| serde_json::from_str(line).unwrap());
    read.collect()
}

/// What a terminal is drawn, without blanks: a view moves over those that are there already.
fn without_moves(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.trim_start_matches(|c: char| !c.is_ascii_alphabetic()));
    let rest = rest.map(|part| part.get(1..).unwrap_or_default());
    let all = first + &rest.collect::<String>();
    all.replace(' ', "")
}

#[test]
fn a_hint_names_the_stack_in_json_in_a_log_and_on_a_live_terminal() {
    let desk = Desk::with(WEB);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("my stack.toml");
    std::fs::write(&file, WEB).unwrap();
    let up = run(&mut elsewhere(&desk, &file, &["up", "--yes"]));
    assert_eq!(up.code, 0, "{}", up.err);
    let bad = json!({ "image": "web:bad", "behaviour": "crash" });
    desk.sandbox.control("POST", "images", Some(bad));
    let update = ["update", "--image", "bad", "--yes"];

    // Events while it runs, and the report at its end.
    let ended = run(elsewhere(&desk, &file, &update).args(["--output", "json"]));
    assert_eq!(ended.code, 5, "{}", ended.err);
    let lines = lines(&ended);
    for event in ["failed", "report"] {
        let mut all = lines.iter().filter(|line| line["event"] == event);
        let line = all
            .next()
            .unwrap_or_else(|| panic!("{event}: {}", ended.out));
        let fault = match event {
            "report" => &line["failed"][0]["fault"],
            _ => &line["fault"],
        };
        let hint = fault["hint"].as_str().unwrap();
        assert_eq!(told(hint, &file).len(), 1, "{hint}");
        assert!(hint.contains(" --service web --since 1h`"), "{hint}");
    }

    // A log, and a terminal whose lines are redrawn.
    let ended = run(&mut elsewhere(&desk, &file, &update));
    assert!(told(&ended.err, &file).len() >= 2, "{}", ended.err);
    let shown = on_a_terminal(
        &elsewhere(&desk, &file, &update),
        &["stdin", "stdout", "stderr"],
        &[],
    );
    assert!(told(&shown.said, &file).len() >= 2, "{}", shown.said);

    // What is wrong with the stack, as a document and on the live view.
    let down = run(&mut elsewhere(&desk, &file, &["scale", "web=0", "--yes"]));
    assert_eq!(down.code, 0, "{}", down.err);
    let status = run(elsewhere(&desk, &file, &["status"]).args(["--output", "json"]));
    let status: Value = serde_json::from_str(&status.out).unwrap();
    let what = status["troubles"][0]["what"].as_str().unwrap();
    assert!(told(what, &file)[0].ends_with(" web=1"), "{what}");
    let shown = on_a_terminal(
        &elsewhere(&desk, &file, &["status", "--watch"]),
        &["stdin", "stdout", "stderr"],
        &[("web=1`", "q")],
    );
    let place = format!("--sandbox--file'{}'web=1`", file.display());
    let drawn = without_moves(&shown.said);
    assert!(drawn.contains(&place.replace(' ', "")), "{drawn}");

    // Why a command ended before its work.
    let ended =
        run(elsewhere(&desk, &file, &["rollback", "--to", "99"]).args(["--output", "json"]));
    let stop: Value = serde_json::from_str(ended.out.lines().last().unwrap()).unwrap();
    let hint = stop["hint"].as_str().unwrap();
    assert_eq!(told(hint, &file).len(), 1, "{stop}");
    assert!(hint.contains(" --service web` shows"), "{hint}");
}
