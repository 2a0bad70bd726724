//! Reads what can be said of a bucket, each part by its own call.

use aws_sdk_s3::types as api;

use crate::aws::{Cloud, Tags, answer_of, fault, tags_from};
use crate::engine::{Class, Fault};

use super::answers::unset;
use super::lifecycle::lifecycle;
use super::policy::shorten;
use super::props::{BucketLive, BucketProps, NameOwner, aes, arn};
use crate::resources::access_log::AccessLogTarget;
use crate::resources::iam::policy::{self, Statements};

/// Whose a name is, by the tags of the bucket that has it.
///
/// # Errors
/// A bucket of this account that may not be read, among others.
pub(super) async fn own_tags(cloud: &Cloud, name: &str) -> Result<NameOwner, Fault> {
    let request = cloud.s3.get_bucket_tagging().bucket(name);
    let answer = answer_of("s3:GetBucketTagging", request.send().await);
    match answer {
        Ok(answer) => {
            let tags = answer.tag_set().iter();
            Ok(NameOwner::Accounts(tags_from(
                tags.map(|tag| (tag.key(), tag.value())),
            )))
        }
        Err(fault) if fault.code == "NoSuchTagSet" => Ok(NameOwner::Accounts(Tags::new())),
        Err(fault) if fault.is_absent() => Ok(NameOwner::Nobodys),
        Err(fault) if is_elsewhere(&fault) => Ok(NameOwner::Others),
        // Another account's bucket, whatever its policy and its tags say, or a permission that is missing: the
        // account's own list tells.
        Err(fault) if fault.class == Class::Denied => {
            if of_account(cloud, name).await? {
                Err(fault)
            } else {
                Ok(NameOwner::Others)
            }
        }
        Err(fault) => Err(fault),
    }
}

/// Whether S3 says that the bucket is in another region: for good, while its name is new, or because the
/// request was signed for the wrong one (S3 API, "Error responses"; S3 user guide, "Request redirection").
pub(super) fn is_elsewhere(fault: &Fault) -> bool {
    match fault.code.as_str() {
        "PermanentRedirect"
        | "TemporaryRedirect"
        | "Redirect"
        | "IllegalLocationConstraintException" => true,
        // "the region 'us-east-1' is wrong; expecting 'eu-west-1'"
        "AuthorizationHeaderMalformed" => fault.message.contains("expecting"),
        _ => false,
    }
}

async fn of_account(cloud: &Cloud, name: &str) -> Result<bool, Fault> {
    let mut pages = cloud.s3.list_buckets().prefix(name).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(fault("s3:ListBuckets"))?;
        if page.buckets().iter().any(|one| one.name() == Some(name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The bucket; `None` when it is gone.
///
/// # Errors
/// The fault of any call.
pub(super) async fn read(
    cloud: &Cloud,
    name: &str,
    tags: Tags,
) -> Result<Option<BucketLive>, Fault> {
    let read = tokio::try_join!(
        versioning(cloud, name),
        encryption(cloud, name),
        public_access_blocked(cloud, name),
        object_ownership(cloud, name),
        policy(cloud, name),
        lifecycle(cloud, name),
        logging(cloud, name),
    );
    let (versioning, encryption, blocked, ownership, policy, lifecycle, access_log) = match read {
        // The tagging index may name what is gone.
        Err(fault) if fault.code == "NoSuchBucket" => return Ok(None),
        read => read?,
    };
    Ok(Some(BucketLive {
        name: name.to_owned(),
        arn: arn(cloud, name),
        props: BucketProps {
            name: name.to_owned(),
            encryption,
            versioning,
            public_access_blocked: blocked,
            object_ownership: ownership,
            policy,
            access_log,
            lifecycle,
            disposable: false,
            tags: Tags::new(),
        },
        added: Statements::new(),
        tags,
    }))
}

async fn versioning(cloud: &Cloud, name: &str) -> Result<bool, Fault> {
    let request = cloud.s3.get_bucket_versioning().bucket(name);
    let answer = answer_of("s3:GetBucketVersioning", request.send().await)?;
    Ok(answer.status() == Some(&api::BucketVersioningStatus::Enabled))
}

async fn encryption(cloud: &Cloud, name: &str) -> Result<String, Fault> {
    let request = cloud.s3.get_bucket_encryption().bucket(name);
    let answer = answer_of("s3:GetBucketEncryption", request.send().await);
    let Some(answer) = unset(answer)? else {
        return Ok(aes());
    };
    let rule = answer
        .server_side_encryption_configuration()
        .and_then(|all| all.rules().first());
    let Some(rule) = rule else { return Ok(aes()) };
    let algorithm = match rule.apply_server_side_encryption_by_default() {
        None => aes(),
        Some(default) => match default.kms_master_key_id() {
            Some(key) if default.sse_algorithm() == &api::ServerSideEncryption::AwsKms => {
                let cheap = rule.bucket_key_enabled().unwrap_or(false);
                let without = if cheap { "" } else { " without a bucket key" };
                format!("{key}{without}")
            }
            _ => default.sse_algorithm().as_str().to_owned(),
        },
    };
    Ok(algorithm)
}

async fn public_access_blocked(cloud: &Cloud, name: &str) -> Result<bool, Fault> {
    let request = cloud.s3.get_public_access_block().bucket(name);
    let answer = answer_of("s3:GetPublicAccessBlock", request.send().await);
    let answer = unset(answer)?;
    let blocks = answer
        .as_ref()
        .and_then(|answer| answer.public_access_block_configuration());
    Ok(blocks.is_some_and(|blocks| {
        [
            blocks.block_public_acls(),
            blocks.ignore_public_acls(),
            blocks.block_public_policy(),
            blocks.restrict_public_buckets(),
        ]
        .iter()
        .all(|set| set.unwrap_or(false))
    }))
}

async fn object_ownership(cloud: &Cloud, name: &str) -> Result<String, Fault> {
    let request = cloud.s3.get_bucket_ownership_controls().bucket(name);
    let answer = answer_of("s3:GetBucketOwnershipControls", request.send().await);
    // Buckets made before there were such controls have ACLs.
    let acls = api::ObjectOwnership::ObjectWriter;
    let answer = unset(answer)?;
    let rule = answer
        .as_ref()
        .and_then(|answer| answer.ownership_controls()?.rules().first());
    let ownership = rule.map_or(&acls, |rule| rule.object_ownership());
    Ok(ownership.as_str().to_owned())
}

async fn policy(cloud: &Cloud, name: &str) -> Result<Statements, Fault> {
    let request = cloud.s3.get_bucket_policy().bucket(name);
    let answer = answer_of("s3:GetBucketPolicy", request.send().await);
    let text = unset(answer)?.and_then(|answer| answer.policy);
    Ok(shorten(policy::read(&text.unwrap_or_default()), name))
}

async fn logging(cloud: &Cloud, name: &str) -> Result<AccessLogTarget, Fault> {
    let request = cloud.s3.get_bucket_logging().bucket(name);
    let answer = answer_of("s3:GetBucketLogging", request.send().await)?;
    let log = answer.logging_enabled();
    Ok(log.map_or_else(AccessLogTarget::default, |log| {
        AccessLogTarget::to(log.target_bucket(), log.target_prefix())
    }))
}
