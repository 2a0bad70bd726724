//! Who gets a topic's messages by e-mail.

use crate::aws::{Cloud, Job, absent_is_done, fault};
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

/// The e-mail subscriptions of a topic.
pub(super) async fn subscriptions(cloud: &Cloud, arn: &str) -> Result<Vec<Subscription>, Fault> {
    let mut pages = cloud
        .sns
        .list_subscriptions_by_topic()
        .topic_arn(arn)
        .into_paginator()
        .items()
        .send();
    let mut found = Vec::new();
    while let Some(one) = pages.next().await {
        let one = one.map_err(fault("sns:ListSubscriptionsByTopic"))?;
        if one.protocol() == Some("email")
            && one.subscription_arn() != Some(UNSUBSCRIBED)
            && let Some(email) = one.endpoint
        {
            let arn = one.subscription_arn.filter(|arn| arn != UNCONFIRMED);
            found.push(Subscription { email, arn });
        }
    }
    Ok(found)
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
        job.sns
            .unsubscribe()
            .subscription_arn(arn)
            .send()
            .await
            .map_err(fault("sns:Unsubscribe"))
            .map(|_| ())
            .or_else(absent_is_done)?;
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
        job.sns
            .subscribe()
            .topic_arn(topic)
            .protocol("email")
            .endpoint(email)
            .send()
            .await
            .map_err(fault("sns:Subscribe"))?;
        after.push(Subscription {
            email: email.clone(),
            arn: None,
        });
    }
    Ok(after)
}
