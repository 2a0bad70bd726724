//! What the file gives up, in the words of every `plan`: encryption, a standby, connections of all tasks against what the
//! database takes.
//!
//! `presets::warnings` knows them, beside the facts that they rest on. Nothing is asked.

use super::{CheckContext, Finding};
use crate::aws::grant::Grant;
use crate::engine::Fault;
use crate::presets;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let findings: Vec<Finding> = presets::warnings(context.stack)
        .into_iter()
        .map(|warning| Finding::warn("the file", warning))
        .collect();
    if findings.is_empty() {
        return Ok(vec![Finding::ok("the file", "gives nothing up")]);
    }
    Ok(findings)
}

/// The check reads nothing of its own.
pub(super) const GRANTS: &[Grant] = &[];
