//! Options that verbs have in common.

use clap::Args;
use clap::builder::FalseyValueParser;

use super::arguments;
use crate::message::StackOptions;
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
    /// The options that say which stack is meant.
    pub(super) fn place(&self) -> StackOptions {
        let mut place = StackOptions::default();
        if self.sandbox {
            place.flag("--sandbox");
        }
        let file = (self.file != "deploy.toml").then_some(&self.file);
        for (flag, value) in [("--file", file), ("--region", self.region.as_ref())] {
            if let Some(value) = value {
                place.option(flag, value);
            }
        }
        if let Some(profile) = &self.profile {
            place.profile(profile);
        }
        place
    }
}
