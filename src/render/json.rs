//! The machine's view. Every document and every line stands in the same envelope, which only
//! [`super::Console`] puts around it: what is here is what each says. `docs/json.md` describes all of
//! them, and `docs/json.schema.json` is the description that a program can check.

use serde::Serialize;

use super::visible::json as escaped;
use crate::aws::timestamp::Timestamp;

mod check;
mod cost;
mod duration;
mod event;
mod permissions;
mod plan;
mod run;
mod state;
mod task;

pub use check::{CheckDocument, FindingDocument, check, checked, findings};
pub use cost::{CostDocument, cost, costed, costs};
pub use event::event;
pub use permissions::{PermissionsDocument, TrustDocument, permissions, trust};
pub use plan::{PlanDocument, plan, planned};
pub use run::{
    Warning, error, model_warnings, offers, pushed, pushed_line, report, validation, warning,
};
pub use state::{database, history, leftovers, outputs, outputs_line, status};
pub use task::{task_ended, task_line, task_started, tunnel};

/// The version of every document and line: it changes when a reader could be misled.
pub const FORMAT_VERSION: u32 = 4;

/// Which stack is meant, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The stack's name.
    pub stack: String,
    /// The AWS account: twelve digits, or the sandbox's.
    pub account: String,
    /// The region.
    pub region: String,
    /// Whether it is in the sandbox, and not in AWS.
    pub sandbox: bool,
}

#[derive(Serialize)]
struct Document<'a, T> {
    format_version: u32,
    #[serde(flatten)]
    origin: Option<&'a Origin>,
    #[serde(flatten)]
    value: &'a T,
}

#[derive(Serialize)]
struct Line<'a, T> {
    time: Timestamp,
    #[serde(flatten)]
    value: &'a T,
    #[serde(flatten)]
    origin: Option<&'a Origin>,
    format_version: u32,
}

/// A document of its own, indented.
pub fn document(value: &impl Serialize, origin: Option<&Origin>) -> String {
    // Our own documents have text keys and finite numbers, which always have a JSON form.
    let document = Document {
        format_version: FORMAT_VERSION,
        origin,
        value,
    };
    let mut text = escaped(serde_json::to_string_pretty(&document).unwrap_or_default());
    text.push('\n');
    text
}

/// One line among others; what is said has an `event`. Nothing is known of the origin before the stack's
/// file was read and AWS was reached.
pub fn line(value: &impl Serialize, time: Timestamp, origin: Option<&Origin>) -> String {
    bare(&Line {
        time,
        value,
        origin,
        format_version: FORMAT_VERSION,
    })
}

/// One line without an envelope: what tasks write comes by the thousand, each with a time of its own.
pub(super) fn bare(value: &impl Serialize) -> String {
    let mut text = escaped(serde_json::to_string(value).unwrap_or_default());
    text.push('\n');
    text
}
