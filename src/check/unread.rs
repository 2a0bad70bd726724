//! What may not be read, or could not be: `up` does not begin without knowing what AWS has (`docs/exit-codes.md`).
//!
//! What is asked here is what the caller may read; what it may change is `permissions.rs`'s.

use std::collections::BTreeMap;

use super::{CheckContext, Finding};
use crate::aws::grant::Grant;
use crate::engine::{Class, Fault, Unread};

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let unread = &context.plan.unread;
    if unread.is_empty() {
        let reason = "everything that the plan is made from could be read";
        return Ok(vec![Finding::ok("reading", reason)]);
    }
    // One request can be what several kinds are read by.
    let mut requests: BTreeMap<String, (Vec<&str>, &Unread)> = BTreeMap::new();
    for one in unread {
        let message = one.fault.to_string();
        requests
            .entry(message)
            .or_insert((Vec::new(), one))
            .0
            .push(one.kind);
    }
    let found = requests.into_iter().map(|(message, (kinds, one))| {
        let finding = Finding::fail(kinds.join(", "), message);
        match (&one.fault.hint, one.fault.class) {
            (Some(hint), _) => finding.fix(hint.clone()),
            (None, Class::Denied) => {
                let action = &one.fault.operation;
                finding.fix(format!("allow {action} to whoever runs this"))
            }
            (None, _) => finding,
        }
    });
    Ok(found.collect())
}

/// The check reads nothing of its own.
pub(super) const GRANTS: &[Grant] = &[];
