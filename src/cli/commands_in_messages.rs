//! What an operator is told to type is what the command line takes.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::process::Command as Process;

use clap::CommandFactory;

use super::Cli;
use super::options::Common;
use crate::message::{Command, StackOptions, Verb, commands};
use crate::render::Format;

/// The words behind `ajuda` that lead to each command.
fn paths(of: &clap::Command, words: &str, all: &mut BTreeSet<String>) {
    for below in of.get_subcommands() {
        let words = format!("{words} {}", below.get_name());
        paths(below, &words, all);
        all.insert(words.trim_start().to_owned());
    }
}

#[test]
fn the_verbs_are_those_of_the_command_line() {
    let mut all = BTreeSet::new();
    paths(&Cli::command(), "", &mut all);
    let named: BTreeSet<String> = Verb::ALL
        .iter()
        .map(|verb| verb.words().to_owned())
        .collect();
    for groups in ["deploy", "sandbox"] {
        assert!(all.remove(groups), "{groups}");
    }
    assert_eq!(named, all);
}

/// The words of a line, as a shell takes them apart; what is done with its output is left out.
fn words(line: &str) -> Vec<OsString> {
    let line = line.split(['|', '>']).next().unwrap_or_default();
    let script = format!("printf '%s\\n' {line}");
    let output = Process::new("sh").args(["-c", &script]).output();
    let output = output.expect("a shell");
    assert!(output.status.success(), "{line}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().map(OsString::from).collect()
}

fn taken(command: &Command, place: &StackOptions) {
    let line = command.at(place);
    if let Err(wrong) = Cli::read(words(&line)) {
        panic!("`{line}` is not taken:\n{wrong}");
    }
}

#[test]
fn each_command_that_is_told_is_taken_wherever_the_stack_is() {
    let elsewhere = Common {
        file: "it's mine.toml".to_owned(),
        sandbox: true,
        output: Format::Human,
        region: Some("eu-west-1".to_owned()),
        profile: Some("day job".to_owned()),
    };
    let elsewhere = elsewhere.place();
    let all = commands::examples();
    assert!(all.len() > 20, "{all:?}");
    for command in all {
        taken(&command, &StackOptions::default());
        taken(&command, &elsewhere);
    }
}
