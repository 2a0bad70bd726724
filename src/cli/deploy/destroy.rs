//! `ajuda deploy destroy`: remove everything that ajuda made for this stack.

use std::collections::BTreeSet;

use clap::Args;

use super::hold::{Hold, Patience};
use super::run::{carry_out, conclude, confirm};
use super::session::Session;
use super::up::{address, known};
use super::{Common, option};
use crate::engine::{Address, Report, plan_destroy};
use crate::exit::{Exit, Stop};
use crate::render::{self, Console, json};
use crate::resources::KINDS;

/// Remove everything that ajuda made for this stack
///
/// A database leaves a final snapshot and secrets stay recoverable for 30 days, unless the file
/// says `disposable = true`. What is not empty or is protected stays, and is named.
///
/// Example: ajuda deploy destroy --keep-data
#[derive(Debug, Args)]
pub struct Destroy {
    #[command(flatten)]
    pub(super) common: Common,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Leave database, buckets, secrets and registry, and what they stand on; a later `up` finds them again
    #[arg(long)]
    keep_data: bool,
    /// Take this one although it is not empty or is protected (repeatable), such as `bucket/uploads`
    #[arg(long, value_name = "ADDRESS", value_parser = address, conflicts_with = "keep_data")]
    delete_data: Vec<Address>,
    #[command(flatten)]
    patience: Patience,
}

impl Destroy {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, Stop> {
        let force: BTreeSet<Address> = self.delete_data.iter().cloned().collect();
        let session = Session::open(&self.common, console, &[], force.clone()).await?;
        let unlock = self.common.command("unlock");
        let hold = Hold::take(&session, console, &self.patience, &unlock).await?;
        let ended = self.remove(&session, console, &hold, &force).await;
        hold.release(console).await;
        ended
    }

    async fn remove(
        &self,
        session: &Session,
        console: &Console,
        hold: &Hold,
        force: &BTreeSet<Address>,
    ) -> Result<Exit, Stop> {
        let observed = session.observe().await;
        let kept = if self.keep_data {
            with_data(session)
        } else {
            BTreeSet::new()
        };
        let plan = plan_destroy(&session.graph, KINDS, &observed, |address| {
            kept.contains(address) || (self.keep_data && holds_data(address))
        });
        if !plan.unread.is_empty() {
            super::run::admit(&plan)?;
        }
        known(session, &plan, force)?;
        if plan.is_empty() {
            if console.is_json() {
                let nothing = Report::default();
                console.out(&json::report(&session.stack.name, &nothing, Exit::Done));
            }
            console.say("nothing to remove");
            return Ok(Exit::Done);
        }
        if !console.is_json() {
            console.say(&render::plan(&plan, console.talk_style()));
        }
        let question = format!(
            "remove all of this from AWS account {}? type the stack's name ({}) to confirm:",
            session.cloud.place.account, session.stack.name
        );
        confirm(console, self.yes, &question, &session.stack.name)?;
        let outcome = carry_out(session, console, hold, &plan, &observed).await;
        Ok(conclude(session, console, &outcome.report, &self.again()))
    }

    /// This command, to be typed again.
    fn again(&self) -> String {
        let keep = if self.keep_data { " --keep-data" } else { "" };
        let data = self
            .delete_data
            .iter()
            .map(|one| option("--delete-data", &one.to_string()));
        self.common.command("destroy") + keep + &data.collect::<String>()
    }
}

/// What holds data, and everything it stands on.
fn with_data(session: &Session) -> BTreeSet<Address> {
    let mut open: Vec<&Address> = session
        .graph
        .iter()
        .filter(|(_, entry)| entry.node.kind().holds_data())
        .map(|(address, _)| address)
        .collect();
    let mut kept = BTreeSet::new();
    while let Some(address) = open.pop() {
        if kept.insert(address.clone())
            && let Some(entry) = session.graph.get(address)
        {
            open.extend(&entry.needs);
        }
    }
    kept
}

fn holds_data(address: &Address) -> bool {
    KINDS
        .iter()
        .any(|kind| kind.name() == address.kind() && kind.holds_data())
}
