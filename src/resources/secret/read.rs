//! Finds secrets without their values.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_secretsmanager::types as api;

use crate::aws::{Cloud, STACK_TAG, Tags, fault};
use crate::engine::Fault;

use super::super::sdk::together;
use super::hidden::is_made_here;
use super::{OWN_KEY, SecretLive};

/// Values in one filter (Secrets Manager API, `Filter.Values`).
const FILTER_VALUES: usize = 10;

/// The stack's secrets and those with one of `names`, also those that are scheduled for deletion.
pub(super) async fn listed(cloud: &Cloud, names: &[&str]) -> Result<Vec<SecretLive>, Fault> {
    let ours = [
        filter(api::FilterNameStringType::TagKey, [STACK_TAG]),
        filter(
            api::FilterNameStringType::TagValue,
            [cloud.place.stack.as_str()],
        ),
    ];
    // Names of one stack begin with the same word, and a filter by name is one by its beginning.
    let beginnings: BTreeSet<&str> = names
        .iter()
        .map(|name| name.find('/').map_or(*name, |end| &name[..=end]))
        .collect();
    let beginnings: Vec<&str> = beginnings.into_iter().collect();
    let named = beginnings.chunks(FILTER_VALUES).map(|some| {
        vec![filter(
            api::FilterNameStringType::Name,
            some.iter().copied(),
        )]
    });
    let lists = std::iter::once(ours.to_vec())
        .chain(named)
        .map(|filters| list(cloud, filters));
    let mut all = BTreeMap::new();
    for live in together(lists).await?.into_iter().flatten() {
        all.insert(live.name.clone(), live);
    }
    let missing: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| !all.contains_key(*name))
        .collect();
    let late = together(missing.into_iter().map(|name| describe(cloud, name))).await?;
    Ok(all
        .into_values()
        .chain(late.into_iter().flatten())
        .collect())
}

fn filter<'a>(
    name: api::FilterNameStringType,
    values: impl IntoIterator<Item = &'a str>,
) -> api::Filter {
    let values = values.into_iter().map(str::to_owned).collect();
    api::Filter::builder()
        .key(name)
        .set_values(Some(values))
        .build()
}

async fn list(cloud: &Cloud, filters: Vec<api::Filter>) -> Result<Vec<SecretLive>, Fault> {
    let mut pages = cloud
        .secrets
        .list_secrets()
        .set_filters(Some(filters))
        .include_planned_deletion(true)
        .max_results(100)
        .into_paginator()
        .send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(fault("secretsmanager:ListSecrets"))?;
        for entry in page.secret_list.unwrap_or_default() {
            let lacks = |field| Fault::incomplete("secretsmanager:ListSecrets", field);
            all.push(SecretLive {
                version: current(entry.secret_versions_to_stages()),
                ours: is_ours(entry.secret_versions_to_stages()),
                tags: tags_of(entry.tags()),
                deleted: entry.deleted_date().is_some(),
                deletion: entry.deleted_date,
                changed: entry.last_changed_date,
                rotates: entry.rotation_enabled == Some(true),
                name: entry.name.ok_or_else(|| lacks("Name"))?,
                arn: entry.arn.ok_or_else(|| lacks("ARN"))?,
                description: entry.description.unwrap_or_default(),
                kms_key: key(entry.kms_key_id),
            });
        }
    }
    Ok(all)
}

/// The secret of that name, `None` when there is none.
///
/// # Errors
/// The fault of the call.
pub(super) async fn describe(cloud: &Cloud, name: &str) -> Result<Option<SecretLive>, Fault> {
    let answer = cloud
        .secrets
        .describe_secret()
        .secret_id(name)
        .send()
        .await
        .map_err(fault("secretsmanager:DescribeSecret"));
    let said = match answer {
        Ok(said) => said,
        Err(fault) if fault.is_absent() => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let lacks = |field| Fault::incomplete("secretsmanager:DescribeSecret", field);
    Ok(Some(SecretLive {
        version: current(said.version_ids_to_stages()),
        ours: is_ours(said.version_ids_to_stages()),
        tags: tags_of(said.tags()),
        deleted: said.deleted_date().is_some(),
        deletion: said.deleted_date,
        changed: said.last_changed_date,
        rotates: said.rotation_enabled == Some(true),
        name: said.name.ok_or_else(|| lacks("Name"))?,
        arn: said.arn.ok_or_else(|| lacks("ARN"))?,
        description: said.description.unwrap_or_default(),
        kms_key: key(said.kms_key_id),
    }))
}

/// The service's own key is left out or named by its alias.
fn key(said: Option<String>) -> String {
    said.filter(|key| !key.is_empty() && !key.ends_with(&format!("alias/{OWN_KEY}")))
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
    tags.iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())))
        .collect()
}
