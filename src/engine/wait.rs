//! Looking again and again until something is done: one clock, one time limit, one way to say so.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use super::{Class, Event, Fault, Job, Pace, Ready};

/// The shortest limit of a wait for a cloud whose clock runs faster than ours: the SDK's pauses after a throttled call
/// to a service that is seldom asked (its adaptive mode) are tens of seconds, and do not follow that clock.
const LEAST_LIMIT: Duration = Duration::from_secs(150);

/// The waiting for one object.
#[derive(Clone, Copy)]
pub(super) struct Wait {
    /// How long it usually takes, at most, and how often to look.
    pub(super) pace: Pace,
    /// When the work began.
    pub(super) begun: Instant,
    /// How many times faster than ours the cloud's clock runs.
    pub(super) clock_speed: f64,
}

impl Wait {
    /// How long it usually takes, by our clock.
    pub(super) fn expected(&self) -> Duration {
        self.pace.expected.div_f64(self.clock_speed)
    }

    /// By our clock, but never so short that a busy machine alone would pass it.
    fn limit(&self) -> Duration {
        let limit = self.pace.limit;
        limit.div_f64(self.clock_speed).max(LEAST_LIMIT).min(limit)
    }

    /// Looks with `probe` until it is done: often at first, because much is done at once, then at the
    /// object's own pace. The one loop that waits for the cloud.
    ///
    /// # Errors
    /// The fault of a look, the end of the time, or the operator stops the run.
    pub(super) async fn until<C, T, F>(
        &self,
        job: &Job<C>,
        mut probe: impl FnMut() -> F,
    ) -> Result<T, Fault>
    where
        F: Future<Output = Result<Ready<T>, Fault>>,
    {
        let mut looks = 0;
        loop {
            match probe().await? {
                Ready::Yes(value) => return Ok(value),
                Ready::NotYet(doing) => self.pause(job, doing, looks).await?,
            }
            looks += 1;
        }
    }

    async fn pause<C>(&self, job: &Job<C>, doing: String, looks: u32) -> Result<(), Fault> {
        let elapsed = self.begun.elapsed();
        if elapsed > self.limit() {
            return Err(Fault::new(
                job.address().to_string(),
                Class::TimedOut,
                format!("still not done after {} s: {doing}", elapsed.as_secs()),
            ));
        }
        job.send(Event::Waiting {
            address: job.address().clone(),
            elapsed_ms: millis(elapsed),
            expected_ms: millis(self.expected()),
            doing,
        });
        let first = Duration::from_secs(1).min(self.pace.every);
        let pause = first.saturating_mul(1 << looks.min(8)).min(self.pace.every);
        let least = Duration::from_millis(50);
        job.pause(pause.div_f64(self.clock_speed).max(least)).await
    }
}

/// Milliseconds, as events count.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
