//! `ajuda deploy`: what every verb has in common, and the verbs.

use clap::{Args, Subcommand};

use crate::exit::{Exit, Stop};
use crate::render::{Console, Format};

mod destroy;
mod outputs;
mod plan;
mod run;
mod session;
mod status;
mod up;

/// Plan, bring up, look at and remove a stack
#[derive(Debug, Subcommand)]
pub enum Deploy {
    /// Say what `up` would do; only reads
    Plan(plan::Plan),
    /// Make AWS as the file says
    Up(up::Up),
    /// Remove everything that ajuda made for this stack
    Destroy(destroy::Destroy),
    /// Print addresses, what to enter at Google, log groups and names of secrets
    Outputs(outputs::Outputs),
    /// Show how the stack is
    Status(status::Status),
}

/// Options of every verb.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The stack file
    #[arg(long, short, default_value = "deploy.toml")]
    file: String,
    /// Work in the sandbox instead of an AWS account; starts one when none runs
    #[arg(long)]
    sandbox: bool,
    /// How to write results
    #[arg(long, value_enum, default_value_t)]
    output: Format,
    /// AWS region, instead of the file's
    #[arg(long)]
    region: Option<String>,
    /// Profile of the AWS configuration files
    #[arg(long)]
    profile: Option<String>,
}

impl Deploy {
    pub(super) fn format(&self) -> Format {
        match self {
            Self::Plan(verb) => verb.common.output,
            Self::Up(verb) => verb.common.output,
            Self::Destroy(verb) => verb.common.output,
            Self::Outputs(verb) => verb.common.output,
            Self::Status(verb) => verb.common.output,
        }
    }

    pub(super) async fn run(self, console: &Console) -> Result<Exit, Stop> {
        match self {
            Self::Plan(verb) => verb.run(console).await,
            Self::Up(verb) => verb.run(console).await,
            Self::Destroy(verb) => verb.run(console).await,
            Self::Outputs(verb) => verb.run(console).await,
            Self::Status(verb) => verb.run(console).await,
        }
    }
}
