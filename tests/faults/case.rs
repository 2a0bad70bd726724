//! One case: a verb, a mutating call of it, and what goes wrong there.

use std::fmt;

use serde_json::{Value, json};

/// What is done to the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `up` from nothing.
    Up,
    /// `up` with every kind changed.
    Change,
    /// `destroy`, data and all.
    Destroy,
}

impl Verb {
    pub const ALL: [Self; 3] = [Self::Up, Self::Change, Self::Destroy];

    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Change => "change",
            Self::Destroy => "destroy",
        }
    }

    /// The stack file.
    pub fn file(self) -> &'static str {
        match self {
            Self::Up | Self::Destroy => include_str!("before.toml"),
            Self::Change => include_str!("after.toml"),
        }
    }

    /// What is typed after `ajuda deploy`.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::Up | Self::Change => &["up", "--yes"],
            Self::Destroy => &["destroy", "--yes", "--delete-all-data"],
        }
    }

    /// What is typed to see that nothing is left to do: it ends with 0 only then, or says so.
    pub fn look(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Up | Self::Change => (&["plan", "--detailed-exitcode"], "nothing to do"),
            Self::Destroy => (self.words(), "nothing to remove"),
        }
    }
}

/// What goes wrong, in the sandbox's words.
pub const FAULTS: [&str; 6] = [
    "kill-before",
    "kill-after",
    "throttle",
    "error500",
    "cut-before",
    "cut-after",
];

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
            let lease = text("target").contains("/lease-");
            // How often a lease shows that its holder lives is a question of time, and so is how often AWS refuses
            // what comes too early.
            let beat = lease && text("operation") == "TagResource";
            if request["reading"] == true || beat || !request["error_code"].is_null() {
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

    /// Whether it is the one that gives the lease back: the last of a run.
    pub fn ends_the_lease(&self) -> bool {
        self.operation == "DeleteLogGroup"
    }

    /// Whether it is this operation.
    pub fn is(&self, operation: &str) -> bool {
        self.operation == operation
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
    pub verb: Verb,
    pub call: Call,
    pub fault: &'static str,
}

impl Case {
    /// Whether the process ends of it.
    pub fn kills(&self) -> bool {
        self.fault.starts_with("kill")
    }

    /// Whether both can go wrong in one run: each is lived through in the same way, and neither is
    /// taken for a repetition of the other.
    pub fn goes_with(&self, other: &Self) -> bool {
        let names = |call: &Call| {
            (
                call.service.clone(),
                call.operation.clone(),
                call.about.clone(),
            )
        };
        self.verb == other.verb
            && self.fault == other.fault
            && !self.kills()
            && names(&self.call) != names(&other.call)
    }

    /// The rule that makes the sandbox do it to the process `pid`.
    pub fn rule(&self, pid: u32) -> Value {
        self.call.rule(self.fault, pid)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} | {} | {}", self.verb.name(), self.call, self.fault)
    }
}
