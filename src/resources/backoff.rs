//! Waiting within one operation: the engine waits only after it.

use std::time::Duration;

use crate::aws::Job;
use crate::engine::Fault;

/// Looks often at first, then every quarter of a minute, for 45 minutes.
pub(super) struct Patience {
    begun: tokio::time::Instant,
    pause: Duration,
}

impl Patience {
    const LIMIT: Duration = Duration::from_secs(2700);
    const LONGEST: Duration = Duration::from_secs(15);

    /// Begins now.
    pub(super) fn new() -> Self {
        Self {
            begun: tokio::time::Instant::now(),
            pause: Duration::from_millis(250),
        }
    }

    /// Fails with `fault` when the time is over.
    pub(super) async fn wait(&mut self, job: &Job, fault: Fault) -> Result<(), Fault> {
        if self.begun.elapsed() > Self::LIMIT {
            return Err(fault);
        }
        job.pause(self.pause).await?;
        self.pause = (self.pause * 2).min(Self::LONGEST);
        Ok(())
    }
}
