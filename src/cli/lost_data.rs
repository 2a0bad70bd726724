//! Data that is gone: nothing empty takes its place unless the operator says so.

use std::collections::{BTreeMap, BTreeSet};

use super::session::Session;
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{Action, Address, Plan};
use crate::inspect::lost_data::{Lost, Recovery};
use crate::message::{Command, message};
use crate::render::Console;

/// Refuses an `--empty` that would change nothing.
///
/// # Errors
/// It names what is not made, or what was never there.
pub(super) fn known(
    plan: &Plan,
    empty: &BTreeSet<Address>,
    lost: &Lost,
) -> Result<(), CommandError> {
    let Some(wrong) = empty.iter().find(|address| !lost.contains_key(*address)) else {
        return Ok(());
    };
    let there = plan
        .items
        .iter()
        .any(|item| item.address == *wrong && item.action != Action::Create);
    let why = if there {
        "which is there: nothing makes it empty"
    } else {
        "which is not one that was there and is gone"
    };
    Err(
        CommandError::error(format!("--empty names `{wrong}`, {why}"))
            .hint("the plan says of what it can be said"),
    )
}

/// Asks for each that would be empty. `yes` answers no such question: only its address does.
///
/// # Errors
/// Refused, when nobody says so.
pub(super) fn require_word(
    console: &Console,
    lost: &Lost,
    named: &BTreeSet<Address>,
    yes: bool,
    again: &Command,
) -> Result<(), CommandError> {
    let open: Vec<&Address> = lost
        .iter()
        .filter(|(address, instead)| **instead == Recovery::Empty && !named.contains(*address))
        .map(|(address, _)| address)
        .collect();
    let mut refused = Vec::new();
    for address in open {
        let what = format!(
            "{address} was there and is gone, with what was in it: make it anew and empty in"
        );
        let right = address.to_string();
        let answer = (!yes).then(|| console.ask(&what, &right)).flatten();
        if answer.is_none_or(|answer| answer != address.to_string()) {
            refused.push(address);
        }
    }
    if refused.is_empty() {
        return Ok(());
    }
    let mut stop = CommandError::new(
        ErrorKind::Refused,
        "data that was there is gone, and nothing is left of it to restore; nothing was changed",
    );
    for address in &refused {
        stop = stop.detail(address.to_string());
    }
    let again = again.clone().options("--empty", refused);
    Err(stop.hint(message!["if it is to be made anew: ", again]))
}

/// Says what is made of which snapshot.
pub(super) fn source(session: &Session, lost: &Lost) {
    let sources: BTreeMap<Address, String> = lost
        .iter()
        .filter_map(|(address, instead)| match instead {
            Recovery::Snapshot(backup) => Some((address.clone(), backup.name.clone())),
            Recovery::Recovered | Recovery::Empty => None,
        })
        .collect();
    // One command makes one plan of what is gone.
    let _ = session.cloud.sources.set(sources);
}
