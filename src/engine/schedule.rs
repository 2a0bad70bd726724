//! How long work takes: every operation with what it usually takes and what it needs, and the longest chain of
//! them. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use super::ops::operations;
use super::timeline::Timeline;
use super::{Address, AnyKind, Graph, Observed, Plan, Verb};

/// How long one operation is expected to take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// How long, by AWS's clock.
    pub takes: Duration,
    /// What of this very stack it rests on, such as `its last 3 rollouts`; `None`: it is typical of its kind.
    pub basis: Option<String>,
}

/// Of how many earlier runs an estimate is made.
const RUNS: usize = 3;
/// What took less did nothing that is waited for.
const LEAST: Duration = Duration::from_secs(10);

impl Estimate {
    /// What is typical of a kind.
    pub fn typical(takes: Duration) -> Self {
        Self { takes, basis: None }
    }

    /// What earlier runs of the same took, the newest first; `None` where there were none. The one in the middle of
    /// the last three counts: one that waited for a person or for a place says little. `one` and `many` are what such
    /// a run is called, such as `rollout` and `rollouts`.
    pub fn of_earlier(
        newest_first: impl Iterator<Item = Duration>,
        one: &str,
        many: &str,
    ) -> Option<Self> {
        let waited = newest_first.filter(|took| *took >= LEAST);
        let mut last: Vec<Duration> = waited.take(RUNS).collect();
        last.sort_unstable();
        let takes = *last.get(last.len() / 2)?;
        let basis = match last.len() {
            1 => format!("in its last {one}"),
            number => format!("in its last {number} {many}"),
        };
        Some(Self {
            takes,
            basis: Some(basis),
        })
    }
}

/// One operation of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Work {
    /// What is worked on.
    pub address: Address,
    /// What is done to it.
    pub verb: Verb,
    /// How long it is expected to take.
    pub estimate: Estimate,
    /// Indices of the operations that must have been done before.
    pub needs: BTreeSet<usize>,
}

/// Operations and what they wait for: the same that are applied, no more of them at once than then.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Schedule(pub Vec<Work>);

impl Schedule {
    /// Operations that come one after the other.
    pub fn chain(all: impl IntoIterator<Item = (Address, Verb, Estimate)>) -> Self {
        let all = all.into_iter().enumerate();
        let work = all.map(|(index, (address, verb, estimate))| Work {
            address,
            verb,
            estimate,
            needs: index.checked_sub(1).into_iter().collect(),
        });
        Self(work.collect())
    }

    /// From the beginning to the end of the last operation.
    pub fn total(&self) -> Duration {
        self.timeline().total()
    }

    /// The chain of operations that takes longest, in order: its end is the end of all of them. One that waits for
    /// room follows the one that makes it.
    pub fn critical_path(&self) -> Vec<&Work> {
        let path = self.timeline().path();
        path.into_iter().map(|index| &self.0[index]).collect()
    }

    /// These, and `next` once all of them have ended.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        let before = self.0.len();
        let needed: BTreeSet<usize> = self
            .0
            .iter()
            .flat_map(|work| &work.needs)
            .copied()
            .collect();
        let last: BTreeSet<usize> = (0..before)
            .filter(|index| !needed.contains(index))
            .collect();
        self.0.extend(next.0.into_iter().map(|work| Work {
            needs: match work.needs.is_empty() {
                true => last.clone(),
                false => work.needs.iter().map(|need| need + before).collect(),
            },
            ..work
        }));
        self
    }

    /// The same for a cloud whose clock runs that many times faster than AWS's.
    #[must_use]
    pub fn at_speed(mut self, speed: f64) -> Self {
        for work in &mut self.0 {
            work.estimate.takes = work.estimate.takes.div_f64(speed.max(1.0));
        }
        self
    }

    /// When each operation begins and ends.
    fn timeline(&self) -> Timeline {
        let takes = |index: usize| self.0[index].estimate.takes;
        Timeline::of(self.0.len(), takes, |index| &self.0[index].needs, |_| false)
    }
}

/// The operations of `plan`, which was made from `graph` and `observed`, with what each is expected to take.
pub fn schedule<C: Send + Sync + 'static>(
    graph: &Graph<C>,
    kinds: &[&'static dyn AnyKind<C>],
    plan: &Plan,
    observed: &Observed,
) -> Schedule {
    let ops = operations(graph, kinds, plan, observed).into_iter();
    let work = ops.map(|op| Work {
        address: op.address,
        verb: op.verb,
        estimate: op.estimate,
        needs: op.needs,
    });
    Schedule(work.collect())
}
