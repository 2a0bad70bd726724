//! Keys of the operator's secrets that the file names, as in `…:api_key::`: a task that is given one that is not in the
//! secret's JSON does not start ("Pass Secrets Manager secrets through Amazon ECS environment variables").
//!
//! Only the value says so. It is read where whoever runs this may (`secretsmanager:GetSecretValue`), looked into, and
//! neither kept nor told; otherwise the check is skipped.

use futures_util::future::join_all;

use super::{CheckContext, Finding};
use crate::aws::grant::Grant;
use crate::engine::{Action, Class, Fault, Resource};
use crate::resources::{KeyIn, TaskDefinition, key_of, secret_of};
use crate::steps::operators_references;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let mut items = context.plan.items.iter();
    let is_started = items
        .any(|item| item.address.kind() == TaskDefinition::KIND && item.action != Action::Keep);
    if !is_started {
        return Ok(Vec::new());
    }
    let region = context.region();
    let here = |one: &String| one.split(':').nth(3) == Some(region);
    // What is not there at all is told by another check.
    let there = |one: &String| !context.operators.absent.contains(&secret_of(one));
    let named = operators_references(context.stack).into_iter();
    let asked = named
        .filter(here)
        .filter(there)
        .map(|reference| async move {
            let answer = key_of(context.cloud, &reference).await;
            (reference, answer)
        });
    let answers = join_all(asked).await;
    Ok(answers
        .into_iter()
        .filter_map(|(reference, answer)| assess(&reference, answer))
        .map(Finding::named)
        .collect())
}

fn assess(reference: &str, answer: Result<Option<KeyIn>, Fault>) -> Option<Finding> {
    let secret = secret_of(reference);
    let key = reference.split(':').nth(7).unwrap_or_default();
    Some(match answer {
        Ok(None) => return None,
        Ok(Some(KeyIn::There)) => Finding::ok(secret, format!("has the key `{key}`")),
        Ok(Some(KeyIn::Missing)) => {
            let reason = format!("has no key `{key}`: tasks that are given it cannot start");
            Finding::fail(secret, reason).fix("name a key that it has, or add that one to its JSON")
        }
        Ok(Some(KeyIn::NoObject)) => {
            let reason = format!("is no JSON object, so it has no key `{key}`");
            let fix = format!("name the whole secret, without `:{key}::`, or make it JSON");
            Finding::fail(secret, reason).fix(fix)
        }
        Err(fault) if fault.class == Class::Denied => {
            let reason = format!(
                "may not be read from here, so nobody knows whether it has the key `{key}`"
            );
            Finding::skipped(secret, reason)
        }
        Err(fault) => Finding::unread(&secret, &fault),
    })
}

/// Whoever may not read the values of the operator's secrets is told that it was skipped: no verb needs them.
pub(super) const GRANTS: &[Grant] = &[];
