//! What would be done to a stack, or to one thing of it.

use serde::Serialize;
use serde_json::Value;

use super::CostDocument;
use super::check::{FindingDocument, findings};
use super::duration::{DurationDocument, duration};
use super::run::{ModelWarningDocument, of_models};
use crate::bedrock::ModelWarning;
use crate::check::Finding;
use crate::engine::{
    Action, Address, AdoptedFrom, Cause, Change, Conflict, Item, Plan, StageAction, StagedChange,
    Subject, Summary, Unmanaged, Unverified,
};
use crate::message::StackOptions;

/// A plan. Everything that is not kept is in `actions`.
#[derive(Debug, Serialize)]
pub struct PlanDocument<'a> {
    /// What is done in stages, before all else.
    staged: Vec<StagedDocument<'a>>,
    actions: Vec<ActionDocument<'a>>,
    summary: Summary,
    unverified: &'a [Unverified],
    /// What others have added to objects of the stack.
    unmanaged: &'a [Unmanaged],
    conflicts: &'a [Conflict],
    unread: Vec<UnreadDocument<'a>>,
    /// What the file gives up.
    warnings: Vec<String>,
    /// What an operator should know of the Bedrock models that the file names.
    model_warnings: Vec<ModelWarningDocument<'a>>,
    fingerprint: &'a str,
    /// How long it takes; null where nothing is to be done.
    duration: Option<DurationDocument<'a>>,
    /// What was looked at before anything is changed, with `--check`.
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<FindingDocument<'a>>>,
    /// What it costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<CostDocument<'a>>,
}

impl<'a> PlanDocument<'a> {
    /// The same with what was looked at.
    #[must_use]
    pub fn checked(
        self,
        found: &'a [Finding],
        line_of: &dyn Fn(&Finding) -> Option<usize>,
        place: &StackOptions,
    ) -> Self {
        Self {
            checks: Some(findings(found, line_of, place)),
            ..self
        }
    }

    /// The same with what it costs.
    #[must_use]
    pub fn costed(self, cost: CostDocument<'a>) -> Self {
        Self {
            cost: Some(cost),
            ..self
        }
    }
}

#[derive(Debug, Serialize)]
struct ActionDocument<'a> {
    address: &'a Address,
    kind: &'a str,
    step: &'a str,
    action: &'static str,
    because: Vec<String>,
    changes: Vec<ChangeDocument<'a>>,
    holds_data: bool,
    notes: Vec<String>,
    /// How it comes to its address: `moved-from` an address, or `adopted` under a name of AWS.
    taken: Option<&'a AdoptedFrom>,
}

#[derive(Debug, Serialize)]
struct ChangeDocument<'a> {
    path: &'a str,
    before: &'a Value,
    /// What is not known yet is an object of `known_after` and `text` ([`crate::engine::KNOWN_AFTER`]).
    after: &'a Value,
    sensitive: bool,
    /// Who made it differ since it was last applied: `file`, `aws`, `both`, `unknown`.
    cause: Option<Cause>,
}

#[derive(Debug, Serialize)]
struct UnreadDocument<'a> {
    kind: &'a str,
    addresses: &'a [Address],
    operation: &'a str,
    code: &'a str,
    message: &'a str,
    request_id: Option<&'a str>,
}

/// A plan, with what to know of it beside what it changes. Its notes are about the stack that `place` names.
pub fn plan<'a>(
    plan: &'a Plan,
    warnings: Vec<String>,
    model_warnings: &'a [ModelWarning],
    place: &StackOptions,
) -> PlanDocument<'a> {
    let pending = plan.items.iter();
    let pending = pending.filter(|item| item.action != Action::Keep);
    let unread = plan.unread.iter().map(|unread| UnreadDocument {
        kind: unread.kind,
        addresses: &unread.addresses,
        operation: &unread.fault.operation,
        code: &unread.fault.code,
        message: &unread.fault.message,
        request_id: unread.fault.request_id.as_deref(),
    });
    PlanDocument {
        staged: plan
            .staged
            .iter()
            .map(|change| staged(change, place))
            .collect(),
        actions: pending.map(|item| action(item, place)).collect(),
        summary: plan.summary(),
        unverified: &plan.unverified,
        unmanaged: &plan.unmanaged,
        conflicts: &plan.conflicts,
        unread: unread.collect(),
        warnings,
        model_warnings: of_models(model_warnings, place),
        fingerprint: &plan.fingerprint,
        duration: duration(&plan.schedule),
        checks: None,
        cost: None,
    }
}

#[derive(Serialize)]
struct PlanLine<'a> {
    event: &'static str,
    #[serde(flatten)]
    plan: PlanDocument<'a>,
}

/// The plan that is about to be carried out, as a line; what there is to know beside it has lines of its
/// own.
pub fn planned<'a>(of: &'a Plan, place: &StackOptions) -> impl Serialize + use<'a> {
    PlanLine {
        event: "plan",
        plan: plan(of, Vec::new(), &[], place),
    }
}

fn action<'a>(item: &'a Item, place: &StackOptions) -> ActionDocument<'a> {
    ActionDocument {
        address: &item.address,
        kind: item.address.kind(),
        step: item.step,
        action: name(item),
        because: because(&item.action),
        changes: item.changes.fields.iter().map(change).collect(),
        holds_data: item.data,
        notes: item.notes.iter().map(|note| note.at(place)).collect(),
        taken: item.taken.as_ref(),
    }
}

fn change(change: &Change) -> ChangeDocument<'_> {
    ChangeDocument {
        path: &change.path,
        before: &change.before,
        after: &change.after,
        sensitive: change.sensitive,
        cause: change.cause,
    }
}

fn name(item: &Item) -> &'static str {
    match &item.action {
        Action::Keep => "keep",
        Action::Create => "create",
        Action::Update => "update",
        // The next revision of the same takes nothing away.
        Action::Replace { .. } if item.is_revision => "update",
        Action::Replace { .. } => "replace",
        Action::Delete => "delete",
        Action::Later { .. } => "later",
        Action::Adopt => "adopt",
    }
}

fn because(action: &Action) -> Vec<String> {
    match action {
        Action::Replace { because } => because.clone(),
        Action::Later { on } => on.iter().map(ToString::to_string).collect(),
        Action::Keep | Action::Create | Action::Update | Action::Delete | Action::Adopt => {
            Vec::new()
        }
    }
}

/// A change in stages: of what a service runs, or of what a database holds.
#[derive(Debug, Serialize)]
struct StagedDocument<'a> {
    #[serde(flatten)]
    subject: SubjectDocument<'a>,
    changes: Vec<ChangeDocument<'a>>,
    stages: Vec<&'a StageAction>,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum SubjectDocument<'a> {
    Service {
        service: &'a str,
        revision: i32,
        image: &'a str,
        /// The revision that will run; null for one that is not registered yet.
        to: Option<i32>,
    },
    Database {
        database: &'a str,
        backup: &'a str,
    },
}

fn staged<'a>(change: &'a StagedChange, place: &StackOptions) -> StagedDocument<'a> {
    StagedDocument {
        subject: match &change.subject {
            Subject::Service {
                name,
                revision,
                image,
                to,
            } => SubjectDocument::Service {
                service: name,
                revision: *revision,
                image,
                to: *to,
            },
            Subject::Database { instance, backup } => SubjectDocument::Database {
                database: instance,
                backup,
            },
        },
        changes: change.changes.iter().map(self::change).collect(),
        stages: change.actions().collect(),
        warnings: (change.warnings.iter())
            .map(|warning| warning.at(place))
            .collect(),
    }
}
