//! Whether the caller may change what the plan changes, asked of IAM before it begins.
//!
//! `SimulatePrincipalPolicy` tells what the caller's policies, its permissions boundary and its organization allow, and not
//! what a session policy or a bucket's own policy says ("IAM policy testing with the IAM policy simulator"). The actions are
//! those that the plan takes; each is asked about on one object of those that it is needed on.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType,
};
use futures_util::future::try_join_all;

use super::{CheckContext, Finding};
use crate::aws::fault;
use crate::aws::grant::{Grant, on};
use crate::aws::policy_statement::Statement;
use crate::engine::{Class, Fault};
use crate::message::{Message, commands, message};

const SIMULATE: &str = "iam:SimulatePrincipalPolicy";
const SUBJECT: &str = "changing";
/// The most results of one request (IAM API, `SimulatePrincipalPolicy.MaxItems`): one for each action on each object.
const MOST: usize = 1000;
/// How many missing actions are named.
const NAMED: usize = 8;

/// What the check asks: of the caller's own role or user, whose name nobody knows beforehand.
pub(super) const GRANTS: &[Grant] = &[
    on(
        &["iam:role/*", "iam:user/*"],
        &["iam:SimulatePrincipalPolicy"],
    ),
    on(&["iam:role/*"], &["iam:GetRole"]),
];

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let statements = context.needs;
    if statements.is_empty() {
        return Ok(Vec::new());
    }
    let Some(caller) = principal(context).await else {
        let reason = format!(
            "what {} may change is not known: IAM simulates users and roles only",
            context.cloud.caller
        );
        return Ok(vec![Finding::skipped(SUBJECT, reason).fix(show())]);
    };
    let batches = batches(statements);
    let asked = batches
        .iter()
        .map(|batch| simulate(context, &caller, batch));
    let answers = match try_join_all(asked).await {
        Ok(answers) => answers,
        Err(fault) if fault.class == Class::Denied => {
            let reason = format!("what {caller} may change is not known: {fault}");
            let fix = message![format!("allow {SIMULATE} to whoever runs this; "), show()];
            return Ok(vec![Finding::skipped(SUBJECT, reason).fix(fix)]);
        }
        Err(fault) => return Err(fault),
    };
    let mut simulated = SimulationResult::default();
    for (batch, results) in batches.iter().zip(&answers) {
        simulated.add(batch, results);
    }
    Ok(vec![simulated.finding(&caller, statements)])
}

/// What an operator compares with.
fn show() -> Message {
    message![
        commands::permissions_of_up(),
        " prints the policies that are needed",
    ]
}

/// The user or role whose policies are simulated; `None` for anybody else, such as a federated user. The ARN of a session
/// has the name of its role and not its path (IAM user guide, "IAM identifiers"), which `GetRole` tells; without it a role
/// is taken to have none.
async fn principal(context: &CheckContext<'_>) -> Option<String> {
    let caller = &context.cloud.caller;
    if caller.contains(":user/") {
        return Some(caller.clone());
    }
    let name = role_name(caller)?;
    let found = context.cloud.iam.get_role().role_name(name).send().await;
    let role = found.ok().and_then(|answer| Some(answer.role?.arn));
    let place = &context.cloud.place;
    Some(
        role.unwrap_or_else(|| {
            format!("arn:{}:iam::{}:role/{name}", place.partition, place.account)
        }),
    )
}

/// The name of a session's role: `arn:aws:sts::123456789012:assumed-role/NAME/SESSION`.
fn role_name(caller: &str) -> Option<&str> {
    let (_, session) = caller.split_once(":assumed-role/")?;
    session.split('/').next()
}

/// What one request asks: every action on every object. Only pairs that are wanted count.
#[derive(Debug, Default)]
struct Batch {
    actions: BTreeSet<String>,
    objects: BTreeSet<String>,
    wanted: BTreeSet<(String, String)>,
    /// Values of condition keys.
    context: BTreeMap<String, Vec<String>>,
}

/// As few requests as there can be: the objects of one service beside each other, no more than [`MOST`] results.
fn batches(statements: &[Statement]) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for statement in statements {
        let Some(context) = context(statement) else {
            continue;
        };
        let object = sample(statement.resources.first().map_or("*", String::as_str));
        // A key has one value in a request: what is passed to a second service is not asked about.
        let fits = |batch: &&mut Batch| {
            let same = |(key, value)| batch.context.get(key).is_none_or(|other| other == value);
            let actions = statement
                .actions
                .iter()
                .filter(|one| !batch.actions.contains(*one));
            let actions = batch.actions.len() + actions.count();
            let objects = batch.objects.len() + usize::from(!batch.objects.contains(&object));
            context.iter().all(same) && actions * objects <= MOST
        };
        let asked = |batch: &Batch| {
            let known = |action: &String| batch.wanted.iter().any(|(one, _)| one == action);
            statement.actions.iter().all(known)
        };
        let conflicts = batches.iter().any(asked);
        let batch = match batches.iter_mut().rev().find(fits) {
            Some(batch) => batch,
            None if conflicts => continue,
            None => {
                batches.push(Batch::default());
                let last = batches.len() - 1;
                &mut batches[last]
            }
        };
        for action in &statement.actions {
            batch.actions.insert(action.clone());
            batch.wanted.insert((action.clone(), object.clone()));
        }
        batch.objects.insert(object);
        batch.context.extend(context);
    }
    batches
}

/// The values that a condition asks for, the first of each key; `None` where it asks for a key's absence.
fn context(statement: &Statement) -> Option<BTreeMap<String, Vec<String>>> {
    let mut context = BTreeMap::new();
    for (operator, tests) in statement.condition.as_object().into_iter().flatten() {
        if operator == "Null" {
            return None;
        }
        for (key, wanted) in tests.as_object().into_iter().flatten() {
            let first = wanted.get(0).unwrap_or(wanted).as_str()?;
            context.insert(key.clone(), vec![first.to_owned()]);
        }
    }
    Some(context)
}

/// One of the objects that a pattern stands for.
fn sample(pattern: &str) -> String {
    match pattern {
        "*" => pattern.to_owned(),
        _ => pattern.replace('*', "simulated").replace('?', "A"),
    }
}

async fn simulate(
    context: &CheckContext<'_>,
    caller: &str,
    batch: &Batch,
) -> Result<Vec<EvaluationResult>, Fault> {
    let entries = batch.context.iter().map(|(key, values)| {
        let kind = match key.starts_with("route53:") {
            true => ContextKeyTypeEnum::StringList,
            false => ContextKeyTypeEnum::String,
        };
        ContextEntry::builder()
            .context_key_name(key)
            .context_key_type(kind)
            .set_context_key_values(Some(values.clone()))
            .build()
    });
    let request = (context.cloud.iam.simulate_principal_policy())
        .policy_source_arn(caller)
        .set_action_names(Some(batch.actions.iter().cloned().collect()))
        .set_resource_arns(Some(batch.objects.iter().cloned().collect()))
        .set_context_entries(Some(entries.collect()))
        .max_items(i32::try_from(MOST).unwrap_or(i32::MAX));
    let items = request.into_paginator().items().send();
    items.try_collect().await.map_err(fault(SIMULATE))
}

/// What the simulation says.
#[derive(Debug, Default)]
struct SimulationResult {
    denied: BTreeSet<String>,
    /// Denied for want of a condition's value that only the request itself has, such as an address.
    untold: BTreeSet<String>,
}

impl SimulationResult {
    fn add(&mut self, batch: &Batch, results: &[EvaluationResult]) {
        for result in results {
            let action = result.eval_action_name();
            let mut tell = |object: &str, allowed: bool, missing: &[String]| {
                let pair = (action.to_owned(), object.to_owned());
                if allowed || !batch.wanted.contains(&pair) {
                    return;
                }
                match missing.is_empty() {
                    true => self.denied.insert(pair.0),
                    false => self.untold.insert(pair.0),
                };
            };
            let allows = |decision: &PolicyEvaluationDecisionType| {
                *decision == PolicyEvaluationDecisionType::Allowed
            };
            let each = result.resource_specific_results();
            for one in each {
                let allowed = allows(one.eval_resource_decision());
                tell(
                    one.eval_resource_name(),
                    allowed,
                    one.missing_context_values(),
                );
            }
            if each.is_empty() {
                let object = result.eval_resource_name().unwrap_or("*");
                tell(
                    object,
                    allows(result.eval_decision()),
                    result.missing_context_values(),
                );
            }
        }
    }

    fn finding(&self, caller: &str, statements: &[Statement]) -> Finding {
        let list = |actions: &BTreeSet<String>| {
            let named: Vec<&str> = actions.iter().take(NAMED).map(String::as_str).collect();
            let more = actions.len() - named.len();
            match more {
                0 => named.join(", "),
                _ => format!("{} and {more} more", named.join(", ")),
            }
        };
        if !self.denied.is_empty() {
            let reason = format!(
                "{caller} may not {}, as IAM simulates it",
                list(&self.denied)
            );
            return Finding::fail(SUBJECT, reason).fix(show());
        }
        if !self.untold.is_empty() {
            let reason = format!(
                "{caller} may {} on conditions that IAM cannot simulate",
                list(&self.untold)
            );
            return Finding::warn(SUBJECT, reason).fix(show());
        }
        let actions: BTreeSet<&String> = statements.iter().flat_map(|one| &one.actions).collect();
        let count = actions.len();
        Finding::ok(
            SUBJECT,
            format!("{caller} may do the {count} actions of this plan, as IAM simulates it"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{role_name, sample};

    #[test]
    fn a_session_names_its_role() {
        let session = "arn:aws:sts::123456789012:assumed-role/deploy/ann@example.org";
        assert_eq!(role_name(session), Some("deploy"));
        assert_eq!(role_name("arn:aws:iam::123456789012:root"), None);
        assert_eq!(
            role_name("arn:aws:sts::123456789012:federated-user/ann"),
            None
        );
    }

    #[test]
    fn a_pattern_stands_for_an_object() {
        assert_eq!(sample("*"), "*");
        assert_eq!(sample("arn:a:secret:x/*-??"), "arn:a:secret:x/simulated-AA");
    }
}
