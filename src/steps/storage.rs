//! S3 buckets: for uploads, and for the load balancer's access logs.

use serde_json::json;

use super::Site;
use crate::aws::Place;
use crate::engine::Ref;
use crate::resources::Bucket;

const STEP: &str = "storage";

/// The stack's buckets.
pub(super) struct Storage {
    pub(super) uploads: Option<Ref<Bucket>>,
    pub(super) access_logs: Option<Ref<Bucket>>,
}

pub(super) fn declare(site: &mut Site<'_>) -> Storage {
    let stack = site.stack;
    let uploads = stack.storage.as_ref().map(|wanted| {
        let bucket = Bucket {
            name: uploads_name(site, wanted.bucket.as_deref()),
            versioning: wanted.versioning,
            noncurrent_days: wanted.noncurrent_days,
            abort_upload_days: wanted.abort_upload_days,
            expire_days: None,
            kms_key: wanted.kms_key.clone(),
            policy: Vec::new(),
            disposable: stack.disposable,
            tags: site.tags(),
        };
        site.graph.add(STEP, "uploads", bucket)
    });
    let public = stack.services.values().any(|service| service.public);
    let access_logs = (public && stack.load_balancer.access_logs).then(|| {
        let name = site.called::<Bucket>("access-logs", bucket_name(site.place, "access-logs"));
        let bucket = Bucket {
            policy: vec![delivery(site.place, &name)],
            name,
            versioning: false,
            noncurrent_days: 1,
            abort_upload_days: 7,
            expire_days: Some(stack.load_balancer.access_log_days),
            // Access logs can only be delivered into buckets that S3 itself encrypts.
            kms_key: None,
            disposable: stack.disposable,
            tags: site.tags(),
        };
        site.graph.add(STEP, "access-logs", bucket)
    });
    Storage {
        uploads,
        access_logs,
    }
}

/// Bucket names are shared by all of AWS, so account and region are part of ours.
fn bucket_name(place: &Place, name: &str) -> String {
    format!("{}-{name}-{}-{}", place.stack, place.account, place.region)
}

/// The bucket for uploads: as the file says, or a name of its own.
pub(super) fn uploads_name(site: &Site<'_>, wanted: Option<&str>) -> String {
    let ours = wanted.map_or_else(|| bucket_name(site.place, "uploads"), str::to_owned);
    site.called::<Bucket>("uploads", ours)
}

/// "Access logs for your Application Load Balancer: Step 2, attach a policy to your S3 bucket".
fn delivery(place: &Place, bucket: &str) -> serde_json::Value {
    json!({
        "Sid": "AccessLogs",
        "Effect": "Allow",
        "Principal": { "Service": "logdelivery.elasticloadbalancing.amazonaws.com" },
        "Action": "s3:PutObject",
        "Resource": format!(
            "arn:{}:s3:::{bucket}/alb/AWSLogs/{}/*",
            place.partition, place.account
        ),
    })
}
