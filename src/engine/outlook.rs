//! How far work is: what is done of a schedule, how long the rest takes, and what all of it waits for. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use super::schedule::Schedule;
use super::timeline::Timeline;
use super::{Address, Event};

/// A schedule while it is carried out. Times are since the beginning, by the clock of the schedule.
#[derive(Debug)]
pub struct Tracker {
    schedule: Schedule,
    state: Vec<State>,
    expected: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Running { since: Duration },
    Ended,
}

/// How far work is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// Since the beginning.
    pub elapsed: Duration,
    /// From the beginning to the end, as expected before it began.
    pub expected: Duration,
    /// From now to the end, as expected now.
    pub left: Duration,
    /// How many operations have ended.
    pub ended: usize,
    /// How many there are.
    pub of: usize,
    /// What all the rest waits for; `None` when nothing runs.
    pub waits_for: Option<Waited>,
}

/// An operation that all the rest waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waited {
    /// What is worked on.
    pub address: Address,
    /// Since it began.
    pub elapsed: Duration,
    /// How long it usually takes.
    pub expected: Duration,
}

impl Tracker {
    /// Nothing is begun yet.
    pub fn new(schedule: Schedule) -> Self {
        Self {
            state: vec![State::Open; schedule.0.len()],
            expected: schedule.total(),
            schedule,
        }
    }

    /// The same as a part of a longer run: `earlier` was carried out before it, and `later` comes after it.
    #[must_use]
    pub fn within(self, earlier: &Schedule, later: &Schedule) -> Self {
        let schedule = earlier.clone().then(self.schedule).then(later.clone());
        let mut tracker = Self::new(schedule);
        tracker.state[..earlier.0.len()].fill(State::Ended);
        tracker
    }

    /// Whether there is anything to follow.
    pub fn is_empty(&self) -> bool {
        self.schedule.0.is_empty()
    }

    /// Notes an event that came at `now`. What is in no schedule is passed over.
    pub fn note(&mut self, event: &Event, now: Duration) {
        match event {
            Event::Started { address, .. } => {
                self.turn(
                    address,
                    |state| state == State::Open,
                    State::Running { since: now },
                );
            }
            Event::Done { address, .. } | Event::Failed { address, .. } => {
                let running = |state| matches!(state, State::Running { .. });
                self.turn(address, running, State::Ended);
            }
            Event::Skipped { address, .. } => {
                self.turn(address, |state| state == State::Open, State::Ended);
            }
            Event::Note { .. } | Event::Waiting { .. } | Event::Retrying { .. } => {}
        }
    }

    /// Turns the first operation on `address` that is in such a state.
    fn turn(&mut self, address: &Address, from: impl Fn(State) -> bool, to: State) {
        let mut all = self.schedule.0.iter().zip(&mut self.state);
        if let Some((_, state)) =
            all.find(|(work, state)| work.address == *address && from(**state))
        {
            *state = to;
        }
    }

    /// How far it is at `now`.
    pub fn outlook(&self, now: Duration) -> Outlook {
        let all = &self.schedule.0;
        let left = |index: usize| {
            let takes = all[index].estimate.takes;
            match self.state[index] {
                State::Open => takes,
                // What takes longer than usual may end at any moment.
                State::Running { since } => takes.saturating_sub(now.saturating_sub(since)),
                State::Ended => Duration::ZERO,
            }
        };
        let ended = |index: usize| self.state[index] == State::Ended;
        // What has ended holds nothing up.
        let needs: Vec<BTreeSet<usize>> = all
            .iter()
            .map(|work| {
                work.needs
                    .iter()
                    .copied()
                    .filter(|&need| !ended(need))
                    .collect()
            })
            .collect();
        let runs = |index: usize| matches!(self.state[index], State::Running { .. });
        let timeline = Timeline::of(all.len(), left, |index| &needs[index], runs);
        let mut path = timeline.path().into_iter();
        let waits_for = path.find_map(|index| match self.state[index] {
            State::Running { since } => Some(Waited {
                address: all[index].address.clone(),
                elapsed: now.saturating_sub(since),
                expected: all[index].estimate.takes,
            }),
            State::Open | State::Ended => None,
        });
        Outlook {
            elapsed: now,
            expected: self.expected,
            left: timeline.total(),
            ended: self
                .state
                .iter()
                .filter(|one| **one == State::Ended)
                .count(),
            of: all.len(),
            waits_for,
        }
    }
}
