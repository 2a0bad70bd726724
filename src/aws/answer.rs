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
