//! One case: an act, a mutating call of it, and what goes wrong there.

use std::fmt;

use serde_json::{Value, json};

use crate::acts::Act;
use crate::support::lease::renews_lease;

/// What goes wrong, in the sandbox's words.
pub const FAULTS: [&str; 6] = [
    "kill-before",
    "kill-after",
    "throttle",
    "error500",
    "cut-before",
    "cut-after",
];
/// How many of those end the process. They come first.
pub const KILLS: usize = 2;

/// A mutating call, told from all others of a run in whatever order they come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    service: String,
    operation: String,
    /// What it names, as the harness's `names.py` tells it.
    about: String,
    /// Counts calls that are the same otherwise and that AWS carried out, from 1.
    nth: usize,
}

impl Call {
    /// The mutating calls of a record of requests that AWS carried out, in an order that is the same for every run.
    pub fn all(requests: &Value) -> Vec<Self> {
        let mut calls: Vec<Self> = Vec::new();
        for request in requests.as_array().into_iter().flatten() {
            let text = |key: &str| request[key].as_str().unwrap_or_default().to_owned();
            // How often AWS refuses what comes too early is a question of time as well.
            let refused = !request["error_code"].is_null();
            if request["reading"] == true || renews_lease(request) || refused {
                continue;
            }
            let mut call = Self {
                service: text("service"),
                operation: text("operation"),
                about: text("about"),
                nth: 1,
            };
            while calls.contains(&call) {
                call.nth += 1;
            }
            calls.push(call);
        }
        calls.sort();
        calls
    }

    /// Whether it is this operation.
    fn is(&self, operation: &str) -> bool {
        self.operation == operation
    }

    /// Whether both are the same call but for how often that was carried out before.
    fn repeats(&self, other: &Self) -> bool {
        let what = |call: &Self| {
            (
                call.service.clone(),
                call.operation.clone(),
                call.about.clone(),
            )
        };
        what(self) == what(other)
    }

    /// The rule that makes the sandbox do it to the process `pid`.
    pub fn rule(&self, fault: &str, pid: u32) -> Value {
        json!({
            "service": self.service, "operation": self.operation, "about": self.about,
            "nth": self.nth, "carried_out": true, "times": 1, "action": fault, "pid": pid,
        })
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            service,
            operation,
            about,
            nth,
        } = self;
        write!(f, "{service}:{operation} {about} #{nth}")
    }
}

/// What is tried.
#[derive(Debug, Clone)]
pub struct Case {
    pub act: &'static Act,
    pub call: Call,
    pub fault: &'static str,
}

impl Case {
    /// Whether the process ends of it.
    pub fn kills(&self) -> bool {
        FAULTS[..KILLS].contains(&self.fault)
    }

    /// Whether nothing is left to be seen of a run that was killed there: it had only its note and its lease
    /// to take away. A rotation that is typed again is another one then.
    pub fn is_over(&self) -> bool {
        let last = self.call.is("UntagResource") && self.fault == "kill-after";
        self.act.rotates() && self.kills() && (self.call.is("DeleteLogGroup") || last)
    }

    /// Whether both can go wrong in one run: the process lives through each, and neither is taken for a
    /// repetition of the other, as a call is that AWS carried out and whose reply was lost.
    pub fn goes_with(&self, other: &Self) -> bool {
        let cut = [self, other].iter().any(|one| one.fault == "cut-after");
        std::ptr::eq(self.act, other.act)
            && !self.kills()
            && !other.kills()
            && self.call != other.call
            && !(cut && self.call.repeats(&other.call))
    }

    /// The rule that makes the sandbox do it to the process `pid`.
    pub fn rule(&self, pid: u32) -> Value {
        self.call.rule(self.fault, pid)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} | {} | {}", self.act.name(), self.call, self.fault)
    }
}
