//! `ajuda deploy rollback`: what ran before, and where it must be, the database as it was.

use clap::Args;

use crate::cli::arguments;
use crate::cli::deployment::{
    ChangeOptions, Messages, change, confirm_change, nothing, perform, startable,
};
use crate::cli::expiry::ensure_credentials_last;
use crate::cli::options::{Common, Which};
use crate::cli::restore::{DatabaseRestore, RestoreState, RollbackTarget, cannot, leftover};
use crate::cli::runner::Runner;
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::engine::{Schedule, StageAction, StagedChange};
use crate::exit::Exit;
use crate::message::{Command, Message, Verb, commands, message};
use crate::render::{Console, Part};
use crate::resources::rds::db_instance::restore::RestoreSource;
use crate::rollout::rollback::{RollbackRequest, decide};
use crate::rollout::service_state::ServiceState;
use crate::stack::Service;

/// Run what ran before, and wait for the rollout
///
/// Goes back to the last older revision that ran well, or to the one named with --to (`history` has
/// the numbers). Where an upgrade has migrated the database, the version before may not start on it:
/// --restore-snapshot brings the database back, too, to the snapshot that was taken before the
/// upgrade. The database as it is then stays beside it under another name.
///
/// Example: ajuda deploy rollback --restore-snapshot
#[derive(Debug, Args)]
pub struct Rollback {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    which: Which,
    /// The number of the revision, as `history` shows it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    to: Option<i32>,
    /// Bring the database back, too: to the snapshot taken before what runs now, or to the one named
    #[arg(long, value_name = "SNAPSHOT", num_args = 0..=1, value_parser = arguments::snapshot)]
    restore_snapshot: Option<Option<String>>,
    #[command(flatten)]
    terms: ChangeOptions,
}

impl Rollback {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        // What else uses the database comes up as the file says: that is planned.
        let plans = self.restore_snapshot.is_some();
        let session = Session::open_for(&self.common, console, &self.which.names(), plans).await?;
        let service = session.service_of(self.which.name())?;
        let act = async |runner: Runner<'_>| self.change(runner, service).await;
        Runner::with_lock(&session, console, &self.terms.lock_wait, act).await
    }

    async fn change(&self, runner: Runner<'_>, service: &Service) -> Result<Exit, CommandError> {
        let Runner {
            session, console, ..
        } = runner;
        let state = session.service_state(service).await?;
        if self.restore_snapshot.is_none() {
            session.settled_database(service).await?;
        }
        let bound = match self.restore_snapshot {
            Some(_) => DatabaseRestore::rollback_target(session).await?,
            None => None,
        };
        // A run that was killed after its last call leaves everything done.
        if let Some(bound) = &bound
            && self.is_done(bound, &state)
        {
            console.say(format!(
                "nothing to do: {} went back to revision {} with the snapshot {}",
                service.name,
                state.number(),
                bound.snapshot
            ));
            return Ok(nothing(console));
        }
        let (begun, restored) = bound
            .filter(|bound| !bound.done)
            .map(|bound| (bound.revision, bound.snapshot))
            .unzip();
        let request = RollbackRequest {
            to: self.to,
            begun,
            restore: self.restore_snapshot.is_some(),
            snapshot: self.restore_snapshot.clone().flatten().or(restored),
        };
        let mut wanted = decide(&session.cloud, state, &request).await?;
        let again = self.again(&wanted);
        let words = Messages {
            way_back: message![
                &again,
                " tries again; ",
                commands::history(&service.name),
                " shows what else has run well",
            ],
            again,
        };
        let waiting = self.terms.waiting(true);
        let Some(snapshot) = wanted.restores() else {
            return change(runner, &wanted, self.terms.yes, waiting, &words).await;
        };
        startable(session, &wanted).await?;
        let source = RestoreSource::Snapshot(snapshot.to_owned());
        let restoring = DatabaseRestore::new(runner, source).await?;
        let state = restoring.state().await?;
        match state {
            RestoreState::Untouched(_) => restoring.ensure_restartable(false).await?,
            RestoreState::Begun(_) => {
                console.say("a restore of the database is unfinished: continuing it");
            }
        }
        let mut plan = restoring.plan(&state).await?;
        let [own, scaling] = wanted.addresses();
        plan.restart
            .stages
            .retain(|stage| ![&own, &scaling].contains(&&stage.address));
        wanted
            .warnings
            .extend(shared(&plan.restart).map(Message::from));
        let all = [
            plan.restore.schedule(),
            plan.restart.schedule(),
            wanted.remaining().schedule,
        ];
        let total = all
            .iter()
            .cloned()
            .fold(Schedule::default(), Schedule::then);
        ensure_credentials_last(session, &total, &words.again).await?;
        confirm_change(console, &wanted, self.terms.yes, waiting)?;
        let (address, mark) = (own.clone(), &wanted);
        runner
            .task(|run| async move { mark.begin(&run.job(&address)).await })
            .await
            .map_err(cannot)?;
        let [restore, restart, rollback] = Part::of_run(all, session.clock_speed);
        let swapped = restoring.swap(&plan, &restore).await;
        let swapped = swapped.map_err(|fault| {
            cannot(fault).hint(message![
                &service.name,
                " does not run now; ",
                &words.again,
                " goes on",
            ])
        })?;
        if let Some(revision) = wanted.revision() {
            restoring
                .note_rollback_target(&swapped.live, revision)
                .await?;
        }
        // What else uses the database comes up as the file says; the service itself as it was.
        let exit = restoring
            .start(&[own, scaling], &words.again, &restart)
            .await?;
        if exit != Exit::Done {
            return Ok(exit);
        }
        let exit = perform(runner, &wanted, waiting, &words, &rollback).await;
        if exit == Exit::Done {
            restoring.finish(&swapped.live).await?;
            console.say(leftover(&swapped.old));
        }
        Ok(exit)
    }

    /// Whether what is asked for was carried out before, as far as nothing else is named.
    fn is_done(&self, bound: &RollbackTarget, state: &ServiceState) -> bool {
        let named = self.restore_snapshot.as_ref().and_then(Option::as_ref);
        bound.done
            && state.runs(&bound.revision)
            && self.to.is_none_or(|to| to == state.number())
            && named.is_none_or(|name| *name == bound.snapshot)
    }

    /// This command, to be typed again: with what was found out by it, because what is there
    /// changes on the way.
    fn again(&self, wanted: &crate::rollout::change::Change) -> Command {
        let to = self.to.or(wanted.target());
        let restores = self.restore_snapshot.is_some();
        Command::new(Verb::Rollback)
            .options("--service", self.which.name())
            .options("--to", to)
            .flag("--restore-snapshot", restores)
            .args(wanted.snapshot().filter(|_| restores))
    }
}

/// What an operator must know of the other services on the database, which `restart` starts again after it went back.
fn shared(restart: &StagedChange) -> Option<String> {
    let others = restart.actions().filter_map(|action| match action {
        StageAction::StartService { service } => Some(service.as_str()),
        _ => None,
    });
    let others: Vec<&str> = others.collect();
    let (use_it, they, lose) = match others.len() {
        0 => return None,
        1 => ("uses", "it is stopped meanwhile", "loses what it"),
        _ => ("use", "they are stopped meanwhile", "lose what they"),
    };
    let names = others.join(" and ");
    Some(format!(
        "{names} {use_it} the same database: {they}, and {lose} wrote since the snapshot"
    ))
}
