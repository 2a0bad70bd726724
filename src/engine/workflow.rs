//! Work whose steps come one after the other: each is told like an operation of a plan.

use std::future::Future;

use super::run_context::GRACE;
use super::wait::millis;
use super::{Address, Class, Event, Fault, Pace, Report, RunContext, Stage, Step, Verb};

/// A stage of a plan, with what carries it out.
pub trait StageWork<C> {
    /// What the stages of one change have in common.
    type Change;

    /// As it stands in the plan.
    fn planned(&self) -> &Stage;

    /// How often to look, and how long at most.
    fn pace(&self, change: &Self::Change) -> Pace;

    /// Whether it is carried out as well after what a stage was to bring about has failed for good
    /// ([`Class::Failed`]).
    fn is_end(&self) -> bool {
        false
    }

    /// Carries it out, from wherever an interrupted run left it.
    ///
    /// # Errors
    /// The fault of a call, the end of the time, or an interruption: the same command goes on.
    fn perform(
        &self,
        step: &Step<C>,
        change: &Self::Change,
    ) -> impl Future<Output = Result<(), Fault>>;
}

/// Steps that are taken one after the other, and what came of them.
pub struct Workflow<C> {
    run: RunContext<C>,
    report: Report,
}

/// A step failed, which the report tells: nothing after it is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Halted;

impl<C> Workflow<C> {
    /// Nothing is done yet.
    pub fn new(run: RunContext<C>) -> Self {
        Self {
            run,
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
        if self.run.cancel.is_stopped() {
            self.report.interrupted = true;
            self.report.skipped.push((address.clone(), verb, None));
            self.run.send(Event::Skipped {
                address,
                verb,
                because: None,
            });
            return Err(Halted);
        }
        let step = self.run.begin(address.clone(), verb, pace);
        let ended = tokio::select! {
            ended = act(&step) => ended,
            () = self.grace_is_over() => Err(Fault::new(
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
                self.run.send(Event::Failed {
                    address,
                    verb,
                    fault,
                    elapsed_ms: millis(step.wait.begun.elapsed()),
                });
                Err(Halted)
            }
        }
    }

    /// Carries out the stages of a plan, one after the other.
    ///
    /// # Errors
    /// As [`Workflow::step`]: what comes after it is not begun.
    pub async fn carry_out<S: StageWork<C>>(
        &mut self,
        stages: &[S],
        change: &S::Change,
    ) -> Result<(), Halted> {
        let mut ended = Ok(());
        for stage in stages {
            let failed = |fault: &Fault| fault.class == Class::Failed;
            if ended.is_err() && !(stage.is_end() && self.fault().is_some_and(failed)) {
                continue;
            }
            let Stage { address, verb, .. } = stage.planned();
            // Boxed, because stages are of many kinds and as large as the largest.
            let perform = async |step: &Step<C>| Box::pin(stage.perform(step, change)).await;
            let done = self
                .step(address.clone(), *verb, stage.pace(change), perform)
                .await;
            ended = ended.and(done);
        }
        ended
    }

    /// Why the last step that failed did.
    pub fn fault(&self) -> Option<&Fault> {
        self.report.failed.last().map(|(_, _, fault)| fault)
    }

    /// What came of it. The events end here.
    pub fn end(self) -> Report {
        self.report
    }

    async fn grace_is_over(&self) {
        self.run.cancel.stopped().await;
        tokio::time::sleep(GRACE).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::mpsc;

    use super::*;
    use crate::engine::{Cancel, Ready};

    fn workflow() -> (Workflow<()>, Cancel, mpsc::UnboundedReceiver<Event>) {
        let (events, received) = mpsc::unbounded_channel();
        let cancel = Cancel::default();
        let workflow = Workflow::new(RunContext {
            cloud: Arc::new(()),
            events,
            cancel: cancel.clone(),
            clock_speed: 1.0,
        });
        (workflow, cancel, received)
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_waits_and_is_told() {
        let (mut workflow, _, mut received) = workflow();
        let mut left = 3;
        let done = workflow
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
        let report = workflow.end();
        assert_eq!((report.done.len(), report.failed.len()), (1, 0));
        let mut got = Vec::new();
        while let Some(event) = received.recv().await {
            got.push(event);
        }
        assert!(matches!(got[0], Event::Started { .. }));
        assert!(matches!(got[1], Event::Waiting { .. }));
        assert!(matches!(got.last(), Some(Event::Done { .. })));
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_of_the_time_is_a_failure() {
        let (mut workflow, _, _received) = workflow();
        let never = workflow
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
        assert_eq!(workflow.end().failed[0].2.class, Class::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_begun_after_a_stop_and_a_hanging_call_is_left() {
        let (mut workflow, cancel, _received) = workflow();
        cancel.stop();
        let step = workflow
            .step(
                Address::new("thing", "a"),
                Verb::Update,
                Pace::QUICK,
                async |_| Ok(()),
            )
            .await;
        assert_eq!(step, Err(Halted));
        let report = workflow.end();
        assert!(report.interrupted && report.done.is_empty());
        assert_eq!(report.skipped.len(), 1);

        let (mut workflow, cancel, _received) = self::workflow();
        let hang = async |_: &Step<()>| {
            cancel.stop();
            std::future::pending::<Result<(), Fault>>().await
        };
        let hung = workflow
            .step(Address::new("thing", "a"), Verb::Update, Pace::QUICK, hang)
            .await;
        assert_eq!(hung, Err(Halted));
        assert_eq!(workflow.end().failed[0].2.class, Class::Interrupted);
    }
}
