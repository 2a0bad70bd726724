//! Creates that take no idempotency token: a lost reply must not make a second object.

use std::future::Future;
use std::time::Duration;

use crate::engine::{Class, Fault, Sent};

use super::Job;

/// Calls `call` (through a client that does not retry by itself) and, when it is not known whether
/// AWS carried it out, looks with `find` for what it may have made, for eight seconds, before calling
/// again.
///
/// # Errors
/// AWS's answer, or the last fault after five tries.
pub async fn create_idempotently<T, C, F>(
    job: &Job,
    mut call: impl FnMut() -> C,
    mut find: impl FnMut() -> F,
) -> Result<T, Fault>
where
    C: Future<Output = Result<T, Fault>>,
    F: Future<Output = Result<Option<T>, Fault>>,
{
    const TRIES: u32 = 5;
    const LOOKS: u32 = 5;
    let mut tried = 0;
    loop {
        let fault = match call().await {
            Ok(made) => return Ok(made),
            Err(fault) => fault,
        };
        tried += 1;
        let unclear = fault.sent == Sent::Maybe || fault.class == Class::Other;
        let again = unclear || fault.class == Class::Throttled;
        if !again || tried == TRIES {
            return Err(fault);
        }
        if !unclear {
            job.pause(Duration::from_millis(250 << tried)).await?;
            continue;
        }
        // Describes lag some seconds behind creates ("Eventual consistency in the Amazon EC2 API"), and
        // a second object costs more than looking a little longer for the first.
        for attempt in 0..LOOKS {
            job.pause(Duration::from_millis(250 << attempt)).await?;
            if let Some(made) = find().await? {
                return Ok(made);
            }
        }
    }
}
