use ajuda::aws::{Cloud, Tags};
use ajuda::engine::Graph;
use ajuda::message::StackOptions;
use ajuda::resources::Topic;
use serde_json::json;

use crate::strangers::{in_the_way, left};
use crate::support::life::{Variant, expect, live, look, remove, up};
use crate::support::sandbox::Sandbox;

fn topic<'a>(
    name: &'a str,
    email: Option<&'a str>,
    team: &'a str,
) -> impl Fn(&mut Graph<Cloud>) + Sync + 'a {
    under(None, name, email, team)
}

fn under<'a>(
    key: Option<&'a str>,
    name: &'a str,
    email: Option<&'a str>,
    team: &'a str,
) -> impl Fn(&mut Graph<Cloud>) + Sync + 'a {
    move |graph| {
        graph.add(
            "observability",
            "alarms",
            Topic {
                name: name.into(),
                email: email.map(str::to_owned),
                kms_key: key.map(str::to_owned),
                tags: Tags::from([("team".into(), team.into())]),
            },
        );
    }
}

#[tokio::test]
async fn a_topic_lives() {
    let sandbox = Sandbox::late();
    live(
        &sandbox,
        "life",
        &topic("life-alarms", None, "one"),
        &[
            Variant {
                declare: &topic("life-alarms", Some("ops@example.org"), "one"),
                says: &["topic/alarms emails"],
            },
            Variant {
                declare: &topic("life-alarms", Some("sre@example.org"), "one"),
                says: &["topic/alarms emails"],
            },
            Variant {
                declare: &topic("life-alarms", Some("sre@example.org"), "two"),
                says: &["topic/alarms tags.team"],
            },
            Variant {
                declare: &topic("life-sirens", Some("sre@example.org"), "two"),
                says: &[],
            },
        ],
    )
    .await;
}

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/0c1d2e3f-0000-4000-8000-000000000001";
const OTHER: &str = "arn:aws:kms:us-east-1:123456789012:key/0c1d2e3f-0000-4000-8000-000000000002";

#[tokio::test]
async fn a_topic_lies_under_a_key_and_says_what_the_key_must_permit() {
    let sandbox = Sandbox::late();
    let under = |key| under(key, "life-alarms", None, "one");
    live(
        &sandbox,
        "life",
        &under(Some(KEY)),
        &[
            Variant {
                declare: &under(Some(OTHER)),
                says: &["topic/alarms kms_key"],
            },
            Variant {
                declare: &under(None),
                says: &["topic/alarms kms_key"],
            },
        ],
    )
    .await;
    up(&sandbox, "life", &under(Some(KEY))).await;
    let (_, _, _, plan) = look(&sandbox, "life", &under(Some(KEY))).await;
    let note = plan.items[0].notes[0].at(&StackOptions::default());
    let lets = format!("the policy of {KEY} lets cloudwatch.amazonaws.com use it");
    assert!(note.contains(&lets), "{note}");
    up(&sandbox, "life", &under(None)).await;
    let (_, _, _, plan) = look(&sandbox, "life", &under(None)).await;
    assert!(plan.items[0].notes.is_empty());
}

#[tokio::test]
async fn a_topic_whose_policy_was_changed_gets_it_back() {
    let sandbox = Sandbox::instant();
    let declare = topic("life-alarms", None, "one");
    up(&sandbox, "life", &declare).await;
    let cloud = sandbox.cloud("life").await;
    cloud
        .sns
        .set_topic_attributes()
        .topic_arn(cloud.place.arn("sns", "life-alarms"))
        .attribute_name("Policy")
        .attribute_value(r#"{"Version": "2012-10-17", "Statement": []}"#)
        .send()
        .await
        .unwrap();
    expect(&sandbox, "life", &declare, &["topic/alarms alarms_publish"]).await;
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
}

#[tokio::test]
async fn a_topic_says_who_has_not_confirmed() {
    let sandbox = Sandbox::instant();
    let declare = topic("life-alarms", Some("ops@example.org"), "one");
    up(&sandbox, "life", &declare).await;
    let (_, _, _, plan) = look(&sandbox, "life", &declare).await;
    assert_eq!(
        plan.items[0].notes,
        [
            "ops@example.org has not confirmed the subscription yet: AWS sent a message with a link"
                .into()
        ]
    );
}

/// Who has unsubscribed by the link in a message is listed for some time, without an ARN, and gets nothing.
#[tokio::test]
async fn an_address_that_has_unsubscribed_is_not_taken_for_subscribed() {
    let sandbox = Sandbox::instant();
    let declare = topic("life-alarms", Some("ops@example.org"), "one");
    up(&sandbox, "life", &declare).await;
    let left = json!({ "email": "ops@example.org" });
    sandbox.control("POST", "unsubscribed", Some(left));
    let cloud = sandbox.cloud("life").await;
    let topic = cloud.place.arn("sns", "life-alarms");
    let listed = cloud.sns.list_subscriptions_by_topic().topic_arn(topic);
    let listed = listed.send().await.unwrap();
    assert_eq!(
        listed.subscriptions()[0].subscription_arn(),
        Some("Deleted")
    );
    expect(&sandbox, "life", &declare, &["topic/alarms emails"]).await;
    up(&sandbox, "life", &declare).await;
    expect(&sandbox, "life", &declare, &[]).await;
    let again = json!({ "email": "ops@example.org" });
    sandbox.control("POST", "unsubscribed", Some(again));
    remove(&sandbox, "life", &declare, &|_| false).await;
}

#[tokio::test]
async fn a_topic_of_somebody_else_is_in_the_way() {
    let sandbox = Sandbox::instant();
    let cloud = sandbox.cloud("life").await;
    cloud
        .sns
        .create_topic()
        .name("life-alarms")
        .send()
        .await
        .unwrap();
    let conflicts = in_the_way(&cloud, &topic("life-alarms", None, "one")).await;
    assert_eq!(conflicts, ["topic/alarms life-alarms"]);
}

#[tokio::test]
async fn a_topic_that_left_the_file_is_found() {
    let sandbox = Sandbox::instant();
    up(&sandbox, "life", &topic("life-alarms", None, "one")).await;
    let cloud = sandbox.cloud("life").await;
    assert_eq!(left(&cloud).await, ["topic/alarms life-alarms"]);
}
