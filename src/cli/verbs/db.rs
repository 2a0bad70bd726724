//! `ajuda deploy db`: the care of the stack's database.

use std::collections::BTreeSet;

use clap::{Args, Subcommand};

use crate::cli::options::Common;
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::exit::Exit;
use crate::presets::keeps_vectors;
use crate::render::Console;

mod backup;
mod backups;
pub(super) mod cleanup;
mod extensions;
mod restore;
mod status;
mod upgrade;

/// Look after the database: how it is, backups, restoring, cleaning up, extensions, versions
///
/// Without a verb it shows how the database is.
///
/// Example: ajuda deploy db
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Db {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    status: status::Status,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Status(status::Status),
    #[command(visible_alias = "list")]
    Backups(backups::Backups),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Cleanup(cleanup::Cleanup),
    Extensions(extensions::Extensions),
    Upgrade(upgrade::Upgrade),
}

impl Db {
    pub(super) fn common(&self) -> &Common {
        match &self.verb {
            None => &self.status.common,
            Some(Verb::Status(verb)) => &verb.common,
            Some(Verb::Backups(verb)) => &verb.common,
            Some(Verb::Backup(verb)) => &verb.common,
            Some(Verb::Restore(verb)) => &verb.common,
            Some(Verb::Cleanup(verb)) => &verb.common,
            Some(Verb::Extensions(verb)) => &verb.common,
            Some(Verb::Upgrade(verb)) => &verb.common,
        }
    }

    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        match self.verb {
            None => self.status.run(console).await,
            Some(Verb::Status(verb)) => verb.run(console).await,
            Some(Verb::Backups(verb)) => verb.run(console).await,
            Some(Verb::Backup(verb)) => verb.run(console).await,
            Some(Verb::Restore(verb)) => verb.run(console).await,
            Some(Verb::Cleanup(verb)) => verb.run(console).await,
            Some(Verb::Extensions(verb)) => verb.run(console).await,
            Some(Verb::Upgrade(verb)) => verb.run(console).await,
        }
    }
}

/// Opens the stack for a verb that needs its database.
async fn open(common: &Common, console: &Console) -> Result<Session, CommandError> {
    Session::open(common, console, &[], BTreeSet::new()).await
}

/// Whether a service of the stack keeps vectors in the database.
fn has_vectors(session: &Session) -> bool {
    keeps_vectors(&session.stack)
}
