//! `ajuda deploy example`: a stack file to begin with.

use clap::Args;

use crate::command_error::CommandError;
use crate::exit::Exit;
use crate::render::Console;

/// The file that documents every key, as it was when this binary was built.
const EXAMPLE: &str = include_str!("../../../deploy.example.toml");

/// Print a stack file with every key, its default and what it is for
///
/// Example: ajuda deploy example > deploy.toml
#[derive(Debug, Args)]
pub struct Example {}

impl Example {
    pub(super) fn run(self, console: &Console) -> Result<Exit, CommandError> {
        console.out(EXAMPLE);
        Ok(Exit::Done)
    }
}
