//! One piece of work as a resource sees it: the cloud, and a way to say what is going on.

use std::any::Any;
use std::future::Future;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, watch};

use crate::message::Message;

use super::wait::Wait;
use super::{Address, Applied, Class, Event, Fault, Pace, Ready, TagKeys};

/// Where the work on one resource reports to.
#[derive(Clone)]
pub struct Notes {
    address: Address,
    events: mpsc::UnboundedSender<Event>,
}

impl Notes {
    /// Notes about `address`, sent to `events`.
    pub fn new(address: Address, events: mpsc::UnboundedSender<Event>) -> Self {
        Self { address, events }
    }

    /// The resource that is worked on.
    pub fn address(&self) -> &Address {
        &self.address
    }

    pub(super) fn send(&self, event: Event) {
        // A reader that has gone away does not stop the work.
        let _ = self.events.send(event);
    }
}

/// The operator's wish to stop: set once, seen by everything that starts or waits.
#[derive(Clone)]
pub struct Cancel {
    set: Arc<watch::Sender<bool>>,
}

impl Default for Cancel {
    fn default() -> Self {
        Self {
            set: Arc::new(watch::Sender::new(false)),
        }
    }
}

impl Cancel {
    /// Asks everything to stop.
    pub fn stop(&self) {
        self.set.send_replace(true);
    }

    /// Whether it was asked.
    pub fn is_stopped(&self) -> bool {
        *self.set.borrow()
    }

    /// Ends when it is asked.
    pub async fn stopped(&self) {
        let mut seen = self.set.subscribe();
        // The sender lives as long as `self`.
        let _ = seen.wait_for(|stopped| *stopped).await;
    }
}

/// The work on one resource. Dereferences to the cloud.
pub struct Job<C> {
    cloud: Arc<C>,
    notes: Notes,
    cancel: Cancel,
    applied: OnceLock<Applied>,
    tag_keys: OnceLock<TagKeys>,
    taken_out: OnceLock<Vec<String>>,
    declared: Option<Arc<dyn Any + Send + Sync>>,
    adopts: bool,
    clock_speed: f64,
}

impl<C> Deref for Job<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.cloud
    }
}

impl<C> Job<C> {
    /// Work on the resource of `notes`; `clock_speed` is that of [`super::RunContext`].
    pub fn new(cloud: Arc<C>, notes: Notes, cancel: Cancel, clock_speed: f64) -> Self {
        Self {
            cloud,
            notes,
            cancel,
            applied: OnceLock::new(),
            tag_keys: OnceLock::new(),
            taken_out: OnceLock::new(),
            declared: None,
            adopts: false,
            clock_speed,
        }
    }

    /// The same run's work on another resource: what is told of it, is told of that one.
    #[must_use]
    pub fn of(&self, address: &Address) -> Self {
        Self::new(
            Arc::clone(&self.cloud),
            Notes::new(address.clone(), self.notes.events.clone()),
            self.cancel.clone(),
            self.clock_speed,
        )
    }

    /// The same for the object of a declaration, taken over now if it `adopts`.
    #[must_use]
    pub(super) fn about(self, declared: Arc<dyn Any + Send + Sync>, adopts: bool) -> Self {
        Self {
            declared: Some(declared),
            adopts,
            ..self
        }
    }

    /// What the file says of the object; `None` for one that no declaration is about, whatever its
    /// tags say: nothing that is in it may go unless the operator names it.
    pub fn declared<R: 'static>(&self) -> Option<&R> {
        self.declared.as_ref()?.downcast_ref()
    }

    /// Whether the operator takes the object over now.
    pub fn adopts(&self) -> bool {
        self.adopts
    }

    /// What this work applies, to be noted on the object.
    pub fn applied(&self) -> Option<&Applied> {
        self.applied.get()
    }

    pub(super) fn apply(&self, props: &Value) {
        if let Some(applied) = Applied::of(props) {
            // A job makes or changes one object once.
            let _ = self.applied.set(applied);
        }
    }

    /// Which tags the file sets on the object, to be noted on it; `None` when it sets none.
    pub fn tag_keys(&self) -> Option<&TagKeys> {
        self.tag_keys.get()
    }

    pub(super) fn sets_tags(&self, props: &Value) {
        if let Some(keys) = TagKeys::of(props) {
            let _ = self.tag_keys.set(keys);
        }
    }

    /// The keys of the tags that have left the file, and that an update takes off the object.
    pub fn taken_out(&self) -> &[String] {
        self.taken_out.get().map_or(&[], Vec::as_slice)
    }

    pub(super) fn takes_out(&self, keys: Vec<String>) {
        let _ = self.taken_out.set(keys);
    }

    /// The resource that is worked on; the value of its ownership tag.
    pub fn address(&self) -> &Address {
        self.notes.address()
    }

    /// The operator's wish to stop.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Says something worth knowing.
    pub fn note(&self, text: impl Into<Message>) {
        self.notes.send(Event::Note {
            address: self.address().clone(),
            text: text.into(),
        });
    }

    pub(super) fn send(&self, event: Event) {
        self.notes.send(event);
    }

    /// Repeats a call that fails only because something made a moment ago has not spread yet
    /// (a new IAM role, say): densely, two minutes at most. `settles` matches operation and code.
    ///
    /// # Errors
    /// The last fault when the time is over, the first that does not settle, or an interruption.
    pub async fn settle<T, F>(
        &self,
        settles: impl Fn(&Fault) -> bool,
        mut call: impl FnMut() -> F,
    ) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        const BUDGET: Duration = Duration::from_secs(120);
        let begun = tokio::time::Instant::now();
        let mut pause = Duration::from_millis(250);
        let mut attempt = 0;
        loop {
            let fault = match call().await {
                Ok(value) => return Ok(value),
                Err(fault) => fault,
            };
            if !settles(&fault) || begun.elapsed() + pause > BUDGET {
                return Err(fault);
            }
            attempt += 1;
            self.notes.send(Event::Retrying {
                address: self.address().clone(),
                because: fault.to_string(),
                attempt,
            });
            self.pause(pause).await?;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    /// Looks with `probe` until it is done: for what one operation has to wait for on its way. After it the
    /// engine waits by itself.
    ///
    /// # Errors
    /// The fault of a look, the end of the time, or an interruption.
    pub async fn until<T, F>(&self, pace: Pace, probe: impl FnMut() -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<Ready<T>, Fault>>,
    {
        let wait = Wait {
            pace,
            begun: tokio::time::Instant::now(),
            clock_speed: self.clock_speed,
        };
        wait.until(self, probe).await
    }

    /// Waits, unless the operator stops the run.
    ///
    /// # Errors
    /// When the operator stops the run.
    pub async fn pause(&self, time: Duration) -> Result<(), Fault> {
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            () = self.cancel.stopped() => Err(Fault::new(
                self.address().to_string(),
                Class::Interrupted,
                "stopped by the operator while waiting",
            )),
        }
    }
}
