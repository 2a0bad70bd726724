//! Commands in the words for an operator: they must work as they are copied.

use std::borrow::Cow;

const OURS: &str = "`ajuda deploy ";
/// Verbs that have verbs of their own.
const NESTED: [&str; 2] = ["db", "secrets"];
/// Verbs that no stack is needed for, and that take none of its options.
const PLACELESS: [&str; 1] = ["example"];

/// Adds what tells the place (` --sandbox`, ` --file …`) to each command in backticks that lacks it:
/// whoever knew that a command is needed may not have known where.
pub fn complete<'t>(text: &'t str, place: &str) -> Cow<'t, str> {
    if place.is_empty() || !text.contains(OURS) {
        return Cow::Borrowed(text);
    }
    let mut whole = String::with_capacity(text.len() + place.len());
    let mut rest = text;
    while let Some(start) = rest.find(OURS) {
        let (before, command) = rest.split_at(start + OURS.len());
        whole.push_str(before);
        let end = command.find('`').unwrap_or(command.len());
        let (command, after) = command.split_at(end);
        let at = verb(command);
        whole.push_str(&command[..at]);
        if !command.contains(place.trim()) && !PLACELESS.contains(&&command[..at]) {
            whole.push_str(place);
        }
        whole.push_str(&command[at..]);
        rest = after;
    }
    whole.push_str(rest);
    Cow::Owned(whole)
}

/// Where the verb of a command ends.
fn verb(command: &str) -> usize {
    let first = command.find(' ').unwrap_or(command.len());
    if !NESTED.contains(&&command[..first]) {
        return first;
    }
    let second = command[first..].trim_start();
    if second.is_empty() || second.starts_with('-') {
        return first;
    }
    let length = second.find(' ').unwrap_or(second.len());
    command.len() - second.len() + length
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn a_command_gets_its_place_once() {
        for (said, whole) in [
            ("no command", "no command"),
            ("run `ajuda deploy up`", "run `ajuda deploy up --sandbox`"),
            (
                "`ajuda deploy logs --service a`, or `ajuda deploy db backups`",
                "`ajuda deploy logs --sandbox --service a`, or `ajuda deploy db backups --sandbox`",
            ),
            (
                "`ajuda deploy db --output json`",
                "`ajuda deploy db --sandbox --output json`",
            ),
            ("`ajuda deploy db`", "`ajuda deploy db --sandbox`"),
            (
                "`ajuda deploy up --sandbox --yes`",
                "`ajuda deploy up --sandbox --yes`",
            ),
            ("`ajuda deploy up", "`ajuda deploy up --sandbox"),
            (
                "`ajuda deploy example > deploy.toml`",
                "`ajuda deploy example > deploy.toml`",
            ),
        ] {
            assert_eq!(complete(said, " --sandbox"), whole);
            assert_eq!(complete(said, ""), said);
        }
    }
}
