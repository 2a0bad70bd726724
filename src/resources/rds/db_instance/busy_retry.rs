//! Waiting within one operation on an instance of RDS: the engine waits only after it.

use std::future::Future;

use crate::aws::Job;
use crate::engine::{Fault, Ready, Resource};

use super::DbInstance;
use super::read::one;

/// Repeats a call that RDS refuses while the instance is busy with something else.
pub(super) async fn when_not_busy<T, F>(
    job: &Job,
    identifier: &str,
    mut call: impl FnMut() -> F,
) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    let probe = || {
        let call = call();
        async move {
            match call.await {
                Err(fault) if fault.code == "InvalidDBInstanceState" => {
                    let Some(now) = one(job, identifier).await? else {
                        return Ok(Ready::NotYet("spreading".to_owned()));
                    };
                    now.ensure_usable()?;
                    Ok(Ready::NotYet(now.status))
                }
                done => done.map(Ready::Yes),
            }
        }
    };
    job.until(DbInstance::PACE, probe).await
}

/// Waits for an instance that is being deleted.
pub(super) async fn until_gone(job: &Job, identifier: &str) -> Result<(), Fault> {
    let probe = || async {
        Ok(match one(job, identifier).await? {
            Some(now) => Ready::NotYet(now.status),
            None => Ready::Yes(()),
        })
    };
    job.until(DbInstance::PACE, probe).await
}
