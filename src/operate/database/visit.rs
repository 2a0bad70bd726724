//! Running the set-up task once and waiting for what it tells.

use std::time::Duration;

use serde_json::Value;

use crate::engine::{Address, Fault, Verb};
use crate::resources::{DbInstanceLive, Mode, Visitor};

use super::super::errand::Errand;

/// What a one-off task takes on AWS, more or less.
const TASK: Duration = Duration::from_secs(90);

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
    loop {
        match visit.answer(&job).await? {
            Ok(told) => {
                wait.done();
                return Ok(told);
            }
            Err(doing) => wait.pause(&doing).await?,
        }
    }
}
