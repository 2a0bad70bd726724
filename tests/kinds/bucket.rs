use ajuda::aws::{Cloud, Tags};
use ajuda::engine::{Graph, Outcome, apply, observe, plan, plan_destroy};
use ajuda::resources::{AccessLog, Bucket, KINDS};
use serde_json::json;

use crate::support::life::{Variant, expect, live, look, up};
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
        access_log: None,
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
    let sandbox = Sandbox::late();
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

/// A bucket, and the bucket that the log of requests to it goes to.
fn logged(prefix: Option<&'static str>) -> impl Fn(&mut Graph<Cloud>) + Sync {
    move |graph| {
        let logs = Bucket {
            name: "life-logs".into(),
            policy: vec![json!({
                "Sid": "ServerAccessLogs",
                "Effect": "Allow",
                "Principal": { "Service": "logging.s3.amazonaws.com" },
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::life-logs/*",
                "Condition": {
                    "ArnLike": { "aws:SourceArn": "arn:aws:s3:::life-uploads" },
                    "StringEquals": { "aws:SourceAccount": "123456789012" },
                },
            })],
            // S3 writes into it as long as the other one is there.
            disposable: true,
            ..base()
        };
        let logs = graph.add("storage", "logs", logs);
        let uploads = Bucket {
            access_log: prefix.map(|prefix| AccessLog {
                bucket: logs,
                prefix: prefix.to_owned(),
            }),
            ..base()
        };
        graph.add("storage", "uploads", uploads);
    }
}

#[tokio::test]
async fn requests_to_a_bucket_are_logged_in_another() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        "life",
        &logged(Some("s3/")),
        &[
            Variant {
                declare: &logged(Some("log/uploads/")),
                says: &["bucket/uploads access_log"],
            },
            Variant {
                declare: &logged(None),
                says: &["bucket/uploads access_log"],
            },
            Variant {
                declare: &logged(Some("s3/")),
                says: &["bucket/uploads access_log"],
            },
        ],
    )
    .await;
}

/// A log that goes into the bucket that it is about never ends.
#[tokio::test]
async fn a_log_that_nobody_declared_is_switched_off() {
    let sandbox = Sandbox::instant();
    let declare = logged(Some("s3/"));
    up(&sandbox, "life", &declare).await;
    let cloud = sandbox.cloud("life").await;
    let loops = aws_sdk_s3::types::LoggingEnabled::builder()
        .target_bucket("life-logs")
        .target_prefix("")
        .build()
        .unwrap();
    let loops = aws_sdk_s3::types::BucketLoggingStatus::builder()
        .logging_enabled(loops)
        .build();
    let put = cloud.s3.put_bucket_logging().bucket("life-logs");
    put.bucket_logging_status(loops).send().await.unwrap();
    expect(&sandbox, "life", &declare, &["bucket/logs access_log"]).await;
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
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

async fn conflict(sandbox: &Sandbox) -> ajuda::engine::Conflict {
    let cloud = sandbox.cloud("life").await;
    let graph = graph(&base());
    let observed = observe(&cloud, &graph, KINDS).await;
    let plan = plan(&graph, KINDS, &observed);
    assert_eq!(plan.unread, [], "everything can be read");
    let [conflict] = plan.conflicts.as_slice() else {
        panic!("{plan:#?}");
    };
    conflict.clone()
}

/// Its owner lets everybody in and has put our tags on it: only the account tells it from ours.
#[tokio::test]
async fn a_bucket_of_another_account_is_never_ours_whatever_its_tags_say() {
    let sandbox = Sandbox::instant();
    let tags = json!({
        "ajuda:stack": "life",
        "ajuda:address": "bucket/uploads",
    });
    let bucket = json!({ "foreign_buckets": { "life-uploads": tags } });
    sandbox.control("POST", "seed", Some(bucket));
    let conflict = conflict(&sandbox).await;
    assert_eq!(conflict.address.to_string(), "bucket/uploads");
    assert_eq!(conflict.id, "life-uploads");
    let asked = sandbox.control("GET", "requests", None);
    let changed: Vec<_> = asked.as_array().unwrap().iter().collect();
    assert!(
        changed
            .iter()
            .all(|call| call["service"] != "s3" || call["reading"] == true),
        "{asked:#}"
    );
}

/// Every call but the two that know no owner.
#[tokio::test]
async fn every_call_of_a_bucket_names_its_owner() {
    let sandbox = Sandbox::instant();
    let disposable = Bucket {
        disposable: true,
        ..base()
    };
    up(&sandbox, "life", &one(disposable.clone())).await;
    let cloud = sandbox.cloud("life").await;
    let put = cloud.s3.put_object().bucket("life-uploads").key("k");
    put.body(b"data".to_vec().into()).send().await.unwrap();
    assert_eq!(destroy(&sandbox, &disposable).await.report.failed, []);
    let asked = sandbox.control("GET", "requests", None);
    let calls = asked.as_array().unwrap().iter();
    let calls: Vec<_> = calls.filter(|call| call["service"] == "s3").collect();
    assert!(calls.len() > 15, "{asked:#}");
    for call in calls {
        let headers = call["outside"].as_str().unwrap().to_lowercase();
        let named = headers.contains("'x-amz-expected-bucket-owner': '123456789012'");
        let operation = call["operation"].as_str().unwrap();
        let knows_none = ["CreateBucket", "ListBuckets"].contains(&operation);
        assert_eq!(named, !knows_none, "{operation}: {headers}");
    }
}

#[tokio::test]
async fn a_bucket_in_another_region_is_in_the_way_whatever_s3_calls_it() {
    let sandbox = Sandbox::instant();
    let elsewhere = ajuda::aws::Connection {
        region: Some("eu-west-1".into()),
        endpoint: Some(sandbox.url.clone()),
        sandbox_credentials: true,
        ..ajuda::aws::Connection::default()
    };
    let inputs = ajuda::aws::Inputs::default();
    let cloud = ajuda::aws::connect("life", &elsewhere, inputs)
        .await
        .unwrap();
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint("eu-west-1".into())
        .build();
    let create = cloud.s3.create_bucket().bucket("life-uploads");
    let create = create.create_bucket_configuration(place);
    create.send().await.unwrap();
    assert_eq!(conflict(&sandbox).await.id, "life-uploads");
    for (http, code, message) in [
        (307, "TemporaryRedirect", "Please re-send this request"),
        (400, "IllegalLocationConstraintException", "is incompatible"),
        (
            400,
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
        ),
    ] {
        let rule = json!({
            "service": "s3", "operation": "GetBucketTagging", "http": http, "code": code,
            "message": message, "times": 1,
        });
        sandbox.control("POST", "faults", Some(json!({ "rules": [rule] })));
        assert_eq!(conflict(&sandbox).await.id, "life-uploads", "{code}");
    }
}

/// The name was free when the plan was made.
#[tokio::test]
async fn a_name_that_is_taken_meanwhile_is_named() {
    let sandbox = Sandbox::instant();
    for (http, code, whose) in [
        (409, "BucketAlreadyExists", "a bucket of another account"),
        (307, "TemporaryRedirect", "a bucket in another region"),
    ] {
        let rule = json!({
            "service": "s3", "operation": "CreateBucket", "http": http, "code": code, "message": "no",
            "times": 1,
        });
        sandbox.control("POST", "faults", Some(json!({ "rules": [rule] })));
        let (cloud, graph, observed, plan) = look(&sandbox, "life", &one(base())).await;
        let (events, _log) = tokio::sync::mpsc::unbounded_channel();
        let run = ajuda::engine::RunContext {
            cloud: std::sync::Arc::clone(&cloud),
            events,
            cancel: ajuda::engine::Cancel::default(),
            clock_speed: 1000.0,
        };
        let outcome = apply(&run, &graph, KINDS, &plan, &observed);
        let failed = outcome.await.report.failed;
        assert_eq!(
            failed[0].2.message,
            format!("the name `life-uploads` is taken by {whose}")
        );
    }
}

/// Settings of a new bucket are refused for a while, and its lifecycle is answered old and new by turns.
#[tokio::test]
async fn what_s3_has_not_spread_yet_is_waited_for() {
    let sandbox = Sandbox::start("step:5");
    up(&sandbox, "life", &one(base())).await;
    expect(&sandbox, "life", &one(base()), &[]).await;
    let later = Bucket {
        noncurrent_days: 3,
        ..base()
    };
    up(&sandbox, "life", &one(later.clone())).await;
    expect(&sandbox, "life", &one(later), &[]).await;
    let asked = sandbox.control("GET", "requests", None);
    let refused = |call: &&serde_json::Value| call["error_code"] == "NoSuchBucket";
    let puts = asked.as_array().unwrap().iter().filter(refused);
    assert!(
        puts.clone().any(|call| call["reading"] == false),
        "{asked:#}"
    );
}

#[tokio::test]
async fn two_changes_of_one_bucket_at_once_are_made_one_after_the_other() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &one(base())).await;
    let rules: Vec<_> = ["PutBucketTagging", "DeleteBucket"]
        .map(|operation| {
            json!({
                "service": "s3", "operation": operation, "http": 409, "code": "OperationAborted",
                "message": "A conflicting conditional operation is currently in progress", "times": 1,
            })
        })
        .into();
    sandbox.control("POST", "faults", Some(json!({ "rules": rules })));
    let tagged = Bucket {
        tags: Tags::from([("team".into(), "two".into())]),
        ..base()
    };
    up(&sandbox, "life", &one(tagged.clone())).await;
    expect(&sandbox, "life", &one(tagged.clone()), &[]).await;
    assert_eq!(destroy(&sandbox, &tagged).await.report.failed, []);
    let fired = sandbox.control("GET", "faults", None);
    let rules = fired["rules"].as_array().unwrap();
    assert!(rules.iter().all(|rule| rule["fired"] == 1), "{fired:#}");
}

/// Scanners read the form that AWS's documents have: a list of one is no denial to them.
#[tokio::test]
async fn the_policy_is_sent_in_the_documents_form() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &one(base())).await;
    let cloud = sandbox.cloud("life").await;
    let get = cloud.s3.get_bucket_policy().bucket("life-uploads");
    let held = get.send().await.unwrap().policy.unwrap();
    let held: serde_json::Value = serde_json::from_str(&held).unwrap();
    assert_eq!(
        held["Statement"][0],
        json!({
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::life-uploads", "arn:aws:s3:::life-uploads/*"],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        })
    );
}

#[tokio::test]
async fn an_unfinished_upload_keeps_no_bucket() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &one(base())).await;
    let cloud = sandbox.cloud("life").await;
    let upload = cloud.s3.create_multipart_upload().bucket("life-uploads");
    upload.key("unfinished").send().await.unwrap();
    assert_eq!(destroy(&sandbox, &base()).await.report.failed, []);
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
    assert_eq!(fault.hint, Some(hint.into()));

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
    let run = ajuda::engine::RunContext {
        cloud: std::sync::Arc::clone(&cloud),
        events,
        cancel: ajuda::engine::Cancel::default(),
        clock_speed: 1000.0,
    };
    apply(&run, &graph, KINDS, &plan, &observed).await
}
