//! `ajuda deploy db extensions`: the versions of the extensions, and newer ones.

use clap::Args;
use serde::Serialize;

use crate::cli::apply::confirm;
use crate::cli::lock::LockWait;
use crate::cli::options::Common;
use crate::cli::runner::{Runner, stopped};
use crate::cli::stack_database;
use crate::command_error::{CommandError, ErrorKind};
use crate::database;
use crate::engine::ResolveContext;
use crate::exit::Exit;
use crate::message::{Command, Verb, message};
use crate::presets::database_setup::extensions;
use crate::render::{self, Console};

/// Show the extensions of the database and the versions that are offered; bring the stack's up to date
///
/// The stack's are those of `extensions` under [database], and "vector" (pgvector) where a
/// service keeps its vectors in the database.
/// A one-off task in the private network asks the database: it takes about a minute and a half on AWS.
/// A newer PostgreSQL does not bring newer extensions by itself.
///
/// Example: ajuda deploy db extensions --upgrade
#[derive(Debug, Args)]
pub struct Extensions {
    #[command(flatten)]
    pub(super) common: Common,
    /// Make those of the stack that are missing, and bring the others to the version that this server offers
    #[arg(long)]
    upgrade: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    lock_wait: LockWait,
}

#[derive(Serialize)]
struct Document<'a> {
    event: &'static str,
    extensions: &'a database::Extensions,
}

impl Extensions {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = super::open(&self.common, console).await?;
        stack_database::declared(&session)?;
        // A task is run in any case, beside which nothing else should change the database.
        let act = async |runner: Runner<'_>| self.ask(runner).await;
        Runner::with_lock(&session, console, &self.lock_wait, act).await
    }

    async fn ask(&self, runner: Runner<'_>) -> Result<Exit, CommandError> {
        let Runner {
            session, console, ..
        } = runner;
        let (address, _) = stack_database::declared(session)?;
        stack_database::live(session, address).await?;
        let (setup_at, setup) = database::setup(&session.graph)
            .ok_or_else(|| CommandError::error("the stack has no way into its database"))?;
        let ours = extensions(&session.stack).unwrap_or_default();
        if self.upgrade {
            if ours.is_empty() {
                let what = "the file names no extension of the database, so there is none to bring up to date";
                return Err(CommandError::new(ErrorKind::Refused, what)
                    .hint("name it under [database]: `extensions = [\"pg_trgm\"]`"));
            }
            let what = "bring the extensions up to date in the database of";
            confirm(console, self.yes, what, "yes")?;
        }
        let entry = session.graph.get(setup_at);
        let needs = entry.into_iter().flat_map(|entry| &entry.needs);
        let kinds: Vec<&str> = needs.map(|need| need.kind()).collect();
        let observed = session.observe_kinds(&kinds).await;
        let setup_runner = {
            let find = |address: &_| observed.found.get(address).cloned();
            setup.setup_runner(&ResolveContext::new(&find, None))
        };
        let setup_runner = &setup_runner;
        let report = runner
            .task(|run| async move {
                database::extensions(&run, setup_at, setup_runner, self.upgrade).await
            })
            .await
            .map_err(|fault| stopped("cannot ask the database", &fault))?;
        if console.is_json() {
            console.event(&Document {
                event: "extensions",
                extensions: &report,
            });
        } else {
            console.show(render::extensions(&report, console.style()));
        }
        if !console.is_json()
            && report
                .extensions
                .iter()
                .any(|one| ours.contains(&one.name) && one.installed != one.available)
        {
            let upgrade = Command::new(Verb::DbExtensions).arg("--upgrade");
            console.say(message![upgrade, " brings them up to date"]);
        }
        Ok(Exit::Done)
    }
}
