//! Policies of a role as they are declared, with references to what they permit.

use serde_json::{Value, json};

use crate::engine::{Ref, ResolveContext};

use crate::resources::iam::policy::{Statements, statements};
use crate::resources::{Bucket, LogGroup, Repository, Secret};

/// A policy document.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// Its statements.
    pub statements: Vec<PolicyStatement>,
}

/// A statement that allows.
#[derive(Debug, Clone)]
pub struct PolicyStatement {
    /// Such as `s3:GetObject`.
    pub actions: Vec<String>,
    /// On what.
    pub resources: Vec<Arn>,
    /// Under which conditions, as in a policy; null is none.
    pub conditions: Value,
}

/// What a statement is about.
#[derive(Debug, Clone)]
pub enum Arn {
    /// An ARN as it stands, or `*`.
    Text(String),
    /// A secret.
    Secret(Ref<Secret>),
    /// A repository.
    Repository(Ref<Repository>),
    /// A bucket itself.
    Bucket(Ref<Bucket>),
    /// The objects in a bucket.
    BucketObjects(Ref<Bucket>),
    /// The streams of a log group.
    LogStreams(Ref<LogGroup>),
}

/// Two are equal when they name the same.
impl PartialEq for Arn {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => one == other,
            (Self::Secret(one), Self::Secret(other)) => one.address() == other.address(),
            (Self::LogStreams(one), Self::LogStreams(other)) => one.address() == other.address(),
            (Self::Repository(one), Self::Repository(other)) => one.address() == other.address(),
            (Self::Bucket(one), Self::Bucket(other))
            | (Self::BucketObjects(one), Self::BucketObjects(other)) => {
                one.address() == other.address()
            }
            _ => false,
        }
    }
}

impl PolicyStatement {
    /// Allows `actions` on one thing without conditions.
    pub fn on(actions: &[&str], resource: Arn) -> Self {
        Self {
            resources: vec![resource],
            ..Self::allow(actions, [])
        }
    }

    /// Allows `actions` on `resources` without conditions.
    pub fn allow(actions: &[&str], resources: impl IntoIterator<Item = String>) -> Self {
        Self {
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            resources: resources.into_iter().map(Arn::Text).collect(),
            conditions: Value::Null,
        }
    }
}

impl Document {
    /// Its statements with what they refer to looked up.
    pub(super) fn statements(&self, context: &ResolveContext<'_>) -> Statements {
        let all: Vec<Value> = self
            .statements
            .iter()
            .map(|statement| {
                let resources: Vec<String> = statement
                    .resources
                    .iter()
                    .map(|arn| arn.text(context))
                    .collect();
                let mut written = json!({
                    "Effect": "Allow",
                    "Action": statement.actions,
                    "Resource": resources,
                });
                if !statement.conditions.is_null() {
                    written["Condition"] = statement.conditions.clone();
                }
                written
            })
            .collect();
        statements(&json!({ "Statement": all }))
    }
}

impl Arn {
    fn text(&self, context: &ResolveContext<'_>) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Secret(secret) => context.text(secret, |live| live.arn.clone()),
            Self::Repository(repository) => context.text(repository, |live| live.arn.clone()),
            Self::Bucket(bucket) => context.text(bucket, |live| live.arn.clone()),
            Self::LogStreams(group) => context.text(group, |live| format!("{}:*", live.arn)),
            Self::BucketObjects(bucket) => context.text(bucket, |live| format!("{}/*", live.arn)),
        }
    }
}
