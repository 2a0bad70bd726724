//! `ajuda deploy status`: how the stack is.

use std::collections::BTreeSet;

use clap::Args;

use crate::aws::lease::Pace;
use crate::aws::timestamp::Timestamp;
use crate::cli::apply::incomplete;
use crate::cli::options::Common;
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::exit::Exit;
use crate::inspect::status::{self, Health};
use crate::render::{self, Console, json};

mod watch;

/// Show how the stack is, on one screen: services, tasks, targets, deployments, database,
/// certificate, alarms, address, and how far AWS is from the file
///
/// Only reads. Ends with 5 when something is unhealthy, was rolled back or is not there, with 6 when
/// something could not be read. While somebody changes the stack it says who, and what is not there yet is
/// no fault.
///
/// Example: ajuda deploy status --output json | jq .troubles
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    pub(super) common: Common,
    /// Keep looking, in a live view on the terminal; `q` leaves it
    #[arg(long, short)]
    watch: bool,
    /// Seconds between two looks of `--watch`
    #[arg(long, default_value_t = 5, value_name = "SECONDS", requires = "watch", value_parser = clap::value_parser!(u64).range(1..=3600))]
    interval: u64,
}

impl Status {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = Session::open(&self.common, console, &[], BTreeSet::new()).await?;
        if self.watch {
            return watch::watch(session, console, self.interval).await;
        }
        let pace = Pace::of(session.clock_speed);
        let near = async {
            let called = session.as_called().await;
            status::read_live(&session.cloud, &session.stack, &called, pace).await
        };
        let (near, observed) = tokio::join!(near, session.observe());
        if observed.found.is_empty() && observed.unread.is_empty() && !near.is_held() {
            return Err(session.absent());
        }
        let plan = session.plan(&observed);
        let wide = status::read_drift(&session.cloud, &session.stack, &observed, &plan).await;
        let status = status::status(&session.cloud.place, &near, Some(&wide), Timestamp::now());
        if console.is_json() {
            console.document(&json::status(&status, console.place()));
        } else {
            console.show(render::status(&status, console.place(), console.style()));
        }
        let wide = incomplete(console, &observed.unread, true);
        // What was read beside the kinds has nothing to do with what the file presupposes.
        let exit = match status.unread.len() > observed.unread.len() {
            true => Some(Exit::Unread),
            false => wide,
        };
        Ok(code(status.health, exit))
    }
}

/// What is known to be wrong comes before what is not known.
fn code(health: Health, unread: Option<Exit>) -> Exit {
    match health {
        Health::Unhealthy | Health::RolledBack => Exit::Unhealthy,
        _ => unread.unwrap_or(Exit::Done),
    }
}
