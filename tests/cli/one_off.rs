//! `run`: a command in a task of its own.

use serde_json::{Value, json};

use crate::binary::Desk;

pub const TINY: &str = "[stack]\nname = \"tiny\"\nregion = \"us-east-1\"\ndisposable = true\n[service.web]\nimage = \"ghcr.io/example/web:1.0\"\nport = 8080\npublic = true\n";

pub fn up(text: &str) -> Desk {
    Desk::deployed(text)
}

fn run(desk: &Desk, words: &[&str], command: &[&str]) -> crate::binary::Ended {
    let mut all = vec!["run", "--sandbox"];
    all.extend(words);
    all.push("--");
    all.extend(command);
    let mut program = desk.command();
    crate::binary::run(program.arg("deploy").args(all))
}

#[test]
fn its_output_is_ours_and_its_exit_code_too() {
    let desk = up(TINY);
    let good = run(&desk, &[], &["sh", "-c", "echo one; echo two"]);
    assert_eq!(
        (good.code, good.out.as_str()),
        (0, "one\ntwo\n"),
        "{}",
        good.err
    );
    let bad = run(
        &desk,
        &["--service", "web"],
        &["sh", "-c", "echo no; exit 3"],
    );
    assert_eq!((bad.code, bad.out.as_str()), (3, "no\n"), "{}", bad.err);
    assert!(bad.err.contains("exited with code 3"), "{}", bad.err);

    let lines = run(
        &desk,
        &["--output", "json"],
        &["sh", "-c", "echo no; exit 3"],
    );
    let lines: Vec<Value> = lines
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["message"], "no");
    assert_eq!(
        (&lines[1]["event"], &lines[1]["exit_code"]),
        (&json!("ended"), &json!(3))
    );
    assert_eq!(
        desk.deploy(&["plan", "--detailed-exitcode"]).code,
        0,
        "it leaves nothing behind"
    );
}

#[test]
fn a_task_that_never_ran_is_told_apart() {
    let desk = up(TINY);
    let gone = json!({ "image": "ghcr.io/example/web:1.0", "behaviour": "missing" });
    desk.sandbox.control("POST", "images", Some(gone));
    let never = run(&desk, &[], &["true"]);
    assert_eq!(never.code, 125, "{}", never.err);
    assert!(never.err.contains("never ran"), "{}", never.err);
    assert!(
        never.err.contains("CannotPullContainerError"),
        "{}",
        never.err
    );
    let never = run(&desk, &["--output", "json"], &["true"]);
    let last: Value = serde_json::from_str(never.out.lines().last().unwrap()).unwrap();
    assert_eq!(last["exit_code"], Value::Null);
}

#[test]
fn what_is_not_there_is_said() {
    let desk = Desk::with(TINY);
    let absent = run(&desk, &[], &["true"]);
    assert_eq!(absent.code, 1, "{}", absent.err);
    assert!(
        absent.err.contains("the service web is not there"),
        "{}",
        absent.err
    );
    let unknown = run(&desk, &["--service", "wbe"], &["true"]);
    assert_eq!(unknown.code, 1, "{}", unknown.err);
    assert!(
        unknown.err.contains("no service `wbe`") && unknown.err.contains("the file has web"),
        "{}",
        unknown.err
    );
    let nothing = desk.deploy(&["run"]);
    assert_eq!(nothing.code, 1, "{}", nothing.err);
    assert!(nothing.err.contains("COMMAND"), "{}", nothing.err);
}

#[test]
fn a_detached_task_is_named_and_its_log_can_be_read() {
    let desk = up(TINY);
    let left = run(&desk, &["--detach"], &["echo", "later"]);
    assert_eq!(left.code, 0, "{}", left.err);
    let id = left.out.trim();
    assert_eq!(id.len(), 32, "{}", left.out);
    // The sandbox's tasks go on when somebody asks.
    for _ in 0..4 {
        desk.deploy(&["status"]);
    }
    let logs = desk.deploy(&["logs", "--task", id]);
    assert!(logs.out.contains("later"), "{}{}", logs.out, logs.err);
}
