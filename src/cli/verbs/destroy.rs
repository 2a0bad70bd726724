//! `ajuda deploy destroy`: remove everything that ajuda made for this stack.

use std::collections::BTreeSet;

use clap::Args;

use super::db::cleanup::report;
use super::up::{address, holds_data, known, without_data};
use crate::cli::adoption;
use crate::cli::apply::{confirm, require_complete_read, show};
use crate::cli::expiry::ensure_credentials_last;
use crate::cli::lock::LockWait;
use crate::cli::options::Common;
use crate::cli::runner::Runner;
use crate::cli::session::Session;
use crate::cli::summary::finish;
use crate::command_error::{CommandError, ErrorKind};
use crate::database;
use crate::engine::{Action, Address, Observed, Obstacle, Plan, Report, Resource, plan_destroy};
use crate::exit::Exit;
use crate::message::{Command, Verb, message};
use crate::render::{self, Console, Detail, json};
use crate::resources::rds::db_instance::leftovers;
use crate::resources::{DbInstanceLive, DbSubnetGroup, KINDS, LoadBalancer};

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
    /// Delete what is left over at this address although only its tags say that it is the stack's (repeatable)
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    prune: Vec<Address>,
    #[command(flatten)]
    lock_wait: LockWait,
}

impl Destroy {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let force: BTreeSet<Address> = self.delete_data.iter().cloned().collect();
        let named = force.union(&without_data(&self.prune)).cloned().collect();
        let mut session = Session::open(&self.common, console, &[], named).await?;
        session.removes();
        if self.delete_all_data {
            session.force_all();
        }
        if self.keep_data {
            // It holds none: what is kept of the stack needs no protection of what is not.
            session.force_kind(LoadBalancer::KIND);
        }
        let act = async |runner: Runner<'_>| self.remove(runner, &force).await;
        Runner::with_lock(&session, console, &self.lock_wait, act).await
    }

    async fn remove(
        &self,
        runner: Runner<'_>,
        force: &BTreeSet<Address>,
    ) -> Result<Exit, CommandError> {
        let Runner {
            session, console, ..
        } = runner;
        let mut observed = session.observe().await;
        adoption::prune(session, &mut observed, &self.prune)?;
        let left = if self.keep_data {
            Vec::new()
        } else {
            left_beside(session, &observed).await?
        };
        let mut protected: BTreeSet<Address> = BTreeSet::new();
        for live in left {
            let (shielded, orphan) = (live.is_protected(), live.as_orphan());
            if shielded {
                protected.insert(orphan.address.clone());
            }
            observed.orphans.push(orphan);
        }
        let mut kept = if self.keep_data {
            with_data(session)
        } else {
            BTreeSet::new()
        };
        // What is not deleted keeps what it stands on.
        let doubted = observed.doubts.iter().filter(|(_, one)| !one.only_tags);
        let doubted = doubted.map(|(address, _)| address);
        let claimed = observed.conflicts.iter();
        let claimed = claimed.filter(|one| one.because == Obstacle::Claims);
        let doubted = doubted.chain(claimed.map(|one| &one.address));
        kept.extend(with_needs(session, doubted));
        let plan = plan_destroy(&session.graph, KINDS, &observed, |address| {
            kept.contains(address) || (self.keep_data && holds_data(address))
        });
        require_complete_read(&plan.unread)?;
        known(session, &plan, force)?;
        if plan.is_empty() {
            if console.is_json() {
                let nothing = Report::default();
                console.event(&json::report(&nothing, Exit::Done, console.place()));
            }
            if !console.is_json() && !plan.unverified.is_empty() {
                let style = console.talk_style();
                console.say(render::plan(
                    &plan,
                    Detail::Headline,
                    console.place(),
                    style,
                ));
            }
            console.say(
                match observed.found.is_empty() && observed.orphans.is_empty() {
                    true => format!("nothing to remove: {}", session.nothing()),
                    false => "nothing to remove".to_owned(),
                },
            );
            return Ok(Exit::Done);
        }
        show(console, &plan);
        self.protect_data(session, &plan, &protected)?;
        for taken in render::removal(&plan, &session.stack) {
            let warning = console.talk_style().bad("warning:");
            console.say(format!("{warning} {taken}"));
        }
        let what = format!("{} of", render::changes(&plan));
        ensure_credentials_last(session, &plan.schedule, &self.again()).await?;
        confirm(console, self.yes, &what, &session.stack.name)?;
        let outcome = runner.apply(&plan, &observed).await;
        let exit = finish(session, console, &outcome.report, &self.again()).await;
        if exit == Exit::Done {
            report(session, console).await;
        }
        Ok(exit)
    }

    /// What holds data or is protected goes only when it is named: before anything else goes, so
    /// that a stack is not half removed around it.
    fn protect_data(
        &self,
        session: &Session,
        plan: &Plan,
        shielded: &BTreeSet<Address>,
    ) -> Result<(), CommandError> {
        let disposable = session.stack.disposable;
        let protected = session.stack.load_balancer.deletion_protection;
        let mut stop = CommandError::new(
            ErrorKind::Refused,
            "this would take data or what is protected; nothing was changed",
        );
        for item in &plan.items {
            let guarded = item.data || (protected && item.address.kind() == LoadBalancer::KIND);
            // The file speaks for what it declares. What ajuda made and the file has forgotten goes
            // without its data; only what the operator names may be somebody's.
            let named = item.orphan.is_some() && self.prune.contains(&item.address);
            let shielded = shielded.contains(&item.address);
            let guarded = guarded && (!disposable || named || shielded);
            if item.action == Action::Delete && guarded && !session.cloud.is_forced(&item.address) {
                stop = stop.detail(item.address.to_string());
            }
        }
        if stop.details.is_empty() {
            return Ok(());
        }
        let all = Command::new(Verb::Destroy)
            .arg("--delete-all-data")
            .options("--prune", &self.prune);
        let keep = if self.keep_data {
            ""
        } else {
            ", `--keep-data` leaves the data"
        };
        Err(stop.hint(message![
            all,
            " takes it all (the database leaves a final snapshot, secrets can be restored for 30 days), \
             `--delete-data ADDRESS` one of it",
            keep,
        ]))
    }

    /// This command, to be typed again.
    fn again(&self) -> Command {
        Command::new(Verb::Destroy)
            .flag("--keep-data", self.keep_data)
            .flag("--delete-all-data", self.delete_all_data && !self.keep_data)
            .options("--delete-data", &self.delete_data)
            .options("--prune", &self.prune)
    }
}

/// What restores left beside the database: RDS deletes no subnet group that they stand in.
///
/// # Errors
/// Refused, when something else stands there, or it could not be read.
async fn left_beside(
    session: &Session,
    observed: &Observed,
) -> Result<Vec<DbInstanceLive>, CommandError> {
    let Some((address, declared)) = database::declared(&session.graph) else {
        return Ok(Vec::new());
    };
    let groups = observed.found.iter();
    let group = groups
        .filter(|(address, _)| address.kind() == DbSubnetGroup::KIND)
        .find_map(|(_, live)| live.downcast_ref::<<DbSubnetGroup as Resource>::Live>());
    let Some(group) = group else {
        return Ok(Vec::new());
    };
    let own = observed.found.get(address);
    let own = own.and_then(|live| live.downcast_ref::<DbInstanceLive>());
    let identifier = own.map_or(&declared.identifier, |own| &own.identifier);
    let identifier = identifier.to_ascii_lowercase();
    let restores = leftovers::left_by_restores(&session.cloud, &identifier, &group.name)
        .await
        .map_err(|fault| {
            CommandError::fault("cannot read the instances beside the database", &fault)
        })?;
    if restores.others.is_empty() {
        return Ok(restores.ours);
    }
    let what = format!(
        "instances that are not this stack's stand in its subnet group `{}`; nothing was changed",
        group.name
    );
    let mut stop = CommandError::new(ErrorKind::Refused, what);
    for other in &restores.others {
        stop = stop.detail(format!("db-instance `{other}`"));
    }
    Err(stop.hint(
        "delete them or move them to another subnet group first; `--keep-data` leaves the group where it is",
    ))
}

/// What holds data, and everything it stands on.
fn with_data(session: &Session) -> BTreeSet<Address> {
    let all = session.graph.iter();
    let with_data = all.filter(|(_, entry)| entry.node.kind().holds_data());
    with_needs(session, with_data.map(|(address, _)| address))
}

/// Declared resources, and everything they stand on.
fn with_needs<'a>(
    session: &'a Session,
    of: impl Iterator<Item = &'a Address>,
) -> BTreeSet<Address> {
    let mut open: Vec<&Address> = of.collect();
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
