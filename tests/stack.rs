//! The stack file: what is refused and how, what the defaults are, and that the documentation agrees.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use ajuda::aws::Place;
use ajuda::presets::{parse, warnings};
use ajuda::render::problems::problems;
use ajuda::stack::Stack;
use ajuda::steps::{Choice, Declared, declare};

#[path = "stack/defaults.rs"]
mod defaults;
#[path = "stack/example.rs"]
mod example;
#[path = "stack/golden.rs"]
mod golden;
#[path = "stack/large.rs"]
mod large;
#[path = "stack/limits.rs"]
mod limits;
#[path = "stack/never_panics.rs"]
mod never_panics;
#[path = "stack/new_stack.rs"]
mod new_stack;
#[path = "stack/passage.rs"]
mod passage;
#[path = "stack/paths.rs"]
mod paths;
#[path = "stack/permissions.rs"]
mod permissions;
#[path = "stack/refused.rs"]
mod refused;
#[path = "stack/task_order.rs"]
mod task_order;
#[path = "stack/written.rs"]
mod written;

/// The TOML files of a folder of the repository, by name.
fn files(folder: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path: &PathBuf| path.extension().is_some_and(|ext| ext == "toml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The file as a stack, or a failed test that shows what is wrong with it.
fn read(name: &str, source: &str) -> Stack {
    match parse(source, name) {
        Ok(stack) => stack,
        Err(found) => panic!("{}", problems(source, name, &found, false)),
    }
}

/// Three zones of us-east-1.
const ZONES: &[&str] = &["us-east-1a", "us-east-1b", "us-east-1c"];

/// What a stack declares in us-east-1, in these zones.
fn declared_in(zones: &[&str], stack: &Stack) -> Declared {
    let place = Place {
        stack: stack.name.clone(),
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        account: "123456789012".to_owned(),
        zones: zones.iter().map(|&zone| zone.to_owned()).collect(),
    };
    declare(stack, &place, &Choice::default())
}

#[test]
fn every_shipped_file_is_a_stack() {
    for folder in ["stacks", "examples"] {
        let files = files(folder);
        assert!(!files.is_empty());
        for (name, source) in files {
            read(&name, &source);
        }
    }
}

#[test]
fn warnings_of_shipped_files() {
    let mut text = String::new();
    for folder in ["stacks", "examples"] {
        for (name, source) in files(folder) {
            text.push_str(&format!("{folder}/{name}\n"));
            for warning in warnings(&read(&name, &source)) {
                text.push_str(&format!("  {warning}\n"));
            }
        }
    }
    insta::with_settings!({ snapshot_path => "stack/snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("warnings", text);
    });
}

/// A week of backups is enough, and six days are not.
#[test]
fn fewer_backups_than_a_week_are_said() {
    for (days, said) in [(6, true), (7, false)] {
        let source = format!(
            "[stack]\nname = \"chat\"\n[domain]\nname = \"chat.example.org\"\n[database]\nbackup_days = {days}\n"
        );
        let text = warnings(&read("few.toml", &source)).join("\n");
        let about = text.contains("database.backup_days is 6");
        assert_eq!(about, said, "{days}: {text}");
    }
}

#[test]
fn every_weak_choice_is_said() {
    let source = include_str!("stack/weak/weak.toml");
    let text = warnings(&read("weak.toml", source)).join("\n");
    insta::with_settings!({ snapshot_path => "stack/snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("weak", text);
    });
}
