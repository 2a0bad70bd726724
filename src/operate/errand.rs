//! One piece of work that no plan holds, such as a snapshot: told and waited for like any other.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::aws::{Cloud, Job};
use crate::engine::{Address, Cancel, Class, Event, Fault, Notes, Verb};

/// What a piece of work is done with.
#[derive(Clone)]
pub struct Errand {
    /// AWS, for one stack.
    pub cloud: Arc<Cloud>,
    /// Where it is told what happens.
    pub events: mpsc::UnboundedSender<Event>,
    /// The operator's wish to stop.
    pub cancel: Cancel,
    /// How many times faster than AWS the cloud's clocks run.
    pub haste: f64,
}

/// The clock of one piece of work.
pub struct Wait<'a> {
    errand: &'a Errand,
    address: Address,
    verb: Verb,
    expected: Duration,
    limit: Duration,
    begun: Instant,
    looks: u32,
}

impl Errand {
    /// The work on one resource.
    pub fn job(&self, address: &Address) -> Job {
        Job::new(
            Arc::clone(&self.cloud),
            Notes::new(address.clone(), self.events.clone()),
            self.cancel.clone(),
        )
    }

    /// Begins a piece of work that takes about `expected` on AWS, and says so.
    pub fn begin(&self, address: Address, verb: Verb, expected: Duration) -> Wait<'_> {
        let wait = Wait {
            errand: self,
            address,
            verb,
            expected: expected.div_f64(self.haste),
            limit: expected.saturating_mul(5).max(Duration::from_secs(900)),
            begun: Instant::now(),
            looks: 0,
        };
        wait.tell(Event::Started {
            address: wait.address.clone(),
            verb,
            expected_ms: millis(wait.expected),
        });
        wait
    }
}

impl Wait<'_> {
    fn tell(&self, event: Event) {
        // A reader that has gone away does not stop the work.
        let _ = self.errand.events.send(event);
    }

    /// Says what it is doing and waits until it is worth another look.
    ///
    /// # Errors
    /// Interrupted, or five times the usual time is over.
    pub async fn pause(&mut self, doing: &str) -> Result<(), Fault> {
        const LONGEST: Duration = Duration::from_secs(15);
        let elapsed = self.begun.elapsed();
        if elapsed > self.limit {
            return Err(Fault::new(
                self.address.to_string(),
                Class::TimedOut,
                format!("still not done after {} s: {doing}", elapsed.as_secs()),
            ));
        }
        self.tell(Event::Waiting {
            address: self.address.clone(),
            elapsed_ms: millis(elapsed),
            expected_ms: millis(self.expected),
            doing: doing.to_owned(),
        });
        let pause = Duration::from_secs(1 << self.looks.min(4)).min(LONGEST);
        self.looks += 1;
        let least = Duration::from_millis(50);
        let pause = pause.div_f64(self.errand.haste).max(least);
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            () = self.errand.cancel.stopped() => Err(Fault::new(
                self.address.to_string(),
                Class::Interrupted,
                format!("stopped by the operator while it was {doing}"),
            )),
        }
    }

    /// Says that it is done.
    pub fn done(self) {
        self.tell(Event::Done {
            address: self.address.clone(),
            verb: self.verb,
            elapsed_ms: millis(self.begun.elapsed()),
        });
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
