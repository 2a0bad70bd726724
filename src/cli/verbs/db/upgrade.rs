//! `ajuda deploy db upgrade`: a newer minor version of PostgreSQL.

use clap::Args;
use serde::Serialize;

use super::has_vectors;
use crate::cli::apply::confirm;
use crate::cli::arguments;
use crate::cli::expiry::ensure_credentials_last;
use crate::cli::lock::LockWait;
use crate::cli::options::Common;
use crate::cli::runner::{Runner, stopped};
use crate::cli::session::Session;
use crate::cli::stack_database;
use crate::command_error::{CommandError, ErrorKind};
use crate::database::{self, Target};
use crate::exit::Exit;
use crate::message::{Command, Verb, message};
use crate::render::{self, Console};
use crate::resources::DbInstanceLive;

/// Show which versions the database can be upgraded to, and upgrade it
///
/// Without --to it only shows. An upgrade takes a snapshot first, and happens in the maintenance
/// window unless --now is said; the database is away for some minutes then. Another major version is
/// written into the file.
///
/// Example: ajuda deploy db upgrade --to 16.12 --in-window
#[derive(Debug, Args)]
pub struct Upgrade {
    #[command(flatten)]
    pub(super) common: Common,
    /// The version
    #[arg(long, value_name = "VERSION", value_parser = arguments::engine_version)]
    to: Option<String>,
    /// At once; the database is away for some minutes
    #[arg(long, requires = "to", conflicts_with = "in_window")]
    now: bool,
    /// In the maintenance window, which is what happens anyway
    #[arg(long, requires = "to")]
    in_window: bool,
    /// Show other major versions as well
    #[arg(long)]
    major: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    lock_wait: LockWait,
}

#[derive(Serialize)]
struct Document<'a> {
    event: &'static str,
    version: &'a str,
    pending: &'a [String],
    maintenance_window: Option<&'a str>,
    targets: &'a [Target],
    /// The snapshot that was taken before an upgrade.
    snapshot: Option<&'a str>,
}

impl Upgrade {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = super::open(&self.common, console).await?;
        let (address, _) = stack_database::declared(&session)?;
        let live = stack_database::live(&session, address).await?;
        let targets = self.targets(&session, &live).await?;
        let Some(to) = &self.to else {
            self.show(&session, console, &live, &targets, None).await?;
            return Ok(Exit::Done);
        };
        if live.is_settled() && live.version() == to {
            console.say(format!("`{}` runs {to} already", live.identifier));
            self.show(&session, console, &live, &targets, None).await?;
            return Ok(Exit::Done);
        }
        // One that is under way was admitted when it was begun.
        if live.version() != to {
            self.check_target(&live, &targets, to)?;
        }
        let act = async |runner: Runner<'_>| self.go(runner, &live, to).await;
        Runner::with_lock(&session, console, &self.lock_wait, act).await
    }

    /// What the running version can be upgraded to.
    async fn targets(
        &self,
        session: &Session,
        live: &DbInstanceLive,
    ) -> Result<Vec<Target>, CommandError> {
        let cannot = |fault| CommandError::fault("cannot read what RDS offers", &fault);
        let running = database::described(&session.cloud, &live.identifier).await;
        let running = running
            .map_err(cannot)?
            .and_then(|running| running.engine_version);
        let running = running.unwrap_or_default();
        let mut targets = database::targets(&session.cloud, &running)
            .await
            .map_err(cannot)?;
        targets.retain(|target| self.major || !target.major);
        Ok(targets)
    }

    fn check_target(
        &self,
        live: &DbInstanceLive,
        targets: &[Target],
        to: &str,
    ) -> Result<(), CommandError> {
        let major = |version: &str| version.split('.').next().unwrap_or_default().to_owned();
        if major(to) != major(live.version()) {
            return Err(CommandError::new(
                ErrorKind::Refused,
                format!("{to} is another major version than {}", live.version()),
            )
            .hint(format!(
                "a stack file says PostgreSQL {} or a minor version of it, and ajuda takes no database to another",
                major(live.version())
            )));
        }
        if targets.iter().any(|target| target.version == to) {
            return Ok(());
        }
        let offered: Vec<&str> = targets
            .iter()
            .map(|target| target.version.as_str())
            .collect();
        let stop = CommandError::new(
            ErrorKind::Refused,
            format!("RDS does not upgrade {} to {to}", live.version()),
        );
        Err(if offered.is_empty() {
            stop.hint("there is no newer minor version")
        } else {
            stop.hint(format!("it offers {}", offered.join(", ")))
        })
    }

    async fn show(
        &self,
        session: &Session,
        console: &Console,
        live: &DbInstanceLive,
        targets: &[Target],
        snapshot: Option<&str>,
    ) -> Result<(), CommandError> {
        let (address, _) = stack_database::declared(session)?;
        let status = database::status(&session.cloud, address, &live.identifier)
            .await
            .map_err(|fault| CommandError::fault("cannot read the database", &fault))?;
        let Some(status) = status else {
            return Ok(());
        };
        if console.is_json() {
            console.event(&Document {
                event: "upgrade",
                version: &status.version,
                pending: &status.pending,
                maintenance_window: status.maintenance_window.as_deref(),
                targets,
                snapshot,
            });
        } else {
            console.show(render::upgrade(&status, targets, console.style()));
        }
        Ok(())
    }

    /// The command that does it.
    fn again(&self, to: &str) -> Command {
        let when = if self.now { "--now" } else { "--in-window" };
        Command::new(Verb::DbUpgrade).option("--to", to).arg(when)
    }

    async fn go(
        &self,
        runner: Runner<'_>,
        live: &DbInstanceLive,
        to: &str,
    ) -> Result<Exit, CommandError> {
        let Runner {
            session, console, ..
        } = runner;
        let (address, _) = stack_database::declared(session)?;
        for waiting in live.waits() {
            console.say(format!("waits already: {waiting}"));
        }
        let when = if self.now {
            "now; the database is away for some minutes, and everything else that waits is done as well"
        } else {
            "in the maintenance window"
        };
        if live.version() == to {
            console.say(format!(
                "the upgrade to {to} is under way: this completes it"
            ));
        } else {
            console.say(format!("a snapshot, then {} → {to} {when}", live.version()));
        }
        if self.now && live.version() != to {
            let major = |version: &str| version.split('.').next().map(str::to_owned);
            let major = major(to) != major(live.version());
            let (cloud, identifier) = (&session.cloud, &live.identifier);
            let schedule = database::upgrade_schedule(cloud, address, identifier, major).await;
            ensure_credentials_last(session, &schedule, &self.again(to)).await?;
        }
        confirm(console, self.yes, "upgrade the database of", "yes")?;
        let before = format!("{} to {to}", live.version());
        let taken = database::taken_before(&session.cloud, &live.identifier, &before).await;
        let taken =
            taken.map_err(|fault| CommandError::fault("cannot read the snapshots", &fault))?;
        let begun = taken.is_some();
        let name = taken.unwrap_or_else(|| {
            format!(
                "{}-before-{}-{}",
                live.identifier,
                to.replace('.', "-"),
                crate::aws::timestamp::stamp()
            )
        });
        if begun {
            console.say(format!(
                "the snapshot {name}, which an interrupted run took, is used: no other is taken"
            ));
        }
        // An interrupted run has begun it, with a snapshot: one taken now would be of what comes after.
        let underway = live.version() == to;
        let (snapshot, before, now) = (&name, Some(before.as_str()), self.now);
        runner
            .task(|run| async move {
                if !underway {
                    database::back_up(&run, address, live, snapshot, before, begun).await?;
                }
                database::upgrade(&run, address, &live.identifier, to, now).await
            })
            .await
            .map_err(|fault| stopped("cannot upgrade the database", &fault))?;
        let targets = self.targets(session, live).await?;
        let snapshot = Some(name.as_str()).filter(|_| !underway);
        self.show(session, console, live, &targets, snapshot)
            .await?;
        if self.now && has_vectors(session) {
            console.say(message![
                Command::new(Verb::DbExtensions),
                " shows whether the extensions have newer versions there",
            ]);
        }
        Ok(Exit::Done)
    }
}
