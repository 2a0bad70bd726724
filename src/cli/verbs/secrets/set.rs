//! `ajuda deploy secrets set`: give a secret a value, from where nobody sees it.

use clap::Args;
use serde::Serialize;

use super::{absent, by_hand, named};
use crate::cli::apply::confirm_alone;
use crate::cli::lock::LockWait;
use crate::cli::options::Common;
use crate::cli::runner::{Runner, stopped};
use crate::cli::session::Session;
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::Address;
use crate::exit::Exit;
use crate::message::{Command, Verb, commands, message};
use crate::presets::secrets::consequence;
use crate::render::Console;
use crate::resources::{Secret, SecretString};
use crate::secrets::{self, Closed};
use source::Source;

mod source;

/// Give a secret a value: typed unseen, from stdin, or from a variable
///
/// The value goes into Secrets Manager and nowhere else. `plan` then shows what has to restart, and
/// `up` restarts it. A value is never taken from the command line.
///
/// Example: pass show google | ajuda deploy secrets set google-client-secret --stdin
#[derive(Debug, Args)]
pub struct Set {
    #[command(flatten)]
    pub(super) common: Common,
    /// The secret, as `secrets list` names it
    secret: String,
    #[command(flatten)]
    source: Source,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    lock_wait: LockWait,
}

#[derive(Serialize)]
struct Document<'a> {
    secret: &'a Address,
    changed: bool,
    version: &'a str,
    /// Services that run with the former value until they are restarted.
    restart: &'a [String],
}

impl Set {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        self.source.refuse_argument(&self.secret)?;
        let session = Session::open_unplanned(&self.common, console).await?;
        let (address, secret) = named(&session, &self.secret)?;
        self.refuse_made(address, secret)?;
        let cannot = |fault| CommandError::fault("cannot read the secret", &fault);
        if secret.read(&session.cloud).await.map_err(cannot)?.is_none() {
            return Err(absent(&session, address));
        }
        if let Some(loses) = consequence(&session.stack, address.name()).loses {
            console.say(format!(
                "{} with another value of {address} {loses}",
                console.talk_style().bad("warning:")
            ));
            let what = format!("set {address} of");
            confirm_alone(console, self.yes, &what, address.name())?;
        }
        let value = self.source.read(console, address).await?;
        secrets::check_value(address.name(), &value).map_err(|why| {
            CommandError::new(ErrorKind::Refused, format!("{why}; nothing was changed"))
        })?;
        let act = async |runner: Runner<'_>| self.put(runner, (address, secret), &value).await;
        Runner::with_lock(&session, console, &self.lock_wait, act).await
    }

    /// Refuses what ajuda makes by itself.
    fn refuse_made(&self, address: &Address, secret: &Secret) -> Result<(), CommandError> {
        let name = address.name();
        let refused = |why: String| CommandError::new(ErrorKind::Refused, why);
        match secrets::is_open(secret) {
            Ok(()) => Ok(()),
            Err(Closed::Database) => Err(refused(format!(
                "{address} holds a password that must be the database's as well"
            ))
            .hint(message![
                Command::new(Verb::SecretsRotate).arg(name),
                " makes a new one and sets it in the database",
            ])),
            Err(Closed::MadeOf(parts)) => Err(refused(format!(
                "{address} is derived from {}",
                parts.join(", ")
            ))
            .hint("give those another value")),
        }
    }

    async fn put(
        &self,
        runner: Runner<'_>,
        (address, secret): (&Address, &Secret),
        value: &SecretString,
    ) -> Result<Exit, CommandError> {
        let Runner {
            session, console, ..
        } = runner;
        let cloud = &session.cloud;
        let cannot = |fault| CommandError::fault("cannot read the secret", &fault);
        let live = secret.read(cloud).await.map_err(cannot)?;
        let live = live.ok_or_else(|| absent(session, address))?;
        let set = runner
            .task(|run| async move { secrets::set(&run.job(address), &live, value).await })
            .await
            .map_err(|fault| stopped(&format!("cannot set {address}"), &fault))?;
        let restart = secrets::readers(&session.graph, address);
        let (changed, version) = match &set {
            secrets::Set::Same(version) => (false, version),
            secrets::Set::New(live) => (true, &live.version),
        };
        if console.is_json() {
            console.document(&Document {
                secret: address,
                changed,
                version,
                restart: if changed { &restart } else { &[] },
            });
        } else if changed {
            console.say(format!("set {address} (version {version})"));
            by_hand(session, console, address, secret);
            if !restart.is_empty() {
                console.say(message![
                    format!(
                        "next: {} still run{} with the former value; ",
                        restart.join(" and "),
                        if restart.len() == 1 { "s" } else { "" },
                    ),
                    commands::up(),
                    " restarts what uses it",
                ]);
            }
        } else {
            console.say(format!(
                "{address} has this value already; nothing was changed"
            ));
        }
        Ok(Exit::Done)
    }
}
