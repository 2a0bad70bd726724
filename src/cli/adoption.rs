//! What `[adopt]`, `[moved]` and `--adopt` name, held against what is declared and what AWS has.

use std::collections::BTreeMap;

use super::options::{Common, option};
use super::session::Session;
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{Address, Conflict, Observed, Obstacle, Resource};
use crate::resources::Service;
use crate::stack::{Stack, WrongName};
use crate::steps::Declared;

/// Lines of the file that name what the stack does not have.
pub(super) fn wrong(stack: &Stack, declared: &Declared) -> Vec<WrongName> {
    let there = |text: &str| {
        Address::parse(text).is_some_and(|address| declared.graph.get(&address).is_some())
    };
    let can = |text: &str| {
        Address::parse(text).is_some_and(|address| declared.adoptable.contains(&address))
    };
    let all = || {
        declared
            .graph
            .iter()
            .map(|(address, _)| address.to_string())
    };
    let adopt = stack.adopt.keys().filter_map(|key| {
        let why = if !there(key) {
            "is not declared by this file"
        } else if !can(key) {
            "is not known by a name on AWS, so it cannot be given one here"
        } else {
            return None;
        };
        Some(WrongName {
            table: "adopt",
            key: key.clone(),
            in_value: false,
            why,
            right: all().filter(|one| can(one)).collect(),
        })
    });
    let moved = stack.moved.iter().filter_map(|(old, new)| {
        let (in_value, why) = if !there(new) {
            (true, "is not declared by this file")
        } else if there(old) {
            (
                false,
                "is still declared by this file, so it cannot have moved",
            )
        } else {
            return None;
        };
        Some(WrongName {
            table: "moved",
            key: old.clone(),
            in_value,
            why,
            right: if in_value {
                all().collect()
            } else {
                Vec::new()
            },
        })
    });
    adopt.chain(moved).collect()
}

/// The addresses that the file has renamed: as it says, and with a service everything that is named
/// after it.
pub(super) fn moved(stack: &Stack, declared: &Declared) -> BTreeMap<Address, Address> {
    let said: Vec<(Address, Address)> = stack
        .moved
        .iter()
        .filter_map(|(old, new)| Some((Address::parse(old)?, Address::parse(new)?)))
        .collect();
    let mut moved = BTreeMap::new();
    for (old, new) in said.iter().filter(|(old, _)| old.kind() == Service::KIND) {
        // `web` is in the names of `web-admin`, which are not its own.
        let longer: Vec<&String> = stack
            .services
            .keys()
            .filter(|other| *other != new.name() && renamed(other, new.name(), "").is_some())
            .collect();
        for (address, _) in declared.graph.iter() {
            let others = longer
                .iter()
                .any(|other| renamed(address.name(), other, "").is_some());
            let Some(name) = renamed(address.name(), new.name(), old.name()).filter(|_| !others)
            else {
                continue;
            };
            let before = Address::new(address.kind(), name);
            if declared.graph.get(&before).is_none() {
                moved.insert(before, address.clone());
            }
        }
    }
    moved.extend(said);
    moved
}

/// `name` with the word `from` in it, between hyphens or slashes, replaced by `to`.
fn renamed(name: &str, from: &str, to: &str) -> Option<String> {
    let edge = |c: Option<char>| c.is_none_or(|c| c == '-' || c == '/');
    name.match_indices(from).find_map(|(at, _)| {
        let (before, rest) = name.split_at(at);
        let after = &rest[from.len()..];
        (edge(before.chars().next_back()) && edge(after.chars().next()))
            .then(|| format!("{before}{to}{after}"))
    })
}

/// The addresses that `[adopt]` gives names.
pub(super) fn named(stack: &Stack) -> Vec<Address> {
    let names = stack.adopt.keys();
    names.filter_map(|key| Address::parse(key)).collect()
}

/// Refuses names of `[adopt]` that nothing on AWS bears: what they stand for would be made anew.
///
/// # Errors
/// Refused, with the lines to mend.
pub(super) fn borne(session: &Session, observed: &Observed) -> Result<(), CommandError> {
    let mut stop = CommandError::new(
        ErrorKind::Refused,
        "[adopt] names what is not on AWS; nothing was changed",
    );
    for address in named(&session.stack) {
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
    Err(stop.hint("mend the name, or take the line out to have a new one made"))
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
pub(super) fn verb(session: &Session, common: &Common, conflicts: &[Conflict]) -> String {
    let named = named(&session.stack);
    let words = conflicts
        .iter()
        .filter(|one| one.because == Obstacle::Name && one.of.is_none())
        .filter(|one| !named.contains(&one.address))
        .map(|one| format!(" {}", one.address));
    common.command("adopt") + &words.collect::<String>()
}

/// The flags that adopt these, for an operator to type.
pub(super) fn flags(chosen: &[Address]) -> String {
    let flags = chosen.iter().map(|one| option("--adopt", &one.to_string()));
    flags.collect()
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn a_service_is_renamed_where_it_is_a_word() {
        let cases = [
            ("web", Some("front")),
            ("web-cpu", Some("front-cpu")),
            ("load-balancer-to-web", Some("load-balancer-to-front")),
            ("web/SESSION_KEY", Some("front/SESSION_KEY")),
            ("website", None),
            ("cobweb", None),
            ("webweb-web", Some("webweb-front")),
        ];
        for (name, expected) in cases {
            assert_eq!(renamed(name, "web", "front").as_deref(), expected, "{name}");
        }
    }
}
