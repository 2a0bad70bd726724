//! The least that IAM must allow whoever runs a verb on one stack, as policies.
//!
//! Pure: the file, its place and what it declares in, documents out. What each call needs stands beside the call, as
//! [`Grant`]s: kinds have theirs by [`Permitted`], everything else is collected in `verbs.rs`.
//!
//! [`Grant`]: crate::aws::grant::Grant
//! [`Permitted`]: crate::aws::grant::Permitted

use std::collections::BTreeSet;

use crate::aws::policy_statement::Statements;
use crate::aws::{Cloud, Place};
use crate::engine::{Action, Graph, Plan};
use crate::stack::Stack;

mod document;
mod expand;
pub mod trust;
mod verbs;

pub use crate::aws::policy_statement::Statement;
pub use document::{Document, LIMIT, Policy};
pub use verbs::{Verb, every_action};

/// For what stack, and where it is.
#[derive(Clone, Copy)]
pub struct PolicyScope<'s> {
    /// The file.
    pub stack: &'s Stack,
    /// Its place. Availability zones are not asked for.
    pub place: &'s Place,
    /// What the file declares.
    pub graph: &'s Graph<Cloud>,
    /// The families of the revisions that run: a service that was taken over keeps its own, which the file does not say.
    pub families: &'s BTreeSet<String>,
}

/// What IAM must allow for a verb: one statement for each set of objects and condition.
pub fn statements(verb: Verb, scope: &PolicyScope<'_>) -> Vec<Statement> {
    let kinds = scope.graph.iter().map(|(address, _)| address.kind());
    let values = expand::Values::of(scope);
    let mut all = Statements::default();
    for (kind, grant) in verb.grants(&kinds.collect()) {
        let objects = values.objects(kind, grant.on);
        let when = expand::when(scope, verb.condition(grant.when));
        all.allow(grant.actions, objects, &when);
    }
    all.merged()
}

/// What IAM must allow for the changes of a plan: of each kind what it makes, changes and removes.
pub fn planned(scope: &PolicyScope<'_>, plan: &Plan) -> Vec<Statement> {
    let values = expand::Values::of(scope);
    let mut all = Statements::default();
    let items = plan.items.iter();
    let parts = items.flat_map(|item| {
        let parts: &[verbs::Part] = match &item.action {
            Action::Keep => &[],
            Action::Create => &[verbs::Part::Create],
            Action::Delete => &[verbs::Part::Delete],
            Action::Replace { .. } => &[verbs::Part::Create, verbs::Part::Delete],
            Action::Update | Action::Later { .. } | Action::Adopt => &[verbs::Part::Update],
        };
        parts.iter().map(|part| (item.address.kind(), *part))
    });
    for (kind, grant) in verbs::of_parts(&parts.collect()) {
        let objects = values.objects(Some(kind), grant.on);
        all.allow(grant.actions, objects, &expand::when(scope, grant.when));
    }
    all.merged()
}

/// The same as policies, each of which a managed policy of IAM can be made of.
pub fn policies(verb: Verb, scope: &PolicyScope<'_>) -> Vec<Policy> {
    let name = format!("{}-{}", scope.place.stack, verb.name());
    document::split(&name, statements(verb, scope))
}
