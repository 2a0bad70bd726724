//! `ajuda deploy destroy`: remove everything that ajuda made for this stack.

use std::collections::BTreeSet;

use clap::Args;

use super::hold::{Hold, Patience};
use super::run::{carry_out, conclude, confirm, whole};
use super::session::Session;
use super::up::{address, known};
use super::{Common, option};
use crate::engine::{Action, Address, Plan, Report, Resource, plan_destroy};
use crate::exit::{Exit, Stop};
use crate::render::{self, Console, json};
use crate::resources::{KINDS, LoadBalancer};

/// Remove everything that ajuda made for this stack
///
/// A database leaves a final snapshot and secrets stay recoverable for 30 days, unless the file
/// says `disposable = true`. What holds data or is protected must be named, or nothing is removed.
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
    /// Take this one although it holds data or is protected (repeatable), such as `bucket/uploads`
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    delete_data: Vec<Address>,
    /// Take everything that holds data or is protected
    #[arg(long, conflicts_with_all = ["keep_data", "delete_data"])]
    delete_all_data: bool,
    #[command(flatten)]
    patience: Patience,
}

impl Destroy {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, Stop> {
        let force: BTreeSet<Address> = self.delete_data.iter().cloned().collect();
        let mut session = Session::open(&self.common, console, &[], force.clone()).await?;
        if self.delete_all_data {
            session.force_all();
        }
        let act = async |hold: &Hold| self.remove(&session, console, hold, &force).await;
        Hold::during(&session, console, &self.patience, &self.common, act).await
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
        whole(&plan)?;
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
        self.guard(session, &plan)?;
        let question = format!(
            "remove all of this from AWS account {}? type the stack's name ({}) to confirm:",
            session.cloud.place.account, session.stack.name
        );
        confirm(console, self.yes, &question, &session.stack.name)?;
        let outcome = carry_out(session, console, hold, &plan, &observed).await;
        Ok(conclude(session, console, &outcome.report, &self.again()))
    }

    /// What holds data or is protected goes only when it is named: before anything else goes, so
    /// that a stack is not half removed around it.
    fn guard(&self, session: &Session, plan: &Plan) -> Result<(), Stop> {
        if session.stack.disposable {
            return Ok(());
        }
        let protected = session.stack.load_balancer.deletion_protection;
        let mut stop = Stop::new(
            Exit::Refused,
            "this would take data or what is protected; nothing was changed",
        );
        for item in &plan.items {
            let guarded = item.data || (protected && item.address.kind() == LoadBalancer::KIND);
            if item.action == Action::Delete
                && guarded
                && !session.cloud.force.contains(&item.address)
            {
                stop = stop.detail(item.address.to_string());
            }
        }
        if stop.details.is_empty() {
            return Ok(());
        }
        let again = self.again();
        Err(stop.hint(format!(
            "`{again} --delete-all-data` takes it all (the database leaves a final snapshot, secrets \
             can be restored for 30 days), `--delete-data ADDRESS` one of it, `--keep-data` leaves the data"
        )))
    }

    /// This command, to be typed again.
    fn again(&self) -> String {
        let keep = match (self.keep_data, self.delete_all_data) {
            (true, _) => " --keep-data",
            (_, true) => " --delete-all-data",
            _ => "",
        };
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
