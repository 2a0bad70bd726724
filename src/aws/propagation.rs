//! What was made a moment ago is not known everywhere yet, and one object takes one call at a time: a call
//! that AWS refuses for either reason did nothing, and is sent again by the SDK's own retries.
//!
//! "Eventual consistency in the Amazon EC2 API": a resource may be `NotFound` to the calls that follow its
//! create. IAM, Elastic Load Balancing, ECS and Secrets Manager do the same. Only what names something that
//! this very run has made, or that one of its lists has just shown, is sent again: what is not there otherwise is
//! not there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextMut, InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use crate::engine::Class;

use super::classify;

/// How long something is new: what the provider waits for the slowest of them (`iam/role.go`).
const NEW: Duration = Duration::from_secs(120);
/// Calls whose answers name what they have made.
const MAKES: &[&str] = &["Create", "Allocate", "Authorize", "Register", "Run"];
/// Lists that are followed by a call about each thing in them, which another part of AWS may answer.
const SHOWS: &[&str] = &["DescribeVpcs", "DescribeListeners"];
/// Calls that take away what they name: it is not new after them.
const ENDS: &[&str] = &["Delete", "Release"];
/// Calls that take a part of something away.
const TAKES: &[&str] = &[
    "Revoke",
    "Detach",
    "Disassociate",
    "Deregister",
    "Remove",
    "Unsubscribe",
];
/// Words in the codes of what belongs to a thing and is not the thing.
const PARTS: &[&str] = &["Policy", "TagSet", "Configuration", "Object", "NoSuchKey"];
/// Shorter names are found in anything.
const SHORTEST: usize = 8;
/// The codes of calls that met another one on the same object.
const MEETS: &[&str] = &["OperationAborted", "OperationAbortedException"];
/// How an answer is marked between the interceptor and the classifier. Nothing sends or prints it.
const MARK: &str = "x-ajuda-ask-again";

/// The names that were answered by creates and shown by lists, and when. Shared by the clients of one run.
#[derive(Debug, Default, Clone)]
pub(super) struct Spread {
    made: Arc<Mutex<BTreeMap<String, Instant>>>,
}

/// That a call which takes away was answered as if there were nothing, once.
#[derive(Debug)]
struct Doubted;

impl Storable for Doubted {
    type Storer = StoreReplace<Self>;
}

/// What a request says.
#[derive(Debug)]
struct Asked(String);

impl Storable for Asked {
    type Storer = StoreReplace<Self>;
}

impl Spread {
    fn note(&self, answer: &str) {
        let now = Instant::now();
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.retain(|_, when| now.duration_since(*when) < NEW);
        made.extend(names(answer).map(|name| (name.to_owned(), now)));
    }

    /// Whether a request names something new.
    fn names_new(&self, asked: &str) -> bool {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.iter()
            .any(|(name, when)| when.elapsed() < NEW && says(asked, name))
    }

    /// What is deleted is no longer new: that it is not there is the answer then.
    fn forget(&self, asked: &str) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.retain(|name, _| !says(asked, name));
    }

    fn passes(&self, code: &str, asked: &str) -> bool {
        MEETS.contains(&code) || (is_absent(code) && self.names_new(asked))
    }
}

impl Intercept for Spread {
    fn name(&self) -> &'static str {
        "Spread"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let body = request.body().bytes().map(String::from_utf8_lossy);
        let text = format!("{} {}", request.uri(), body.unwrap_or_default());
        // Of the escapes in forms and paths, those that names have.
        let text = text.replace("%3A", ":").replace("%2F", "/");
        config.interceptor_state().store_put(Asked(text));
        Ok(())
    }

    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(response) = context.response_mut() else {
            return Ok(());
        };
        let call = config.load::<Metadata>().map_or("", Metadata::name);
        let begins = |words: &[&str]| words.iter().any(|word| call.starts_with(word));
        let asked = config.load::<Asked>().map_or("", |asked| &asked.0);
        if response.status().is_success() {
            if (begins(MAKES) || SHOWS.contains(&call))
                && let Some(body) = response.body().bytes()
            {
                self.note(&String::from_utf8_lossy(body));
            } else if begins(ENDS) {
                self.forget(asked);
            }
            return Ok(());
        }
        let code = code(response);
        // What is taken away was shown by a read before, maybe of this very moment: that it is not there is
        // believed when it is said twice. Otherwise it would stay, and nobody would know.
        let doubted = (begins(ENDS) || begins(TAKES))
            && is_absent(&code)
            && config.load::<Doubted>().is_none();
        let again = doubted || (!begins(ENDS) && self.passes(&code, asked));
        if again {
            response.headers_mut().insert(MARK, "1");
            config.interceptor_state().store_put(Doubted);
        }
        Ok(())
    }
}

impl ClassifyRetry for Spread {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response() {
            Some(response) if response.headers().get(MARK).is_some() => {
                RetryAction::transient_error()
            }
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "Spread"
    }
}

/// Whether a code says that a thing is not there. What it may have beside itself, such as a bucket's policy,
/// is not there in earnest.
fn is_absent(code: &str) -> bool {
    classify(code, "") == Class::Absent && !PARTS.iter().any(|part| code.contains(part))
}

/// The error code of an answer, in any of AWS's protocols; empty when it has none.
fn code(response: &HttpResponse) -> String {
    let header = response.headers().get("x-amzn-errortype");
    let body = response.body().bytes().map(String::from_utf8_lossy);
    let body = body.unwrap_or_default();
    let code = header.or_else(|| code_in(&body)).unwrap_or_default();
    let code = code.split(':').next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().to_owned()
}

fn code_in(body: &str) -> Option<&str> {
    ["<Code>", "\"__type\":\"", "\"__type\": \""]
        .iter()
        .find_map(|before| body.split_once(before))
        .and_then(|(_, rest)| rest.split(['<', '"']).next())
}

/// Names, identifiers and ARNs in an answer in XML or JSON.
fn names(answer: &str) -> impl Iterator<Item = &str> {
    const BEFORE: &[&str] = &[">", "\":\"", "\": \""];
    ["Name", "Id", "Arn", "ARN"]
        .into_iter()
        .flat_map(move |field| answer.split(field).skip(1))
        .filter_map(|rest| BEFORE.iter().find_map(|before| rest.strip_prefix(before)))
        .filter_map(|value| value.split(['<', '"']).next())
        .filter(|value| value.len() >= SHORTEST)
}

/// Whether `text` has `name` as a whole word.
fn says(text: &str, name: &str) -> bool {
    let within = |one: char| one.is_ascii_alphanumeric() || one == '-' || one == '_';
    text.match_indices(name).any(|(at, _)| {
        !text[..at].ends_with(within) && !text[at + name.len()..].starts_with(within)
    })
}

#[cfg(test)]
mod tests {
    use super::{Spread, code_in};

    #[test]
    fn only_what_was_made_now_is_asked_for_again() {
        let spread = Spread::default();
        spread.note("<vpc><vpcId>vpc-0123456789abcdef0</vpcId><state>pending</state></vpc>");
        spread.note(r#"{"ARN":"arn:aws:secretsmanager:us-east-1:1:secret:a-x","Name":"prod/key"}"#);
        for (code, asked, again) in [
            (
                "InvalidVpcID.NotFound",
                "VpcId=vpc-0123456789abcdef0&A=1",
                true,
            ),
            (
                "InvalidVpcID.NotFound",
                "VpcId=vpc-0000000000abcdef0",
                false,
            ),
            (
                "InvalidVpcID.NotFound",
                "VpcId=vpc-0123456789abcdef01",
                false,
            ),
            ("DependencyViolation", "VpcId=vpc-0123456789abcdef0", false),
            (
                "ResourceNotFoundException",
                r#"{"SecretId":"prod/key"}"#,
                true,
            ),
            (
                "ResourceNotFoundException",
                r#"{"SecretId":"prod/key-2"}"#,
                false,
            ),
            (
                "ResourcePolicyNotFound",
                r#"{"SecretId":"prod/key"}"#,
                false,
            ),
            ("OperationAbortedException", r#"{"logGroupName":"x"}"#, true),
        ] {
            assert_eq!(spread.passes(code, asked), again, "{code} {asked}");
        }
        spread.forget("VpcId=vpc-0123456789abcdef0");
        assert!(!spread.passes("InvalidVpcID.NotFound", "VpcId=vpc-0123456789abcdef0"));
    }

    #[test]
    fn codes_are_read_in_every_protocol() {
        for (body, code) in [
            (
                "<Error><Code>NoSuchEntity</Code></Error>",
                Some("NoSuchEntity"),
            ),
            (
                r#"{"__type":"ResourceNotFoundException","m":1}"#,
                Some("ResourceNotFoundException"),
            ),
            (r#"{"__type": "a#B"}"#, Some("a#B")),
            ("<html>", None),
        ] {
            assert_eq!(code_in(body), code);
        }
    }
}
