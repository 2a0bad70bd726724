//! Finds secrets without their values.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_secretsmanager::types as api;

use crate::aws::{Cloud, Required, STACK_TAG, Tags, answer_of, optional, tags_from};
use crate::engine::Fault;

use super::secret_string::is_made_here;
use super::{OWN_KEY, SecretLive};
use crate::resources::sdk::try_join_bounded;

const DESCRIBE: &str = "secretsmanager:DescribeSecret";

/// The secrets with one of `names`, and the others that carry the stack's tag, also those that are
/// scheduled for deletion. Each is described: a list "might not reflect changes from the last five
/// minutes" (Secrets Manager API, `ListSecrets`), and an old version must not pass for the present one.
/// The list only finds what `names` does not name.
pub(super) async fn described(cloud: &Cloud, names: &[&str]) -> Result<Vec<SecretLive>, Fault> {
    let names: BTreeSet<&str> = names.iter().copied().collect();
    let (named, listed) = tokio::try_join!(
        try_join_bounded(names.iter().map(|name| describe(cloud, name))),
        tagged(cloud),
    )?;
    let others = listed.iter().filter(|name| !names.contains(name.as_str()));
    let others = try_join_bounded(others.map(|name| describe(cloud, name))).await?;
    Ok(named.into_iter().chain(others).flatten().collect())
}

fn filter(name: api::FilterNameStringType, value: &str) -> api::Filter {
    api::Filter::builder().key(name).values(value).build()
}

/// The names of the secrets that carry the stack's tag, as far as the list knows.
async fn tagged(cloud: &Cloud) -> Result<BTreeSet<String>, Fault> {
    let ours = vec![
        filter(api::FilterNameStringType::TagKey, STACK_TAG),
        filter(api::FilterNameStringType::TagValue, &cloud.place.stack),
    ];
    let request = (cloud.secrets.list_secrets())
        .set_filters(Some(ours))
        .include_planned_deletion(true)
        .max_results(100);
    // The filters match by beginning, and each on its own: any key with any value.
    let is_the_stacks = |tag: &api::Tag| {
        tag.key() == Some(STACK_TAG) && tag.value() == Some(cloud.place.stack.as_str())
    };
    let pages = request.into_paginator().send();
    let pages = answer_of("secretsmanager:ListSecrets", pages.try_collect().await)?;
    let secrets = pages.into_iter().filter_map(|page| page.secret_list);
    let ours = secrets
        .flatten()
        .filter(|secret| secret.tags().iter().any(is_the_stacks));
    ours.map(|secret| secret.name.required("secretsmanager:ListSecrets", "Name"))
        .collect()
}

/// The secret of that name, `None` when there is none.
///
/// # Errors
/// The fault of the call.
pub(super) async fn describe(cloud: &Cloud, name: &str) -> Result<Option<SecretLive>, Fault> {
    let request = cloud.secrets.describe_secret().secret_id(name);
    let Some(answer) = optional(DESCRIBE, request.send().await)? else {
        return Ok(None);
    };
    Ok(Some(SecretLive {
        version: current(answer.version_ids_to_stages()),
        ours: is_ours(answer.version_ids_to_stages()),
        tags: tags_of(answer.tags()),
        deleted: answer.deleted_date().is_some(),
        deletion: answer.deleted_date,
        changed: answer.last_changed_date,
        rotates: answer.rotation_enabled == Some(true),
        given: None,
        name: answer.name.required(DESCRIBE, "Name")?,
        arn: answer.arn.required(DESCRIBE, "ARN")?,
        description: answer.description.unwrap_or_default(),
        kms_key: key(answer.kms_key_id),
    }))
}

/// The service's own key is left out or named by its alias.
fn key(answer: Option<String>) -> String {
    answer
        .filter(|key| !key.is_empty() && !key.ends_with(&format!("alias/{OWN_KEY}")))
        .unwrap_or_else(|| OWN_KEY.to_owned())
}

fn current(versions: Option<&HashMap<String, Vec<String>>>) -> String {
    versions
        .into_iter()
        .flatten()
        .find(|(_, stages)| stages.iter().any(|stage| stage == "AWSCURRENT"))
        .map(|(version, _)| version.clone())
        .unwrap_or_default()
}

/// Whether ajuda put in one of the versions that have a stage: the present one, or the one before it.
fn is_ours(versions: Option<&HashMap<String, Vec<String>>>) -> bool {
    let mut staged = versions.into_iter().flatten();
    staged.any(|(version, stages)| !stages.is_empty() && is_made_here(version))
}

fn tags_of(tags: &[api::Tag]) -> Tags {
    tags_from(tags.iter().map(|tag| (tag.key(), tag.value())))
}
