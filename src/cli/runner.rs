//! What a verb changes a stack with: everything that is done is shown as it happens and stopped in order.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::apply::Signals;
use super::lock::{Lock, LockWait};
use super::session::Session;
use crate::aws::{Cloud, RunContext};
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{
    Cancel, Class, Fault, Halted, Observed, Outcome, Plan, Report, Workflow, apply, until_shown,
    until_steady,
};
use crate::exit::Exit;
use crate::render::{Console, Part, Progress, StatusWriter};
use crate::resources::KINDS;

/// One run of a verb that holds the stack's lease.
#[derive(Clone, Copy)]
pub(super) struct Runner<'a> {
    /// The stack.
    pub(super) session: &'a Session,
    /// Where it is told.
    pub(super) console: &'a Console,
    lock: &'a Lock,
}

impl<'a> Runner<'a> {
    /// Does something while the stack's lease is held.
    ///
    /// # Errors
    /// As [`Lock::take`], and those of `act`.
    pub(super) async fn with_lock<T>(
        session: &Session,
        console: &Console,
        lock_wait: &LockWait,
        act: impl AsyncFnOnce(Runner<'_>) -> Result<T, CommandError>,
    ) -> Result<T, CommandError> {
        let lock = Lock::take(session, console, lock_wait).await?;
        if lock.follows_unended() {
            console.say("the run before this one was cut off: reading until AWS shows what it did");
            until_steady(
                &session.cloud,
                &session.graph,
                KINDS,
                |cloud: &Cloud| cloud.memo.forget(),
                &lock.cancel,
                session.clock_speed,
            )
            .await;
        }
        let ended = act(Runner {
            session,
            console,
            lock: &lock,
        })
        .await;
        lock.release(console).await;
        ended
    }

    /// Applies a plan, and waits until AWS shows it.
    pub(super) async fn apply(self, plan: &Plan, observed: &Observed) -> Outcome {
        Box::pin(self.apply_part(plan, observed, &Part::default())).await
    }

    /// The same as a part of a longer run.
    pub(super) async fn apply_part(self, plan: &Plan, observed: &Observed, part: &Part) -> Outcome {
        let graph = &self.session.graph;
        let progress = Progress::new(*self.console, plan, self.session.clock_speed).within(part);
        let work = async |run: RunContext| {
            let outcome = apply(&run, graph, KINDS, plan, observed).await;
            let forget = |cloud: &Cloud| cloud.memo.forget();
            until_shown(&run, graph, KINDS, &outcome.report, forget).await;
            outcome
        };
        self.shown(progress, work).await
    }

    /// Takes steps that come one after the other, and answers what came of them.
    pub(super) async fn steps(
        self,
        progress: Progress,
        take: impl AsyncFnOnce(&mut Workflow<Cloud>) -> Result<(), Halted>,
    ) -> Report {
        let work = async |run| {
            let mut workflow = Workflow::new(run);
            // What went wrong is in the report.
            let _ = take(&mut workflow).await;
            workflow.end()
        };
        self.shown(progress, work).await
    }

    /// Does one thing that no plan holds.
    ///
    /// # Errors
    /// The fault of `work`.
    pub(super) async fn task<T, F>(self, work: impl FnOnce(RunContext) -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let progress = Progress::lines(*self.console);
        self.shown(progress, async |run| work(run).await).await
    }

    /// Does `work` and shows it; Ctrl-C, Ctrl-\ and SIGTERM stop it in order, a second one at once.
    async fn shown<T>(self, progress: Progress, work: impl AsyncFnOnce(RunContext) -> T) -> T {
        let (events, received) = mpsc::unbounded_channel();
        let cancel = self.lock.cancel.clone();
        // Before the lease's own listener leaves: no signal comes in between.
        let signals = Signals::new();
        self.lock.begin(progress.status_writer());
        let watch = tokio::spawn(listen(signals, cancel.clone(), progress.status_writer()));
        let shown = tokio::spawn(progress.follow(received));
        let ended = work(RunContext {
            cloud: Arc::clone(&self.session.cloud),
            events,
            cancel,
            clock_speed: self.session.clock_speed,
        })
        .await;
        watch.abort();
        // Everything was sent; the last lines are still being drawn.
        let _ = shown.await;
        ended
    }
}

/// Stops in order at the first signal, leaves at once at the second.
async fn listen(mut signals: Signals, cancel: Cancel, status: StatusWriter) {
    signals.next().await;
    status.say("stopping after the calls in flight; press Ctrl-C again to quit now");
    cancel.stop();
    signals.next().await;
    std::process::exit(i32::from(Exit::Interrupted as u8));
}

/// Why such work ended early: interrupted, refused by what is there, or failed.
pub(super) fn stopped(what: &str, fault: &Fault) -> CommandError {
    let mut stop = CommandError::fault(what, fault);
    stop.kind = match fault.class {
        Class::Interrupted => ErrorKind::Interrupted,
        Class::Conflict => ErrorKind::Refused,
        Class::Denied => ErrorKind::Unread,
        _ => ErrorKind::Failed,
    };
    stop
}
