//! What is wrong with the words of the command line, and what was meant.

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::Cli;
use crate::command_error::CommandError;

/// Verbs of other tools (Terraform, CDK, Copilot, Docker, kubectl) and what they are called here.
const ELSEWHERE: [(&str, &[&str]); 18] = [
    ("up", &["apply", "create", "deploy", "install", "start"]),
    ("plan", &["diff", "preview", "synth"]),
    ("plan --refresh-only", &["drift", "refresh"]),
    ("update --restart", &["redeploy", "restart"]),
    ("update --image TAG", &["release", "rollout", "upgrade"]),
    ("destroy", &["delete", "down", "remove", "rm", "teardown"]),
    ("status", &["describe", "info", "list", "ls", "ps", "show"]),
    ("exec", &["console", "shell", "ssh"]),
    ("adopt", &["import"]),
    ("rollback", &["revert", "undo"]),
    ("outputs", &["output"]),
    ("history", &["events", "releases"]),
    ("logs", &["log"]),
    ("scale", &["stop"]),
    ("validate", &["check", "lint"]),
    ("example", &["init"]),
    ("secrets", &["secret"]),
    ("db cleanup", &["cleanup", "prune"]),
];

/// The command that does what an unknown verb does elsewhere.
pub fn meant(said: &clap::Error) -> Option<String> {
    if said.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(verb)) = said.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let command = Cli::command();
    let ours = command.find_subcommand("deploy")?.find_subcommand(verb);
    let verb = match ours {
        Some(ours) => ours.get_name(),
        None => {
            let called = |(_, words): &&(_, &[&str])| words.contains(&verb.as_str());
            ELSEWHERE.iter().find(called)?.0
        }
    };
    Some(format!("here that is `ajuda deploy {verb}`"))
}

/// The same as an error like any other, for programs.
pub fn stop(said: &clap::Error) -> CommandError {
    let text = said.render().to_string();
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let mut stop = CommandError::error(first.strip_prefix("error: ").unwrap_or(first));
    for line in lines.take_while(|line| !line.starts_with("Usage:")) {
        match line.strip_prefix("tip: ") {
            Some(tip) => stop.hint = Some(tip.to_owned()),
            None => stop.details.push(line.to_owned()),
        }
    }
    stop.hint = meant(said).or(stop.hint);
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
            let said = ask_for_json(words.split(' ').map(str::to_owned), variable);
            assert_eq!(said, json, "{words}");
        }
    }
}
