//! A command as a value, and the options that say which stack it is about.

use std::borrow::Cow;
use std::fmt::Write;

use super::Verb;

/// A command that an operator may type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Command {
    program: Program,
    /// As the program gets them: without quotation marks.
    args: Vec<String>,
    /// What a shell does with its output: `| …` or `> …`.
    shell: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Program {
    Ajuda(Verb),
    /// The AWS CLI with a service and an operation, in a region other than the stack's if it is named.
    Aws(&'static str, Option<String>),
}

impl Command {
    /// This verb of `ajuda`, without arguments.
    pub fn new(verb: Verb) -> Self {
        Self::of(Program::Ajuda(verb))
    }

    /// A command of the AWS CLI, such as `rds start-db-instance`.
    pub fn aws(operation: &'static str) -> Self {
        Self::of(Program::Aws(operation, None))
    }

    /// A command of the AWS CLI in another region than the stack's.
    pub fn aws_in(region: &str, operation: &'static str) -> Self {
        Self::of(Program::Aws(operation, Some(region.to_owned())))
    }

    fn of(program: Program) -> Self {
        Self {
            program,
            args: Vec::new(),
            shell: "",
        }
    }

    /// The same with one more argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// The same with these arguments behind it.
    #[must_use]
    pub fn args<A: Into<String>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// The same with an option for each of these values.
    #[must_use]
    pub fn options<V: ToString>(self, flag: &str, values: impl IntoIterator<Item = V>) -> Self {
        let all = values.into_iter();
        all.fold(self, |command, value| {
            command.option(flag, value.to_string())
        })
    }

    /// The same with a flag, if it is set.
    #[must_use]
    pub fn flag(self, flag: &str, set: bool) -> Self {
        match set {
            true => self.arg(flag),
            false => self,
        }
    }

    /// The same with an option and its value.
    #[must_use]
    pub fn option(self, flag: &str, value: impl Into<String>) -> Self {
        self.arg(flag).arg(value)
    }

    /// The same, whose output a shell passes on.
    #[must_use]
    pub(super) fn shell(self, shell: &'static str) -> Self {
        Self { shell, ..self }
    }

    /// The line to type for the stack that `options` name: it can be copied.
    pub fn at(&self, options: &StackOptions) -> String {
        let mut args = String::new();
        for arg in &self.args {
            let _ = write!(args, " {}", quoted(arg));
        }
        let mut line = match &self.program {
            Program::Ajuda(verb) if verb.is_about_a_stack() => {
                format!("ajuda {}{}{args}", verb.words(), options.ajuda)
            }
            Program::Ajuda(verb) => format!("ajuda {}{args}", verb.words()),
            Program::Aws(operation, region) => {
                let region = region.as_ref().or(options.region.as_ref());
                let region = region.map(|region| format!(" --region {}", quoted(region)));
                let region = region.unwrap_or_default();
                format!("aws {operation}{args}{region}{}", options.aws)
            }
        };
        if !self.shell.is_empty() {
            let _ = write!(line, " {}", self.shell);
        }
        line
    }
}

/// The options that say which stack a command is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackOptions {
    /// Those of `ajuda`, such as ` --sandbox --file staging.toml`: they follow the verb.
    ajuda: String,
    /// The region for the AWS CLI, once it is known.
    region: Option<String>,
    /// The rest of those of the AWS CLI.
    aws: String,
}

impl StackOptions {
    /// Adds a flag of `ajuda`.
    pub fn flag(&mut self, flag: &str) {
        let _ = write!(self.ajuda, " {flag}");
    }

    /// Adds an option of `ajuda` with its value.
    pub fn option(&mut self, flag: &str, value: &str) {
        let _ = write!(self.ajuda, " {flag} {}", quoted(value));
    }

    /// Adds the profile that signs, for `ajuda` and for the AWS CLI.
    pub fn profile(&mut self, name: &str) {
        self.option("--profile", name);
        let _ = write!(self.aws, " --profile {}", quoted(name));
    }

    /// The same, with what leads the AWS CLI there.
    #[must_use]
    pub fn reached(self, region: &str, profile: Option<&str>, endpoint: Option<&str>) -> Self {
        let mut aws = String::new();
        for (flag, value) in [("--profile", profile), ("--endpoint-url", endpoint)] {
            if let Some(value) = value {
                let _ = write!(aws, " {flag} {}", quoted(value));
            }
        }
        Self {
            region: Some(region.to_owned()),
            aws,
            ..self
        }
    }
}

/// A word as a shell takes it for one: between quotation marks, if it would take it apart.
pub fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
    }
}
