use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Graph, Outcome, apply, observe, plan, plan_destroy};
use ajuda::resources::{Bucket, KINDS};
use serde_json::json;

use crate::support::life::{Variant, expect, live, up};
use crate::support::sandbox::Sandbox;

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555";

fn base() -> Bucket {
    Bucket {
        name: "life-uploads".into(),
        versioning: true,
        noncurrent_days: 30,
        abort_upload_days: 7,
        expire_days: None,
        kms_key: None,
        policy: Vec::new(),
        disposable: false,
        tags: Tags::from([("team".into(), "one".into())]),
    }
}

fn one(bucket: Bucket) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        graph.add("storage", "uploads", bucket.clone());
    }
}

#[tokio::test]
async fn a_bucket_lives() {
    let sandbox = Sandbox::instant();
    let suspended = Bucket {
        versioning: false,
        ..base()
    };
    let old = Bucket {
        noncurrent_days: 3,
        ..suspended.clone()
    };
    let unfinished = Bucket {
        abort_upload_days: 2,
        ..old.clone()
    };
    let expires = Bucket {
        expire_days: Some(90),
        ..unfinished.clone()
    };
    let later = Bucket {
        expire_days: Some(365),
        ..expires.clone()
    };
    let encrypted = Bucket {
        kms_key: Some(KEY.into()),
        ..later.clone()
    };
    let permits = Bucket {
        policy: vec![json!({
            "Sid": "AccessLogs",
            "Effect": "Allow",
            "Principal": { "Service": "logdelivery.elasticloadbalancing.amazonaws.com" },
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::life-uploads/alb/AWSLogs/123456789012/*",
        })],
        ..encrypted.clone()
    };
    let plain = Bucket {
        kms_key: None,
        policy: Vec::new(),
        ..permits.clone()
    };
    let disposable = Bucket {
        disposable: true,
        ..plain.clone()
    };
    let tagged = Bucket {
        tags: Tags::from([("team".into(), "two".into())]),
        ..disposable.clone()
    };
    live(
        &sandbox,
        "life",
        &one(base()),
        &[
            Variant {
                declare: &one(suspended),
                says: &["bucket/uploads versioning"],
            },
            Variant {
                declare: &one(old),
                says: &["bucket/uploads lifecycle.old-versions.noncurrent_days"],
            },
            Variant {
                declare: &one(unfinished),
                says: &["bucket/uploads lifecycle.unfinished-uploads.abort_upload_days"],
            },
            Variant {
                declare: &one(expires),
                says: &[
                    "bucket/uploads lifecycle.expire.enabled",
                    "bucket/uploads lifecycle.expire.expire_days",
                    "bucket/uploads lifecycle.expire.prefix",
                ],
            },
            Variant {
                declare: &one(later),
                says: &["bucket/uploads lifecycle.expire.expire_days"],
            },
            Variant {
                declare: &one(encrypted),
                says: &["bucket/uploads encryption"],
            },
            Variant {
                declare: &one(permits),
                says: &[
                    "bucket/uploads policy.AccessLogs.Action",
                    "bucket/uploads policy.AccessLogs.Effect",
                    "bucket/uploads policy.AccessLogs.Principal.Service",
                    "bucket/uploads policy.AccessLogs.Resource",
                ],
            },
            Variant {
                declare: &one(plain),
                says: &[
                    "bucket/uploads encryption",
                    "bucket/uploads policy.AccessLogs",
                ],
            },
            Variant {
                declare: &one(disposable),
                says: &["bucket/uploads disposable"],
            },
            Variant {
                declare: &one(tagged),
                says: &["bucket/uploads tags.team"],
            },
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_opened_behind_our_back_is_closed_again() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &one(base())).await;
    let cloud = sandbox.cloud("life").await;
    let delete = cloud.s3.delete_public_access_block();
    delete.bucket("life-uploads").send().await.unwrap();
    let delete = cloud.s3.delete_bucket_ownership_controls();
    delete.bucket("life-uploads").send().await.unwrap();
    let delete = cloud.s3.delete_bucket_policy();
    delete.bucket("life-uploads").send().await.unwrap();
    expect(
        &sandbox,
        "life",
        &one(base()),
        &[
            "bucket/uploads object_ownership",
            "bucket/uploads policy.TlsOnly.Action",
            "bucket/uploads policy.TlsOnly.Condition.Bool.aws:SecureTransport",
            "bucket/uploads policy.TlsOnly.Effect",
            "bucket/uploads policy.TlsOnly.Principal",
            "bucket/uploads policy.TlsOnly.Resource",
            "bucket/uploads public_access_blocked",
        ],
    )
    .await;
    up(&sandbox, "life", &one(base())).await;
    expect(&sandbox, "life", &one(base()), &[]).await;
}

#[tokio::test]
async fn a_bucket_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    let cloud = sandbox.cloud("life").await;
    let create = cloud.s3.create_bucket();
    create.bucket("life-uploads").send().await.unwrap();
    let graph = graph(&base());
    let observed = observe(&cloud, &graph, KINDS).await;
    let plan = plan(&graph, KINDS, &observed);
    assert_eq!(plan.conflicts.len(), 1, "{plan:#?}");
    assert_eq!(plan.conflicts[0].address.to_string(), "bucket/uploads");
    assert_eq!(plan.conflicts[0].id, "life-uploads");
}

#[tokio::test]
async fn objects_go_only_where_somebody_said_so() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &one(base())).await;
    let cloud = sandbox.cloud("life").await;
    for _ in 0..2 {
        let put = cloud.s3.put_object().bucket("life-uploads").key("kept");
        put.body(b"data".to_vec().into()).send().await.unwrap();
    }
    let delete = cloud.s3.delete_object().bucket("life-uploads").key("kept");
    delete.send().await.unwrap();
    let upload = cloud.s3.create_multipart_upload().bucket("life-uploads");
    upload.key("unfinished").send().await.unwrap();

    let refused = destroy(&sandbox, &base()).await.report.failed;
    let fault = &refused[0].2;
    assert_eq!(fault.message, "the bucket `life-uploads` holds objects");
    let hint = "`--delete-data bucket/uploads` deletes it with what is in it";
    assert_eq!(fault.hint.as_deref(), Some(hint));

    let disposable = Bucket {
        disposable: true,
        ..base()
    };
    up(&sandbox, "life", &one(disposable.clone())).await;
    let report = destroy(&sandbox, &disposable).await.report;
    assert_eq!(report.failed, []);
    expect(&sandbox, "life", &one(base()), &["+ bucket/uploads"]).await;
}

fn graph(bucket: &Bucket) -> std::sync::Arc<Graph<Cloud>> {
    let mut graph = Graph::default();
    one(bucket.clone())(&mut graph);
    graph.into()
}

async fn destroy(sandbox: &Sandbox, bucket: &Bucket) -> Outcome {
    let cloud = sandbox.cloud("life").await;
    let graph = graph(bucket);
    let observed = observe(&cloud, &graph, KINDS).await;
    let plan = plan_destroy(&graph, KINDS, &observed, |_| false);
    let (events, _log) = tokio::sync::mpsc::unbounded_channel();
    let cancel = ajuda::engine::Cancel::default();
    apply(
        &cloud, &graph, KINDS, &plan, &observed, events, &cancel, 1000.0,
    )
    .await
}
