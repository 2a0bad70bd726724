//! An SNS topic that alarms speak through.

use std::collections::BTreeSet;

use aws_sdk_sns::types::Tag;
use serde::Serialize;
use serde_json::{Value, json};

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{
    Cloud, Job, Place, Tags, all_tags, answer_of, deleted, done, tags_from, tags_taken_out,
    user_tags,
};
use crate::engine::{
    Address, Changes, Extra, Fault, Field, Found, Ownership, ResolveContext, Resource,
};
use crate::message::Message;
use crate::{field, fields};

use crate::resources::iam::policy::statements;
use crate::resources::ownership::bears;
use crate::resources::sdk::{built_tags, sorted, try_join_bounded};
use subscriptions::{Other, Subscription, subscribe, subscriptions, unsubscribe};

mod subscriptions;

/// The attribute that holds the key; empty is none (SNS API, `SetTopicAttributes`).
const KEY: &str = "KmsMasterKeyId";

/// A topic, and who reads it.
#[derive(Debug, Clone)]
pub struct Topic {
    /// Its name (SNS API, `CreateTopic.Name`).
    pub name: String,
    /// An e-mail address that gets every message, once its owner has agreed.
    pub email: Option<String>,
    /// KMS key ARN; `None` leaves messages unencrypted at rest. CloudWatch must be allowed to use the key:
    /// the one of AWS, `alias/aws/sns`, it may not ("Amazon SNS, key management").
    pub kms_key: Option<String>,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a topic.
#[derive(Debug, Serialize)]
pub struct TopicProps {
    name: String,
    /// Whether its policy lets this account's alarms publish, and nobody of another account.
    alarms_publish: bool,
    /// E-mail subscriptions; other protocols are not the file's.
    emails: Vec<String>,
    /// KMS key ARN; empty is none.
    kms_key: String,
    tags: Tags,
}

/// A topic as AWS has it.
#[derive(Debug, Clone)]
pub struct TopicLive {
    /// Its ARN.
    pub arn: String,
    name: String,
    alarms_publish: bool,
    subscriptions: Vec<Subscription>,
    /// Subscriptions of others that are confirmed: what is not, cannot be taken back and goes by itself.
    added: Vec<Other>,
    kms_key: String,
    tags: Tags,
}

impl Resource for Topic {
    type Cloud = Cloud;
    type Props = TopicProps;
    type Live = TopicLive;

    const KIND: &'static str = "topic";
    const HEADLINE: &'static [Field] = &fields!(TopicProps, emails);

    fn desired(&self, context: &ResolveContext<'_>) -> TopicProps {
        TopicProps {
            name: context.name::<Self>(&self.name, |live| live.name.clone()),
            alarms_publish: true,
            emails: self.email.iter().cloned().collect(),
            kms_key: self.kms_key.clone().unwrap_or_default(),
            tags: self.tags.clone(),
        }
    }

    fn props(live: &TopicLive) -> TopicProps {
        let emails = live.subscriptions.iter();
        let emails = sorted(emails.map(|subscription| subscription.email.clone()));
        TopicProps {
            name: live.name.clone(),
            alarms_publish: live.alarms_publish,
            emails,
            kms_key: live.kms_key.clone(),
            tags: user_tags(&live.tags),
        }
    }

    fn extras(live: &TopicLive) -> Vec<Extra> {
        let words = |one: &Other| Extra {
            what: one.what.clone(),
            open: false,
        };
        live.added.iter().map(words).collect()
    }

    fn notes(live: &TopicLive) -> Vec<Message> {
        let waiting = live.subscriptions.iter();
        let waiting = waiting
            .filter(|subscription| subscription.arn.is_none())
            .map(|subscription| {
                format!(
                    "{} has not confirmed the subscription yet: AWS sent a message with a link",
                    subscription.email
                )
            });
        let all = waiting.chain(key_note(&live.kms_key));
        all.map(Message::from).collect()
    }

    /// SNS has no batched reads: three calls a topic. Subscriptions of other addresses than the file's that
    /// nobody has agreed to are not told of, because they cannot be taken back.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<TopicLive>>, Fault> {
        let tagged = cloud.tagged().await?;
        let prefix = cloud.place.arn("sns", "");
        let declared_names = declared.iter().map(|(_, topic)| topic.name.as_str());
        // A subscription's ARN has one part more.
        let listed = tagged.after(&prefix).filter(|name| !name.contains(':'));
        let names: BTreeSet<&str> = declared_names.chain(listed).collect();
        let read = try_join_bounded(names.into_iter().map(|name| read(cloud, name))).await?;
        let mut found = Vec::new();
        for mut live in read.into_iter().flatten() {
            let named = declared.iter().find(|(_, one)| one.name == live.name);
            let Some(owner) = cloud.owner(&live.tags, named.map(|(address, _)| *address)) else {
                continue;
            };
            // Ours may bear another name than the one we would give it.
            let of_claim = declared.iter().find(|(address, _)| match &owner {
                Ownership::Ours(claim) => claim.address == **address,
                Ownership::Foreign { .. } => false,
            });
            let email = of_claim
                .or(named)
                .and_then(|(_, declared)| declared.email.as_deref());
            live.subscriptions.retain(|subscription| {
                subscription.arn.is_some() || email == Some(subscription.email.as_str())
            });
            let id = live.name.clone();
            found.push(Found { owner, id, live });
        }
        Ok(found)
    }

    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &Self::Live,
    ) -> Option<bool> {
        let declared_name = declared.map(|one| one.name.clone());
        bears(cloud, address, &live.name, declared_name, |place, name| {
            (name == "alarms").then(|| place.name(name))
        })
    }

    /// CreateTopic answers the topic that is there if its tags are the same, and refuses otherwise.
    async fn create(&self, job: &Job, want: &TopicProps) -> Result<TopicLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let arn = job.place.arn("sns", &want.name);
        let request = (job.sns.create_topic())
            .name(&want.name)
            .attributes("Policy", policy(&job.place, &arn).to_string())
            .attributes(KEY, &want.kms_key)
            .set_tags(Some(sns_tags(&tags)?));
        done("sns:CreateTopic", request.send().await)?;
        if let Some(note) = key_note(&want.kms_key) {
            job.note(note);
        }
        Ok(TopicLive {
            subscriptions: subscribe(job, &arn, &[], &want.emails).await?,
            added: Vec::new(),
            name: want.name.clone(),
            alarms_publish: true,
            kms_key: want.kms_key.clone(),
            arn,
            tags,
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &TopicLive,
        want: &TopicProps,
        changes: &Changes,
    ) -> Result<TopicLive, Fault> {
        if changes.changed(field!(TopicProps, alarms_publish)) {
            let policy = policy(&job.place, &live.arn).to_string();
            set(job, &live.arn, "Policy", &policy).await?;
        }
        if changes.changed(field!(TopicProps, kms_key)) {
            set(job, &live.arn, KEY, &want.kms_key).await?;
            if let Some(note) = key_note(&want.kms_key) {
                job.note(note);
            }
        }
        let subscriptions = if changes.changed(field!(TopicProps, emails)) {
            subscribe(job, &live.arn, &live.subscriptions, &want.emails).await?
        } else {
            live.subscriptions.clone()
        };
        if changes.remove_extras() {
            for one in live.added.iter().filter_map(|one| one.arn.as_ref()) {
                unsubscribe(job, one).await?;
            }
        }
        let tags = all_tags(job, &want.tags);
        if changes.changed(Field::TAGS) {
            let gone = tags_taken_out(job);
            if !gone.is_empty() {
                let request = job.sns.untag_resource().resource_arn(&live.arn);
                let request = request.set_tag_keys(Some(gone));
                done("sns:UntagResource", request.send().await)?;
            }
            let request = (job.sns.tag_resource())
                .resource_arn(&live.arn)
                .set_tags(Some(sns_tags(&tags)?));
            done("sns:TagResource", request.send().await)?;
        }
        Ok(TopicLive {
            alarms_publish: true,
            subscriptions,
            kms_key: want.kms_key.clone(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &TopicLive) -> Result<(), Fault> {
        let request = job.sns.delete_topic().topic_arn(&live.arn);
        deleted("sns:DeleteTopic", request.send().await)
    }
}

/// The topic of that name; `None` when there is none.
async fn read(cloud: &Cloud, name: &str) -> Result<Option<TopicLive>, Fault> {
    let arn = cloud.place.arn("sns", name);
    let attributes = async {
        let request = cloud.sns.get_topic_attributes().topic_arn(&arn);
        answer_of("sns:GetTopicAttributes", request.send().await)
    };
    let read = tokio::try_join!(
        attributes,
        subscriptions(cloud, &arn),
        own_tags(cloud, &arn)
    );
    let (attributes, (subscriptions, mut added), tags) = match read {
        Ok(read) => read,
        Err(fault) if fault.is_absent() => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let set: Value = attributes
        .attributes()
        .and_then(|attributes| serde_json::from_str(attributes.get("Policy")?).ok())
        .unwrap_or_default();
    let key = attributes.attributes().and_then(|all| all.get(KEY));
    let kms_key = key.cloned().unwrap_or_default();
    added.retain(|one| one.arn.is_some());
    Ok(Some(TopicLive {
        name: name.to_owned(),
        alarms_publish: statements(&set) == statements(&policy(&cloud.place, &arn)),
        subscriptions,
        added,
        kms_key,
        tags,
        arn,
    }))
}

/// What nobody could see: an alarm that may not use the key publishes nothing, and fails nowhere.
fn key_note(key: &str) -> Option<String> {
    (!key.is_empty()).then(|| {
        format!(
            "alarms reach nobody unless the policy of {key} lets cloudwatch.amazonaws.com use it \
             (kms:Decrypt, kms:GenerateDataKey*)"
        )
    })
}

async fn set(job: &Job, arn: &str, name: &str, value: &str) -> Result<(), Fault> {
    let request = (job.sns.set_topic_attributes())
        .topic_arn(arn)
        .attribute_name(name)
        .attribute_value(value);
    done("sns:SetTopicAttributes", request.send().await)
}

/// Alarms of this account may publish (CloudWatch User Guide, "Notifying users on alarm changes");
/// people of this account may do what their own policies say.
fn policy(place: &Place, arn: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "alarms",
            "Effect": "Allow",
            "Principal": { "Service": "cloudwatch.amazonaws.com" },
            "Action": "sns:Publish",
            "Resource": arn,
            "Condition": {
                "StringEquals": { "aws:SourceAccount": place.account },
                "ArnLike": { "aws:SourceArn": place.arn("cloudwatch", "alarm:*") },
            },
        }],
    })
}

async fn own_tags(cloud: &Cloud, arn: &str) -> Result<Tags, Fault> {
    let request = cloud.sns.list_tags_for_resource().resource_arn(arn);
    let answer = answer_of("sns:ListTagsForResource", request.send().await)?;
    let tags = answer.tags().iter();
    Ok(tags_from(tags.map(|tag| (tag.key(), tag.value()))))
}

fn sns_tags(tags: &Tags) -> Result<Vec<Tag>, Fault> {
    built_tags("sns:TagResource", tags, |key, value| {
        Tag::builder().key(key).value(value).build()
    })
}

const TOPICS: &[&str] = &["sns:{stack}-*", "sns:{name}"];

impl Permitted for Topic {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[on(
            TOPICS,
            &[
                "sns:GetTopicAttributes",
                "sns:ListTagsForResource",
                "sns:ListSubscriptionsByTopic",
            ],
        )]],
        create: &[&[
            on(TOPICS, &["sns:CreateTopic"]).tagged(),
            on(
                TOPICS,
                &["sns:TagResource", "sns:SetTopicAttributes", "sns:Subscribe"],
            ),
        ]],
        update: &[&[
            on(
                TOPICS,
                &[
                    "sns:TagResource",
                    "sns:UntagResource",
                    "sns:SetTopicAttributes",
                    "sns:Subscribe",
                ],
            ),
            // It takes no object.
            anywhere(&["sns:Unsubscribe"]),
        ]],
        // Its subscriptions go with it ("DeleteTopic", SNS API).
        delete: &[&[on(TOPICS, &["sns:DeleteTopic"])]],
    };
}
