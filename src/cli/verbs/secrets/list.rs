//! `ajuda deploy secrets list`: every secret, without its value.

use clap::Args;
use serde::Serialize;

use crate::cli::apply::incomplete;
use crate::cli::options::Common;
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::engine::Resource;
use crate::exit::Exit;
use crate::message::{commands, message};
use crate::render::{self, Console};
use crate::resources::TaskDefinition;
use crate::secrets::{self, SecretSummary};

/// List the secrets: what uses them, which version, when changed; never values
///
/// Example: ajuda deploy secrets list
#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    pub(super) common: Common,
}

#[derive(Serialize)]
struct Document<'a> {
    secrets: &'a [SecretSummary],
}

impl List {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = Session::open_unplanned(&self.common, console).await?;
        let observed = session.observe_kinds(&[TaskDefinition::KIND]).await;
        let rows = secrets::list(&session.cloud, &session.graph, &observed.found)
            .await
            .map_err(|fault| CommandError::fault("cannot list the secrets", &fault))?;
        if console.is_json() {
            console.document(&Document { secrets: &rows });
        } else {
            console.show(render::secrets(&rows, console.place(), console.style()));
        }
        if rows.iter().any(|row| !row.outdated.is_empty()) {
            console.say(message![
                commands::up(),
                " restarts what runs with a former value",
            ]);
        }
        Ok(incomplete(console, &observed.unread, false).unwrap_or(Exit::Done))
    }
}
