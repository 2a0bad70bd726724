//! What a check knows.

use std::collections::BTreeMap;

use crate::aws::Cloud;
use crate::aws::policy_statement::Statement;
use crate::bedrock::Models;
use crate::engine::{Action, Address, Item, Observed, Plan, PlannedRefusal};
use crate::secrets::operator::OperatorSecrets;
use crate::stack::Stack;

/// What is known before a check looks: the file, AWS as it was read for the plan, and the plan.
pub struct CheckContext<'g> {
    /// The file.
    pub stack: &'g Stack,
    /// AWS, with what was read in this run.
    pub cloud: &'g Cloud,
    /// What AWS has of the stack.
    pub observed: &'g Observed,
    /// What IAM must allow for what the plan does.
    pub needs: &'g [Statement],
    /// What `up` would do.
    pub plan: &'g Plan,
    /// What AWS is known to refuse of that.
    pub foreseen: &'g [PlannedRefusal],
    /// The Bedrock models of the file.
    pub models: &'g Models,
    /// The operator's own secrets that the file names.
    pub operators: &'g OperatorSecrets,
    /// Secrets whose first value comes from a variable of the operator's environment.
    pub inputs: &'g [(Address, String)],
    /// Image tags or digests by service, as the operator chose them.
    pub images: &'g BTreeMap<String, String>,
}

impl CheckContext<'_> {
    /// What the plan makes of a kind, replacements included: the old one goes when the new one is there.
    pub(super) fn made<'s>(&'s self, kind: &'static str) -> impl Iterator<Item = &'s Item> {
        let makes = |item: &&Item| matches!(item.action, Action::Create | Action::Replace { .. });
        let of = move |item: &&Item| item.address.kind() == kind;
        self.plan.items.iter().filter(of).filter(makes)
    }

    /// The stack's region.
    pub(super) fn region(&self) -> &str {
        &self.cloud.place.region
    }
}
