//! Lifecycle rules: read, sent, and the moment from which they can be relied on.

use std::collections::BTreeMap;

use aws_sdk_s3::types as api;

use crate::aws::{Cloud, Job, answer_of, done};
use crate::engine::{Fault, Ready};

use super::answers::{settled, unset};
use super::props::{BucketLive, BucketProps, Rule};
use crate::resources::sdk::build_error;

const PUT: &str = "s3:PutBucketLifecycleConfiguration";

/// The rules of a bucket, by id.
///
/// # Errors
/// The fault of the request.
pub(super) async fn lifecycle(cloud: &Cloud, name: &str) -> Result<BTreeMap<String, Rule>, Fault> {
    let request = cloud.s3.get_bucket_lifecycle_configuration().bucket(name);
    let answer = answer_of("s3:GetBucketLifecycleConfiguration", request.send().await);
    let rules = unset(answer)?.and_then(|answer| answer.rules);
    Ok(rules
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .map(|(index, observed)| {
            let id = observed
                .id()
                .map_or_else(|| format!("#{index}"), str::to_owned);
            (id, rule(observed))
        })
        .collect())
}

fn rule(mut observed: api::LifecycleRule) -> Rule {
    let prefix = observed
        .filter()
        .and_then(api::LifecycleRuleFilter::prefix)
        .map(str::to_owned);
    let read = Rule {
        enabled: observed.status() == &api::ExpirationStatus::Enabled,
        prefix: prefix.unwrap_or_default(),
        expire_days: observed.expiration.as_ref().and_then(|it| it.days()),
        noncurrent_days: observed
            .noncurrent_version_expiration
            .as_ref()
            .and_then(|it| it.noncurrent_days()),
        abort_upload_days: observed
            .abort_incomplete_multipart_upload
            .as_ref()
            .and_then(|it| it.days_after_initiation()),
        more: None,
    };
    let more = !observed.transitions().is_empty()
        || !observed.noncurrent_version_transitions().is_empty()
        || observed.filter().is_some_and(|filter| {
            filter.tag().is_some()
                || filter.and().is_some()
                || filter.object_size_greater_than().is_some()
                || filter.object_size_less_than().is_some()
        });
    observed.id = None;
    Rule {
        more: more.then(|| format!("{observed:?}")),
        ..read
    }
}

/// Whether reads answer the rules that were put: for up to three minutes they answer old and new ones by
/// turns, so that one good answer says nothing (Terraform's provider, `bucket_lifecycle_configuration.go`,
/// which waits for three in a row).
///
/// # Errors
/// The fault of a request.
pub(super) async fn steady(job: &Job, live: &BucketLive) -> Result<Ready<BucketLive>, Fault> {
    const IN_A_ROW: usize = 3;
    for _ in 0..IN_A_ROW {
        let read = match lifecycle(job, &live.name).await {
            Ok(read) => Some(read),
            // It was made a moment ago, and is not known everywhere.
            Err(fault) if fault.code == "NoSuchBucket" => None,
            Err(fault) => return Err(fault),
        };
        if read.as_ref() != Some(&live.props.lifecycle) {
            return Ok(Ready::NotYet(
                "its lifecycle rules are spreading".to_owned(),
            ));
        }
    }
    Ok(Ready::Yes(live.clone()))
}

/// Sends the rules that are wanted.
///
/// # Errors
/// The fault of the request.
pub(super) async fn put(job: &Job, want: &BucketProps) -> Result<(), Fault> {
    let rules = want
        .lifecycle
        .iter()
        .map(|(id, rule)| sent(id, rule))
        .collect::<Result<_, _>>()?;
    let configuration = api::BucketLifecycleConfiguration::builder()
        .set_rules(Some(rules))
        .build()
        .map_err(build_error(PUT))?;
    settled(job, PUT, || async {
        let request = (job.s3.put_bucket_lifecycle_configuration())
            .bucket(&want.name)
            .lifecycle_configuration(configuration.clone());
        done(PUT, request.send().await)
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
        .map_err(build_error(PUT))
}
