//! Bedrock model ids and the ARNs that permit their use.

use std::collections::BTreeSet;

use super::Settings;
use super::known_models::default_chat;
use crate::stack::{Models, Stack};

/// First parts of the ids of cross-region inference profiles ("Supported Regions and models for
/// inference profiles" in the Bedrock user guide), and of geographies that may follow.
const GEOGRAPHIES: &[&str] = &[
    "apac", "au", "ca", "eu", "global", "in", "jp", "me", "mx", "sa", "uk", "us", "us-gov",
];

/// A Bedrock model that a stack uses, and what says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The id of a model or of an inference profile, or the ARN of one, as written.
    pub id: String,
    /// `models.chat` or `models.embedding`; `None` for the chat model that is used where the file names none.
    pub key: Option<&'static str>,
}

/// The Bedrock models that a stack in `region` uses, chat first; none without a gateway.
pub fn used(stack: &Stack, region: &str) -> Vec<Use> {
    let mut services = stack.services.values();
    if !services.any(|service| service.gateway().is_some()) {
        return Vec::new();
    }
    let models = &stack.models;
    let of = |key: &'static str| {
        move |id: &String| Use {
            id: id.clone(),
            key: Some(key),
        }
    };
    let fallback = models.chat.is_empty().then(|| Use {
        id: default_chat(Some(region)).to_owned(),
        key: None,
    });
    let chat = models.chat.iter().map(of("models.chat"));
    chat.chain(fallback)
        .chain([&models.embedding].into_iter().map(of("models.embedding")))
        .collect()
}

/// Allows a gateway to use the models of a stack; Converse and ConverseStream are permitted by the same two.
pub(super) fn allow_invocation(settings: &mut Settings, models: &Models) {
    let actions = [
        "bedrock:InvokeModel",
        "bedrock:InvokeModelWithResponseStream",
    ];
    settings.allow(&actions, invocable(models));
}

/// The ARN templates that `bedrock:InvokeModel` needs for the models of a stack, sorted. With no
/// chat models written, everything Bedrock offers.
pub fn invocable(models: &Models) -> Vec<String> {
    let mut arns = BTreeSet::new();
    if models.chat.is_empty() {
        arns.insert(foundation("*"));
        arns.insert(profile("*"));
        arns.insert(
            "arn:{partition}:bedrock:{region}:{account}:application-inference-profile/*".to_owned(),
        );
    } else {
        for id in models.chat.iter().chain([&models.embedding]) {
            arns.extend(invocable_for(id));
        }
    }
    arns.into_iter().collect()
}

/// Whether a model is named by the ARN of an application inference profile.
pub fn is_arn(id: &str) -> bool {
    id.starts_with("arn:")
}

/// The foundation model behind the id of a cross-region inference profile; `None` for any other id.
pub fn foundation_of_profile(id: &str) -> Option<&str> {
    let (first, rest) = id.split_once('.')?;
    GEOGRAPHIES.contains(&first).then_some(rest)
}

fn invocable_for(id: &str) -> Vec<String> {
    if is_arn(id) {
        // only AWS knows which model stands behind it
        return vec![id.to_owned(), foundation("*")];
    }
    match foundation_of_profile(id) {
        Some(model) => vec![foundation(model), profile(id)],
        None => vec![foundation(id)],
    }
}

/// In every region (and, for global profiles, in none): a profile is permitted only where its
/// model is, in each region it may route to.
fn foundation(id: &str) -> String {
    format!("arn:{{partition}}:bedrock:*::foundation-model/{id}")
}

fn profile(id: &str) -> String {
    format!("arn:{{partition}}:bedrock:{{region}}:{{account}}:inference-profile/{id}")
}
