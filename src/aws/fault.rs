//! Turns the SDK's errors into [`Fault`]s.
//!
//! `SdkError` prints only `service error`, so nothing here or elsewhere matches its text.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::engine::{Class, Fault, Sent};

/// An adapter for `map_err`: the fault of `operation`, written `service:Operation`.
pub fn fault<E, R>(operation: &'static str) -> impl Fn(SdkError<E, R>) -> Fault
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    move |error| {
        let sent = match &error {
            SdkError::ConstructionFailure(_) => Sent::Never,
            SdkError::DispatchFailure(failure) if failure.is_user() => Sent::Never,
            SdkError::ServiceError(_) => Sent::Answered,
            _ => Sent::Maybe,
        };
        let timed_out = matches!(&error, SdkError::TimeoutError(_));
        match error.as_service_error() {
            Some(answer) => {
                let meta = answer.meta();
                let code = meta.code().unwrap_or("Unknown").to_owned();
                let message = meta.message().unwrap_or("no message").to_owned();
                Fault {
                    operation: operation.to_owned(),
                    class: classify(&code, &message),
                    message,
                    request_id: meta.extra("aws_request_id").map(str::to_owned),
                    sent,
                    hint: None,
                    code,
                }
            }
            None => {
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
                    message,
                    request_id: None,
                    sent,
                    hint: None,
                }
            }
        }
    }
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
    let mut said: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !said.contains(&text) {
            said.push(text);
        }
        next = cause.source();
    }
    if said.is_empty() {
        return error.to_string();
    }
    said.split_off(said.len().saturating_sub(2)).join(": ")
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
        "AuthFailure",
        "InvalidToken",
        "IncompleteSignature",
        "MissingAuthenticationToken",
    ];
    let has = |words: &[&str]| words.iter().any(|word| code.contains(word));
    if THROTTLES.contains(&code) {
        Class::Throttled
    } else if CREDENTIALS.contains(&code) {
        Class::Credentials
    } else if has(&[
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
        "NotEmpty",
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
    ]) || message.contains("already scheduled for deletion")
    {
        Class::Conflict
    } else if has(&[
        "InternalFailure",
        "InternalError",
        "ServiceUnavailable",
        "InternalServer",
    ]) {
        Class::Other
    } else {
        Class::Invalid
    }
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
            ("InvalidParameterException", Class::Invalid),
        ] {
            assert_eq!(classify(code, ""), class, "{code}");
        }
    }
}
