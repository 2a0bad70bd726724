//! What can be said of a bucket, and what is wanted of one.

use std::collections::BTreeMap;

use aws_sdk_s3::types as api;
use serde::Serialize;

use crate::aws::{Cloud, Tags};
use crate::engine::{ResolveContext, as_one};

use super::Bucket;
use super::policy::demanded;
use crate::resources::access_log::AccessLogTarget;
use crate::resources::iam::policy::Statements;

/// What can be said of a bucket.
#[derive(Debug, Clone, Serialize)]
pub struct BucketProps {
    pub(super) name: String,
    /// `AES256`, or the ARN of a KMS key.
    pub(super) encryption: String,
    pub(super) versioning: bool,
    pub(super) public_access_blocked: bool,
    pub(super) object_ownership: String,
    pub(super) policy: Statements,
    /// Where the log of requests goes.
    #[serde(serialize_with = "as_one")]
    pub(super) access_log: AccessLogTarget,
    /// Lifecycle rules, by id.
    pub(super) lifecycle: BTreeMap<String, Rule>,
    pub(super) disposable: bool,
    pub(super) tags: Tags,
}

/// One lifecycle rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(in crate::resources) struct Rule {
    pub(super) enabled: bool,
    pub(super) prefix: String,
    pub(super) expire_days: Option<i32>,
    pub(super) noncurrent_days: Option<i32>,
    pub(super) abort_upload_days: Option<i32>,
    /// What the rule does beside that, in the SDK's words: ours do nothing else.
    pub(super) more: Option<String>,
}

/// A bucket as AWS has it.
#[derive(Debug, Clone)]
pub struct BucketLive {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    pub(super) props: BucketProps,
    /// Statements of others in its policy; from [`crate::engine::Resource::list`].
    pub(super) added: Statements,
    pub(super) tags: Tags,
}

/// What a declaration wants.
pub(super) fn wanted(bucket: &Bucket, context: &ResolveContext<'_>) -> BucketProps {
    let days = |days: u32| i32::try_from(days).ok();
    let rule = Rule {
        enabled: true,
        ..Rule::default()
    };
    let mut lifecycle = BTreeMap::from([
        (
            "old-versions".to_owned(),
            Rule {
                noncurrent_days: days(bucket.noncurrent_days),
                ..rule.clone()
            },
        ),
        (
            "unfinished-uploads".to_owned(),
            Rule {
                abort_upload_days: days(bucket.abort_upload_days),
                ..rule.clone()
            },
        ),
    ]);
    if let Some(expire) = bucket.expire_days {
        let rule = Rule {
            expire_days: days(expire),
            ..rule
        };
        lifecycle.insert("expire".to_owned(), rule);
    }
    BucketProps {
        name: bucket.name.clone(),
        encryption: bucket.kms_key.clone().unwrap_or_else(aes),
        versioning: bucket.versioning,
        public_access_blocked: true,
        object_ownership: owner_enforced().as_str().to_owned(),
        policy: demanded(&bucket.name, &bucket.policy),
        access_log: bucket
            .access_log
            .as_ref()
            .map_or_else(AccessLogTarget::default, |log| {
                let name = context.text(&log.bucket, |bucket| bucket.name.clone());
                AccessLogTarget::to(name, &log.prefix)
            }),
        lifecycle,
        disposable: bucket.disposable,
        tags: bucket.tags.clone(),
    }
}

/// What a declared name stands for.
pub(super) enum NameOwner {
    /// No bucket has it.
    Nobodys,
    /// A bucket of this account, with these tags.
    Accounts(Tags),
    /// A bucket of another account or another region.
    Others,
}

impl BucketLive {
    /// A bucket that may not be read.
    pub(super) fn unread(cloud: &Cloud, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            arn: arn(cloud, name),
            props: BucketProps {
                name: name.to_owned(),
                encryption: String::new(),
                versioning: false,
                public_access_blocked: false,
                object_ownership: String::new(),
                policy: Statements::new(),
                access_log: AccessLogTarget::default(),
                lifecycle: BTreeMap::new(),
                disposable: false,
                tags: Tags::new(),
            },
            added: Statements::new(),
            tags: Tags::new(),
        }
    }
}

/// The ARN of a bucket.
pub(super) fn arn(cloud: &Cloud, name: &str) -> String {
    format!("arn:{}:s3:::{name}", cloud.place.partition)
}

/// Encryption by S3 itself.
pub(super) fn aes() -> String {
    api::ServerSideEncryption::Aes256.as_str().to_owned()
}

/// Objects are the bucket owner's, and ACLs mean nothing.
pub(super) fn owner_enforced() -> api::ObjectOwnership {
    api::ObjectOwnership::BucketOwnerEnforced
}
