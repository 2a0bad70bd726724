//! Words of other tools at the command line, and the command that does the same here.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// What Terraform, the CDK, Copilot, Docker, kubectl and systemd say, and what it is here.
const WORDS: &[(&str, &str)] = &[
    ("apply", "up"),
    ("check", "validate"),
    ("console", "exec"),
    ("create", "up"),
    ("delete", "destroy"),
    ("deploy", "up"),
    ("describe", "status"),
    ("diff", "plan"),
    ("down", "destroy"),
    ("events", "history"),
    ("import", "adopt"),
    ("init", "example"),
    ("install", "up"),
    ("lint", "validate"),
    ("list", "status"),
    ("log", "logs"),
    ("ls", "status"),
    ("output", "outputs"),
    ("preview", "plan"),
    ("ps", "status"),
    ("redeploy", "update --restart"),
    ("refresh", "plan --refresh-only"),
    ("release", "update --image TAG"),
    ("releases", "history"),
    ("remove", "destroy"),
    ("restart", "update --restart"),
    ("rm", "destroy"),
    ("rollout", "update --image TAG"),
    ("shell", "exec"),
    ("show", "status"),
    ("ssh", "exec"),
    ("start", "up"),
    ("stop", "scale"),
    ("synth", "plan"),
    ("teardown", "destroy"),
    ("undo", "rollback"),
    ("upgrade", "update --image TAG"),
];

/// What to type instead of a command that there is not: one that means the same, or the verb of
/// `ajuda deploy` that was typed without it. `verbs` are those that there are.
pub fn instead(error: &clap::Error, verbs: &[String]) -> Option<String> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let meant = |word: &str| {
        let known = WORDS.iter().find(|(theirs, _)| *theirs == word);
        known.map(|(_, ours)| (*ours).to_owned())
    };
    let verb = verbs.iter().find(|verb| *verb == word).cloned();
    let command = verb.or_else(|| meant(&word.to_lowercase()))?;
    Some(format!("  tip: `{word}` is `ajuda deploy {command}` here"))
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::cli::Cli;

    fn tip(words: &[&str]) -> String {
        let error = Cli::try_parse_from(words).expect_err("there is no such command");
        instead(&error, &Cli::verbs()).unwrap_or_default()
    }

    #[test]
    fn words_of_other_tools_are_understood() {
        for (words, said) in [
            (&["ajuda", "deploy", "apply"][..], "ajuda deploy up"),
            (&["ajuda", "apply"], "ajuda deploy up"),
            (&["ajuda", "deploy", "diff"], "ajuda deploy plan"),
            (&["ajuda", "deploy", "deploy"], "ajuda deploy up"),
            (
                &["ajuda", "deploy", "restart"],
                "ajuda deploy update --restart",
            ),
            (&["ajuda", "deploy", "rm"], "ajuda deploy destroy"),
            (&["ajuda", "status"], "ajuda deploy status"),
        ] {
            assert!(
                tip(words).contains(&format!("`{said}`")),
                "{words:?}: {}",
                tip(words)
            );
        }
        assert_eq!(tip(&["ajuda", "deploy", "qwertz"]), "");
        assert_eq!(tip(&["ajuda", "deploy", "plan", "--no-such-flag"]), "");
    }

    /// Whatever is proposed is a command with these flags, and no word of ours is in the table.
    #[test]
    fn what_is_proposed_is_there() {
        let verbs = Cli::verbs();
        for (theirs, ours) in WORDS {
            assert!(!verbs.contains(&(*theirs).to_owned()), "{theirs} is a verb");
            let mut words = ours.split(' ');
            let verb = words.next().unwrap_or_default();
            let command = Cli::command();
            let deploy = command.find_subcommand("deploy").expect("deploy");
            let verb = deploy.find_subcommand(verb).expect(ours);
            for flag in words.filter_map(|word| word.strip_prefix("--")) {
                let known = verb.get_arguments().any(|one| one.get_long() == Some(flag));
                assert!(known, "{ours}");
            }
        }
    }
}
