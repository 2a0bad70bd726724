//! `ajuda deploy db backups`: the snapshots there are.

use clap::Args;
use serde::Serialize;

use crate::cli::options::Common;
use crate::cli::stack_database;
use crate::command_error::CommandError;
use crate::database::{self, Backup};
use crate::exit::Exit;
use crate::render::{self, Console};

/// List the snapshots of the database, those of RDS and those taken by hand
///
/// Example: ajuda deploy db backups --output json | jq -r 'first(.backups[]).name'
#[derive(Debug, Args)]
pub struct Backups {
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Serialize)]
struct Document<'a> {
    backups: &'a [Backup],
}

impl Backups {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = super::open(&self.common, console).await?;
        let (address, _) = stack_database::declared(&session)?;
        let identifier = stack_database::physical_identifier(&session).await?;
        let backups = database::backups(&session.cloud, address, &identifier)
            .await
            .map_err(|fault| CommandError::fault("cannot list the snapshots", &fault))?;
        if console.is_json() {
            console.document(&Document { backups: &backups });
        } else {
            console.show(render::backups(&backups, console.style()));
        }
        Ok(Exit::Done)
    }
}
