//! Names that are taken: by something that this stack does not manage, which `up` refuses to touch.
//!
//! A secret whose deletion is scheduled keeps its name for 7 to 30 days (Secrets Manager user guide, "Delete an AWS
//! Secrets Manager secret"); `up` restores one of the stack's own, and the plan says so.

use super::{CheckContext, Finding};
use crate::aws::grant::Grant;
use crate::engine::{Fault, Obstacle};
use crate::message::{Message, commands, message};

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let conflicts = &context.plan.conflicts;
    if conflicts.is_empty() && context.plan.unread.is_empty() {
        let reason = "no name that the file declares is taken by something else";
        return Ok(vec![Finding::ok("names", reason)]);
    }
    let found = conflicts.iter().map(|conflict| {
        let (address, id) = (&conflict.address, &conflict.id);
        let (why, fix) = match (conflict.because, &conflict.of) {
            (Obstacle::Name, Some(stack)) => (
                format!("`{id}` is there already and belongs to stack {stack}"),
                Message::from("give this stack another name, or remove that one"),
            ),
            (Obstacle::Name, None) => (
                format!("`{id}` is there already and was not made by ajuda"),
                message![commands::adopt(address), " takes it over"],
            ),
            (Obstacle::Claims, _) => (
                format!(
                    "`{id}` carries the stack's tags, and nothing else says that it is the stack's"
                ),
                format!(
                    "write \"{address}\" = \"{id}\" under [adopt] if it is, or take its tags off"
                )
                .into(),
            ),
            (Obstacle::Older, _) => (
                format!(
                    "`{id}` carries the stack's tags and has a value that ajuda did not put in"
                ),
                format!("write \"{address}\" = \"{id}\" under [adopt] if it is the stack's").into(),
            ),
        };
        Finding::fail(address.to_string(), why).fix(fix)
    });
    Ok(found.collect())
}

/// The check reads nothing of its own.
pub(super) const GRANTS: &[Grant] = &[];
