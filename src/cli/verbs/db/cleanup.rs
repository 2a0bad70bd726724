//! `ajuda deploy db cleanup`: what ajuda has left that costs money, and its deletion.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use crate::aws::timestamp::Timestamp;
use crate::cli::apply::confirm;
use crate::cli::arguments;
use crate::cli::deployment::nothing;
use crate::cli::lock::LockWait;
use crate::cli::options::Common;
use crate::cli::runner::Runner;
use crate::cli::session::Session;
use crate::cli::{stack_database, summary};
use crate::command_error::{CommandError, ErrorKind};
use crate::database::{self, Kind, Leftover};
use crate::engine::Resource;
use crate::exit::Exit;
use crate::message::{Command, Verb, message};
use crate::outputs::live;
use crate::render::{self, Console, Progress, json};
use crate::resources::TaskDefinition;
use crate::resources::ecs::revision_tags;

/// Show the snapshots and instances that ajuda has left, and delete those that are named
///
/// Shows the snapshots that ajuda took of the database and the instances that restores have set aside, with
/// their size and age; both cost money. Nothing is deleted unless it is named, or --older-than is said. The
/// newest snapshot and the one that `rollback` goes back to need --force. An instance leaves a last snapshot.
/// What ajuda did not make is neither shown nor deleted.
///
/// Example: ajuda deploy db cleanup --older-than 90d
#[derive(Debug, Args)]
pub struct Cleanup {
    #[command(flatten)]
    pub(super) common: Common,
    /// The snapshots and instances to delete, as this command lists them without a name
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Delete everything that nothing protects and that is as old as this or older, such as `90d`
    #[arg(long, value_name = "AGE", conflicts_with = "names", value_parser = arguments::past)]
    older_than: Option<Timestamp>,
    /// Delete what is named although it is protected
    #[arg(long, requires = "names")]
    force: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    lock_wait: LockWait,
}

impl Cleanup {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let mut session = super::open(&self.common, console).await?;
        stack_database::declared(&session)?;
        if self.names.is_empty() && self.older_than.is_none() {
            let all = leftovers(&session).await?;
            if console.is_json() {
                console.document(&json::leftovers(&all, console.place()));
            } else {
                console.out(&render::leftovers(&all, console.place(), console.style()));
            }
            return Ok(Exit::Done);
        }
        // Nothing but what was chosen is deleted here, and that was named and confirmed.
        session.force_all();
        let act = async |runner: Runner<'_>| self.clean(runner).await;
        Runner::with_lock(&session, console, &self.lock_wait, act).await
    }

    async fn clean(&self, runner: Runner<'_>) -> Result<Exit, CommandError> {
        let Runner {
            session, console, ..
        } = runner;
        let all = leftovers(session).await?;
        let chosen = self.choose(&all)?;
        if chosen.is_empty() {
            console.say("nothing to delete: nothing that may go is as old as that");
            return Ok(nothing(console));
        }
        console.say(format!(
            "to be deleted:\n{}",
            render::leftovers(&chosen, console.place(), console.talk_style()).trim_end()
        ));
        let what = match chosen.as_slice() {
            [one] => format!("`{}`", one.name),
            many => format!("these {}", many.len()),
        };
        confirm(console, self.yes, &format!("delete {what} of"), "yes")?;
        let report = runner
            .steps(Progress::lines(*console), async |work| {
                database::delete(work, &chosen).await
            })
            .await;
        Ok(summary::report_run(console, &report, &self.again(), &[]))
    }

    /// What is named, or old enough, and may go.
    fn choose(&self, all: &[Leftover]) -> Result<Vec<Leftover>, CommandError> {
        if let Some(than) = self.older_than {
            let age = i64::try_from(than.until(Timestamp::now()) / 1000).unwrap_or(i64::MAX);
            let old = |one: &&Leftover| one.age_s.is_some_and(|of| of >= age);
            let free = |one: &&Leftover| one.protected.is_none() && one.blocked.is_none();
            return Ok(all.iter().filter(old).filter(free).cloned().collect());
        }
        let named: BTreeSet<&String> = self.names.iter().collect();
        let unknown = named
            .iter()
            .filter(|name| !all.iter().any(|one| one.name == ***name));
        let unknown: Vec<String> = unknown.map(|name| format!("`{name}`")).collect();
        if !unknown.is_empty() {
            let what = format!(
                "{} is not among what ajuda has left of this stack's database; nothing was deleted",
                unknown.join(", ")
            );
            return Err(CommandError::new(ErrorKind::Refused, what).hint(message![
                Command::new(Verb::DbCleanup),
                " lists what is; what somebody else made is deleted in AWS's console",
            ]));
        }
        let chosen = || all.iter().filter(|one| named.contains(&one.name));
        let mut stop = CommandError::new(
            ErrorKind::Refused,
            "this cannot be deleted now; nothing was deleted",
        );
        for one in chosen() {
            if let Some(why) = &one.blocked {
                stop = stop.detail(message![&one.name, ": ", why]);
            }
        }
        if !stop.details.is_empty() {
            return Err(stop);
        }
        let mut stop =
            CommandError::new(ErrorKind::Refused, "this is protected; nothing was deleted");
        for one in chosen().filter(|_| !self.force) {
            if let Some(why) = &one.protected {
                stop = stop.detail(message![&one.name, ": ", why]);
            }
        }
        if !stop.details.is_empty() {
            let forced = self.again().arg("--force");
            return Err(stop.hint(message![forced, " deletes it"]));
        }
        Ok(chosen().cloned().collect())
    }

    /// This command, to be typed again.
    fn again(&self) -> Command {
        Command::new(Verb::DbCleanup)
            .args(&self.names)
            .options("--older-than", self.older_than)
            .flag("--force", self.force)
    }
}

/// What ajuda has left of the stack's database.
///
/// # Errors
/// The fault of a request.
pub(in crate::cli) async fn leftovers(session: &Session) -> Result<Vec<Leftover>, CommandError> {
    let (address, declared) = stack_database::declared(session)?;
    let identifier = declared.identifier.to_ascii_lowercase();
    let observed = session.observe_kinds(&[TaskDefinition::KIND]).await;
    // A snapshot that a revision may go back to is protected: not to know it is not to be without one.
    if let Some(unread) = observed.unread.first() {
        let what = "cannot read which snapshots a rollback needs";
        return Err(CommandError::fault(what, &unread.fault));
    }
    let services = session.stack.services.keys();
    let in_use = services.filter_map(|name| {
        let task = live::<TaskDefinition>(&observed.found, name)?;
        Some((task.tag(revision_tags::SNAPSHOT)?.to_owned(), name.clone()))
    });
    let in_use: BTreeMap<String, String> = in_use.collect();
    database::leftovers(&session.cloud, address, &identifier, &in_use)
        .await
        .map_err(|fault| CommandError::fault("cannot read what is left of the database", &fault))
}

/// Says what is left when the rest of the stack is gone, as far as it can be read.
pub(in crate::cli) async fn report(session: &Session, console: &Console) {
    let Ok((address, declared)) = stack_database::declared(session) else {
        return;
    };
    let identifier = declared.identifier.to_ascii_lowercase();
    let left = database::leftovers(&session.cloud, address, &identifier, &BTreeMap::new()).await;
    let left = left.unwrap_or_default();
    let count = |kind| left.iter().filter(|one| one.kind == kind).count();
    let counted = |count: usize, what: &str| match count {
        0 => None,
        1 => Some(format!("1 {what}")),
        many => Some(format!("{many} {what}s")),
    };
    let parts = [
        counted(count(Kind::Instance), "instance"),
        counted(count(Kind::Snapshot), "snapshot"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if !parts.is_empty() {
        let size: u32 = left.iter().filter_map(|one| one.size_gb).sum();
        console.say(message![
            format!(
                "{} of the database, of {size} GB, stay and cost money: ",
                parts.join(" and ")
            ),
            Command::new(Verb::DbCleanup),
            " lists and deletes them",
        ]);
    }
}
