//! `ajuda deploy secrets rotate`: a new value, and everything that must follow it.

use std::collections::BTreeSet;

use clap::Args;

use super::{absent, by_hand, named};
use crate::cli::apply::{check_conflicts, confirm, refuse_data_loss, show};
use crate::cli::deployment::nothing;
use crate::cli::expiry::ensure_credentials_last;
use crate::cli::inputs::startable;
use crate::cli::lock::LockWait;
use crate::cli::options::Common;
use crate::cli::runner::{Runner, stopped};
use crate::cli::session::Session;
use crate::cli::summary::finish;
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{Address, Observed};
use crate::exit::Exit;
use crate::message::{Command, Verb, commands, message};
use crate::presets::secrets::consequence;
use crate::render::Console;
use crate::resources::{Secret, SecretLive};
use crate::secrets::{self, Rotation};

/// Make a new value for a secret that ajuda makes, and restart what uses it
///
/// Stores the new value, lets the database take it where it is a password, and restarts the services
/// in the right order. Run again after an interruption, it goes on with the value it had made.
///
/// Example: ajuda deploy secrets rotate gateway-key
#[derive(Debug, Args)]
pub struct Rotate {
    #[command(flatten)]
    pub(super) common: Common,
    /// The secret, as `secrets list` names it
    secret: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    lock_wait: LockWait,
}

impl Rotate {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = Session::open(&self.common, console, &[], BTreeSet::new()).await?;
        let (address, secret) = named(&session, &self.secret)?;
        if !secret.is_made() {
            return Err(self.given(address, secret));
        }
        let act = async |runner: Runner<'_>| self.renew(runner, address, secret).await;
        Runner::with_lock(&session, console, &self.lock_wait, act).await
    }

    fn given(&self, address: &Address, secret: &Secret) -> CommandError {
        let stop = |why: &str| CommandError::new(ErrorKind::Refused, format!("{address} {why}"));
        match secrets::is_open(secret) {
            Ok(()) => stop("holds a value that somebody else makes").hint(message![
                "have a new one made there, then ",
                Command::new(Verb::SecretsSet).arg(address.name()),
            ]),
            Err(secrets::Closed::MadeOf(parts)) => {
                stop(&format!("is derived from {}", parts.join(", ")))
                    .hint("give those another value")
            }
            Err(secrets::Closed::Database) => stop("is made by ajuda"),
        }
    }

    async fn renew(
        &self,
        runner: Runner<'_>,
        address: &Address,
        secret: &Secret,
    ) -> Result<Exit, CommandError> {
        let Runner {
            session, console, ..
        } = runner;
        let observed = session.observe().await;
        let cannot = |fault| CommandError::fault("cannot read the secret", &fault);
        let live = secret.read(&session.cloud).await.map_err(cannot)?;
        let live = live.ok_or_else(|| absent(session, address))?;
        let observed = secrets::with_secret(&observed, address, live.clone());
        let rest = || secrets::rest(&session.graph, &observed, address);
        let begun = secrets::in_progress(&session.graph, &observed, address);
        if let Some(begun) = begun.or_else(|| live.is_rotating().then(rest)) {
            if begun.plan.is_empty() {
                console.say(format!(
                    "nothing to do: {address} has the value that an interrupted rotation made, and everything follows it; \
                     the same command makes another from now on"
                ));
                self.end(runner, address, &live).await?;
                return Ok(nothing(console));
            }
            console.say(format!(
                "not everything follows the present value of {address} yet: going on with that one"
            ));
            self.show(console, &begun);
            check_conflicts(&begun.plan, &Command::new(Verb::Adopt))?;
            refuse_data_loss(&begun.plan)?;
            startable(session, &begun.plan, &observed)?;
            ensure_credentials_last(session, &begun.plan.schedule, &self.again()).await?;
            self.ask(session, console, address, false)?;
            let exit = self.follow(runner, begun, &observed).await;
            if exit == Exit::Done && live.is_rotating() {
                self.end(runner, address, &live).await?;
            }
            by_hand(session, console, address, secret);
            return Ok(exit);
        }
        let ahead = secrets::preview(&session.graph, &observed, address, &live);
        self.show(console, &ahead);
        check_conflicts(&ahead.plan, &Command::new(Verb::Adopt))?;
        refuse_data_loss(&ahead.plan)?;
        startable(session, &ahead.plan, &observed)?;
        ensure_credentials_last(session, &ahead.plan.schedule, &self.again()).await?;
        self.ask(session, console, address, true)?;
        let (renewed, live) = runner
            .task(|run| async move {
                secrets::renew(&run.job(address), &observed, address, secret, &live).await
            })
            .await
            .map_err(|fault| stopped(&format!("cannot give {address} a new value"), &fault))?;
        console.say(format!("{address} has a new value"));
        let exit = match secrets::in_progress(&session.graph, &renewed, address) {
            Some(begun) => self.follow(runner, begun, &renewed).await,
            None => Exit::Done,
        };
        if exit == Exit::Done {
            self.end(runner, address, &live).await?;
        }
        by_hand(session, console, address, secret);
        Ok(exit)
    }

    /// The same command.
    fn again(&self) -> Command {
        Command::new(Verb::SecretsRotate).arg(&self.secret)
    }

    /// Says to the next run that this rotation is over.
    async fn end(
        &self,
        runner: Runner<'_>,
        address: &Address,
        live: &SecretLive,
    ) -> Result<(), CommandError> {
        runner
            .task(|run| async move { live.end_rotation(&run.job(address)).await })
            .await
            .map_err(|fault| stopped(&format!("cannot end the rotation of {address}"), &fault))
    }

    fn show(&self, console: &Console, rotation: &Rotation) {
        show(console, &rotation.plan);
        if rotation.left > 0 {
            let (others, them) = match rotation.left {
                1 => ("1 other change is pending and is".to_owned(), "it"),
                many => (format!("{many} other changes are pending and are"), "them"),
            };
            console.say(message![
                format!("{others} left alone ("),
                commands::plan(),
                format!(" shows {them})"),
            ]);
        }
    }

    /// Says in which order it happens, warns of what is lost, and asks.
    fn ask(
        &self,
        session: &Session,
        console: &Console,
        address: &Address,
        new: bool,
    ) -> Result<(), CommandError> {
        let consequence = consequence(&session.stack, address.name());
        console.say(format!("order: {}", consequence.order));
        if let Some(by_hand) = consequence.by_hand {
            let warning = console.talk_style().accent("warning:");
            console.say(format!("{warning} {by_hand}"));
        }
        let what = match new {
            true => format!("make a new value of {address} in"),
            false => format!("let everything follow {address} in"),
        };
        match consequence.loses.filter(|_| new) {
            Some(loses) => {
                let warning = console.talk_style().bad("WARNING:");
                console.say(format!("{warning} {loses}"));
                confirm(console, self.yes, &what, address.name())
            }
            None => confirm(console, self.yes, &what, "yes"),
        }
    }

    async fn follow(&self, runner: Runner<'_>, rotation: Rotation, observed: &Observed) -> Exit {
        let Runner {
            session, console, ..
        } = runner;
        let outcome = runner.apply(&rotation.plan, observed).await;
        let again = self.again();
        finish(session, console, &outcome.report, &again).await
    }
}
