//! Before a plan is carried out: shown, admitted or refused, asked for.

use std::collections::BTreeSet;

use crate::command_error::{CommandError, ErrorKind, allow};
use crate::engine::{Class, Conflict, Obstacle, Plan, Unread};
use crate::exit::Exit;
use crate::message::{Command, Message, Verb, commands, message};
use crate::render::{self, Console, Detail, json};

/// Asks before anything changes, in the words of [`Console::ask`]. `yes` answers beforehand.
///
/// # Errors
/// Refused, when nobody says yes.
pub(super) fn confirm(
    console: &Console,
    yes: bool,
    what: &str,
    right: &str,
) -> Result<(), CommandError> {
    if yes {
        return Ok(());
    }
    match console.ask(what, right) {
        Some(answer) if answer == right => Ok(()),
        Some(_) => Err(CommandError::new(
            ErrorKind::Refused,
            "not confirmed; nothing was changed",
        )),
        None => Err(CommandError::new(
            ErrorKind::Refused,
            "no terminal to confirm on; nothing was changed",
        )
        .hint("pass --yes to confirm beforehand")),
    }
}

/// Shows what is about to be done.
pub(super) fn show(console: &Console, plan: &Plan) {
    if console.is_json() {
        console.event(&json::planned(plan, console.place()));
    } else {
        let (place, style) = (console.place(), console.talk_style());
        console.say(render::plan(plan, Detail::Headline, place, style));
    }
}

/// The same where no lease is held, whose holder leaves at a signal by itself.
///
/// # Errors
/// As [`confirm`].
pub(super) fn confirm_alone(
    console: &Console,
    yes: bool,
    what: &str,
    right: &str,
) -> Result<(), CommandError> {
    let console = *console;
    let leaver = tokio::spawn(async move {
        wait_for_signal().await;
        console.say("\ninterrupted; nothing was changed");
        std::process::exit(i32::from(Exit::Interrupted as u8));
    });
    let confirmed = confirm(&console, yes, what, right);
    leaver.abort();
    confirmed
}

/// Refuses plans that could not be made whole.
///
/// # Errors
/// Unread, with what and why.
pub(super) fn require_complete_read(unread: &[Unread]) -> Result<(), CommandError> {
    let Some(kind) = ErrorKind::of_reads(unread.iter().map(|one| &one.fault)) else {
        return Ok(());
    };
    if kind == ErrorKind::Unread {
        let mut stop =
            CommandError::new(kind, "not everything could be read, so nothing was changed");
        for one in unread {
            stop = stop.detail(format!("{}: {}", one.kind, one.fault));
        }
        stop.hint = advice(unread);
        return Err(stop);
    }
    let mut stop = CommandError::new(
        kind,
        "the account does not have what the file presupposes; nothing was changed",
    );
    // Several kinds ask for the same.
    let messages: BTreeSet<&String> = unread.iter().map(|one| &one.fault.message).collect();
    stop.details = messages.into_iter().map(Message::from).collect();
    stop.hint = advice(unread);
    Err(stop)
}

/// What helps where reads failed: their own hints, and the permissions that are missing.
fn advice(unread: &[Unread]) -> Option<Message> {
    let hints = unread.iter().filter_map(|one| one.fault.hint.clone());
    let mut all: BTreeSet<Message> = hints.collect();
    let denied = unread.iter().filter(|one| one.fault.class == Class::Denied);
    let denied: BTreeSet<&str> = denied.map(|one| one.fault.operation.as_str()).collect();
    if !denied.is_empty() {
        let denied: Vec<&str> = denied.into_iter().collect();
        all.insert(allow(&denied.join(", ")));
    }
    (!all.is_empty()).then(|| Message::join(all, "; "))
}

/// Tells what could not be read, and what helps. Answers how a verb ends that shows the rest.
pub(super) fn incomplete(console: &Console, unread: &[Unread], is_reported: bool) -> Option<Exit> {
    let kind = ErrorKind::of_reads(unread.iter().map(|one| &one.fault))?;
    if !is_reported {
        for unread in unread {
            console.say(format!("unread {}: {}", unread.kind, unread.fault));
        }
    }
    if let Some(advice) = advice(unread) {
        let hint = console.talk_style().accent("hint:");
        console.say(message![hint, " ", advice]);
    }
    Some(kind.into())
}

/// Refuses plans that could not be made whole, or that something is in the way of. `adopt` is the
/// command that takes over what is nobody's.
///
/// # Errors
/// Unread or refused, with what and why.
pub(super) fn check_conflicts(plan: &Plan, adopt: &Command) -> Result<(), CommandError> {
    require_complete_read(&plan.unread)?;
    if !plan.conflicts.is_empty() {
        let mut stop = CommandError::new(
            ErrorKind::Refused,
            "something else is in the place of what the file declares; nothing was changed",
        );
        for conflict in &plan.conflicts {
            let (address, id) = (&conflict.address, &conflict.id);
            let why = render::obstacle(conflict);
            stop = stop.detail(format!("{address}: `{id}` {why}"));
        }
        let is = |what: Obstacle| plan.conflicts.iter().any(|one| one.because == what);
        if is(Obstacle::Claims) {
            stop = stop.detail(claims(&plan.conflicts));
        }
        if is(Obstacle::Older) {
            stop = stop.detail(older(&plan.conflicts));
        }
        let mut free = plan
            .conflicts
            .iter()
            .filter(|one| one.because == Obstacle::Name && one.of.is_none())
            .map(|one| &one.address)
            .peekable();
        let named = is(Obstacle::Name);
        return Err(if !named {
            stop
        } else if free.peek().is_some() {
            stop.hint(message![
                adopt,
                " shows what is nobody's field by field and takes it over (",
                Command::new(Verb::Up).options("--adopt", free),
                " does it on the way); or give the stack another name",
            ])
        } else {
            stop.hint("give the stack another name, or move those out of the way")
        });
    }
    Ok(())
}

/// What to do about objects that claim to be the stack's.
fn claims(conflicts: &[Conflict]) -> Message {
    let mut all = conflicts
        .iter()
        .filter(|one| one.because == Obstacle::Claims);
    let (address, id) = all
        .next()
        .map(|one| (one.address.to_string(), one.id.clone()))
        .unwrap_or_default();
    message![
        format!(
            "if it is the stack's, say so in the file: `\"{address}\" = \"{id}\"` under [adopt], or the old address \
             under [moved]; if it is not, take its `ajuda:` tags off, or let it go with "
        ),
        Command::new(Verb::Up).option("--prune", address),
    ]
}

/// What to do about secrets that may be older than the stack.
fn older(conflicts: &[Conflict]) -> Message {
    let addresses = conflicts
        .iter()
        .filter(|one| one.because == Obstacle::Older)
        .map(|one| &one.address);
    message![
        "if the value is right, ",
        Command::new(Verb::Up).options("--adopt", addresses),
        " keeps it; if it is not, delete the secret first",
    ]
}

/// Refuses a plan that would take data: where the operator asked for something else, nobody named it.
///
/// # Errors
/// Refused, naming what would go.
pub(super) fn refuse_data_loss(plan: &Plan) -> Result<(), CommandError> {
    let endangered: Vec<String> = plan
        .endangered()
        .map(|item| item.address.to_string())
        .collect();
    if endangered.is_empty() {
        return Ok(());
    }
    let what = "this would replace what holds data, because of other changes of the file";
    Err(CommandError::new(ErrorKind::Refused, what)
        .detail(endangered.join(", "))
        .hint(message![commands::plan(), " shows why"]))
}

/// The signals that stop a run: Ctrl-C, Ctrl-\ and SIGTERM. Whoever waits more than once makes them before the first
/// wait: one that comes between two waits is met by the next.
#[cfg(unix)]
pub(super) struct Signals(Option<[tokio::signal::unix::Signal; 3]>);

#[cfg(unix)]
impl Signals {
    /// Those that come from now on.
    pub(super) fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        // Ctrl-\: as it is, it would end the process where it stands, with the terminal silent.
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::quit(),
        ];
        let [Ok(interrupt), Ok(terminate), Ok(quit)] = kinds.map(signal) else {
            return Self(None);
        };
        Self(Some([interrupt, terminate, quit]))
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) {
        let Some([interrupt, terminate, quit]) = &mut self.0 else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = quit.recv() => {}
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn new() -> Self {
        Self
    }

    pub(super) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Waits for the first one that comes from now on.
pub(super) async fn wait_for_signal() {
    Signals::new().next().await;
}
