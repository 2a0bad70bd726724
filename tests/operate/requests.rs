//! What the verbs of a running service ask AWS for: what they need, and no more, in few round trips.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::binary::Desk;
use crate::migration::assistant;
use crate::stage::{forget, push, requests, web};
use crate::support::lease::without_renewals;
use crate::support::round_trips::{counted, depth};

/// What a command asked for, in order, and in how many round trips.
struct Asked {
    operations: Vec<String>,
    round_trips: usize,
}

fn asked(desk: &Desk, words: &[&str]) -> Asked {
    forget(desk);
    let ended = counted(&desk.sandbox, || desk.deploy(words));
    assert_eq!(ended.code, 0, "{words:?}: {}{}", ended.out, ended.err);
    let all = without_renewals(requests(desk));
    let text = |request: &Value| request["operation"].as_str().unwrap().to_owned();
    Asked {
        operations: all.iter().map(text).collect(),
        round_trips: depth(&all),
    }
}

/// Each change begins with who is calling and the stack's lease, and ends by giving that back. What is read is
/// the service, what it runs and what its family has newest; the file's other kinds are not.
#[test]
fn a_change_of_a_service_asks_for_that_service_alone() {
    let desk = web();
    push(&desk, "web:v2", "ok");
    let update = asked(&desk, &["update", "--image", "v2", "--no-wait", "--yes"]);
    assert_eq!(
        update.operations,
        [
            "GetCallerIdentity",
            "CreateLogGroup",
            "DescribeLogGroups",
            "DescribeServices",
            "DescribeTaskDefinition",
            "DescribeTaskDefinition",
            "BatchGetImage",
            // What was registered by a run that was cut short, and the tag that holds the image.
            "DescribeTaskDefinition",
            "BatchGetImage",
            "PutImage",
            "RegisterTaskDefinition",
            "DescribeServices",
            "UpdateService",
            "DeleteLogGroup",
        ]
    );
    assert!(update.round_trips <= 13, "{}", update.round_trips);

    let scale = asked(&desk, &["scale", "web=2", "--no-wait", "--yes"]);
    assert_eq!(
        scale.operations,
        [
            "GetCallerIdentity",
            "CreateLogGroup",
            "DescribeLogGroups",
            "DescribeServices",
            "DescribeTaskDefinition",
            "DescribeTaskDefinition",
            "DescribeImages",
            "DescribeServices",
            "UpdateService",
            "DeleteLogGroup",
        ]
    );
    assert!(scale.round_trips <= 9, "{}", scale.round_trips);
}

#[test]
fn history_is_six_requests_and_one_more_for_each_other_revision() {
    let desk = web();
    let first = asked(&desk, &["history"]);
    let mut operations = first.operations.clone();
    operations.sort();
    assert_eq!(
        operations,
        [
            "DescribeServiceRevisions",
            "DescribeServices",
            "DescribeTaskDefinition",
            "GetCallerIdentity",
            "ListServiceDeployments",
            "ListTasks",
        ]
    );
    push(&desk, "web:v2", "ok");
    let update = desk.deploy(&["update", "--image", "v2", "--yes"]);
    assert_eq!(update.code, 0, "{}", update.err);
    let second = asked(&desk, &["history"]);
    let revisions = second
        .operations
        .iter()
        .filter(|one| *one == "DescribeTaskDefinition");
    assert_eq!(revisions.count(), 2);
    assert!(second.round_trips <= 5, "{}", second.round_trips);
    assert_eq!(first.round_trips, second.round_trips);
}

/// The kinds of the outputs, and nothing else of the stack: no network, no roles, no tasks.
#[test]
fn outputs_ask_for_what_they_print() {
    let desk = assistant();
    let outputs = asked(&desk, &["outputs"]);
    let all: BTreeSet<&str> = outputs.operations.iter().map(String::as_str).collect();
    let known = [
        "DescribeClusters",
        "DescribeDBInstances",
        "DescribeListeners",
        "DescribeLoadBalancerAttributes",
        "DescribeLoadBalancers",
        "DescribeLogGroups",
        "DescribeRepositories",
        "DescribeSecret",
        "DescribeTags",
        "GetBucketEncryption",
        "GetBucketLifecycleConfiguration",
        "GetBucketLogging",
        "GetBucketOwnershipControls",
        "GetBucketPolicy",
        "GetBucketTagging",
        "GetBucketVersioning",
        "GetCallerIdentity",
        "GetLifecyclePolicy",
        "GetPublicAccessBlock",
        "GetResources",
        "ListSecrets",
        "ListTagsForResource",
    ];
    assert_eq!(all, BTreeSet::from(known));
    assert!(outputs.round_trips <= 4, "{}", outputs.round_trips);
}
