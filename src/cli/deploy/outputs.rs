//! `ajuda deploy outputs`: what the stack gives its operator.

use std::collections::BTreeSet;

use clap::Args;

use super::Common;
use super::run::incomplete;
use super::session::Session;
use crate::exit::{Exit, Stop};
use crate::outputs::outputs;
use crate::render::{self, Console};

/// Print addresses, what to enter at Google, log groups and names of secrets (never values)
///
/// Example: ajuda deploy outputs --output json | jq -r .address
#[derive(Debug, Args)]
pub struct Outputs {
    #[command(flatten)]
    pub(super) common: Common,
}

impl Outputs {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, Stop> {
        let session = Session::open(&self.common, console, &[], BTreeSet::new()).await?;
        let observed = session.observe().await;
        if observed.found.is_empty() && observed.unread.is_empty() {
            return Err(session.absent(&self.common));
        }
        let outputs = outputs(&session.stack, &session.cloud.place, &observed.found);
        if console.is_json() {
            console.document(&outputs);
        } else {
            console.out(&render::outputs(&outputs, console.style()));
        }
        Ok(incomplete(console, &observed.unread, false).unwrap_or(Exit::Done))
    }
}
