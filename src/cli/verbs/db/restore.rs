//! `ajuda deploy db restore`: back to a snapshot or to a moment.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use clap::Args;
use serde::Serialize;

use crate::cli::apply::{confirm, show};
use crate::cli::arguments;
use crate::cli::expiry::ensure_credentials_last;
use crate::cli::lock::LockWait;
use crate::cli::options::Common;
use crate::cli::restore::{DatabaseRestore, RestoreState, leftover};
use crate::cli::runner::{Runner, stopped};
use crate::cli::stack_database;
use crate::command_error::CommandError;
use crate::database::restore::Swapped;
use crate::engine::{Class, Fault, Report};
use crate::exit::Exit;
use crate::message::{Command, commands, message};
use crate::render::{Console, Part, json};
use crate::resources::DbInstanceLive;
use crate::resources::rds::db_instance::restore::RestoreSource;

/// Bring the database back to a snapshot or to a moment
///
/// The application is stopped. The backup is restored beside the database, made like it and checked
/// by logging in, then the two change names, so that the address stays the same, and the application
/// starts again. What was written since is left in the old instance, which stays under another name.
/// Run again after an interruption, it goes on.
///
/// Example: ajuda deploy db restore --to-time 2026-11-23T01:30:00Z
#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    from: From,
    /// Also when it was restored from the same before: what was written since then is left behind
    #[arg(long)]
    again: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    lock_wait: LockWait,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct From {
    /// The snapshot, as `db backups` names it
    #[arg(long, value_name = "NAME", value_parser = arguments::snapshot)]
    snapshot: Option<String>,
    /// The moment, in UTC such as 2026-11-23T01:30:00Z, or `latest`
    #[arg(long, value_name = "TIME", value_parser = time)]
    to_time: Option<RestoreSource>,
}

#[derive(Serialize)]
struct Document<'a> {
    event: &'static str,
    instance: &'a str,
    restored_from: &'a RestoreSource,
    /// The instance that was there, under the name that it has now.
    old_instance: &'a str,
}

fn time(text: &str) -> Result<RestoreSource, String> {
    if text == "latest" {
        return Ok(RestoreSource::Latest);
    }
    DateTime::from_str(text, Format::DateTime)
        .map(RestoreSource::Time)
        .map_err(|_| "write it like `2026-11-23T01:30:00Z`, or `latest`".to_owned())
}

impl Restore {
    fn source(&self) -> RestoreSource {
        match (&self.from.snapshot, &self.from.to_time) {
            (Some(name), _) => RestoreSource::Snapshot(name.clone()),
            (None, Some(time)) => time.clone(),
            // Clap asks for one of them.
            (None, None) => RestoreSource::Latest,
        }
    }

    /// This command, to be typed again.
    fn again(&self) -> Command {
        self.source().command()
    }

    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = super::open(&self.common, console).await?;
        stack_database::declared(&session)?;
        let act = async |runner: Runner<'_>| self.go_back(runner).await;
        Runner::with_lock(&session, console, &self.lock_wait, act).await
    }

    async fn go_back(&self, runner: Runner<'_>) -> Result<Exit, CommandError> {
        let console = runner.console;
        let restoring = DatabaseRestore::new(runner, self.source()).await?;
        let state = restoring.state().await?;
        if let RestoreState::Untouched(live) = &state {
            if restoring.is_done(live) && !self.again {
                return Ok(self.done(console, live));
            }
            restoring.ensure_restartable(true).await?;
        }
        let plan = restoring.plan(&state).await?;
        ensure_credentials_last(runner.session, &plan.full_plan().schedule, &self.again()).await?;
        match state {
            RestoreState::Untouched(live) => {
                show(console, &plan.full_plan());
                let what = format!("restore the database {} of", live.identifier);
                confirm(console, self.yes, &what, &live.identifier)?;
            }
            RestoreState::Begun(_) => {
                console.say("a restore is unfinished: continuing it");
                show(console, &plan.full_plan());
                confirm(console, self.yes, "go on with the database of", "yes")?;
            }
        }
        let parts = Part::of_run(
            [plan.restore.schedule(), plan.restart.schedule()],
            runner.session.clock_speed,
        );
        let [restore, restart] = &parts;
        let swapped = match restoring.swap(&plan, restore).await {
            Ok(swapped) => swapped,
            Err(fault) => return Err(self.left(&restoring, fault).await),
        };
        let exit = restoring.start(&[], &self.again(), restart).await?;
        if exit != Exit::Done {
            console.say(format!("`{}` is there as it was", swapped.old));
            return Ok(exit);
        }
        restoring.finish(&swapped.live).await?;
        self.report(console, &swapped);
        Ok(Exit::Done)
    }

    /// The same command after its end: a run that was killed after its last call leaves everything done.
    fn done(&self, console: &Console, live: &DbInstanceLive) -> Exit {
        let from = self.source();
        console.say(message![
            format!(
                "nothing to do: `{}` was restored from {from} before; ",
                live.identifier
            ),
            self.again().arg("--again"),
            " restores it once more",
        ]);
        if console.is_json() {
            let nothing = Report::default();
            console.event(&json::report(&nothing, Exit::Done, console.place()));
        }
        Exit::Done
    }

    /// Why it ended early. What stopped for nothing starts again, as long as the old instance has its name.
    async fn left(&self, restoring: &DatabaseRestore<'_>, fault: Fault) -> CommandError {
        let stop = stopped("cannot restore the database", &fault);
        let again = self.again();
        if fault.class == Class::Interrupted {
            return stop.hint(message![
                "the application is stopped; ",
                again,
                " goes on, ",
                commands::up(),
                " starts it on the old data unless the names have changed",
            ]);
        }
        let untouched =
            DbInstanceLive::read(&restoring.runner.session.cloud, &restoring.identifier).await;
        let untouched =
            untouched.is_ok_and(|live| live.is_some_and(|live| live.displaces().is_none()));
        if !untouched {
            return stop.hint(message!["the application is stopped; ", again, " goes on"]);
        }
        restoring
            .runner
            .console
            .say("the database is as it was; starting the application again");
        match restoring.start(&[], &again, &Part::default()).await {
            Ok(Exit::Done) => stop.hint(message![
                "the application runs on the old data; fix the cause, and ",
                again,
                " goes on",
            ]),
            _ => stop.hint(message![commands::up(), " starts the application again",]),
        }
    }

    fn report(&self, console: &Console, swapped: &Swapped) {
        let Swapped { old, from, live } = swapped;
        if console.is_json() {
            console.event(&Document {
                event: "restored",
                instance: &live.identifier,
                restored_from: from,
                old_instance: old,
            });
            return;
        }
        console.say(format!("`{}` is back at {from}", live.identifier));
        console.say(leftover(old));
    }
}
