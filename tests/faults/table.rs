//! Calls × faults: how many cases survived.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::case::{Case, FAULTS, Verb};

/// A case and what came of it: whether it ended well by itself, or what did not survive.
pub type Result = (Case, std::result::Result<bool, String>);

#[derive(Clone, Copy, Default)]
struct Count {
    survived: usize,
    all: usize,
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.all == 0 {
            return f.pad("-");
        }
        f.pad(&format!("{}/{}", self.survived, self.all))
    }
}

/// The table, as Markdown: a row for each verb, a column for each fault.
pub fn table(calls: &[(Verb, usize)], results: &[Result]) -> String {
    let mut counts: BTreeMap<(&str, &str), Count> = BTreeMap::new();
    let mut by_itself = 0;
    for (case, outcome) in results {
        for verb in [case.verb.name(), "all"] {
            for fault in [case.fault, "all"] {
                let count = counts.entry((verb, fault)).or_default();
                count.all += 1;
                count.survived += usize::from(outcome.is_ok());
            }
        }
        by_itself += usize::from(*outcome == Ok(true));
    }
    let columns = || FAULTS.into_iter().chain(["all"]);
    let mut text = format!("| {:<7} | calls |", "");
    for column in columns() {
        let _ = write!(text, " {column:<11} |");
    }
    text.push_str("\n|---------|-------|");
    for _ in columns() {
        text.push_str("-------------|");
    }
    let total = calls.iter().map(|(_, count)| count).sum();
    let rows = calls.iter().map(|(verb, count)| (verb.name(), *count));
    for (verb, count) in rows.chain([("all", total)]) {
        let _ = write!(text, "\n| {verb:<7} | {count:>5} |");
        for column in columns() {
            let count = counts.get(&(verb, column)).copied().unwrap_or_default();
            let _ = write!(text, " {count:<11} |");
        }
    }
    let _ = write!(text, "\n\n{by_itself} of them without a second run\n");
    text
}
