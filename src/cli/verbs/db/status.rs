//! `ajuda deploy db`: how the database is.

use clap::Args;

use crate::cli::options::Common;
use crate::cli::stack_database;
use crate::command_error::CommandError;
use crate::database;
use crate::exit::Exit;
use crate::message::{commands, message};
use crate::render::{self, Console, json};

/// Show how the database is: version, storage, what waits, how far its backups reach
///
/// Example: ajuda deploy db status --output json | jq .database.latest_restorable
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub(super) common: Common,
}

impl Status {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = super::open(&self.common, console).await?;
        let (address, _) = stack_database::declared(&session)?;
        let identifier = stack_database::physical_identifier(&session).await?;
        let status = database::status(&session.cloud, address, &identifier)
            .await
            .map_err(|fault| CommandError::fault("cannot read the database", &fault))?;
        let Some(status) = status else {
            let place = &session.cloud.place;
            let what = format!("the database `{identifier}` is not there, in {place}");
            let stop = CommandError::error(what);
            return Err(stop.hint(message![commands::up(), " makes it"]));
        };
        if console.is_json() {
            console.document(&json::database(&status, console.place()));
        } else {
            console.show(render::database(&status, console.place(), console.style()));
        }
        Ok(Exit::Done)
    }
}
