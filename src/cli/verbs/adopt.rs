//! `ajuda deploy adopt`: take over what was there before the stack.

use std::collections::BTreeSet;

use clap::Args;

use super::up::address;
use crate::cli::adoption;
use crate::cli::apply::{confirm, require_complete_read};
use crate::cli::lock::LockWait;
use crate::cli::options::Common;
use crate::cli::runner::Runner;
use crate::cli::session::Session;
use crate::cli::summary::finish;
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{Address, Observed, Plan, Report, plan_adopt};
use crate::exit::Exit;
use crate::message::{Command, Message, Verb, commands, message};
use crate::render::{self, Console, json};
use crate::resources::KINDS;
use crate::stack::Stack;
use crate::{presets, steps};

/// Take over objects that were made by hand: tag them as this stack's, and change nothing else
///
/// Takes what the file's `[adopt]` table names, and the addresses given here, whose objects bear the
/// name the stack would give them. Shows field by field what the next `up` would change, and refuses
/// what holds data when `up` would have to replace it.
///
/// Example: ajuda deploy adopt repository/ajuda-digital
#[derive(Debug, Args)]
pub struct Adopt {
    #[command(flatten)]
    pub(super) common: Common,
    /// What to take over beside what `[adopt]` names, as the plan prints it
    #[arg(value_name = "ADDRESS", value_parser = address)]
    addresses: Vec<Address>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    lock_wait: LockWait,
}

impl Adopt {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = Session::open(&self.common, console, &[], BTreeSet::new()).await?;
        let act = async |runner: Runner<'_>| self.take(runner).await;
        Runner::with_lock(&session, console, &self.lock_wait, act).await
    }

    async fn take(&self, runner: Runner<'_>) -> Result<Exit, CommandError> {
        let Runner {
            session, console, ..
        } = runner;
        let mut observed = session.observe().await;
        let mut chosen = steps::adopted(&session.stack);
        chosen.extend(self.addresses.iter().cloned());
        adoption::adopt(session, &mut observed, &chosen)?;
        let next = session.plan(&observed);
        require_complete_read(&next.unread)?;
        self.protect_data(&next)?;
        let plan = plan_adopt(&session.graph, KINDS, &observed);
        if plan.items.is_empty() {
            if console.is_json() {
                let nothing = Report::default();
                console.event(&json::report(&nothing, Exit::Done, console.place()));
            }
            console.say(nothing(session, &observed, &chosen));
            return Ok(Exit::Done);
        }
        if console.is_json() {
            console.event(&json::planned(&plan, console.place()));
        } else {
            let style = console.talk_style();
            console.say(render::adoption(&plan, console.place(), style));
        }
        for warning in taken_over(&session.stack, &plan) {
            let mark = console.talk_style().accent("warning:");
            console.say(message![mark, " ", warning]);
        }
        confirm(console, self.yes, "tag these as objects of", "yes")?;
        let outcome = runner.apply(&plan, &observed).await;
        let addresses = self.addresses.iter().map(ToString::to_string);
        let again = Command::new(Verb::Adopt).args(addresses);
        let exit = finish(session, console, &outcome.report, &again).await;
        if exit == Exit::Done {
            console.say(message![
                "nothing but tags was changed; ",
                commands::plan(),
                " shows what would be changed next",
            ]);
        }
        Ok(exit)
    }

    /// What holds data is adopted only as it is.
    fn protect_data(&self, next: &Plan) -> Result<(), CommandError> {
        let mut stop = CommandError::new(
            ErrorKind::Refused,
            "what holds data would have to be replaced; nothing was changed",
        );
        for item in next.endangered().filter(|item| item.taken.is_some()) {
            for change in item.changes.fields.iter().filter(|change| change.replaces) {
                stop = stop.detail(format!(
                    "{}: {} is {} and the file says {}",
                    item.address, change.path, change.before, change.after
                ));
            }
        }
        if stop.details.is_empty() {
            return Ok(());
        }
        Err(stop.hint("write into the file what is there, then adopt"))
    }
}

fn nothing(session: &Session, observed: &Observed, chosen: &[Address]) -> Message {
    if !chosen.is_empty() {
        return "nothing to adopt: all of it is the stack's already".into();
    }
    if observed.conflicts.iter().all(|one| one.of.is_some()) {
        return "nothing to adopt: [adopt] in the file says what AWS calls what was made by hand, \
                \"cluster/main\" = \"my-cluster\""
            .into();
    }
    message![
        "nothing named to adopt; ",
        adoption::verb(session, &observed.conflicts),
        " takes over what bears the stack's names",
    ]
}

/// What an operator must know of services that are taken over, or whose database is.
fn taken_over(stack: &Stack, plan: &Plan) -> Vec<Message> {
    let taken = |address: &str| {
        plan.items
            .iter()
            .any(|item| item.address.to_string() == address)
    };
    let services = stack
        .services
        .values()
        .filter(|service| taken("db-instance/main") || taken(&format!("service/{}", service.name)));
    services
        .filter_map(|service| (presets::of(service)?.adopted)(service))
        .collect()
}
