//! `[adopt]` and `[moved]`: what AWS calls objects that were there before, and addresses that changed.
//!
//! Which addresses there are is known only once everything is declared; here only their form counts.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::problem::Problem;
use super::read::Table;
use super::suggest::nearest;
use super::value_error::ValueError;

/// AWS's names by address.
pub(super) fn adopt(root: &mut Table<'_>) -> BTreeMap<String, String> {
    let mut table = root.table("adopt");
    let report = table.report();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (address, value) in table.entries() {
        let path = table.path_of(address.value);
        if kind(address.value).is_none() {
            report.add(not_an_address(address.value).at(&path, address.span.clone()));
            continue;
        }
        let Some(name) = table.text_of(&path, value) else {
            continue;
        };
        let longest = longest(kind(address.value).unwrap_or_default());
        let length = name.chars().count();
        if name.is_empty() || length > longest || name.chars().any(char::is_control) {
            let wrong = ValueError::new("is not a name", "write what AWS calls it");
            let wrong = if length > longest {
                wrong.hint(format!(
                    "such names have {longest} characters at most, this has {length}"
                ))
            } else {
                wrong
            };
            report.reject(&path, wrong.at(&path, value.span()));
            continue;
        }
        let taken = names
            .iter()
            .find(|(other, known)| **known == name && kind(other) == kind(address.value));
        if let Some((other, _)) = taken {
            let label = format!("`{other}` has this one already");
            let wrong = ValueError::new("cannot have it too", label);
            report.reject(&path, wrong.at(&path, value.span()));
            continue;
        }
        names.insert(address.value.to_owned(), name);
    }
    names
}

/// New addresses by old ones.
pub(super) fn moved(root: &mut Table<'_>) -> BTreeMap<String, String> {
    let mut table = root.table("moved");
    let report = table.report();
    let mut moved: BTreeMap<String, String> = BTreeMap::new();
    let entries = table.entries();
    for (old, value) in &entries {
        let path = table.path_of(old.value);
        if kind(old.value).is_none() {
            report.add(not_an_address(old.value).at(&path, old.span.clone()));
            continue;
        }
        let Some(new) = table.text_of(&path, value) else {
            continue;
        };
        let wrong = if kind(&new).is_none() {
            Some(not_an_address(&new))
        } else if kind(&new) != kind(old.value) {
            Some(ValueError::new(
                "changes its kind",
                "only the name after the slash can change",
            ))
        } else if entries.iter().any(|(other, _)| other.value == new) {
            Some(ValueError::new(
                "is moved twice",
                "name the last address, in one line",
            ))
        } else if moved.values().any(|taken| *taken == new) {
            Some(ValueError::new(
                "cannot move there",
                "another line moves there too",
            ))
        } else {
            None
        };
        match wrong {
            Some(wrong) => report.reject(&path, wrong.at(&path, value.span())),
            None => {
                moved.insert(old.value.to_owned(), new);
            }
        }
    }
    moved
}

/// How many characters a name of this kind has at most: no object on AWS has a longer one. In the order
/// of the services' API models: `Name` of `CreateLoadBalancer`, `DBInstanceIdentifier`,
/// `ReplicationGroupId`, `Bucket`, `RoleName`, `AlarmName` and so on.
fn longest(kind: &str) -> usize {
    match kind {
        "load-balancer" | "target-group" => 32,
        "cache" => 40,
        "db-instance" | "bucket" => 63,
        "role" => 64,
        "web-acl" => 128,
        "alarm" | "cluster" | "service" | "db-subnet-group" | "db-parameter-group"
        | "cache-subnet-group" => 255,
        "topic" | "repository" => 256,
        _ => 512,
    }
}

/// The kind in `kind/name`.
fn kind(address: &str) -> Option<&str> {
    let (kind, name) = address.split_once('/')?;
    (!kind.is_empty() && !name.is_empty()).then_some(kind)
}

fn not_an_address(text: &str) -> ValueError {
    let wrong = ValueError::new(
        "is not an address",
        "write it as the plan prints it, such as \"cluster/main\"",
    );
    if text.contains('/') {
        wrong
    } else {
        wrong.hint("an address is `kind/name`, in quotes")
    }
}

/// An address of `[adopt]` or `[moved]` that the stack does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidName {
    /// `adopt` or `moved`.
    pub table: &'static str,
    /// The key of the line.
    pub key: String,
    /// Whether the line's value is wrong, not its key.
    pub in_value: bool,
    /// Why, continuing the address: `is not declared by this file`.
    pub why: &'static str,
    /// The addresses that would be right.
    pub right: Vec<String>,
}

impl InvalidName {
    pub(super) fn problem(&self, document: &DeTable<'_>) -> Problem {
        let entry = document
            .get(self.table)
            .and_then(|table| match table.get_ref() {
                DeValue::Table(entries) => entries.get_key_value(self.key.as_str()),
                _ => None,
            });
        let (span, written) = match entry {
            Some((_, value)) if self.in_value => (
                value.span(),
                value.get_ref().as_str().unwrap_or_default().to_owned(),
            ),
            Some((key, _)) => (key.span(), self.key.clone()),
            None => (0..0, self.key.clone()),
        };
        let right = self.right.iter().map(String::as_str);
        let label = match nearest(&written, right) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "write it as the plan prints it".to_owned(),
        };
        Problem::new(span, format!("`{written}` {}", self.why), label)
    }
}
