//! The machine's view: versioned documents with structs of their own.

use serde::Serialize;
use serde_json::Value;

use super::visible::json as escaped;
use crate::engine::{
    Action, Address, Cause, Conflict, Event, Fault, Plan, Report, Summary, Taken, Unmanaged,
    Unverified, Verb,
};
use crate::exit::Stop;
use crate::operate::models::{ModelWarning, Offer};
use crate::operate::moment::Moment;
use crate::operate::tunnel::{Database, How};
use crate::push::Copied;

/// The version of every document: it changes when a reader could be misled.
pub const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct PlanDocument<'a> {
    format_version: u32,
    stack: &'a str,
    actions: Vec<ActionDocument<'a>>,
    summary: Summary,
    unverified: &'a [Unverified],
    /// What others have added to objects of the stack.
    unmanaged: &'a [Unmanaged],
    conflicts: &'a [Conflict],
    unread: Vec<UnreadDocument<'a>>,
    /// What an operator should know of the Bedrock models that the file names.
    model_warnings: &'a [ModelWarning],
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct ActionDocument<'a> {
    address: &'a Address,
    kind: &'a str,
    step: &'a str,
    action: &'static str,
    because: Vec<String>,
    changes: Vec<ChangeDocument<'a>>,
    holds_data: bool,
    notes: &'a [String],
    /// How it comes to its address: `moved-from` an address, or `adopted` under a name of AWS.
    taken: Option<&'a Taken>,
}

#[derive(Serialize)]
struct ChangeDocument<'a> {
    path: &'a str,
    before: &'a Value,
    after: &'a Value,
    sensitive: bool,
    /// Who made it differ since it was last applied: `file`, `aws`, `both`, `unknown`.
    cause: Option<Cause>,
}

#[derive(Serialize)]
struct UnreadDocument<'a> {
    kind: &'a str,
    addresses: &'a [Address],
    operation: &'a str,
    code: &'a str,
    message: &'a str,
    request_id: Option<&'a str>,
}

/// A plan; everything that is not kept is in `actions`.
pub fn plan(stack: &str, plan: &Plan, model_warnings: &[ModelWarning]) -> String {
    let actions = plan
        .items
        .iter()
        .filter(|item| item.action != Action::Keep)
        .map(|item| ActionDocument {
            address: &item.address,
            kind: item.address.kind(),
            step: item.step,
            action: name(&item.action),
            because: because(&item.action),
            changes: item
                .changes
                .0
                .iter()
                .map(|change| ChangeDocument {
                    path: &change.path,
                    before: &change.before,
                    after: &change.after,
                    sensitive: change.sensitive,
                    cause: change.cause,
                })
                .collect(),
            holds_data: item.data,
            notes: &item.notes,
            taken: item.taken.as_ref(),
        })
        .collect();
    let unread = plan
        .unread
        .iter()
        .map(|unread| UnreadDocument {
            kind: unread.kind,
            addresses: &unread.addresses,
            operation: &unread.fault.operation,
            code: &unread.fault.code,
            message: &unread.fault.message,
            request_id: unread.fault.request_id.as_deref(),
        })
        .collect();
    document(&PlanDocument {
        format_version: FORMAT_VERSION,
        stack,
        actions,
        summary: plan.summary(),
        unverified: &plan.unverified,
        unmanaged: &plan.unmanaged,
        conflicts: &plan.conflicts,
        unread,
        model_warnings,
        fingerprint: &plan.fingerprint,
    })
}

#[derive(Serialize)]
struct ModelsLine<'a, T> {
    event: &'static str,
    format_version: u32,
    stack: &'a str,
    models: &'a [T],
}

fn models_line<T: Serialize>(event: &'static str, stack: &str, models: &[T]) -> String {
    line(&ModelsLine {
        event,
        format_version: FORMAT_VERSION,
        stack,
        models,
    })
}

/// What an operator should know of the Bedrock models that the file names, on one line.
pub fn model_warnings(stack: &str, warnings: &[ModelWarning]) -> String {
    models_line("model-warnings", stack, warnings)
}

/// The terms of agreements that are to be accepted, on one line.
pub fn offers(stack: &str, offers: &[Offer]) -> String {
    models_line("model-agreements", stack, offers)
}

fn name(action: &Action) -> &'static str {
    match action {
        Action::Keep => "keep",
        Action::Create => "create",
        Action::Update => "update",
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

/// An event, on one line.
pub fn event(event: &Event) -> String {
    line(event)
}

#[derive(Serialize)]
struct ReportLine<'a> {
    event: &'static str,
    format_version: u32,
    stack: &'a str,
    exit_code: u8,
    done: Vec<DoneDocument<'a>>,
    failed: Vec<FailedDocument<'a>>,
    skipped: Vec<SkippedDocument<'a>>,
    interrupted: bool,
}

#[derive(Serialize)]
struct DoneDocument<'a> {
    address: &'a Address,
    verb: Verb,
}

#[derive(Serialize)]
struct FailedDocument<'a> {
    address: &'a Address,
    verb: Verb,
    fault: &'a Fault,
}

#[derive(Serialize)]
struct SkippedDocument<'a> {
    address: &'a Address,
    verb: Verb,
    because: Option<&'a Address>,
}

/// The last line of a run: what was done, what failed, what was not begun.
pub fn report(stack: &str, report: &Report, exit: crate::exit::Exit) -> String {
    let done = report.done.iter();
    let done = done
        .map(|&(ref address, verb)| DoneDocument { address, verb })
        .collect();
    let failed = report.failed.iter();
    let failed = failed
        .map(|&(ref address, verb, ref fault)| FailedDocument {
            address,
            verb,
            fault,
        })
        .collect();
    let skipped = report.skipped.iter();
    let skipped = skipped
        .map(|&(ref address, verb, ref because)| SkippedDocument {
            address,
            verb,
            because: because.as_ref(),
        })
        .collect();
    line(&ReportLine {
        event: "report",
        format_version: FORMAT_VERSION,
        stack,
        exit_code: exit as u8,
        done,
        failed,
        skipped,
        interrupted: report.interrupted,
    })
}

#[derive(Serialize)]
struct ErrorDocument<'a> {
    event: &'static str,
    format_version: u32,
    error: &'a str,
    details: &'a [String],
    hint: Option<&'a str>,
    exit_code: u8,
}

/// Why a command ended before its work, on one line.
pub fn stop(stop: &Stop) -> String {
    line(&ErrorDocument {
        event: "error",
        format_version: FORMAT_VERSION,
        error: &stop.message,
        details: &stop.details,
        hint: stop.hint.as_deref(),
        exit_code: stop.exit as u8,
    })
}

/// Any document, indented.
pub fn document(value: &impl Serialize) -> String {
    // Our own documents have text keys and finite numbers, which always have a JSON form.
    let mut text = escaped(serde_json::to_string_pretty(value).unwrap_or_default());
    text.push('\n');
    text
}

/// Any value, on one line.
pub(super) fn line(value: &impl Serialize) -> String {
    let mut text = escaped(serde_json::to_string(value).unwrap_or_default());
    text.push('\n');
    text
}

/// The result of a verb that also tells events, on one line.
pub fn result(value: &impl Serialize) -> String {
    line(value)
}

#[derive(Serialize)]
struct OutputsLine<'a> {
    event: &'static str,
    outputs: &'a crate::outputs::Outputs,
}

/// The outputs at the end of a run, on one line.
pub fn outputs_line(outputs: &crate::outputs::Outputs) -> String {
    line(&OutputsLine {
        event: "outputs",
        outputs,
    })
}

#[derive(Serialize)]
struct PushDocument<'a> {
    format_version: u32,
    stack: &'a str,
    service: &'a str,
    #[serde(flatten)]
    copied: &'a Copied,
}

/// An image that was pushed.
pub fn pushed(stack: &str, service: &str, copied: &Copied) -> String {
    document(&PushDocument {
        format_version: FORMAT_VERSION,
        stack,
        service,
        copied,
    })
}

#[derive(Serialize)]
struct TaskStarted<'a> {
    event: &'static str,
    format_version: u32,
    task: &'a str,
    task_definition: &'a str,
}

/// A task that was left running, on one line.
pub fn task_started(task: &str, definition: &str) -> String {
    line(&TaskStarted {
        event: "started",
        format_version: FORMAT_VERSION,
        task,
        task_definition: definition,
    })
}

#[derive(Serialize)]
struct TaskLine<'a> {
    event: &'static str,
    time: Moment,
    message: &'a str,
}

/// Something that a task wrote, on one line.
pub fn task_line(time: Moment, message: &str) -> String {
    line(&TaskLine {
        event: "output",
        time,
        message,
    })
}

#[derive(Serialize)]
struct TaskEnded<'a> {
    event: &'static str,
    format_version: u32,
    task: &'a str,
    exit_code: Option<u8>,
    story: &'a [String],
}

/// How a task ended, on one line; one that never ran has no exit code.
pub fn task_ended(task: &str, exit_code: Option<u8>, story: &[String]) -> String {
    line(&TaskEnded {
        event: "ended",
        format_version: FORMAT_VERSION,
        task,
        exit_code,
        story,
    })
}

#[derive(Serialize)]
struct TunnelDocument<'a> {
    format_version: u32,
    host: &'static str,
    port: u16,
    database: &'a str,
    username: &'a str,
    secret: &'a str,
    psql: &'a str,
    password: &'a str,
}

/// A tunnel that is being opened, on one line: it is said while the tunnel is open.
pub fn tunnel(port: u16, database: &Database, how: &How) -> String {
    line(&TunnelDocument {
        format_version: FORMAT_VERSION,
        host: "127.0.0.1",
        port,
        database: &database.name,
        username: &database.username,
        secret: &database.secret,
        psql: &how.psql,
        password: &how.password,
    })
}

#[derive(Serialize)]
struct ProposalLine<'a> {
    event: &'static str,
    format_version: u32,
    stack: &'a str,
    service: &'a str,
    revision: i32,
    image: &'a str,
    to: Option<i32>,
    changes: Vec<ChangeDocument<'a>>,
    stages: &'a [crate::operate::proposal::Stage],
    warnings: &'a [String],
}

/// What is going to be done to a running service, on one line.
pub fn proposal(stack: &str, proposal: &crate::operate::proposal::Proposal) -> String {
    let changes = proposal.changes.iter().map(|change| ChangeDocument {
        path: &change.path,
        before: &change.before,
        after: &change.after,
        sensitive: change.sensitive,
        cause: change.cause,
    });
    line(&ProposalLine {
        event: "proposal",
        format_version: FORMAT_VERSION,
        stack,
        service: &proposal.service,
        revision: proposal.revision,
        image: &proposal.image,
        to: proposal.to,
        changes: changes.collect(),
        stages: &proposal.stages,
        warnings: &proposal.warnings,
    })
}
