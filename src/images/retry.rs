//! Trying again what a registry may answer in a moment.

use std::time::Duration;

use super::registry_error::{Kind, RegistryError};

/// How often something is tried in all.
pub(super) const TRIES: u32 = 4;

/// Tries a small request again while it may still work.
pub(super) async fn retried<T, F>(ask: impl Fn() -> F) -> Result<T, RegistryError>
where
    F: Future<Output = Result<T, RegistryError>>,
{
    let mut attempt = 1;
    loop {
        match ask().await {
            Err(problem) if problem.kind == Kind::Passing && attempt < TRIES => {
                pause(attempt).await;
                attempt += 1;
            }
            ended => return ended,
        }
    }
}

/// Waits before the next try.
pub(super) async fn pause(attempt: u32) {
    tokio::time::sleep(Duration::from_millis(250 << attempt)).await;
}
