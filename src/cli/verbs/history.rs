//! `ajuda deploy history`: what ran, since when, and who had it run.

use clap::Args;

use crate::cli::options::{Common, Which};
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::exit::Exit;
use crate::render::{self, Console, json};
use crate::rollout::history::history;

/// Show what was deployed: when, by whom, which image, and how it ended
///
/// Read from AWS alone, which remembers the deployments of 90 days. The numbers are those that
/// `rollback --to` takes.
///
/// Example: ajuda deploy history --output json | jq -r '.deployments | first | .digest'
#[derive(Debug, Args)]
pub struct History {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    which: Which,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
}

impl History {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = Session::open_unplanned(&self.common, console).await?;
        let service = session.service_of(self.which.name())?;
        let (there, _) = session.running_service(service).await?;
        let limit = usize::from(self.limit);
        let read = history(&session.cloud, &there, &service.name, limit).await;
        let history =
            read.map_err(|fault| CommandError::fault("cannot read what was deployed", &fault))?;
        if console.is_json() {
            console.document(&json::history(&history));
        } else {
            console.show(render::history(&history, console.style()));
        }
        Ok(Exit::Done)
    }
}
