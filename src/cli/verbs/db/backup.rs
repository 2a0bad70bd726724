//! `ajuda deploy db backup`: one more snapshot.

use clap::Args;
use serde::Serialize;

use crate::cli::lock::LockWait;
use crate::cli::options::Common;
use crate::cli::runner::{Runner, stopped};
use crate::cli::session::Session;
use crate::cli::stack_database;
use crate::command_error::{CommandError, ErrorKind};
use crate::database;
use crate::database::Backup as DatabaseBackup;
use crate::engine::Class;
use crate::exit::Exit;
use crate::message::{commands, message};
use crate::render::Console;

/// Take a snapshot of the database and wait for it
///
/// It stays until somebody deletes it, also when the database goes. The application goes on meanwhile.
///
/// Example: ajuda deploy db backup
#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    pub(super) common: Common,
    /// What to call it; otherwise `<instance>-manual-<time>`, which no other has
    #[arg(long, value_parser = name)]
    name: Option<String>,
    #[command(flatten)]
    lock_wait: LockWait,
}

#[derive(Serialize)]
struct Document<'a> {
    event: &'static str,
    backup: &'a DatabaseBackup,
}

/// What RDS takes for a name (RDS API, `CreateDBSnapshot.DBSnapshotIdentifier`).
fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let good = (1..=255).contains(&text.len())
        && text.chars().all(plain)
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with('-')
        && !text.contains("--");
    if good {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("a name is letters, digits and single hyphens, and begins with a letter".to_owned())
    }
}

impl Backup {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = super::open(&self.common, console).await?;
        stack_database::declared(&session)?;
        let act = async |runner: Runner<'_>| self.take(runner).await;
        Runner::with_lock(&session, console, &self.lock_wait, act).await
    }

    /// Refuses a name that a snapshot has. One of the same instance that is still being taken is the same
    /// command's, which was interrupted: it is waited for.
    async fn free(&self, session: &Session, of: &str, name: &str) -> Result<(), CommandError> {
        let there = database::snapshot(&session.cloud, name).await;
        let there =
            there.map_err(|fault| CommandError::fault("cannot read the snapshots", &fault))?;
        let Some(there) = there.filter(|there| there.of != of || there.status != "creating") else {
            return Ok(());
        };
        let taken = there
            .taken
            .map_or_else(String::new, |taken| format!(", taken {taken}"));
        let what = format!("there is a snapshot `{name}` already{taken}; no other was taken");
        Err(CommandError::new(ErrorKind::Refused, what).hint("give it another --name"))
    }

    async fn take(&self, runner: Runner<'_>) -> Result<Exit, CommandError> {
        let Runner {
            session, console, ..
        } = runner;
        let (address, _) = stack_database::declared(session)?;
        let live = stack_database::live(session, address).await?;
        let made = || {
            format!(
                "{}-manual-{}",
                live.identifier,
                crate::aws::timestamp::stamp()
            )
        };
        let name = self.name.clone().unwrap_or_else(made);
        if self.name.is_some() {
            self.free(session, &live.identifier, &name).await?;
        }
        let (live, name) = (&live, &name);
        let taken =
            runner
                .task(|run| async move {
                    database::back_up(&run, address, live, name, None, false).await
                })
                .await
                .map_err(|fault| {
                    let stop = stopped("cannot take the snapshot", &fault);
                    if fault.class == Class::Interrupted {
                        return stop.hint(message![
                            format!("RDS goes on with `{name}`: "),
                            commands::db_backups(),
                            " shows when it is there",
                        ]);
                    }
                    stop
                })?;
        if console.is_json() {
            console.event(&Document {
                event: "backup",
                backup: &taken,
            });
        } else {
            console.out(&format!("{}\n", taken.name));
            console.say(message![
                commands::db_restore(&taken.name),
                " goes back to it",
            ]);
        }
        Ok(Exit::Done)
    }
}
