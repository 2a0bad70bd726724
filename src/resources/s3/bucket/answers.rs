//! What S3 answers of settings that are not there, or not yet.

use crate::aws::Job;
use crate::engine::Fault;

/// What is not configured answers a code of its own.
pub(super) fn unset<T>(answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(fault) if fault.is_absent() && fault.code != "NoSuchBucket" => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// A bucket made a moment ago may not be known everywhere, nor may the policy that lets logs into one, and
/// settings change one at a time (S3 API, "Error responses": `OperationAborted`).
pub(super) async fn settled<F>(
    job: &Job,
    operation: &str,
    call: impl FnMut() -> F,
) -> Result<(), Fault>
where
    F: Future<Output = Result<(), Fault>>,
{
    const CODES: &[&str] = &[
        "OperationAborted",
        "NoSuchBucket",
        "InvalidTargetBucketForLogging",
    ];
    let settles = |fault: &Fault| fault.is(operation, CODES);
    job.settle(settles, call).await
}
