//! Running the set-up task once and waiting for what it tells.

use serde_json::Value;

use crate::aws::Errand;
use crate::engine::{Address, Class, Fault, Pace, Verb};
use crate::resources::{DbInstanceLive, Doing, Mode, Visitor};

/// What a one-off task takes on AWS, more or less.
const TASK: Pace = Pace::about(90);

/// How often to look for a task or a log that is not there: ECS and the log driver may be some seconds
/// behind.
const SILENCE: u32 = 15;

/// Runs the task in `mode`; `at` is another instance than the stack's own.
///
/// # Errors
/// The task did not start, failed, or told nothing; an interruption.
pub async fn visit(
    errand: &Errand,
    address: &Address,
    visitor: &Visitor,
    mode: Mode,
    at: Option<&DbInstanceLive>,
) -> Result<Value, Fault> {
    let job = errand.job(address);
    let mut wait = errand.begin(address.clone(), Verb::Update, TASK);
    let visit = visitor.start(&job, mode, at).await?;
    let mut silent = 0;
    loop {
        match visit.answer(&job).await? {
            Ok(told) => {
                wait.done();
                return Ok(told);
            }
            Err(Doing::Runs(doing)) => wait.pause(&doing).await?,
            Err(Doing::Silent) if silent < SILENCE => {
                silent += 1;
                wait.pause("not told by ECS or its log yet").await?;
            }
            Err(Doing::Silent) => {
                let what = "the set-up task told nothing in its log";
                return Err(Fault::new("ecs:RunTask", Class::Failed, what));
            }
        }
    }
}
