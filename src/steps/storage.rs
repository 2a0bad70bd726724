//! S3 buckets: for uploads, and for the load balancer's access logs.

use serde_json::json;

use super::BuildContext;
use crate::aws::Place;
use crate::engine::Ref;
use crate::resources::{AccessLog, Bucket};

const STEP: &str = "storage";

/// Where the log of requests to the uploads lies in the bucket of logs.
const UPLOADS_LOG: &str = "s3/uploads/";

/// The stack's buckets.
pub(super) struct Storage {
    pub(super) uploads: Option<Ref<Bucket>>,
    /// Where the load balancer logs to; `None` when it does not.
    pub(super) access_logs: Option<Ref<Bucket>>,
}

pub(super) fn declare(context: &mut BuildContext<'_>) -> Storage {
    let stack = context.stack;
    let uploads = stack.storage.as_ref();
    let uploads = uploads.map(|wanted| (wanted, uploads_name(context, wanted.bucket.as_deref())));
    let logged = uploads.as_ref().filter(|(wanted, _)| wanted.access_logs);
    let logged = logged.map(|(_, name)| name.clone());
    let public = stack.services.values().any(|service| service.public);
    let balancer = public && stack.load_balancer.access_logs;
    let access_logs = (balancer || logged.is_some()).then(|| {
        let name = context
            .physical_name::<Bucket>("access-logs", bucket_name(context.place, "access-logs"));
        let of_balancer = balancer.then(|| delivery(context.place, &name));
        let of_uploads = logged.map(|uploads| server_logs(context.place, &name, &uploads));
        let bucket = Bucket {
            policy: of_balancer.into_iter().chain(of_uploads).collect(),
            // Its own log would be written into itself, and logged again, for ever ("Enabling Amazon S3
            // server access logging").
            access_log: None,
            name,
            versioning: false,
            noncurrent_days: 1,
            abort_upload_days: 7,
            expire_days: Some(stack.load_balancer.access_log_days),
            // Access logs can only be delivered into buckets that S3 itself encrypts.
            kms_key: None,
            disposable: stack.disposable,
            tags: context.tags(),
        };
        context.graph.add(STEP, "access-logs", bucket)
    });
    let uploads = uploads.map(|(wanted, name)| {
        let log = access_logs.as_ref().filter(|_| wanted.access_logs);
        let bucket = Bucket {
            name,
            versioning: wanted.versioning,
            noncurrent_days: wanted.noncurrent_days,
            abort_upload_days: wanted.abort_upload_days,
            expire_days: None,
            kms_key: wanted.kms_key.clone(),
            policy: Vec::new(),
            access_log: log.map(|bucket| AccessLog {
                bucket: bucket.clone(),
                prefix: UPLOADS_LOG.to_owned(),
            }),
            disposable: stack.disposable,
            tags: context.tags(),
        };
        context.graph.add(STEP, "uploads", bucket)
    });
    Storage {
        uploads,
        access_logs: access_logs.filter(|_| balancer),
    }
}

/// Bucket names are shared by all of AWS, so account and region are part of ours.
fn bucket_name(place: &Place, name: &str) -> String {
    format!("{}-{name}-{}-{}", place.stack, place.account, place.region)
}

/// The bucket for uploads: as the file says, or a name of its own.
pub(super) fn uploads_name(context: &BuildContext<'_>, wanted: Option<&str>) -> String {
    let ours = wanted.map_or_else(|| bucket_name(context.place, "uploads"), str::to_owned);
    context.physical_name::<Bucket>("uploads", ours)
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

/// "Permissions for log delivery" in the S3 user guide.
fn server_logs(place: &Place, bucket: &str, of: &str) -> serde_json::Value {
    json!({
        "Sid": "ServerAccessLogs",
        "Effect": "Allow",
        "Principal": { "Service": "logging.s3.amazonaws.com" },
        "Action": "s3:PutObject",
        "Resource": format!("arn:{}:s3:::{bucket}/{UPLOADS_LOG}*", place.partition),
        "Condition": {
            "ArnLike": { "aws:SourceArn": format!("arn:{}:s3:::{of}", place.partition) },
            "StringEquals": { "aws:SourceAccount": place.account },
        },
    })
}
