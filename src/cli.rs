//! The command line: clap types, one file a verb, each thin.

use clap::{CommandFactory, Parser, Subcommand};

use crate::exit::{End, Exit, Stop};
use crate::render::{self, Console, Format, json};

mod deploy;
mod sandbox;
mod words;

pub use words::instead;

/// Brings a whole AI assistant up on your own AWS account, from one file, and keeps no state.
#[derive(Debug, Parser)]
#[command(name = "ajuda", version, max_term_width = 100, after_help = AFTER)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER: &str = "\
Examples:
  ajuda deploy up --sandbox --file examples/sandbox.toml   try it, without an account
  ajuda deploy plan                                        what would `up` do?
  ajuda deploy up                                          bring the stack of deploy.toml up

Exit codes: 0 done or nothing to do, 1 error, 2 changes pending (plan --detailed-exitcode),
3 refused, 4 partly done, 5 rolled back or unhealthy, 6 something could not be read, 130 interrupted";

#[derive(Debug, Subcommand)]
enum Command {
    /// Plan, bring up, look at and remove a stack
    #[command(subcommand)]
    Deploy(deploy::Deploy),
    /// AWS without an account, on this machine
    #[command(subcommand)]
    Sandbox(sandbox::Sandbox),
}

impl Cli {
    /// The verbs of `ajuda deploy`.
    pub fn verbs() -> Vec<String> {
        let command = Self::command();
        let deploy = command.find_subcommand("deploy").into_iter();
        let verbs = deploy.flat_map(clap::Command::get_subcommands);
        verbs.map(|verb| verb.get_name().to_owned()).collect()
    }

    /// Runs the command and says how it ended.
    pub async fn run(self) -> End {
        let console = match &self.command {
            Command::Deploy(deploy) => deploy.console(),
            Command::Sandbox(_) => Console::new(Format::Human),
        };
        let ended = match self.command {
            Command::Deploy(deploy) => deploy.run(&console).await,
            Command::Sandbox(sandbox) => sandbox.run(&console).map(End::from),
        };
        ended.unwrap_or_else(|stop| tell(&console, &stop).into())
    }
}

fn tell(console: &Console, stop: &Stop) -> Exit {
    if !stop.message.is_empty() {
        if console.is_json() {
            console.out(&json::stop(stop));
        } else {
            console.say(&render::stop(stop, console.talk_style()));
        }
    }
    stop.exit
}
