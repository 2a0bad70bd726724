//! Values of secrets that come from the operator's environment.
//!
//! `up` puts a secret's first value from a variable into Secrets Manager, so one that is not set, or empty as in a
//! pipeline without that secret, ends it.

use std::collections::BTreeSet;

use super::{CheckContext, Finding};
use crate::aws::Cloud;
use crate::aws::grant::Grant;
use crate::engine::{Address, Fault, Plan};
use crate::resources::Secret;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let lacking = lacking(context.cloud, context.plan, context.inputs);
    let found: Vec<Finding> = lacking
        .into_iter()
        .map(|(address, fault)| {
            let finding = Finding::fail(address.to_string(), fault.message);
            match fault.hint {
                Some(hint) => finding.fix(hint),
                None => finding,
            }
        })
        .collect();
    let taken = taken(context.plan, context.inputs).count();
    Ok(match taken {
        0 => found,
        _ if !found.is_empty() => found,
        1 => vec![Finding::ok(
            "environment",
            "the 1 variable that a secret is taken from is set",
        )],
        many => {
            let reason = format!("the {many} variables that secrets are taken from are set");
            vec![Finding::ok("environment", reason)]
        }
    })
}

/// The secrets that the plan gives a value from a variable of the operator's environment that has none, and why.
pub fn lacking<'p>(
    cloud: &Cloud,
    plan: &'p Plan,
    inputs: &'p [(Address, String)],
) -> Vec<(&'p Address, Fault)> {
    let asked = taken(plan, inputs);
    asked
        .filter_map(|(address, variable)| Some((address, cloud.inputs.get(variable).err()?)))
        .collect()
}

/// The secrets that the plan gives a value from a variable, with that variable.
fn taken<'p>(
    plan: &Plan,
    inputs: &'p [(Address, String)],
) -> impl Iterator<Item = &'p (Address, String)> {
    let made: BTreeSet<&Address> = plan
        .items
        .iter()
        .filter(|item| Secret::is_given_value(item))
        .map(|item| &item.address)
        .collect();
    let taken: Vec<_> = inputs.iter().filter(|(it, _)| made.contains(it)).collect();
    taken.into_iter()
}

/// The check reads nothing of its own.
pub(super) const GRANTS: &[Grant] = &[];
