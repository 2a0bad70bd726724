//! What is wrong with the words of the command line, and what was meant.

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;
use crate::command_error::CommandError;
use crate::message::{Command, Message, Verb, message};

/// What verbs of other tools (Terraform, CDK, Copilot, Docker, kubectl) are here: a verb, its arguments, and the others.
const ELSEWHERE: [(Verb, &[&str], &[&str]); 18] = [
    (
        Verb::Up,
        &[],
        &["apply", "create", "deploy", "install", "start"],
    ),
    (Verb::Plan, &[], &["diff", "preview", "synth"]),
    (Verb::Plan, &["--refresh-only"], &["drift", "refresh"]),
    (Verb::Update, &["--restart"], &["redeploy", "restart"]),
    (
        Verb::Update,
        &["--image", "TAG"],
        &["release", "rollout", "upgrade"],
    ),
    (
        Verb::Destroy,
        &[],
        &["delete", "down", "remove", "rm", "teardown"],
    ),
    (
        Verb::Status,
        &[],
        &["describe", "info", "list", "ls", "ps", "show"],
    ),
    (Verb::Exec, &[], &["console", "shell", "ssh"]),
    (Verb::Adopt, &[], &["import"]),
    (Verb::Rollback, &[], &["revert", "undo"]),
    (Verb::Outputs, &[], &["output"]),
    (Verb::History, &[], &["events", "releases"]),
    (Verb::Logs, &[], &["log"]),
    (Verb::Scale, &[], &["stop"]),
    (Verb::Validate, &[], &["check", "lint"]),
    (Verb::Example, &[], &["init"]),
    (Verb::Secrets, &[], &["secret"]),
    (Verb::DbCleanup, &[], &["cleanup", "prune"]),
];

/// The command that does what an unknown verb does elsewhere.
pub fn meant(usage: &clap::Error) -> Option<Message> {
    if usage.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(verb)) = usage.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let command = Cli::command();
    let ours = command.find_subcommand("deploy")?.find_subcommand(verb);
    let (verb, args) = match ours {
        Some(ours) => {
            let words = format!("deploy {}", ours.get_name());
            let same = |verb: &&Verb| verb.words() == words;
            (*Verb::ALL.iter().find(same)?, &[][..])
        }
        None => {
            let called = |(.., words): &&(_, _, &[&str])| words.contains(&verb.as_str());
            let (verb, args, _) = ELSEWHERE.iter().find(called)?;
            (*verb, *args)
        }
    };
    let here = Command::new(verb).args(args.iter().copied());
    Some(message!["here that is ", here])
}

/// The same as an error like any other, for programs.
pub fn stop(usage: &clap::Error) -> CommandError {
    let text = usage.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let mut stop = CommandError::error(first.strip_prefix("error: ").unwrap_or(first));
    for line in lines.take_while(|line| !line.starts_with("Usage:")) {
        match line.strip_prefix("tip: ") {
            Some(tip) => stop.hint = Some(tip.into()),
            None => stop.details.push(line.into()),
        }
    }
    stop.hint = meant(usage).or(stop.hint);
    stop
}

/// Whether results are asked for as JSON, by words that could not be read as a whole.
pub fn ask_for_json(words: impl IntoIterator<Item = String>, variable: Option<&str>) -> bool {
    let mut format = variable.map(str::to_owned);
    let mut words = words.into_iter().take_while(|word| word != "--");
    while let Some(word) = words.next() {
        if word == "--output" {
            format = words.next();
        } else if let Some(value) = word.strip_prefix("--output=") {
            format = Some(value.to_owned());
        }
    }
    format.as_deref() == Some("json")
}

#[cfg(test)]
mod tests {
    use super::ask_for_json;

    #[test]
    fn json_is_asked_for_by_the_last_word_that_says_so() {
        for (words, variable, json) in [
            ("deploy up --output json", None, true),
            ("deploy up --output=json --ouptut", None, true),
            ("deploy up --output human", Some("json"), false),
            ("deploy up", Some("json"), true),
            ("deploy run -- tool --output json", None, false),
            ("deploy up", None, false),
        ] {
            let usage = ask_for_json(words.split(' ').map(str::to_owned), variable);
            assert_eq!(usage, json, "{words}");
        }
    }
}
