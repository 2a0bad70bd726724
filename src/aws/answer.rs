//! What the SDK answers to a call, as the kinds need it.

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{absent_is_done, fault};
use crate::engine::Fault;

/// What the SDK gives for a call that was sent.
type Sent<T, E> = Result<T, SdkError<E, HttpResponse>>;

/// Everything that the pages of `operation` hold, each item by `read`.
///
/// # Errors
/// The fault of a page, or the first of `read`.
pub fn all_items<T, E, R>(
    operation: &'static str,
    items: Sent<Vec<T>, E>,
    read: impl FnMut(T) -> Result<R, Fault>,
) -> Result<Vec<R>, Fault>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let items = items.map_err(fault(operation))?;
    items.into_iter().map(read).collect()
}

/// What `operation` answered.
///
/// # Errors
/// The fault of the call.
pub fn answer_of<T, E>(operation: &'static str, answer: Sent<T, E>) -> Result<T, Fault>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    answer.map_err(fault(operation))
}

/// What `operation` answered; `None` where what it asks for is not there.
///
/// # Errors
/// Every other fault of the call.
pub fn optional<T, E>(operation: &'static str, answer: Sent<T, E>) -> Result<Option<T>, Fault>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match answer_of(operation, answer) {
        Err(fault) if fault.is_absent() => Ok(None),
        answer => answer.map(Some),
    }
}

/// That `operation` was carried out, where its answer says no more.
///
/// # Errors
/// The fault of the call.
pub fn done<T, E>(operation: &'static str, answer: Sent<T, E>) -> Result<(), Fault>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    answer_of(operation, answer).map(drop)
}

/// That what `operation` deletes is gone: what was gone before is success.
///
/// # Errors
/// Every other fault of the call.
pub fn deleted<T, E>(operation: &'static str, answer: Sent<T, E>) -> Result<(), Fault>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    done(operation, answer).or_else(absent_is_done)
}

/// What AWS's API model promises and the SDK makes optional.
pub trait Required<T> {
    /// The value of `field` in an answer to `operation`.
    ///
    /// # Errors
    /// [`Fault::incomplete`] where there is none.
    fn required(self, operation: &str, field: &str) -> Result<T, Fault>;
}

impl<T> Required<T> for Option<T> {
    fn required(self, operation: &str, field: &str) -> Result<T, Fault> {
        self.ok_or_else(|| Fault::incomplete(operation, field))
    }
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;
    use crate::engine::Class;

    fn refused<T>(code: &str) -> Sent<T, ErrorMetadata> {
        let status = StatusCode::try_from(400).expect("a status");
        let error = ErrorMetadata::builder().code(code).message("no").build();
        let answer = HttpResponse::new(status, SdkBody::empty());
        Err(SdkError::service_error(error, answer))
    }

    #[test]
    fn what_is_gone_is_deleted_and_is_not_there() {
        const GONE: &str = "InvalidVpcID.NotFound";
        assert_eq!(deleted("ec2:DeleteVpc", refused::<()>(GONE)), Ok(()));
        assert_eq!(optional("ec2:DescribeVpcs", refused::<()>(GONE)), Ok(None));
        let done = done("ec2:ModifyVpcAttribute", refused::<()>(GONE));
        assert_eq!(done.map_err(|fault| fault.class), Err(Class::Absent));
    }

    #[test]
    fn every_other_refusal_is_a_fault_of_its_operation() {
        const HELD: &str = "DependencyViolation";
        let deleted = deleted("ec2:DeleteVpc", refused::<()>(HELD));
        let optional = optional("ec2:DescribeVpcs", refused::<()>(HELD)).map(drop);
        let items = all_items("ec2:DescribeSubnets", refused::<Vec<()>>(HELD), Ok).map(drop);
        let of = |answer: Result<(), Fault>| answer.map_err(|fault| (fault.operation, fault.code));
        for (answer, operation) in [
            (deleted, "ec2:DeleteVpc"),
            (optional, "ec2:DescribeVpcs"),
            (items, "ec2:DescribeSubnets"),
        ] {
            assert_eq!(of(answer), Err((operation.to_owned(), HELD.to_owned())));
        }
    }

    #[test]
    fn a_field_that_is_missing_is_named() {
        let fault = None::<String>.required("ec2:CreateVpc", "Vpc").unwrap_err();
        assert_eq!(fault, Fault::incomplete("ec2:CreateVpc", "Vpc"));
    }
}
