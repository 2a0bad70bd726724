//! Work outside a plan: pieces of it, each begun, waited for and told like an operation of one.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;

use super::wait::{Wait, millis};
use super::{Address, Cancel, Class, Event, Fault, Job, Notes, Pace, Ready, Report, Verb};

/// How long a running call may take to end after the operator stopped the run.
const GRACE: Duration = Duration::from_secs(4);

/// What work outside a plan is done with.
pub struct Errand<C> {
    /// The cloud.
    pub cloud: Arc<C>,
    /// Where it is told what happens.
    pub events: mpsc::UnboundedSender<Event>,
    /// The operator's wish to stop.
    pub cancel: Cancel,
    /// How many times faster than ours the cloud's clock runs.
    pub haste: f64,
}

impl<C> Clone for Errand<C> {
    fn clone(&self) -> Self {
        Self {
            cloud: Arc::clone(&self.cloud),
            events: self.events.clone(),
            cancel: self.cancel.clone(),
            haste: self.haste,
        }
    }
}

impl<C> Errand<C> {
    /// The work on one resource.
    pub fn job(&self, address: &Address) -> Job<C> {
        Job::new(
            Arc::clone(&self.cloud),
            Notes::new(address.clone(), self.events.clone()),
            self.cancel.clone(),
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

    fn begin(&self, address: Address, verb: Verb, pace: Pace) -> Step<C> {
        let wait = Wait {
            pace,
            begun: Instant::now(),
            haste: self.haste,
        };
        self.tell(Event::Started {
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

    fn tell(&self, event: Event) {
        // A reader that has gone away does not stop the work.
        let _ = self.events.send(event);
    }
}

/// One piece of work while it is done.
pub struct Step<C> {
    job: Job<C>,
    wait: Wait,
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
        let look = || async {
            let mut probe = probe.lock().await;
            (*probe)().await
        };
        self.wait.until(&self.job, look).await
    }

    fn done(&self) {
        self.job.tell(Event::Done {
            address: self.job.address().clone(),
            verb: self.verb,
            elapsed_ms: millis(self.wait.begun.elapsed()),
        });
    }
}

/// Steps that are taken one after the other, and what came of them.
pub struct Work<C> {
    errand: Errand<C>,
    report: Report,
}

/// A step failed, which the report of the work tells: nothing after it is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Halted;

impl<C> Work<C> {
    /// Nothing is done yet.
    pub fn new(errand: Errand<C>) -> Self {
        Self {
            errand,
            report: Report::default(),
        }
    }

    /// Takes one step.
    ///
    /// # Errors
    /// When it failed or the operator stops the run; why is in the report.
    pub async fn step<T>(
        &mut self,
        address: Address,
        verb: Verb,
        pace: Pace,
        act: impl AsyncFnOnce(&Step<C>) -> Result<T, Fault>,
    ) -> Result<T, Halted> {
        if self.errand.cancel.is_stopped() {
            self.report.interrupted = true;
            self.report.skipped.push((address.clone(), verb, None));
            self.errand.tell(Event::Skipped {
                address,
                verb,
                because: None,
            });
            return Err(Halted);
        }
        let step = self.errand.begin(address.clone(), verb, pace);
        let ended = tokio::select! {
            ended = act(&step) => ended,
            () = self.out_of_patience() => Err(Fault::new(
                address.to_string(),
                Class::Interrupted,
                "a call was still running when the run was stopped",
            )),
        };
        match ended {
            Ok(value) => {
                self.report.done.push((address, verb));
                step.done();
                Ok(value)
            }
            Err(fault) => {
                self.report.interrupted |= fault.class == Class::Interrupted;
                let failed = (address.clone(), verb, fault.clone());
                self.report.failed.push(failed);
                self.errand.tell(Event::Failed {
                    address,
                    verb,
                    fault,
                    elapsed_ms: millis(step.wait.begun.elapsed()),
                });
                Err(Halted)
            }
        }
    }

    /// Why the last step that failed did.
    pub fn fault(&self) -> Option<&Fault> {
        self.report.failed.last().map(|(_, _, fault)| fault)
    }

    /// What came of it. The events end here.
    pub fn end(self) -> Report {
        self.report
    }

    async fn out_of_patience(&self) {
        self.errand.cancel.stopped().await;
        tokio::time::sleep(GRACE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work() -> (Work<()>, Cancel, mpsc::UnboundedReceiver<Event>) {
        let (events, received) = mpsc::unbounded_channel();
        let cancel = Cancel::default();
        let work = Work::new(Errand {
            cloud: Arc::new(()),
            events,
            cancel: cancel.clone(),
            haste: 1.0,
        });
        (work, cancel, received)
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_waits_and_is_told() {
        let (mut work, _, mut received) = work();
        let mut left = 3;
        let done = work
            .step(
                Address::new("thing", "a"),
                Verb::Update,
                Pace::of(10, 60, 5),
                async |step| {
                    step.until(async || {
                        left -= 1;
                        Ok(if left == 0 {
                            Ready::Yes("ready")
                        } else {
                            Ready::NotYet("busy".to_owned())
                        })
                    })
                    .await
                },
            )
            .await;
        assert_eq!(done, Ok("ready"));
        let report = work.end();
        assert_eq!((report.done.len(), report.failed.len()), (1, 0));
        let mut told = Vec::new();
        while let Some(event) = received.recv().await {
            told.push(event);
        }
        assert!(matches!(told[0], Event::Started { .. }));
        assert!(matches!(told[1], Event::Waiting { .. }));
        assert!(matches!(told.last(), Some(Event::Done { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_time_is_a_failure() {
        let (mut work, _, _received) = work();
        let never = work
            .step(
                Address::new("thing", "a"),
                Verb::Update,
                Pace::of(10, 60, 5),
                async |step| {
                    step.until(async || Ok(Ready::<()>::NotYet("busy".to_owned())))
                        .await
                },
            )
            .await;
        assert_eq!(never, Err(Halted));
        assert_eq!(work.end().failed[0].2.class, Class::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_begun_after_a_stop_and_a_hanging_call_is_left() {
        let (mut work, cancel, _received) = work();
        cancel.stop();
        let step = work
            .step(
                Address::new("thing", "a"),
                Verb::Update,
                Pace::QUICK,
                async |_| Ok(()),
            )
            .await;
        assert_eq!(step, Err(Halted));
        let report = work.end();
        assert!(report.interrupted && report.done.is_empty());
        assert_eq!(report.skipped.len(), 1);

        let (mut work, cancel, _received) = self::work();
        let hang = async |_: &Step<()>| {
            cancel.stop();
            std::future::pending::<Result<(), Fault>>().await
        };
        let hung = work
            .step(Address::new("thing", "a"), Verb::Update, Pace::QUICK, hang)
            .await;
        assert_eq!(hung, Err(Halted));
        assert_eq!(work.end().failed[0].2.class, Class::Interrupted);
    }
}
