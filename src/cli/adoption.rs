//! What `[adopt]`, `--adopt` and `--prune` name, held against what AWS has.

use super::session::Session;
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{Address, Conflict, Observed, Obstacle};
use crate::message::{Command, Verb};
use crate::steps::adopted;

/// Refuses names of `[adopt]` that nothing on AWS bears: what they stand for would be made anew.
///
/// # Errors
/// Refused, with the lines to mend.
pub(super) fn require_existing(session: &Session, observed: &Observed) -> Result<(), CommandError> {
    let mut stop = CommandError::new(
        ErrorKind::Refused,
        "[adopt] names what is not on AWS; nothing was changed",
    );
    for address in adopted(&session.stack) {
        let unread = observed.unread.iter().any(|one| one.kind == address.kind());
        let there = observed.found.contains_key(&address)
            || observed.conflicts.iter().any(|one| one.address == address);
        if !unread && !there {
            let name = session.stack.adopt.get(&address.to_string());
            let name = name.map_or("", String::as_str);
            stop = stop.detail(format!("{address}: there is no `{name}`"));
        }
    }
    if stop.details.is_empty() {
        return Ok(());
    }
    Err(stop.hint("fix the name, or take the line out to have a new one made"))
}

/// Takes the objects in the way of these addresses for ours.
///
/// # Errors
/// What cannot be taken over, and why.
pub(super) fn adopt(
    session: &Session,
    observed: &mut Observed,
    chosen: &[Address],
) -> Result<(), CommandError> {
    let mut stop = CommandError::new(
        ErrorKind::Refused,
        "not everything can be adopted; nothing was changed",
    );
    for address in chosen {
        if let Some(id) = observed.believe(address) {
            observed.adopted.insert(address.clone(), id);
            continue;
        }
        let conflict = observed
            .conflicts
            .iter()
            .find(|one| one.address == *address);
        let claims = conflict.is_some_and(|one| one.because == Obstacle::Claims);
        let doubted = observed.doubts.get(address).filter(|one| !one.only_tags);
        let why = match conflict {
            _ if session.graph.get(address).is_none() => {
                Some("is not declared by the file".to_owned())
            }
            _ if claims || doubted.is_some() => Some(
                "only tags say which object it is: name that under [adopt] in the file".to_owned(),
            ),
            Some(conflict) => conflict.of.as_ref().map(|of| {
                let id = &conflict.id;
                format!("`{id}` belongs to stack {of}: destroy that stack with --keep-data, or take its `ajuda:` tags off")
            }),
            None if observed.found.contains_key(address) => None,
            None => Some("nothing on AWS bears its name".to_owned()),
        };
        match why {
            Some(why) => stop = stop.detail(format!("{address}: {why}")),
            None => {
                observed.adopt(address);
            }
        }
    }
    if stop.details.is_empty() {
        Ok(())
    } else {
        Err(stop.hint(
            "`[adopt]` in the file says what AWS calls them: \"cluster/main\" = \"my-cluster\"",
        ))
    }
}

/// Lets what only its tags say to be the stack's go at these addresses.
///
/// # Errors
/// An address with nothing of the kind: a mistyped one must not pass for one that does nothing.
pub(super) fn prune(
    session: &Session,
    observed: &mut Observed,
    chosen: &[Address],
) -> Result<(), CommandError> {
    for address in chosen {
        if !observed.prune(address) {
            let what = format!(
                "--prune names `{address}`, where the stack {} has nothing left over",
                session.stack.name
            );
            return Err(CommandError::error(what)
                .hint("write an address as the plan prints it behind `not deleted`"));
        }
    }
    Ok(())
}

/// The command that adopts what is in the way and nobody's.
pub(super) fn verb(session: &Session, conflicts: &[Conflict]) -> Command {
    let named = adopted(&session.stack);
    let addresses = conflicts
        .iter()
        .filter(|one| one.because == Obstacle::Name && one.of.is_none())
        .filter(|one| !named.contains(&one.address))
        .map(|one| one.address.to_string());
    Command::new(Verb::Adopt).args(addresses)
}
