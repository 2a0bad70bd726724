//! What listeners and rules do with a request.

use std::fmt;

use aws_sdk_elasticloadbalancingv2::types as api;
use serde::Serialize;

const PLAIN: &str = "text/plain";
const NOTHING: &str = "nothing is here";

/// What a listener or a rule does with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub(super) enum RequestAction {
    /// Gives it to a target group; of two, the one that has more of the traffic is first. How much is ECS's
    /// business.
    Forward {
        /// ARNs.
        target_groups: Vec<String>,
    },
    /// Answers that it is to be asked on port 443 (301).
    RedirectToHttps,
    /// Answers that there is nothing (404).
    NotFound,
    /// What ajuda asks for nowhere.
    Other {
        /// In words.
        what: String,
    },
}

impl fmt::Display for RequestAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forward { target_groups } => write!(f, "forward {}", target_groups.join(" | ")),
            Self::RedirectToHttps => f.write_str("redirect to https"),
            Self::NotFound => f.write_str("404"),
            Self::Other { what } => f.write_str(what),
        }
    }
}

impl RequestAction {
    /// Gives requests to target groups, by their ARNs.
    pub(super) fn forward(target_groups: impl IntoIterator<Item = String>) -> Self {
        Self::Forward {
            target_groups: target_groups.into_iter().collect(),
        }
    }

    /// What is asked of AWS.
    pub(super) fn to_api(&self) -> api::Action {
        let action = api::Action::builder();
        match self {
            Self::Forward { target_groups } => match target_groups.as_slice() {
                [first, rest @ ..] if !rest.is_empty() => {
                    let weighed = |group: &String, weight| {
                        api::TargetGroupTuple::builder()
                            .target_group_arn(group)
                            .weight(weight)
                            .build()
                    };
                    let rest = rest.iter().map(|group| weighed(group, 0));
                    let all = [weighed(first, 100)].into_iter().chain(rest).collect();
                    let config = api::ForwardActionConfig::builder().set_target_groups(Some(all));
                    action
                        .r#type(api::ActionTypeEnum::Forward)
                        .forward_config(config.build())
                        .build()
                }
                groups => action
                    .r#type(api::ActionTypeEnum::Forward)
                    .set_target_group_arn(groups.first().cloned())
                    .build(),
            },
            Self::RedirectToHttps => {
                let redirect = api::RedirectActionConfig::builder()
                    .protocol("HTTPS")
                    .port("443")
                    .status_code(api::RedirectActionStatusCodeEnum::Http301)
                    .build();
                action
                    .r#type(api::ActionTypeEnum::Redirect)
                    .redirect_config(redirect)
                    .build()
            }
            // No file asks for another one.
            Self::NotFound | Self::Other { .. } => {
                let answer = api::FixedResponseActionConfig::builder()
                    .status_code("404")
                    .content_type(PLAIN)
                    .message_body(NOTHING)
                    .build();
                action
                    .r#type(api::ActionTypeEnum::FixedResponse)
                    .fixed_response_config(answer)
                    .build()
            }
        }
    }

    /// What AWS has.
    pub(super) fn of_api(actions: &[api::Action]) -> Self {
        let other = |what: &str| Self::Other {
            what: what.to_owned(),
        };
        let [action] = actions else {
            return other(&format!("{} actions", actions.len()));
        };
        match action.r#type() {
            Some(api::ActionTypeEnum::Forward) => forward(action),
            Some(api::ActionTypeEnum::Redirect) => match action.redirect_config() {
                Some(to) if is_to_https(to) => Self::RedirectToHttps,
                _ => other("another redirect"),
            },
            Some(api::ActionTypeEnum::FixedResponse) => match action.fixed_response_config() {
                None => other("a fixed answer"),
                Some(answer) => fixed(answer),
            },
            other_type => other(other_type.map_or("", |of| of.as_str())),
        }
    }
}

fn forward(action: &api::Action) -> RequestAction {
    let arn =
        |group: &api::TargetGroupTuple| group.target_group_arn().unwrap_or_default().to_owned();
    let groups = action.forward_config().map(|config| config.target_groups());
    match groups {
        Some([one]) => RequestAction::forward([arn(one)]),
        Some([one, other]) if one.weight() >= other.weight() => {
            RequestAction::forward([arn(one), arn(other)])
        }
        Some([one, other]) => RequestAction::forward([arn(other), arn(one)]),
        Some([_, _, ..]) => RequestAction::Other {
            what: "forward several target groups".to_owned(),
        },
        _ => RequestAction::forward([action.target_group_arn().unwrap_or_default().to_owned()]),
    }
}

fn is_to_https(to: &api::RedirectActionConfig) -> bool {
    to.protocol() == Some("HTTPS")
        && to.port() == Some("443")
        && to.status_code() == Some(&api::RedirectActionStatusCodeEnum::Http301)
        && to.host().is_none_or(|host| host == "#{host}")
        && to.path().is_none_or(|path| path == "/#{path}")
        && to.query().is_none_or(|query| query == "#{query}")
}

fn fixed(answer: &api::FixedResponseActionConfig) -> RequestAction {
    let status = answer.status_code().unwrap_or_default();
    let body = answer.message_body().unwrap_or_default();
    let is_ours = answer.content_type() == Some(PLAIN) && body == NOTHING;
    match (is_ours, status) {
        (true, "404") => RequestAction::NotFound,
        (true, status) => RequestAction::Other {
            what: status.to_owned(),
        },
        (false, status) => RequestAction::Other {
            what: format!("{status} {body}"),
        },
    }
}
