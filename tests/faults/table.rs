//! Acts × faults: how many cases survived.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::case::{Case, FAULTS};

/// A case, and what did not survive of it.
pub type Result = (Case, std::result::Result<(), String>);

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

/// The table, as Markdown: a row for each act with how many calls it makes, a column for each fault.
pub fn table(calls: &[(String, usize)], results: &[Result]) -> String {
    let mut counts: BTreeMap<(String, &str), Count> = BTreeMap::new();
    for (case, outcome) in results {
        for act in [case.act.name(), "all".to_owned()] {
            for fault in [case.fault, "all"] {
                let count = counts.entry((act.clone(), fault)).or_default();
                count.all += 1;
                count.survived += usize::from(outcome.is_ok());
            }
        }
    }
    let columns = || FAULTS.into_iter().chain(["all"]);
    let mut text = "| act | calls |".to_owned();
    for column in columns() {
        let _ = write!(text, " {column} |");
    }
    text.push_str("\n|---|---|");
    for _ in columns() {
        text.push_str("---|");
    }
    let total = calls.iter().map(|(_, count)| count).sum();
    let rows = calls.iter().cloned();
    for (act, count) in rows.chain([("all".to_owned(), total)]) {
        let _ = write!(text, "\n| {act} | {count} |");
        for column in columns() {
            let count = counts.get(&(act.clone(), column));
            let _ = write!(text, " {} |", count.copied().unwrap_or_default());
        }
    }
    text + "\n"
}
