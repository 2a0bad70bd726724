//! Carrying out one change of a running service: agreed to, shown, ended with the right code.

use std::time::Duration;

use clap::Args;

use super::apply::{confirm, show};
use super::expiry::ensure_credentials_last;
use super::lock::{LockWait, time};
use super::runner::Runner;
use super::session::Session;
use super::summary::{finish, report_run};
use crate::command_error::CommandError;
use crate::engine::Report;
use crate::exit::Exit;
use crate::images;
use crate::message::{Command, Message, commands, message};
use crate::render::{Console, Part, Progress, json};
use crate::rollout::change::{Change, Waiting};
use crate::rollout::image;
use crate::stack::Service;

/// On which terms a running service is changed.
#[derive(Debug, Clone, Args)]
pub struct ChangeOptions {
    /// How long to wait until the tasks are healthy, such as `20m`
    #[arg(long, value_name = "TIME", default_value = "20m", value_parser = time)]
    timeout: Duration,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) lock_wait: LockWait,
}

impl ChangeOptions {
    /// Those of a verb that changes a service only when it is asked to.
    pub(super) fn of(yes: bool, timeout: Option<Duration>, lock_timeout: Option<Duration>) -> Self {
        Self {
            timeout: timeout.unwrap_or(WAITING.limit),
            yes,
            lock_wait: LockWait::of(lock_timeout.unwrap_or_default()),
        }
    }

    /// Waits that long.
    pub(super) fn waiting(&self, until_done: bool) -> Waiting {
        Waiting {
            until_done,
            limit: self.timeout,
        }
    }
}

/// The waiting of whoever gave no terms.
pub(super) const WAITING: Waiting = Waiting {
    until_done: true,
    limit: Duration::from_secs(20 * 60),
};

/// What an operator is told around a change.
pub(super) struct Messages {
    /// This command, to be typed again.
    pub(super) again: Command,
    /// What to do when a migration failed.
    pub(super) way_back: Message,
}

/// Shows what will be done, asks, does it and tells what came of it.
///
/// # Errors
/// As [`startable`] and [`confirm_change`].
pub(super) async fn change(
    runner: Runner<'_>,
    change: &Change,
    yes: bool,
    waiting: Waiting,
    words: &Messages,
) -> Result<Exit, CommandError> {
    let Runner {
        session, console, ..
    } = runner;
    startable(session, change).await?;
    ensure_credentials_last(session, &change.remaining().schedule, &words.again).await?;
    if !confirm_change(console, change, yes, waiting)? {
        return Ok(nothing(console));
    }
    let single = Part::default();
    Ok(perform(runner, change, waiting, words, &single).await)
}

/// Refuses a change that starts tasks of an image that has left the registry.
///
/// # Errors
/// As [`image::startable`].
pub(super) async fn startable(session: &Session, change: &Change) -> Result<(), CommandError> {
    let push = |image: &str| images::command(&session.stack, image);
    image::startable(&session.cloud, change, push).await
}

/// Ends a change that there is nothing of.
pub(super) fn nothing(console: &Console) -> Exit {
    if console.is_json() {
        let nothing = Report::default();
        console.event(&json::report(&nothing, Exit::Done, console.place()));
    }
    Exit::Done
}

/// Shows what will be done and asks. Answers whether there is anything to do.
///
/// # Errors
/// Refused, when nobody says yes; or it cannot be done without waiting.
pub(super) fn confirm_change(
    console: &Console,
    change: &Change,
    yes: bool,
    waiting: Waiting,
) -> Result<bool, CommandError> {
    let plan = change.plan();
    show(console, &plan);
    if plan.is_empty() {
        return Ok(false);
    }
    if !waiting.until_done && !change.can_be_left_to_ecs() {
        return Err(CommandError::error(
            "this one cannot be left alone: the next step begins when the one before it is done",
        )
        .hint("run it without --no-wait"));
    }
    let what = format!("change the service {} of", change.service());
    confirm(console, yes, &what, "yes")?;
    Ok(true)
}

/// Does it, as this part of a run, and tells what came of it.
pub(super) async fn perform(
    runner: Runner<'_>,
    change: &Change,
    waiting: Waiting,
    words: &Messages,
    part: &Part,
) -> Exit {
    let Runner {
        session, console, ..
    } = runner;
    let progress = Progress::new(*console, &change.remaining(), session.clock_speed).within(part);
    let report = runner.steps(progress, async |workflow| {
        change.carry_out(workflow, waiting, &words.way_back).await
    });
    let report = report.await;
    if !waiting.until_done {
        let next = message![
            "the deployment goes on; ",
            commands::status(),
            " shows how far it is",
        ];
        let next = next.at(console.place());
        return report_run(console, &report, &words.again, &[next]);
    }
    finish(session, console, &report, &words.again).await
}

/// What to do when the migration fails.
pub(super) fn way_back(service: &Service, change: &Change) -> Message {
    match change.snapshot() {
        Some(snapshot) => message![
            commands::rollback_with_database(&service.name),
            format!(
                " brings back what ran, and the database as it was in the snapshot {snapshot}; \
                 without --restore-snapshot the database stays as it is now"
            ),
        ],
        None => message![
            commands::rollback(&service.name),
            " brings back what ran, but the database stays as it is now: there is no snapshot from before",
        ],
    }
}
