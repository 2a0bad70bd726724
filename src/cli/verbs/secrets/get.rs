//! `ajuda deploy secrets get`: one value, for whoever is at the terminal.

use clap::Args;
use serde::Serialize;

use super::{absent, named};
use crate::cli::options::Common;
use crate::cli::session::Session;
use crate::command_error::{CommandError, ErrorKind};
use crate::exit::Exit;
use crate::render::Console;

/// Print the value of one secret: on a terminal, or with --stdout wherever stdout leads
///
/// Without --stdout nothing is read when stdout is a pipe or a file, such as the log of a pipeline. The
/// value is written as it is, with a newline behind it on a terminal alone.
///
/// Example: ajuda deploy secrets get admin-password
#[derive(Debug, Args)]
pub struct Get {
    #[command(flatten)]
    pub(super) common: Common,
    /// The secret, as `secrets list` names it
    #[arg(value_name = "SECRET")]
    secret: String,
    /// Write it to stdout although that is no terminal
    #[arg(long)]
    stdout: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    secret: &'a str,
    value: &'a str,
}

impl Get {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        // Before anything is read: what nobody may see is not fetched.
        if !self.stdout && !console.is_shown() {
            return Err(CommandError::new(
                ErrorKind::Refused,
                "stdout is no terminal, and the value would stay where it leads; nothing was read",
            )
            .hint("pass --stdout if that is meant"));
        }
        let session = Session::open_unplanned(&self.common, console).await?;
        let (address, secret) = named(&session, &self.secret)?;
        let value = secret.value(&session.cloud).await;
        let value = value.map_err(|fault| CommandError::fault("cannot read the secret", &fault))?;
        let Some(value) = value else {
            return Err(absent(&session, address));
        };
        if console.is_json() {
            console.document(&Document {
                secret: address.name(),
                value: value.reveal(),
            });
        } else if console.is_shown() {
            console.stream(&format!("{}\n", value.reveal()));
        } else {
            console.stream(value.reveal());
        }
        Ok(Exit::Done)
    }
}
