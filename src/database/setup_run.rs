//! Running the set-up task once and waiting for what it tells.

use serde_json::Value;

use crate::aws::{Cloud, RunContext};
use crate::engine::{Address, Class, Fault, Pace, Ready, Step, Verb};
use crate::resources::{DbInstanceLive, Doing, Mode, SetupRunner};

/// What a one-off task takes on AWS, more or less.
pub(super) const TASK: Pace = Pace::about(90);

/// How often to look for a task or a log that is not there: ECS and the log driver may be some seconds
/// behind.
const SILENCE: u32 = 15;

/// Runs the task in `mode` as a piece of work on `address`, the declared set-up.
///
/// # Errors
/// As [`setup_answer`].
pub(super) async fn run_setup(
    run: &RunContext,
    address: &Address,
    setup_runner: &SetupRunner,
    mode: Mode,
) -> Result<Value, Fault> {
    let task = async |step: &Step<Cloud>| setup_answer(step, setup_runner, mode, None).await;
    run.step(address.clone(), Verb::Update, TASK, task).await
}

/// Runs the task in `mode`, waits for it and answers what it told; `at` is another instance than the stack's own.
///
/// # Errors
/// The task did not start, failed, or told nothing; an interruption.
pub(super) async fn setup_answer(
    step: &Step<Cloud>,
    setup_runner: &SetupRunner,
    mode: Mode,
    at: Option<&DbInstanceLive>,
) -> Result<Value, Fault> {
    let job = step.job();
    let task_run = setup_runner.start(job, mode, at).await?;
    let mut silent = 0;
    step.until(async || match task_run.answer(job).await? {
        Ok(answer) => Ok(Ready::Yes(answer)),
        Err(Doing::Runs(doing)) => Ok(Ready::NotYet(doing)),
        Err(Doing::Silent) if silent < SILENCE => {
            silent += 1;
            Ok(Ready::NotYet("not told by ECS or its log yet".to_owned()))
        }
        Err(Doing::Silent) => {
            let what = "the set-up task told nothing in its log";
            Err(Fault::new("ecs:RunTask", Class::Failed, what))
        }
    })
    .await
}
