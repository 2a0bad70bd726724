//! The addresses that `[adopt]` and `[moved]` of the file name, held against what is declared.

use std::collections::BTreeMap;

use super::Declared;
use crate::engine::{Address, Resource};
use crate::resources::Service;
use crate::stack::{InvalidName, Stack};

/// Lines of the file that name what the stack does not have.
pub fn wrong_addresses(stack: &Stack, declared: &Declared) -> Vec<InvalidName> {
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
        Some(InvalidName {
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
        Some(InvalidName {
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
pub fn moved(stack: &Stack, declared: &Declared) -> BTreeMap<Address, Address> {
    let moves: Vec<(Address, Address)> = stack
        .moved
        .iter()
        .filter_map(|(old, new)| Some((Address::parse(old)?, Address::parse(new)?)))
        .collect();
    let mut moved = BTreeMap::new();
    for (old, new) in moves.iter().filter(|(old, _)| old.kind() == Service::KIND) {
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
    moved.extend(moves);
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
pub fn adopted(stack: &Stack) -> Vec<Address> {
    let names = stack.adopt.keys();
    names.filter_map(|key| Address::parse(key)).collect()
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
