//! Actions of listeners and rules, between AWS's types and the words of a plan.

use aws_sdk_elasticloadbalancingv2::types as api;

pub(super) const REDIRECT: &str = "redirect to https";
pub(super) const NOT_FOUND: &str = "404";

const PLAIN: &str = "text/plain";
const NOTHING: &str = "nothing is here";

/// Between the ARNs of two target groups that share the traffic, the one with all of it first.
pub(super) const AND: &str = " | ";

/// The action of a listener or a rule, in the words of its properties.
pub(super) fn action(said: &str) -> api::Action {
    let action = api::Action::builder();
    if let Some((first, second)) = said
        .strip_prefix("forward ")
        .and_then(|groups| groups.split_once(AND))
    {
        let weighed = |group, weight| {
            api::TargetGroupTuple::builder()
                .target_group_arn(group)
                .weight(weight)
                .build()
        };
        let both = api::ForwardActionConfig::builder()
            .target_groups(weighed(first, 100))
            .target_groups(weighed(second, 0))
            .build();
        return action
            .r#type(api::ActionTypeEnum::Forward)
            .forward_config(both)
            .build();
    }
    if let Some(group) = said.strip_prefix("forward ") {
        return action
            .r#type(api::ActionTypeEnum::Forward)
            .target_group_arn(group)
            .build();
    }
    if said == REDIRECT {
        let redirect = api::RedirectActionConfig::builder()
            .protocol("HTTPS")
            .port("443")
            .status_code(api::RedirectActionStatusCodeEnum::Http301)
            .build();
        return action
            .r#type(api::ActionTypeEnum::Redirect)
            .redirect_config(redirect)
            .build();
    }
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

/// Two groups, the one with more of the traffic first. How much is ECS's business.
fn shared(one: &api::TargetGroupTuple, other: &api::TargetGroupTuple) -> String {
    let (first, second) = if one.weight() >= other.weight() {
        (one, other)
    } else {
        (other, one)
    };
    let arn =
        |group: &api::TargetGroupTuple| group.target_group_arn().unwrap_or_default().to_owned();
    format!("{}{AND}{}", arn(first), arn(second))
}

/// Actions as AWS has them, in the words of the properties.
pub(super) fn said(actions: &[api::Action]) -> String {
    let [action] = actions else {
        return format!("{} actions", actions.len());
    };
    match action.r#type() {
        Some(api::ActionTypeEnum::Forward) => {
            let groups = action.forward_config().map(|config| config.target_groups());
            let group = match groups {
                Some([one]) => one.target_group_arn().unwrap_or_default().to_owned(),
                Some([one, other]) => shared(one, other),
                Some([_, _, ..]) => "several target groups".to_owned(),
                _ => action.target_group_arn().unwrap_or_default().to_owned(),
            };
            format!("forward {group}")
        }
        Some(api::ActionTypeEnum::Redirect) => {
            let config = action.redirect_config();
            let to_https = config.is_some_and(|to| {
                to.protocol() == Some("HTTPS")
                    && to.port() == Some("443")
                    && to.status_code() == Some(&api::RedirectActionStatusCodeEnum::Http301)
                    && to.host().is_none_or(|host| host == "#{host}")
                    && to.path().is_none_or(|path| path == "/#{path}")
                    && to.query().is_none_or(|query| query == "#{query}")
            });
            if to_https {
                REDIRECT
            } else {
                "another redirect"
            }
            .to_owned()
        }
        Some(api::ActionTypeEnum::FixedResponse) => {
            let Some(answer) = action.fixed_response_config() else {
                return "a fixed answer".to_owned();
            };
            let status = answer.status_code().unwrap_or_default();
            let body = answer.message_body().unwrap_or_default();
            if answer.content_type() == Some(PLAIN) && body == NOTHING {
                status.to_owned()
            } else {
                format!("{status} {body}")
            }
        }
        Some(other) => other.as_str().to_owned(),
        None => String::new(),
    }
}
