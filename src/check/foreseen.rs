//! Changes that AWS is known to refuse, by what is there: less storage, an older version, a name that is fixed. And an
//! upgrade that `up` itself does not begin, because one is unfinished.
//!
//! Each kind says them itself, beside the rule of AWS's that it knows (`Resource::refusals`).

use super::{CheckContext, Finding};
use crate::aws::grant::Grant;
use crate::engine::Fault;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let foreseen = context.foreseen.iter();
    Ok(foreseen
        .map(|one| Finding::fail(one.address.to_string(), one.why.clone()))
        .collect())
}

/// The check reads nothing of its own.
pub(super) const GRANTS: &[Grant] = &[];
