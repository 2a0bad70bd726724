//! `ajuda deploy outputs`: what the stack gives its operator.

use clap::Args;

use super::secrets;
use crate::cli::apply::incomplete;
use crate::cli::options::Common;
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::exit::Exit;
use crate::outputs::{self, outputs};
use crate::render::{self, Console, json};

/// Print what the stack is called at AWS and what is entered elsewhere: addresses, the DNS record to make,
/// bucket, cluster, log groups, names of secrets (never values)
///
/// Example: ajuda deploy outputs --output json | jq -r .address
#[derive(Debug, Args)]
pub struct Outputs {
    #[command(flatten)]
    pub(super) common: Common,
}

impl Outputs {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = Session::open_unplanned(&self.common, console).await?;
        let observed = session.observe_kinds(outputs::KINDS).await;
        if observed.found.is_empty() && observed.unread.is_empty() {
            return Err(session.absent());
        }
        let outputs = outputs(&session.stack, &session.cloud.place, &observed.found)
            .with_admin(&session.stack, |secret| {
                secrets::get(secret).at(console.place())
            });
        if console.is_json() {
            console.document(&json::outputs(&outputs));
        } else {
            console.show(render::outputs(&outputs, console.style()));
        }
        Ok(incomplete(console, &observed.unread, false).unwrap_or(Exit::Done))
    }
}
