//! `ajuda deploy status`: how the stack is.

use std::collections::BTreeSet;

use clap::Args;

use super::Common;
use super::session::Session;
use crate::exit::{Exit, Stop};
use crate::outputs::status;
use crate::render::{self, Console, json};

/// Show how the stack is: services, database, address, and how far AWS is from the file
///
/// Example: ajuda deploy status --output json | jq .services
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub(super) common: Common,
}

impl Status {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, Stop> {
        let session = Session::open(&self.common, console, &[], BTreeSet::new()).await?;
        let observed = session.observe().await;
        if observed.found.is_empty() && observed.unread.is_empty() {
            return Err(session.absent(&self.common));
        }
        let plan = session.plan(&observed);
        let status = status(&session.stack, &session.cloud.place, &observed.found, &plan);
        console.out(&if console.is_json() {
            json::document(&status)
        } else {
            render::status(&status, &self.common.command("plan"), console.style())
        });
        for unread in &observed.unread {
            console.say(&format!("unread {}: {}", unread.kind, unread.fault));
        }
        Ok(if observed.unread.is_empty() {
            Exit::Done
        } else {
            Exit::Unread
        })
    }
}
