//! The year of docs/operations.md, lived through: its commands in their order, its changes of the file.

use toml::{Table, Value};

use crate::binary::{Desk, repository};
use crate::stage::{push, settled};

/// Verbs that ask before they change something.
const ASKING: [&str; 9] = [
    "deploy up",
    "deploy update",
    "deploy rollback",
    "deploy scale",
    "deploy secrets rotate",
    "deploy db restore",
    "deploy db extensions --upgrade",
    "deploy db upgrade",
    "deploy destroy",
];

/// One fenced block: its language and its text.
struct Block {
    language: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let page = std::fs::read_to_string(repository("docs/operations.md")).unwrap();
    let year = page
        .split("\n## ")
        .find(|part| part.starts_with("A year\n"));
    let fences: Vec<&str> = year.unwrap().split("```").collect();
    fences
        .chunks(2)
        .filter_map(|chunk| {
            let (language, text) = chunk.get(1)?.split_once('\n')?;
            Some(Block {
                language: language.to_owned(),
                text: text.to_owned(),
            })
        })
        .collect()
}

/// What `more` says beside what the file says.
fn merge(into: &mut Table, more: Table) {
    for (key, value) in more {
        match (into.get_mut(&key), value) {
            (Some(Value::Table(inner)), Value::Table(more)) => merge(inner, more),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}

fn live_through(desk: &Desk, line: &str) {
    let (command, comment) = line.split_once(" # ").unwrap_or((line, ""));
    let code: i32 = comment
        .strip_prefix("ends with ")
        .map_or(0, |code| code.parse().unwrap());
    let words: Vec<&str> = command.split(' ').collect();
    assert_eq!(words[..2], ["ajuda", "deploy"], "{line}");
    let verb = words[1..].join(" ");
    let mut words = words[2..].to_vec();
    if ASKING.iter().any(|asking| verb.starts_with(asking)) {
        words.push("--yes");
    }
    // What comes after `--` is not ours.
    if let Some(end) = words.iter().position(|word| *word == "--") {
        words.insert(end, "--sandbox");
        let mut all = desk.command();
        let ended = crate::binary::run(all.arg("deploy").args(&words));
        assert_eq!(ended.code, code, "{line}\n{}{}", ended.out, ended.err);
        return;
    }
    let ended = desk.deploy(&words);
    assert_eq!(ended.code, code, "{line}\n{}{}", ended.out, ended.err);
}

#[test]
fn a_year_is_lived_through() {
    live("examples/sandbox.toml");
}

#[test]
fn a_year_is_lived_through_with_the_file_for_production() {
    live("stacks/production.toml");
}

fn live(file: &str) {
    let desk = Desk::copy(file);
    for (tag, behaviour) in [("v2", "ok"), ("v3", "crash"), ("v4", "ok")] {
        push(&desk, &format!("ajuda-digital:{tag}"), behaviour);
    }
    let blocks = blocks();
    assert!(blocks.len() >= 11, "{}", blocks.len());
    for block in blocks {
        match block.language.as_str() {
            "sh" => block
                .text
                .lines()
                .for_each(|line| live_through(&desk, line)),
            "toml" => {
                let mut file: Table = desk.text().parse().unwrap();
                merge(&mut file, block.text.parse().unwrap());
                desk.write(&file.to_string());
            }
            other => panic!("what is `{other}`?"),
        }
    }
    settled(&desk);
}
