//! What an operator is told, with the commands to type in it as values.
//!
//! Whoever knows that a command is needed does not know which stack it is about: the options that say so are added
//! when the message is rendered, which is the last thing that is done to it. Nothing is written unrendered, since a
//! [`Message`] has neither a `Display` nor a JSON form of its own.

mod command;
pub mod commands;
mod verb;

pub use command::{Command, StackOptions, quoted};
pub use verb::Verb;
pub(crate) use verb::verbs;

/// Text for an operator, with commands in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Message(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Text(String),
    Command(Command),
}

impl Message {
    /// The text, each command between backticks and about the stack that `options` name.
    pub fn at(&self, options: &StackOptions) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Command(command) => format!("`{}`", command.at(options)),
        });
        parts.collect()
    }

    /// Adds more to its end.
    pub fn push(&mut self, more: impl Into<Self>) {
        for part in more.into().0 {
            match (self.0.last_mut(), part) {
                (Some(Part::Text(text)), Part::Text(more)) => text.push_str(&more),
                (_, part) => self.0.push(part),
            }
        }
    }

    /// All of them as one, with `between` them.
    pub fn join(all: impl IntoIterator<Item = Self>, between: &str) -> Self {
        let mut joined = Self::default();
        for (index, one) in all.into_iter().enumerate() {
            if index > 0 {
                joined.push(between);
            }
            joined.push(one);
        }
        joined
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self(vec![Part::Text(text)])
    }
}

impl From<&String> for Message {
    fn from(text: &String) -> Self {
        Self::from(text.clone())
    }
}

impl From<Command> for Message {
    fn from(command: Command) -> Self {
        Self(vec![Part::Command(command)])
    }
}

impl From<&Command> for Message {
    fn from(command: &Command) -> Self {
        Self::from(command.clone())
    }
}

impl From<&Message> for Message {
    fn from(message: &Message) -> Self {
        message.clone()
    }
}

/// A [`Message`] of texts, commands and other messages, in their order: `message![up(), " makes it"]`.
macro_rules! message {
    ($($part:expr),+ $(,)?) => {{
        let mut message = $crate::message::Message::default();
        $(message.push($part);)+
        message
    }};
}
pub(crate) use message;

#[cfg(test)]
mod tests {
    use super::{Command, Message, StackOptions, Verb, commands};

    #[test]
    fn commands_are_about_the_stack_that_is_named_last() {
        let message = message![
            "write it, then ",
            Command::new(Verb::Up),
            format!(" {}", "makes it"),
            "; or ",
            Command::new(Verb::DbRestore).option("--snapshot", "it's"),
        ];
        let plain = r"write it, then `ajuda deploy up` makes it; or `ajuda deploy db restore --snapshot 'it'\''s'`";
        assert_eq!(message.at(&StackOptions::default()), plain);
        let mut there = StackOptions::default();
        there.flag("--sandbox");
        there.option("--file", "my stack.toml");
        let placed = "write it, then `ajuda deploy up --sandbox --file 'my stack.toml'` makes it; or \
                    `ajuda deploy db restore --sandbox --file 'my stack.toml' --snapshot 'it'\\''s'`";
        assert_eq!(message.at(&there), placed);
    }

    #[test]
    fn a_profile_leads_the_aws_cli_before_anything_has_answered() {
        let mut there = StackOptions::default();
        there.profile("my prod");
        let message = message![commands::sign_in(), " or ", commands::plan()];
        assert_eq!(
            message.at(&there),
            "`aws sso login --profile 'my prod'` or `ajuda deploy plan --profile 'my prod'`"
        );
    }

    #[test]
    fn what_is_about_no_stack_names_none() {
        let mut there = StackOptions::default();
        there.flag("--sandbox");
        let example = Command::new(Verb::Example).shell("> deploy.toml");
        assert_eq!(example.at(&there), "ajuda deploy example > deploy.toml");
        let stop = Command::new(Verb::SandboxStop);
        assert_eq!(stop.at(&there), "ajuda sandbox stop");
    }

    #[test]
    fn messages_are_the_same_however_they_are_put_together() {
        assert_eq!(message!["a", "b"], Message::from("ab"));
        let two = ["a", "b"].map(Message::from);
        assert_eq!(Message::join(two, "; "), Message::from("a; b"));
    }
}
