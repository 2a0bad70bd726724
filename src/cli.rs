//! The command line: clap types, one file a verb, each thin.

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::command_error::CommandError;
use crate::exit::{Exit, ExitStatus};
use crate::render::{self, Console, Format, json};

mod adoption;
mod apply;
mod arguments;
#[cfg(test)]
mod commands_in_messages;
mod deployment;
mod estimate;
mod expiry;
mod inputs;
mod lock;
mod lost_data;
mod models;
mod options;
mod references;
mod restore;
mod runner;
mod sandbox;
mod service;
mod session;
mod stack_database;
mod stack_file;
mod summary;
mod upgrade;
pub mod usage_error;
mod verbs;

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
  ajuda deploy check                                       would it get through?
  ajuda deploy up                                          bring the stack of deploy.toml up

Exit codes: 0 done or nothing to do, 1 error, 2 changes pending (plan --detailed-exitcode),
3 refused, 4 partly done, 5 rolled back or unhealthy, 6 something could not be read, 130 interrupted

Environment: AJUDA_FILE, AJUDA_SANDBOX, AJUDA_REGION and AJUDA_OUTPUT stand for the options of those
names; AWS_PROFILE, AWS_CA_BUNDLE, HTTPS_PROXY and NO_PROXY mean what they mean to the AWS CLI";

#[derive(Debug, Subcommand)]
enum Command {
    /// Plan, bring up, look at and remove a stack
    #[command(subcommand)]
    Deploy(Box<verbs::Deploy>),
    /// AWS without an account, on this machine
    #[command(subcommand)]
    Sandbox(sandbox::Sandbox),
}

impl Cli {
    /// Reads words of a command line, the program's name first.
    ///
    /// # Errors
    /// What is wrong with them; help and version, too, which clap makes an error of.
    pub fn read(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        // As with `docker compose`: `-f` is the file, but behind `logs` it follows.
        let command = Self::command().mut_subcommand("deploy", |deploy| {
            deploy.mut_subcommand("logs", |logs| {
                logs.mut_arg("file", |file| file.short(None::<char>))
            })
        });
        Self::from_arg_matches(&command.try_get_matches_from(words)?)
    }

    /// Runs the command and says how it ended.
    pub async fn run(self) -> ExitStatus {
        let console = match &self.command {
            Command::Deploy(deploy) => deploy.console(),
            Command::Sandbox(_) => Console::new(Format::Human),
        };
        let ended = match self.command {
            Command::Deploy(deploy) => deploy.run(&console).await,
            Command::Sandbox(sandbox) => sandbox.run(&console).map(ExitStatus::from),
        };
        ended.unwrap_or_else(|stop| report(&console, &stop).into())
    }
}

fn report(console: &Console, stop: &CommandError) -> Exit {
    if !stop.message.is_empty() {
        if console.is_json() {
            console.event(&json::error(stop, console.place()));
        } else {
            console.say(render::stop(stop, console.place(), console.talk_style()));
        }
    }
    stop.kind.into()
}
