//! Waiting within one operation on an instance of RDS: the engine waits only after it.

use std::future::Future;

use crate::aws::Job;
use crate::engine::{Class, Fault};

use super::read::one;
use crate::resources::backoff::Patience;

/// Repeats a call that RDS refuses while the instance is busy with something else.
pub(super) async fn patiently<T, F>(
    job: &Job,
    identifier: &str,
    mut call: impl FnMut() -> F,
) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    let mut retry = Patience::new();
    loop {
        match call().await {
            Err(fault) if fault.code == "InvalidDBInstanceState" => {
                if let Some(now) = one(job, identifier).await? {
                    now.ensure_usable()?;
                }
                retry.wait(job, fault).await?;
            }
            done => return done,
        }
    }
}

/// Waits for an instance that is being deleted.
pub(super) async fn until_gone(job: &Job, identifier: &str) -> Result<(), Fault> {
    let mut retry = Patience::new();
    while let Some(now) = one(job, identifier).await? {
        let fault = Fault::new(identifier, Class::TimedOut, format!("still {}", now.status));
        retry.wait(job, fault).await?;
    }
    Ok(())
}
