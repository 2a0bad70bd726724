//! `ajuda deploy validate`: is the file right?

use clap::Args;

use crate::cli::stack_file::{read, refused, warn};
use crate::command_error::CommandError;
use crate::exit::Exit;
use crate::message::StackOptions;
use crate::presets::{rds_ca, warnings};
use crate::render::{self, Console, Format, json};
use crate::stack;

/// Check the stack file without AWS: no account, no network, no credentials
///
/// It says all that is wrong with the file, each at its place, and what the file gives up. What only an account
/// knows is `plan`'s: whether images, zones and models are there, and the addresses under `[adopt]` and `[moved]`.
///
/// Example: ajuda deploy validate --file staging.toml
#[derive(Debug, Args)]
pub struct Validate {
    /// The stack file
    #[arg(long, short, default_value = "deploy.toml")]
    file: String,
    /// How to write results
    #[arg(long, value_enum, default_value_t)]
    output: Format,
}

impl Validate {
    pub(super) fn console(&self) -> Console {
        let mut place = StackOptions::default();
        if self.file != "deploy.toml" {
            place.option("--file", &self.file);
        }
        Console::new(self.output).at(place)
    }

    pub(super) fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let (stack, source) = read(&self.file, console)?;
        let region = stack.region.as_deref();
        if let Some(region) = region.filter(|region| rds_ca::are_missing(&stack, region)) {
            let found = stack::refuse_region(&source, &self.file, region);
            return Err(refused(&source, &self.file, &found, console));
        }
        if console.is_json() {
            console.document(&json::validation(&stack, &warnings(&stack)));
        } else {
            warn(warnings(&stack), console);
            console.out(&render::validation(&self.file, &stack));
        }
        Ok(Exit::Done)
    }
}
