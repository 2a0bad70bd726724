//! How long work takes, for machines.

use serde::Serialize;

use crate::engine::{Address, Schedule, Verb};

/// How long something is expected to take.
#[derive(Debug, Serialize)]
pub(super) struct DurationDocument<'a> {
    /// Seconds of AWS's clock, from the beginning to the end.
    seconds: u64,
    /// The chain of operations that takes longest, in order.
    path: Vec<LegDocument<'a>>,
}

#[derive(Debug, Serialize)]
struct LegDocument<'a> {
    address: &'a Address,
    verb: Verb,
    seconds: u64,
    /// What of this stack it rests on; null where it is typical of its kind.
    basis: Option<&'a str>,
}

/// `None` where there is nothing to do.
pub(super) fn duration(schedule: &Schedule) -> Option<DurationDocument<'_>> {
    let path = schedule.critical_path().into_iter();
    let path = path.map(|work| LegDocument {
        address: &work.address,
        verb: work.verb,
        seconds: work.estimate.takes.as_secs(),
        basis: work.estimate.basis.as_deref(),
    });
    (!schedule.0.is_empty()).then(|| DurationDocument {
        seconds: schedule.total().as_secs(),
        path: path.collect(),
    })
}
