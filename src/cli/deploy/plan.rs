//! `ajuda deploy plan`: what would `up` do?

use std::collections::BTreeSet;

use clap::Args;

use super::Common;
use super::session::Session;
use crate::exit::{Exit, Stop};
use crate::render::{self, Console, json};

/// Say what `up` would do; only reads
///
/// Example: ajuda deploy plan --detailed-exitcode || echo "something would change"
#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    pub(super) common: Common,
    /// End with 2 when changes are pending
    #[arg(long)]
    detailed_exitcode: bool,
    /// Image tag or digest: `TAG` for the app, `SERVICE=TAG` for any service
    #[arg(long, value_name = "[SERVICE=]TAG")]
    image: Vec<String>,
}

impl Plan {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, Stop> {
        let session = Session::open(&self.common, console, &self.image, BTreeSet::new()).await?;
        session.warn(console);
        let observed = session.observe().await;
        let plan = session.plan(&observed);
        console.out(&if console.is_json() {
            json::plan(&session.stack.name, &plan)
        } else {
            render::plan(&plan, console.style())
        });
        Ok(if !plan.unread.is_empty() {
            Exit::Unread
        } else if !plan.conflicts.is_empty() {
            Exit::Refused
        } else if self.detailed_exitcode && !plan.is_empty() {
            Exit::Changes
        } else {
            Exit::Done
        })
    }
}
