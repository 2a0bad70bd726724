//! Policy documents, as many as IAM's limits ask for.

use serde::Serialize;

use super::Statement;

/// How many characters a managed policy has at most, white space not counted ("IAM and AWS STS quotas").
pub const LIMIT: usize = 6144;

/// What `aws iam create-policy --policy-document` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Document {
    version: &'static str,
    /// What is allowed.
    pub statement: Vec<Statement>,
}

impl Document {
    /// A document of these statements.
    pub fn new(statement: Vec<Statement>) -> Self {
        Self {
            version: "2012-10-17",
            statement,
        }
    }

    /// It as indented JSON, with a line break at its end.
    pub fn text(&self) -> String {
        // Text keys and no numbers: it always has a JSON form.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// A policy for IAM to keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// What to call it: `<stack>-<verb>-<number>`.
    pub name: String,
    /// Its characters as IAM counts them, at most [`LIMIT`].
    pub size: usize,
    /// It.
    pub document: Document,
}

/// Policies that say all of this, none longer than [`LIMIT`]: each statement goes into the first that has room.
pub(super) fn split(name: &str, statements: Vec<Statement>) -> Vec<Policy> {
    let empty = serde_json::to_string(&Document::new(Vec::new()));
    let frame = empty.map_or(0, |text| text.len());
    let room = LIMIT - frame;
    let mut parts: Vec<(usize, Vec<Statement>)> = Vec::new();
    for statement in statements.into_iter().flat_map(|one| small(one, room)) {
        // With the comma before it.
        let size = statement.size() + 1;
        match parts.iter_mut().find(|(used, _)| used + size <= room) {
            Some((used, part)) => {
                *used += size;
                part.push(statement);
            }
            None => parts.push((size, vec![statement])),
        }
    }
    let parts = parts.into_iter().zip(1..);
    let policies = parts.map(|((used, statements), number)| Policy {
        name: format!("{name}-{number}"),
        // There is a comma less than there are statements.
        size: frame + used - 1,
        document: Document::new(statements),
    });
    policies.collect()
}

/// A statement in parts that each have room; the longer of its two lists is halved.
fn small(statement: Statement, room: usize) -> Vec<Statement> {
    let length = |list: &[String]| list.iter().map(String::len).sum::<usize>();
    let (actions, resources) = (&statement.actions, &statement.resources);
    let by_action = length(actions) >= length(resources) && actions.len() > 1;
    let is_unsplit = statement.size() < room || actions.len().max(resources.len()) < 2;
    if is_unsplit {
        return vec![statement];
    }
    let part = |actions: &[String], resources: &[String]| {
        let condition = statement.condition.clone();
        small(
            Statement::new(actions.to_vec(), resources.to_vec(), condition),
            room,
        )
    };
    let (mut first, second) = if by_action || resources.len() < 2 {
        let (one, other) = actions.split_at(actions.len() / 2);
        (part(one, resources), part(other, resources))
    } else {
        let (one, other) = resources.split_at(resources.len() / 2);
        (part(actions, one), part(actions, other))
    };
    first.extend(second);
    first
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::{LIMIT, split};
    use crate::permissions::Statement;

    /// Every pair of action and object.
    fn pairs(statements: &[Statement]) -> BTreeSet<(String, String)> {
        let of = |one: &Statement| {
            let resources = one.resources.clone();
            let actions = one.actions.clone().into_iter();
            let pairs = actions.flat_map(move |action| {
                let resources = resources.clone().into_iter();
                resources.map(move |resource| (action.clone(), resource))
            });
            pairs.collect::<Vec<_>>()
        };
        statements.iter().flat_map(of).collect()
    }

    #[test]
    fn what_is_too_long_for_one_policy_is_split_and_nothing_is_lost() {
        let list = |what: &str, count: usize| -> Vec<String> {
            (0..count).map(|n| format!("{what}:{n:04}")).collect()
        };
        for (actions, resources, count) in [(400, 40, 1), (3, 3, 200), (1, 2000, 1), (900, 1, 2)] {
            let one = |n: usize| {
                let on = list(&format!("arn:{n}"), resources);
                Statement::new(list("ecs:Action", actions), on, Value::Null)
            };
            let statements: Vec<Statement> = (0..count).map(one).collect();
            let policies = split("shop-up", statements.clone());
            assert!(policies.len() > 1, "{actions} {resources} {count}");
            let mut sentences = Vec::new();
            for policy in &policies {
                let text = policy.document.text();
                let size = text.chars().filter(|c| !c.is_whitespace()).count();
                assert_eq!(policy.size, size, "as IAM counts");
                assert!(size <= LIMIT, "{size}");
                sentences.extend(policy.document.statement.iter().cloned());
            }
            assert_eq!(pairs(&sentences), pairs(&statements));
        }
        assert_eq!(split("shop-up", Vec::new()), []);
    }
}
