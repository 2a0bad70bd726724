//! Who gets a topic's messages by e-mail.

use crate::aws::{Cloud, Job, answer_of, deleted, done};
use crate::engine::Fault;

/// What ListSubscriptionsByTopic answers in place of an ARN until the owner of the address agrees.
const UNCONFIRMED: &str = "PendingConfirmation";

/// What it answers for some time for an address whose owner has unsubscribed by the link in a message:
/// nothing is sent there, and it can be subscribed again.
const UNSUBSCRIBED: &str = "Deleted";

/// One address that gets a topic's messages.
#[derive(Debug, Clone)]
pub(super) struct Subscription {
    pub(super) email: String,
    /// `None` until its owner has agreed: it cannot be taken back until then, and goes by itself.
    pub(super) arn: Option<String>,
}

/// A subscription of others, by another protocol than the file knows.
#[derive(Debug, Clone)]
pub(super) struct Other {
    /// `None` until its owner has confirmed it.
    pub(super) arn: Option<String>,
    pub(super) what: String,
}

/// The e-mail subscriptions of a topic, and those by other protocols.
pub(super) async fn subscriptions(
    cloud: &Cloud,
    arn: &str,
) -> Result<(Vec<Subscription>, Vec<Other>), Fault> {
    let request = cloud.sns.list_subscriptions_by_topic().topic_arn(arn);
    let items = request.into_paginator().items().send();
    let (mut found, mut others) = (Vec::new(), Vec::new());
    for one in answer_of("sns:ListSubscriptionsByTopic", items.try_collect().await)? {
        if one.subscription_arn() == Some(UNSUBSCRIBED) {
            continue;
        }
        let protocol = one.protocol.unwrap_or_default();
        let endpoint = one.endpoint.unwrap_or_default();
        let arn = one.subscription_arn.filter(|arn| arn != UNCONFIRMED);
        if protocol == "email" {
            let email = endpoint;
            found.push(Subscription { email, arn });
        } else {
            let what = format!("{protocol} subscription of {endpoint}");
            others.push(Other { arn, what });
        }
    }
    Ok((found, others))
}

/// Takes one subscription back.
pub(super) async fn unsubscribe(job: &Job, arn: &str) -> Result<(), Fault> {
    let request = job.sns.unsubscribe().subscription_arn(arn);
    deleted("sns:Unsubscribe", request.send().await)
}

/// Subscribes who is missing and takes back the others.
pub(super) async fn subscribe(
    job: &Job,
    topic: &str,
    have: &[Subscription],
    want: &[String],
) -> Result<Vec<Subscription>, Fault> {
    for one in have.iter().filter(|one| !want.contains(&one.email)) {
        let Some(arn) = &one.arn else { continue };
        unsubscribe(job, arn).await?;
    }
    let mut after: Vec<Subscription> = have
        .iter()
        .filter(|one| want.contains(&one.email))
        .cloned()
        .collect();
    for email in want {
        if after.iter().any(|one| &one.email == email) {
            continue;
        }
        let request = (job.sns.subscribe())
            .topic_arn(topic)
            .protocol("email")
            .endpoint(email);
        done("sns:Subscribe", request.send().await)?;
        after.push(Subscription {
            email: email.clone(),
            arn: None,
        });
    }
    Ok(after)
}
