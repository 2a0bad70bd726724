//! What a run is done with, and one piece of its work: begun, waited for and told.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;

use super::wait::{Wait, millis};
use super::{Address, Cancel, Event, Fault, Job, Notes, Pace, Ready, Verb};

/// How long running calls may take to end after the operator stopped the run.
pub(super) const GRACE: Duration = Duration::from_secs(4);

/// What a run is done with: every plan, every stage and every single piece of work of it.
pub struct RunContext<C> {
    /// The cloud.
    pub cloud: Arc<C>,
    /// Where it is told what happens.
    pub events: mpsc::UnboundedSender<Event>,
    /// The operator's wish to stop.
    pub cancel: Cancel,
    /// How many times faster than ours the cloud's clock runs: it divides the times between looks.
    pub clock_speed: f64,
}

impl<C> RunContext<C> {
    /// The work on one resource.
    pub fn job(&self, address: &Address) -> Job<C> {
        Job::new(
            Arc::clone(&self.cloud),
            Notes::new(address.clone(), self.events.clone()),
            self.cancel.clone(),
            self.clock_speed,
        )
    }

    /// Does one piece of work: says that it begins and that it is done. A failure is the caller's to report.
    ///
    /// # Errors
    /// The fault of `act`.
    pub async fn step<T>(
        &self,
        address: Address,
        verb: Verb,
        pace: Pace,
        act: impl AsyncFnOnce(&Step<C>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let step = self.begin(address, verb, pace);
        let value = act(&step).await?;
        step.done();
        Ok(value)
    }

    /// A wait that begins now.
    pub(super) fn wait(&self, pace: Pace) -> Wait {
        Wait {
            pace,
            begun: Instant::now(),
            clock_speed: self.clock_speed,
        }
    }

    pub(super) fn begin(&self, address: Address, verb: Verb, pace: Pace) -> Step<C> {
        let wait = self.wait(pace);
        self.send(Event::Started {
            address: address.clone(),
            verb,
            expected_ms: millis(wait.expected()),
        });
        Step {
            job: self.job(&address),
            wait,
            verb,
        }
    }

    pub(super) fn send(&self, event: Event) {
        // A reader that has gone away does not stop the work.
        let _ = self.events.send(event);
    }
}

/// One piece of work while it is done.
pub struct Step<C> {
    pub(super) job: Job<C>,
    pub(super) wait: Wait,
    verb: Verb,
}

impl<C> Step<C> {
    /// The cloud, and a way to say what is going on.
    pub fn job(&self) -> &Job<C> {
        &self.job
    }

    /// Looks with `probe` until it is done.
    ///
    /// # Errors
    /// The fault of a look, the end of the time, or an interruption.
    pub async fn until<T>(
        &self,
        probe: impl AsyncFnMut() -> Result<Ready<T>, Fault>,
    ) -> Result<T, Fault> {
        // One look after the other: what a probe remembers is lent to each of them.
        let probe = Mutex::new(probe);
        let probe_once = || async {
            let mut probe = probe.lock().await;
            (*probe)().await
        };
        self.wait.until(&self.job, probe_once).await
    }

    pub(super) fn done(&self) {
        self.job.send(Event::Done {
            address: self.job.address().clone(),
            verb: self.verb,
            elapsed_ms: millis(self.wait.begun.elapsed()),
        });
    }
}
