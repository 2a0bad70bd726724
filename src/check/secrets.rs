//! Secrets of the operator that the file names by ARN: a task that is given one that is not there does not start
//! ("Pass Secrets Manager secrets through Amazon ECS environment variables", `ResourceInitializationError`).
//!
//! Whether a key of one is there, `secret-keys` looks.

use super::{CheckContext, Finding};
use crate::aws::grant::Grant;
use crate::engine::Fault;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let operators = context.operators;
    if let Some(fault) = &operators.fault {
        return Err(fault.clone());
    }
    let gone = operators.absent.iter().map(|secret| {
        let reason = "does not exist: tasks that are given it cannot start";
        Finding::fail(secret, reason)
            .named()
            .fix("make it, or name the one that is meant")
    });
    let there = operators.encryption.keys();
    let there = there.map(|secret| Finding::ok(secret, "is there").named());
    Ok(gone.chain(there).collect())
}

/// The check reads nothing of its own.
pub(super) const GRANTS: &[Grant] = &[];
