//! Makes a bucket and sets what can be said of it, each part by its own call.

use aws_sdk_s3::types as api;

use crate::aws::{Job, Tags, fault, tag_list};
use crate::engine::{Changes, Fault};

use super::super::policy::document;
use super::super::sdk::unbuilt;
use super::policy::lengthen;
use super::props::{BucketProps, Rule, aes, arn, owner_enforced};

/// Makes the bucket, with its tags and without ACLs.
///
/// # Errors
/// `BucketAlreadyOwnedByYou` when the account has it already; in `us-east-1` that is success
/// (S3 API, `CreateBucket`).
pub(super) async fn create(job: &Job, name: &str, tags: &Tags) -> Result<(), Fault> {
    let region = job.place.region.as_str();
    // The API takes every region but the one it began with.
    let place = (region != "us-east-1").then(|| api::BucketLocationConstraint::from(region));
    let configuration = api::CreateBucketConfiguration::builder()
        .set_location_constraint(place)
        .set_tags(Some(s3_tags(tags)?))
        .build();
    settled(job, "s3:CreateBucket", || async {
        job.s3
            .create_bucket()
            .bucket(name)
            .object_ownership(owner_enforced())
            .create_bucket_configuration(configuration.clone())
            .send()
            .await
            .map_err(fault("s3:CreateBucket"))
            .map(|_| ())
    })
    .await
}

/// Sets what `changes` names; everything when there are none, after a create.
///
/// # Errors
/// The fault of any call.
pub(super) async fn configure(
    job: &Job,
    want: &BucketProps,
    changes: Option<&Changes>,
) -> Result<(), Fault> {
    let touch = |field| changes.is_none_or(|changes| changes.touch(field));
    if touch("public_access_blocked") {
        block(job, &want.name).await?;
    }
    if changes.is_some() && touch("object_ownership") {
        own(job, &want.name).await?;
    }
    // New buckets are encrypted by S3 and keep no versions.
    if touch("encryption") && (changes.is_some() || want.encryption != aes()) {
        encrypt(job, want).await?;
    }
    if touch("versioning") && (changes.is_some() || want.versioning) {
        version(job, want).await?;
    }
    if touch("policy") {
        permit(job, want).await?;
    }
    if touch("access_log") && (changes.is_some() || !want.access_log.is_empty()) {
        log(job, want).await?;
    }
    if touch("lifecycle") {
        age(job, want).await?;
    }
    Ok(())
}

/// A bucket made a moment ago may not be known everywhere, nor may the policy that lets logs into one, and
/// settings change one at a time (S3 API, "Error responses": `OperationAborted`).
async fn settled<F>(job: &Job, operation: &str, call: impl FnMut() -> F) -> Result<(), Fault>
where
    F: Future<Output = Result<(), Fault>>,
{
    const CODES: &[&str] = &[
        "OperationAborted",
        "NoSuchBucket",
        "InvalidTargetBucketForLogging",
    ];
    let settles = |fault: &Fault| fault.is(operation, CODES);
    job.settle(settles, call).await
}

async fn block(job: &Job, name: &str) -> Result<(), Fault> {
    let all = api::PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(true)
        .restrict_public_buckets(true)
        .build();
    settled(job, "s3:PutPublicAccessBlock", || async {
        job.s3
            .put_public_access_block()
            .bucket(name)
            .public_access_block_configuration(all.clone())
            .send()
            .await
            .map_err(fault("s3:PutPublicAccessBlock"))
            .map(|_| ())
    })
    .await
}

async fn own(job: &Job, name: &str) -> Result<(), Fault> {
    const OPERATION: &str = "s3:PutBucketOwnershipControls";
    let rule = api::OwnershipControlsRule::builder()
        .object_ownership(owner_enforced())
        .build()
        .map_err(unbuilt(OPERATION))?;
    let controls = api::OwnershipControls::builder()
        .rules(rule)
        .build()
        .map_err(unbuilt(OPERATION))?;
    settled(job, OPERATION, || async {
        job.s3
            .put_bucket_ownership_controls()
            .bucket(name)
            .ownership_controls(controls.clone())
            .send()
            .await
            .map_err(fault(OPERATION))
            .map(|_| ())
    })
    .await
}

async fn encrypt(job: &Job, want: &BucketProps) -> Result<(), Fault> {
    const OPERATION: &str = "s3:PutBucketEncryption";
    let kms = want.encryption != aes();
    let default = if kms {
        api::ServerSideEncryptionByDefault::builder()
            .sse_algorithm(api::ServerSideEncryption::AwsKms)
            .kms_master_key_id(&want.encryption)
    } else {
        api::ServerSideEncryptionByDefault::builder()
            .sse_algorithm(api::ServerSideEncryption::Aes256)
    };
    let rule = api::ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default.build().map_err(unbuilt(OPERATION))?)
        .bucket_key_enabled(kms)
        .build();
    let configuration = api::ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build()
        .map_err(unbuilt(OPERATION))?;
    settled(job, OPERATION, || async {
        job.s3
            .put_bucket_encryption()
            .bucket(&want.name)
            .server_side_encryption_configuration(configuration.clone())
            .send()
            .await
            .map_err(fault(OPERATION))
            .map(|_| ())
    })
    .await
}

async fn version(job: &Job, want: &BucketProps) -> Result<(), Fault> {
    // Once on, it can be suspended and not switched off.
    let status = if want.versioning {
        api::BucketVersioningStatus::Enabled
    } else {
        api::BucketVersioningStatus::Suspended
    };
    let configuration = api::VersioningConfiguration::builder()
        .status(status)
        .build();
    settled(job, "s3:PutBucketVersioning", || async {
        job.s3
            .put_bucket_versioning()
            .bucket(&want.name)
            .versioning_configuration(configuration.clone())
            .send()
            .await
            .map_err(fault("s3:PutBucketVersioning"))
            .map(|_| ())
    })
    .await
}

async fn permit(job: &Job, want: &BucketProps) -> Result<(), Fault> {
    let statements = lengthen(want.policy.clone(), &arn(job, &want.name));
    let text = document(&statements).to_string();
    settled(job, "s3:PutBucketPolicy", || async {
        job.s3
            .put_bucket_policy()
            .bucket(&want.name)
            .policy(&text)
            .send()
            .await
            .map_err(fault("s3:PutBucketPolicy"))
            .map(|_| ())
    })
    .await
}

async fn log(job: &Job, want: &BucketProps) -> Result<(), Fault> {
    const OPERATION: &str = "s3:PutBucketLogging";
    let to = want.access_log.split_once('/');
    let to = to.map(|(bucket, prefix)| {
        api::LoggingEnabled::builder()
            .target_bucket(bucket)
            .target_prefix(prefix)
            .build()
    });
    let to = to.transpose().map_err(unbuilt(OPERATION))?;
    let status = api::BucketLoggingStatus::builder()
        .set_logging_enabled(to)
        .build();
    settled(job, OPERATION, || async {
        job.s3
            .put_bucket_logging()
            .bucket(&want.name)
            .bucket_logging_status(status.clone())
            .send()
            .await
            .map_err(fault(OPERATION))
            .map(|_| ())
    })
    .await
}

async fn age(job: &Job, want: &BucketProps) -> Result<(), Fault> {
    const OPERATION: &str = "s3:PutBucketLifecycleConfiguration";
    let rules = want
        .lifecycle
        .iter()
        .map(|(id, rule)| sent(id, rule))
        .collect::<Result<_, _>>()?;
    let configuration = api::BucketLifecycleConfiguration::builder()
        .set_rules(Some(rules))
        .build()
        .map_err(unbuilt(OPERATION))?;
    settled(job, OPERATION, || async {
        job.s3
            .put_bucket_lifecycle_configuration()
            .bucket(&want.name)
            .lifecycle_configuration(configuration.clone())
            .send()
            .await
            .map_err(fault(OPERATION))
            .map(|_| ())
    })
    .await
}

fn sent(id: &str, rule: &Rule) -> Result<api::LifecycleRule, Fault> {
    let expiration = rule
        .expire_days
        .map(|days| api::LifecycleExpiration::builder().days(days).build());
    let old_versions = rule.noncurrent_days.map(|days| {
        api::NoncurrentVersionExpiration::builder()
            .noncurrent_days(days)
            .build()
    });
    let uploads = rule.abort_upload_days.map(|days| {
        api::AbortIncompleteMultipartUpload::builder()
            .days_after_initiation(days)
            .build()
    });
    let status = if rule.enabled {
        api::ExpirationStatus::Enabled
    } else {
        api::ExpirationStatus::Disabled
    };
    api::LifecycleRule::builder()
        .id(id)
        .filter(
            api::LifecycleRuleFilter::builder()
                .prefix(&rule.prefix)
                .build(),
        )
        .status(status)
        .set_expiration(expiration)
        .set_noncurrent_version_expiration(old_versions)
        .set_abort_incomplete_multipart_upload(uploads)
        .build()
        .map_err(unbuilt("s3:PutBucketLifecycleConfiguration"))
}

/// Tags for `PutBucketTagging`.
///
/// # Errors
/// Never, with keys and values.
pub(super) fn s3_tagging(tags: &Tags) -> Result<api::Tagging, Fault> {
    api::Tagging::builder()
        .set_tag_set(Some(s3_tags(tags)?))
        .build()
        .map_err(unbuilt("s3:PutBucketTagging"))
}

fn s3_tags(tags: &Tags) -> Result<Vec<api::Tag>, Fault> {
    tag_list(tags, |key, value| {
        api::Tag::builder().key(key).value(value).build()
    })
    .into_iter()
    .collect::<Result<_, _>>()
    .map_err(unbuilt("s3:PutBucketTagging"))
}
