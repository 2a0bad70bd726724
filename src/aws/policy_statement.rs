//! Statements of a policy, brought together.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

/// One statement: actions that are allowed on objects, on a condition. Deny is not said: what nothing allows is denied
/// ("Policy evaluation logic" in the IAM user guide).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    effect: &'static str,
    /// Such as `ecs:CreateCluster`, sorted.
    #[serde(rename = "Action")]
    pub actions: Vec<String>,
    /// ARNs with wildcards, sorted.
    #[serde(rename = "Resource")]
    pub resources: Vec<String>,
    /// IAM's condition; null for none.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub condition: Value,
}

impl Statement {
    pub(crate) fn new(actions: Vec<String>, resources: Vec<String>, condition: Value) -> Self {
        Self {
            effect: "Allow",
            actions,
            resources,
            condition,
        }
    }

    /// Its characters in a document, as IAM counts them: white space is none.
    pub(crate) fn size(&self) -> usize {
        let text = serde_json::to_string(self).unwrap_or_default();
        text.chars().filter(|c| !c.is_whitespace()).count()
    }
}

/// What is allowed: objects by action and condition.
#[derive(Default)]
pub(crate) struct Statements {
    objects: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Statements {
    /// Allows these actions on these objects, on a condition or on none (null).
    pub(crate) fn allow(&mut self, actions: &[&str], objects: BTreeSet<String>, when: &Value) {
        if objects.is_empty() {
            return;
        }
        for action in actions {
            let key = ((*action).to_owned(), when.to_string());
            let of = self.objects.entry(key).or_default();
            of.extend(objects.iter().cloned());
        }
    }

    /// The fewest statements that say just that.
    pub(crate) fn merged(self) -> Vec<Statement> {
        let none = Value::Null.to_string();
        let free: BTreeMap<String, BTreeSet<String>> = (self.objects.iter())
            .filter(|((_, when), _)| *when == none)
            .map(|((action, _), objects)| (action.clone(), objects.clone()))
            .collect();
        let mut together: BTreeMap<(BTreeSet<String>, String), BTreeSet<String>> = BTreeMap::new();
        for ((action, when), mut objects) in self.objects {
            let all = objects.clone();
            objects.retain(|one| !all.iter().any(|other| other != one && covers(other, one)));
            // What is allowed on no condition needs no other.
            if when != none
                && let Some(free) = free.get(&action)
            {
                objects.retain(|one| !free.iter().any(|other| covers(other, one)));
            }
            if !objects.is_empty() {
                together.entry((objects, when)).or_default().insert(action);
            }
        }
        let statements = together.into_iter().map(|((objects, when), actions)| {
            let condition = serde_json::from_str(&when).unwrap_or_default();
            Statement::new(
                actions.into_iter().collect(),
                objects.into_iter().collect(),
                condition,
            )
        });
        statements.collect()
    }
}

/// Whether a pattern of IAM stands for all that another stands for: `*` is any text, `?` one character.
fn covers(pattern: &str, other: &str) -> bool {
    fn matches(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.first(), text.first()) {
            (None, None) => true,
            (Some(b'*'), _) => {
                matches(&pattern[1..], text) || (!text.is_empty() && matches(pattern, &text[1..]))
            }
            // A wildcard of the other stands for more than one character does.
            (Some(b'?'), Some(c)) => *c != b'*' && matches(&pattern[1..], &text[1..]),
            (Some(one), Some(c)) => one == c && matches(&pattern[1..], &text[1..]),
            _ => false,
        }
    }
    matches(pattern.as_bytes(), other.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::{Statements, covers};

    #[test]
    fn a_wildcard_covers_what_it_stands_for() {
        for (pattern, other, is) in [
            ("*", "arn:aws:s3:::a", true),
            ("a-*", "a-b", true),
            ("a-*", "a", false),
            ("a-*", "a-*", true),
            ("a-??????", "a-*", false),
            ("a-*", "a-??????", true),
            ("a-b", "a-*", false),
            ("a/*/b", "a/x/y/b", true),
        ] {
            assert_eq!(covers(pattern, other), is, "{pattern} {other}");
        }
    }

    #[test]
    fn what_is_said_twice_is_one_statement() {
        let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let mut all = Statements::default();
        let owned = json!({ "StringEquals": { "aws:ResourceTag/ajuda:stack": "shop" } });
        all.allow(&["ecs:A", "ecs:B"], set(&["x-*", "x-1"]), &Value::Null);
        all.allow(&["ecs:C"], set(&["x-*"]), &Value::Null);
        all.allow(&["ecs:A", "ecs:D"], set(&["x-1"]), &owned);
        all.allow(&["ecs:E"], BTreeSet::new(), &owned);
        let written = serde_json::to_value(all.merged()).unwrap();
        assert_eq!(
            written,
            json!([
                { "Effect": "Allow", "Action": ["ecs:A", "ecs:B", "ecs:C"], "Resource": ["x-*"] },
                { "Effect": "Allow", "Action": ["ecs:D"], "Resource": ["x-1"], "Condition": owned },
            ])
        );
    }
}
