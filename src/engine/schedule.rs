//! How long work takes: every operation with what it usually takes and what it needs, and the longest chain of
//! them. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use super::ops::operations;
use super::{Address, AnyKind, Graph, Observed, Plan, Verb};

/// How long one operation is expected to take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// How long, by AWS's clock.
    pub takes: Duration,
    /// What of this very stack it rests on, such as `its last 3 rollouts`; `None`: it is typical of its kind.
    pub basis: Option<String>,
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

/// Operations and what they wait for: the same that are applied. The limit of how many run at once is left out,
/// because what takes long is few.
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
        self.ends().into_iter().max().unwrap_or_default()
    }

    /// The chain of operations that takes longest, in order: its end is the end of all of them.
    pub fn critical_path(&self) -> Vec<&Work> {
        let path = longest(&self.ends(), |index| &self.0[index].needs);
        path.into_iter().map(|index| &self.0[index]).collect()
    }

    /// The same for a cloud whose clock runs that many times faster than AWS's.
    #[must_use]
    pub fn at_speed(mut self, speed: f64) -> Self {
        for work in &mut self.0 {
            work.estimate.takes = work.estimate.takes.div_f64(speed.max(1.0));
        }
        self
    }

    /// When each operation ends, since the beginning.
    fn ends(&self) -> Vec<Duration> {
        let of = |index: usize| self.0[index].estimate.takes;
        ends(self.0.len(), of, |index| &self.0[index].needs)
    }
}

/// When each of `many` operations ends, if each begins as soon as what it needs is done.
pub(super) fn ends<'n>(
    many: usize,
    takes: impl Fn(usize) -> Duration,
    needs: impl Fn(usize) -> &'n BTreeSet<usize>,
) -> Vec<Duration> {
    let mut above: Vec<Vec<usize>> = vec![Vec::new(); many];
    let mut open: Vec<usize> = (0..many).map(|index| needs(index).len()).collect();
    for index in 0..many {
        for &need in needs(index) {
            above[need].push(index);
        }
    }
    let mut ends = vec![Duration::ZERO; many];
    let mut ready: Vec<usize> = (0..many).filter(|&index| open[index] == 0).collect();
    while let Some(index) = ready.pop() {
        let begins = needs(index).iter().map(|&need| ends[need]).max();
        ends[index] = begins.unwrap_or_default() + takes(index);
        for &user in &above[index] {
            open[user] -= 1;
            if open[user] == 0 {
                ready.push(user);
            }
        }
    }
    ends
}

/// The chain that leads to the last end, in order.
pub(super) fn longest<'n>(
    ends: &[Duration],
    needs: impl Fn(usize) -> &'n BTreeSet<usize>,
) -> Vec<usize> {
    // Of equals the first: a plan is drawn the same each time.
    let last = |among: &mut dyn Iterator<Item = usize>| {
        among.max_by_key(|&index| (ends[index], std::cmp::Reverse(index)))
    };
    let mut path = Vec::new();
    let mut next = last(&mut (0..ends.len()));
    while let Some(index) = next {
        path.push(index);
        next = last(&mut needs(index).iter().copied());
    }
    path.reverse();
    path
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
