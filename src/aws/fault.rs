//! Turns the SDK's errors into [`Fault`]s.
//!
//! `SdkError` prints only `service error`, so nothing here or elsewhere matches its text.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::new_account;
use crate::engine::{Class, Fault, Sent};
use crate::message::Message;

/// An adapter for `map_err`: the fault of `operation`, written `service:Operation`.
pub fn fault<E>(operation: &'static str) -> impl Fn(SdkError<E, HttpResponse>) -> Fault
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    move |error| {
        let sent = match &error {
            SdkError::ConstructionFailure(_) => Sent::Never,
            SdkError::DispatchFailure(failure) if failure.is_user() => Sent::Never,
            SdkError::ServiceError(_) => Sent::Answered,
            _ => Sent::Maybe,
        };
        let timed_out = matches!(&error, SdkError::TimeoutError(_));
        let meta = error.as_service_error().map(ProvideErrorMetadata::meta);
        match (meta, error.raw_response()) {
            (Some(meta), answer) if meta.code().is_some() || answer.is_none() => {
                let code = meta.code().unwrap_or("Unknown").to_owned();
                let message = meta.message().unwrap_or("no message").to_owned();
                let failed = answer.is_some_and(|answer| answer.status().is_server_error());
                let class = match classify(&code, &message) {
                    // Whatever AWS calls it, a failure of its own passes by itself.
                    Class::Invalid if failed => Class::Other,
                    class => class,
                };
                Fault {
                    operation: operation.to_owned(),
                    class,
                    request_id: meta.extra("aws_request_id").map(str::to_owned),
                    sent,
                    hint: new_account::hint(&code, &message).map(Message::from),
                    message,
                    code,
                }
            }
            (_, Some(answer)) => without_code(operation, answer),
            (_, None) => {
                let message = innermost(&error);
                let class = if is_of_credentials(&error) {
                    Class::Credentials
                } else if timed_out {
                    Class::TimedOut
                } else {
                    Class::Unreachable
                };
                Fault {
                    operation: operation.to_owned(),
                    class,
                    code: String::new(),
                    hint: untrusted(&message).map(Message::from),
                    message,
                    request_id: None,
                    sent,
                }
            }
        }
    }
}

/// What to do about a certificate that is not trusted, in the words that rustls has for it.
fn untrusted(message: &str) -> Option<String> {
    message.contains("invalid peer certificate").then(|| {
        "a proxy of your network may answer in AWS's place: name the file of its certificate authority \
         with AWS_CA_BUNDLE, or with `ca_bundle` in the profile"
            .to_owned()
    })
}

/// The fault of an answer that has no error code of AWS. `HEAD` requests have none, because they have
/// no body; any other is from something in between, such as a proxy.
fn without_code(operation: &str, answer: &HttpResponse) -> Fault {
    let status = answer.status();
    let text = answer.body().bytes().map(String::from_utf8_lossy);
    let text = text.unwrap_or_default();
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    let fault = |class, message: String| Fault {
        code: format!("HTTP {}", status.as_u16()),
        sent: if status.is_server_error() {
            Sent::Maybe
        } else {
            Sent::Answered
        },
        ..Fault::new(operation, class, message)
    };
    let Some(line) = line else {
        let class = match status.as_u16() {
            403 => Class::Denied,
            404 => Class::Absent,
            429 => Class::Throttled,
            500.. => Class::Other,
            _ => Class::Invalid,
        };
        return fault(class, "no message".to_owned());
    };
    let short: String = line.chars().take(200).collect();
    fault(Class::Unreachable, short).hint(
        "this is not an answer of AWS: a proxy or gateway in between gave it (HTTPS_PROXY, NO_PROXY, AWS_ENDPOINT_URL)",
    )
}

/// What is already gone is success for a delete.
///
/// # Errors
/// Every other fault.
pub fn absent_is_done(fault: Fault) -> Result<(), Fault> {
    if fault.is_absent() {
        Ok(())
    } else {
        Err(fault)
    }
}

/// Whether credentials could not be had, which the SDK tells by the type of a cause.
fn is_of_credentials(error: &(dyn Error + 'static)) -> bool {
    let mut next = error.source();
    while let Some(cause) = next {
        if cause.is::<CredentialsError>() {
            return true;
        }
        next = cause.source();
    }
    false
}

/// The words of an error's deepest causes, which say what happened.
fn innermost(error: &dyn Error) -> String {
    let mut messages: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !messages.contains(&text) {
            messages.push(text);
        }
        next = cause.source();
    }
    if messages.is_empty() {
        return error.to_string();
    }
    messages
        .split_off(messages.len().saturating_sub(2))
        .join(": ")
}

/// The class of an error code, by the codes that the services' API models list.
///
/// `LimitExceededException` is a quota in IAM, ECR, Logs and KMS, so it counts as one.
pub fn classify(code: &str, message: &str) -> Class {
    const THROTTLES: &[&str] = &[
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
        "BandwidthLimitExceeded",
    ];
    const CREDENTIALS: &[&str] = &[
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "RequestExpired",
        "InvalidAccessKeyId",
        "InvalidToken",
        "IncompleteSignature",
        "MissingAuthenticationToken",
    ];
    let has = |words: &[&str]| words.iter().any(|word| code.contains(word));
    if THROTTLES.contains(&code) {
        Class::Throttled
    } else if CREDENTIALS.contains(&code) || is_unvalidated(code, message) {
        Class::Credentials
    } else if has(&[
        // Of whoever has no right to the object ("Error codes" in the EC2 API).
        "AuthFailure",
        "AccessDenied",
        "UnauthorizedOperation",
        "NotAuthorized",
        "AuthorizationError",
    ]) {
        Class::Denied
    } else if has(&[
        "NotFound",
        "NoSuch",
        "DoesNotExist",
        "NonExistent",
        "Nonexistent",
    ]) {
        Class::Absent
    } else if has(&[
        "LimitExceeded",
        "LimitsExceeded",
        "QuotaExceeded",
        "TooMany",
    ]) {
        Class::Quota
    } else if has(&[
        "DependencyViolation",
        "InUse",
        "DeleteConflict",
        // Another call on the same object is being carried out.
        "OperationAborted",
        "ClusterContains",
        "AssociatedItem",
        "InvalidDBSubnetGroupState",
        "InvalidDBParameterGroupState",
    ]) {
        Class::InUse
    } else if has(&[
        "AlreadyExists",
        "Duplicate",
        "AlreadyOwnedByYou",
        "Conflict",
        // What is in it does not go by itself.
        "NotEmpty",
    ]) || message.contains("already scheduled for deletion")
    {
        Class::Conflict
    } else if has(&[
        "InternalFailure",
        "InternalError",
        "ServiceUnavailable",
        "InternalServer",
        "Unavailable",
    ]) {
        Class::Other
    } else {
        Class::Invalid
    }
}

/// What EC2 calls `AuthFailure` is of the credentials where they could not be validated ("Error codes" in the EC2 API).
/// It says the same of an address that a NAT gateway still holds (the provider's `ec2/ec2_eip.go`).
fn is_unvalidated(code: &str, message: &str) -> bool {
    code == "AuthFailure"
        && message.contains("not able to validate the provided access credentials")
}

#[cfg(test)]
mod tests {
    use super::classify;
    use crate::engine::Class;

    #[test]
    fn codes_have_their_class() {
        for (code, class) in [
            ("InvalidVpcID.NotFound", Class::Absent),
            ("NoSuchEntity", Class::Absent),
            ("DBInstanceNotFound", Class::Absent),
            ("EntityAlreadyExists", Class::Conflict),
            ("DependencyViolation", Class::InUse),
            ("WAFAssociatedItemException", Class::InUse),
            ("WAFNonexistentItemException", Class::Absent),
            ("WAFLimitsExceededException", Class::Quota),
            ("LimitExceededException", Class::Quota),
            ("ThrottlingException", Class::Throttled),
            ("AccessDeniedException", Class::Denied),
            ("ExpiredToken", Class::Credentials),
            ("AuthFailure", Class::Denied),
            ("InvalidParameterException", Class::Invalid),
            ("Unavailable", Class::Other),
            ("OperationAbortedException", Class::InUse),
            ("BucketNotEmpty", Class::Conflict),
        ] {
            assert_eq!(classify(code, ""), class, "{code}");
        }
    }

    #[test]
    fn an_authorization_failure_of_ec2_is_of_the_credentials_by_its_words() {
        for (message, class) in [
            (
                "AWS was not able to validate the provided access credentials",
                Class::Credentials,
            ),
            (
                "You do not have permission to access the specified resource.",
                Class::Denied,
            ),
        ] {
            assert_eq!(classify("AuthFailure", message), class, "{message}");
        }
    }
}
