//! Makes a bucket and sets what can be said of it, each part by its own call.

use aws_sdk_s3::types as api;

use crate::aws::{Job, Tags, done};
use crate::engine::{Changes, Class, Fault};
use crate::field;

use super::answers::settled;
use super::lifecycle;
use super::policy::lengthen;
use super::props::{BucketProps, NameOwner, aes, arn, owner_enforced};
use super::read::{is_elsewhere, own_tags};
use crate::resources::iam::policy::document;
use crate::resources::ownership::is_ours;
use crate::resources::sdk::{build_error, built_tags};

/// Makes the bucket, with its tags and without ACLs; one that a lost reply has made already is that one.
///
/// # Errors
/// The name is taken: by a bucket of this account that is not this one, of another account, or of another
/// region.
pub(super) async fn create(job: &Job, name: &str, tags: &Tags) -> Result<(), Fault> {
    let taken = |whose: &str| {
        let what = format!("the name `{name}` is taken by {whose}");
        Fault::new("s3:CreateBucket", Class::Conflict, what).hint(
            "names of buckets are shared by all of AWS: give it another one, or delete that bucket",
        )
    };
    match send_create(job, name, tags).await {
        // With tags in the request this is the answer in every region, us-east-1 included, where a request
        // without tags succeeds again (recorded: LocalStack's s3_api,
        // test_create_bucket_with_tags_us_east_1_idempotency).
        Err(fault) if fault.code == "BucketAlreadyOwnedByYou" => made_before(job, name)
            .await?
            .then_some(())
            .ok_or_else(|| taken("another bucket of this account")),
        Err(fault) if fault.code == "BucketAlreadyExists" => {
            Err(taken("a bucket of another account"))
        }
        Err(fault) if is_elsewhere(&fault) => Err(taken("a bucket in another region")),
        sent => sent,
    }
}

/// Whether the bucket is the one that a lost reply has made: its tags say so, once S3 knows it everywhere.
async fn made_before(job: &Job, name: &str) -> Result<bool, Fault> {
    const OPERATION: &str = "s3:GetBucketTagging";
    let unknown = |fault: &Fault| fault.is(OPERATION, &["NoSuchBucket"]);
    job.settle(unknown, || async {
        match own_tags(job, name).await? {
            NameOwner::Accounts(tags) => Ok(is_ours(job, &tags)),
            NameOwner::Others => Ok(false),
            NameOwner::Nobodys => Err(Fault {
                code: "NoSuchBucket".to_owned(),
                ..Fault::new(OPERATION, Class::Absent, "the bucket is not known yet")
            }),
        }
    })
    .await
}

async fn send_create(job: &Job, name: &str, tags: &Tags) -> Result<(), Fault> {
    let region = job.place.region.as_str();
    // The API takes every region but the one it began with.
    let place = (region != "us-east-1").then(|| api::BucketLocationConstraint::from(region));
    let configuration = api::CreateBucketConfiguration::builder()
        .set_location_constraint(place)
        .set_tags(Some(s3_tags(tags)?))
        .build();
    settled(job, "s3:CreateBucket", || async {
        let request = (job.s3.create_bucket())
            .bucket(name)
            .object_ownership(owner_enforced())
            .create_bucket_configuration(configuration.clone());
        done("s3:CreateBucket", request.send().await)
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
    let changed = |field| changes.is_none_or(|changes| changes.changed(field));
    if changed(field!(BucketProps, public_access_blocked)) {
        block(job, &want.name).await?;
    }
    if changes.is_some() && changed(field!(BucketProps, object_ownership)) {
        set_ownership(job, &want.name).await?;
    }
    // New buckets are encrypted by S3 and keep no versions.
    if changed(field!(BucketProps, encryption)) && (changes.is_some() || want.encryption != aes()) {
        encrypt(job, want).await?;
    }
    if changed(field!(BucketProps, versioning)) && (changes.is_some() || want.versioning) {
        version(job, want).await?;
    }
    if changed(field!(BucketProps, policy)) || changes.is_some_and(Changes::remove_extras) {
        permit(job, want).await?;
    }
    if changed(field!(BucketProps, access_log))
        && (changes.is_some() || want.access_log.place().is_some())
    {
        log(job, want).await?;
    }
    if changed(field!(BucketProps, lifecycle)) {
        lifecycle::put(job, want).await?;
    }
    Ok(())
}

async fn block(job: &Job, name: &str) -> Result<(), Fault> {
    let all = api::PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(true)
        .restrict_public_buckets(true)
        .build();
    settled(job, "s3:PutPublicAccessBlock", || async {
        let request = (job.s3.put_public_access_block())
            .bucket(name)
            .public_access_block_configuration(all.clone());
        done("s3:PutPublicAccessBlock", request.send().await)
    })
    .await
}

async fn set_ownership(job: &Job, name: &str) -> Result<(), Fault> {
    const OPERATION: &str = "s3:PutBucketOwnershipControls";
    let rule = api::OwnershipControlsRule::builder()
        .object_ownership(owner_enforced())
        .build()
        .map_err(build_error(OPERATION))?;
    let controls = api::OwnershipControls::builder()
        .rules(rule)
        .build()
        .map_err(build_error(OPERATION))?;
    settled(job, OPERATION, || async {
        let request = (job.s3.put_bucket_ownership_controls())
            .bucket(name)
            .ownership_controls(controls.clone());
        done(OPERATION, request.send().await)
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
        .apply_server_side_encryption_by_default(default.build().map_err(build_error(OPERATION))?)
        .bucket_key_enabled(kms)
        .build();
    let configuration = api::ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build()
        .map_err(build_error(OPERATION))?;
    settled(job, OPERATION, || async {
        let request = (job.s3.put_bucket_encryption())
            .bucket(&want.name)
            .server_side_encryption_configuration(configuration.clone());
        done(OPERATION, request.send().await)
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
        let request = (job.s3.put_bucket_versioning())
            .bucket(&want.name)
            .versioning_configuration(configuration.clone());
        done("s3:PutBucketVersioning", request.send().await)
    })
    .await
}

async fn permit(job: &Job, want: &BucketProps) -> Result<(), Fault> {
    let statements = lengthen(want.policy.clone(), &arn(job, &want.name));
    let text = document(&statements).to_string();
    settled(job, "s3:PutBucketPolicy", || async {
        let request = job.s3.put_bucket_policy().bucket(&want.name).policy(&text);
        done("s3:PutBucketPolicy", request.send().await)
    })
    .await
}

async fn log(job: &Job, want: &BucketProps) -> Result<(), Fault> {
    const OPERATION: &str = "s3:PutBucketLogging";
    let to = want.access_log.place().map(|to| {
        api::LoggingEnabled::builder()
            .target_bucket(&to.bucket)
            .target_prefix(&to.prefix)
            .build()
    });
    let to = to.transpose().map_err(build_error(OPERATION))?;
    let status = api::BucketLoggingStatus::builder()
        .set_logging_enabled(to)
        .build();
    settled(job, OPERATION, || async {
        let request = (job.s3.put_bucket_logging())
            .bucket(&want.name)
            .bucket_logging_status(status.clone());
        done(OPERATION, request.send().await)
    })
    .await
}

/// Puts tags in the place of all that there are.
///
/// # Errors
/// The fault of the request.
pub(super) async fn tag(job: &Job, name: &str, tags: &Tags) -> Result<(), Fault> {
    const OPERATION: &str = "s3:PutBucketTagging";
    let tagging = api::Tagging::builder()
        .set_tag_set(Some(s3_tags(tags)?))
        .build()
        .map_err(build_error(OPERATION))?;
    settled(job, OPERATION, || async {
        let request = (job.s3.put_bucket_tagging())
            .bucket(name)
            .tagging(tagging.clone());
        done(OPERATION, request.send().await)
    })
    .await
}

fn s3_tags(tags: &Tags) -> Result<Vec<api::Tag>, Fault> {
    built_tags("s3:PutBucketTagging", tags, |key, value| {
        api::Tag::builder().key(key).value(value).build()
    })
}
