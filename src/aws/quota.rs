//! Quotas are no throttles: the SDK takes `LimitExceededException` for one and would call again.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use serde_json::Value;

const CODE: &str = "LimitExceededException";

/// Forbids a retry where an answer in JSON has the code of a quota. Everywhere else in AWS the code
/// is another one (`LimitExceeded` in IAM), which the SDK does not retry.
#[derive(Debug)]
pub(super) struct Quota;

impl ClassifyRetry for Quota {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(response) = context.response() else {
            return RetryAction::NoActionIndicated;
        };
        let header = response.headers().get("x-amzn-errortype");
        if header.is_some_and(is_quota) || response.body().bytes().is_some_and(says_quota) {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "Quota"
    }
}

/// Whether the body of an answer has the code (AWS JSON 1.1, "Operation error serialization").
fn says_quota(body: &[u8]) -> bool {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    answer["__type"].as_str().is_some_and(is_quota)
}

/// `LimitExceededException`, with or without a namespace before it and a URL after it.
fn is_quota(code: &str) -> bool {
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next() == Some(CODE)
}

#[cfg(test)]
mod tests {
    use super::says_quota;

    #[test]
    fn a_quota_is_told_from_a_throttle() {
        for (body, quota) in [
            (r#"{"__type":"LimitExceededException"}"#, true),
            (
                r#"{"__type":"com.amazonaws.ecr#LimitExceededException"}"#,
                true,
            ),
            (
                r#"{"__type":"LimitExceededException:http://internal/"}"#,
                true,
            ),
            (
                r#"{"__type":"ThrottlingException","message":"LimitExceededException"}"#,
                false,
            ),
            (r#"{"__type":"RequestLimitExceeded"}"#, false),
            ("LimitExceededException", false),
        ] {
            assert_eq!(says_quota(body.as_bytes()), quota, "{body}");
        }
    }
}
