//! Options that verbs have in common, and the commands that repeat them.

use clap::Args;
use clap::builder::FalseyValueParser;

use super::arguments;
use crate::render::Format;

/// Options of every verb.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The stack file
    #[arg(
        long,
        short,
        env = "AJUDA_FILE",
        hide_env_values = true,
        default_value = "deploy.toml"
    )]
    pub(super) file: String,
    /// Work in the sandbox instead of an AWS account; starts one when none runs
    #[arg(long, env = "AJUDA_SANDBOX", hide_env_values = true, value_parser = FalseyValueParser::new())]
    pub(super) sandbox: bool,
    /// How to write results
    #[arg(
        long,
        env = "AJUDA_OUTPUT",
        hide_env_values = true,
        value_enum,
        default_value_t
    )]
    pub(super) output: Format,
    /// AWS region, instead of the file's
    #[arg(long, env = "AJUDA_REGION", hide_env_values = true, value_parser = arguments::region)]
    pub(super) region: Option<String>,
    /// Profile of the AWS configuration files: its credentials sign, whatever the environment has
    #[arg(long)]
    pub(super) profile: Option<String>,
}

/// Which service a verb is about, by its place or by the flag.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Which service; without it, the app
    #[arg(value_name = "SERVICE", conflicts_with = "service")]
    pub(super) named: Option<String>,
    /// The same, as a flag
    #[arg(long, short, value_name = "SERVICE")]
    pub(super) service: Option<String>,
}

impl Which {
    /// This one.
    pub(super) fn of(service: &str) -> Self {
        Self {
            named: None,
            service: Some(service.to_owned()),
        }
    }

    /// It as a list, empty where none is named.
    pub(super) fn names(&self) -> Vec<&str> {
        self.name().into_iter().collect()
    }

    /// The service that is named, however it is.
    pub(super) fn name(&self) -> Option<&str> {
        self.named.as_deref().or(self.service.as_deref())
    }
}

impl Common {
    /// The command that does `verb` to the same stack in the same place, for an operator to type.
    pub(super) fn command(&self, verb: &str) -> String {
        format!("ajuda deploy {verb}{}", self.place())
    }

    /// The options that tell the place: ` --sandbox`, ` --file …`.
    pub(super) fn place(&self) -> String {
        let mut command = String::new();
        if self.sandbox {
            command.push_str(" --sandbox");
        }
        let file = (self.file != "deploy.toml").then_some(&self.file);
        for (flag, value) in [
            ("--file", file),
            ("--region", self.region.as_ref()),
            ("--profile", self.profile.as_ref()),
        ] {
            if let Some(value) = value {
                command.push_str(&option(flag, value));
            }
        }
        command
    }
}

/// ` --flag value`, quoted where a shell would take the value apart.
pub(super) fn option(flag: &str, value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        format!(" {flag} {value}")
    } else {
        format!(" {flag} '{}'", value.replace('\'', r"'\''"))
    }
}
