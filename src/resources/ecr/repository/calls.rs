//! The calls that read a repository and set it up.

use std::collections::BTreeMap;

use aws_sdk_ecr::types as api;
use serde_json::{Value, json};

use crate::aws::{Cloud, Job, Required, Tags, all_items, answer_of, done, optional, tags_from};
use crate::engine::Fault;

use super::{RepositoryLive, RepositoryProps};
use crate::resources::sdk::{build_error, built_tags};

const DESCRIBE: &str = "ecr:DescribeRepositories";

/// Encryption with a key of ECR's own.
pub(super) fn aes() -> String {
    api::EncryptionType::Aes256.as_str().to_owned()
}

/// What encrypts a new repository.
///
/// # Errors
/// Never, with a type.
pub(super) fn encryption(key: Option<&str>) -> Result<api::EncryptionConfiguration, Fault> {
    let kind = match key {
        None => api::EncryptionType::Aes256,
        Some(_) => api::EncryptionType::Kms,
    };
    api::EncryptionConfiguration::builder()
        .encryption_type(kind)
        .set_kms_key(key.map(str::to_owned))
        .build()
        .map_err(build_error("ecr:CreateRepository"))
}

/// Whether images are scanned as they are pushed.
pub(super) fn scanning(want: &RepositoryProps) -> api::ImageScanningConfiguration {
    api::ImageScanningConfiguration::builder()
        .scan_on_push(want.scan_on_push)
        .build()
}

/// Every repository of the account and region: asking for names fails as a whole when one is missing.
pub(super) async fn described(cloud: &Cloud) -> Result<Vec<RepositoryLive>, Fault> {
    let request = cloud.ecr.describe_repositories().max_results(1000);
    let items = request.into_paginator().items().send();
    all_items(DESCRIBE, items.try_collect().await, live)
}

/// The repository of that name.
///
/// # Errors
/// The fault of the call, also when there is none.
pub(super) async fn one(cloud: &Cloud, name: &str) -> Result<Option<api::Repository>, Fault> {
    let request = cloud.ecr.describe_repositories().repository_names(name);
    let answer = answer_of(DESCRIBE, request.send().await)?;
    Ok(answer.repositories.unwrap_or_default().pop())
}

/// The lifecycle policy and the tags are not in it.
pub(super) fn live(repository: api::Repository) -> Result<RepositoryLive, Fault> {
    let encryption = match &repository.encryption_configuration {
        None => aes(),
        Some(encryption) => match encryption.kms_key() {
            Some(key) => key.to_owned(),
            None => encryption.encryption_type().as_str().to_owned(),
        },
    };
    Ok(RepositoryLive {
        scan_on_push: repository
            .image_scanning_configuration
            .is_some_and(|scanning| scanning.scan_on_push()),
        tag_mutability: repository
            .image_tag_mutability
            .map_or_else(String::new, |mutability| mutability.as_str().to_owned()),
        encryption,
        lifecycle: BTreeMap::new(),
        tags: Tags::new(),
        name: repository
            .repository_name
            .required(DESCRIBE, "repositoryName")?,
        arn: repository
            .repository_arn
            .required(DESCRIBE, "repositoryArn")?,
        uri: repository
            .repository_uri
            .required(DESCRIBE, "repositoryUri")?,
    })
}

/// The rules of the lifecycle policy, by priority.
///
/// # Errors
/// The fault of the call.
pub(super) async fn lifecycle(cloud: &Cloud, name: &str) -> Result<BTreeMap<String, Value>, Fault> {
    let request = cloud.ecr.get_lifecycle_policy().repository_name(name);
    let answer = optional("ecr:GetLifecyclePolicy", request.send().await)?;
    let text = answer.and_then(|answer| answer.lifecycle_policy_text);
    let policy: Value = serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default();
    let rules = policy["rules"].as_array().cloned().unwrap_or_default();
    Ok(rules
        .into_iter()
        .map(|rule| (rule["rulePriority"].to_string(), rule))
        .collect())
}

/// Puts the lifecycle policy.
///
/// # Errors
/// The fault of the call.
pub(super) async fn keep(job: &Job, want: &RepositoryProps) -> Result<(), Fault> {
    let rules: Vec<&Value> = want.lifecycle.values().collect();
    let request = (job.ecr.put_lifecycle_policy())
        .repository_name(&want.name)
        .lifecycle_policy_text(json!({ "rules": rules }).to_string());
    done("ecr:PutLifecyclePolicy", request.send().await)
}

/// The tags of a repository.
///
/// # Errors
/// The fault of the call.
pub(super) async fn own_tags(cloud: &Cloud, arn: &str) -> Result<Tags, Fault> {
    let request = cloud.ecr.list_tags_for_resource().resource_arn(arn);
    let answer = answer_of("ecr:ListTagsForResource", request.send().await)?;
    let tags = answer.tags().iter();
    Ok(tags_from(tags.map(|tag| (tag.key(), tag.value()))))
}

/// Tags in the service's own type.
pub(super) fn ecr_tags(tags: &Tags) -> Result<Vec<api::Tag>, Fault> {
    built_tags("ecr:TagResource", tags, |key, value| {
        api::Tag::builder().key(key).value(value).build()
    })
}
