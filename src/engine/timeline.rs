//! When operations begin and end that wait for one another, and of which only so many run at once. Pure.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::Duration;

/// How many operations run at the same time at most.
pub(super) const AT_ONCE: usize = 32;

/// When operations end, since the beginning, and what each of them waited for.
pub(super) struct Timeline {
    /// When each ends.
    pub(super) ends: Vec<Duration>,
    /// The one whose end let each begin: the last that it needs, or the one that made room for it; `None` of those
    /// that begin at once.
    after: Vec<Option<usize>>,
}

impl Timeline {
    /// Of `many` operations, each of which begins once what it needs is done and there is room for it: those with the
    /// longest way to go first, as they are carried out. `runs` says which have begun already.
    pub(super) fn of<'n>(
        many: usize,
        takes: impl Fn(usize) -> Duration,
        needs: impl Fn(usize) -> &'n BTreeSet<usize>,
        runs: impl Fn(usize) -> bool,
    ) -> Self {
        let above = users(many, &needs);
        let tails = tails(many, &takes, &needs);
        let rank = |index: usize| (!runs(index), Reverse(tails[index]), index);
        let mut open: Vec<usize> = (0..many).map(|index| needs(index).len()).collect();
        let mut ready: BTreeSet<_> = (0..many).filter(|&one| open[one] == 0).map(rank).collect();
        let mut running: BTreeSet<(Duration, usize)> = BTreeSet::new();
        let mut timeline = Self {
            ends: vec![Duration::ZERO; many],
            after: vec![None; many],
        };
        let mut ended = None;
        loop {
            let now = ended.map_or(Duration::ZERO, |one: usize| timeline.ends[one]);
            while running.len() < AT_ONCE
                && let Some((_, _, index)) = ready.pop_first()
            {
                let last = last_of(&timeline.ends, needs(index).iter().copied());
                let begins = last.map_or(Duration::ZERO, |need| timeline.ends[need]);
                timeline.after[index] = if begins < now { ended } else { last };
                timeline.ends[index] = now + takes(index);
                running.insert((timeline.ends[index], index));
            }
            let Some((_, index)) = running.pop_first() else {
                return timeline;
            };
            ended = Some(index);
            for &user in &above[index] {
                open[user] -= 1;
                if open[user] == 0 {
                    ready.insert(rank(user));
                }
            }
        }
    }

    /// From the beginning to the last end.
    pub(super) fn total(&self) -> Duration {
        self.ends.iter().copied().max().unwrap_or_default()
    }

    /// The chain that leads to the last end, in order: each begins when the one before it ends.
    pub(super) fn path(&self) -> Vec<usize> {
        let mut path = Vec::new();
        let mut next = last_of(&self.ends, 0..self.ends.len());
        while let Some(index) = next {
            path.push(index);
            next = self.after[index];
        }
        path.reverse();
        path
    }
}

/// The one that ends last. Of equals the first: a plan is drawn the same each time.
fn last_of(ends: &[Duration], among: impl Iterator<Item = usize>) -> Option<usize> {
    among.max_by_key(|&index| (ends[index], Reverse(index)))
}

/// The longest chain from the beginning of each operation to the end of what stands on it.
pub(super) fn tails<'n>(
    many: usize,
    takes: impl Fn(usize) -> Duration,
    needs: impl Fn(usize) -> &'n BTreeSet<usize>,
) -> Vec<Duration> {
    let above = users(many, &needs);
    let mut open: Vec<usize> = above.iter().map(Vec::len).collect();
    let mut tails = vec![Duration::ZERO; many];
    // From the ends backwards: an operation is measured once all that stand on it are.
    let mut ready: Vec<usize> = (0..many).filter(|&index| open[index] == 0).collect();
    while let Some(index) = ready.pop() {
        let longest = above[index].iter().map(|&user| tails[user]).max();
        tails[index] = takes(index) + longest.unwrap_or_default();
        for &need in needs(index) {
            open[need] -= 1;
            if open[need] == 0 {
                ready.push(need);
            }
        }
    }
    tails
}

/// What stands on each operation.
fn users<'n>(many: usize, needs: impl Fn(usize) -> &'n BTreeSet<usize>) -> Vec<Vec<usize>> {
    let mut above = vec![Vec::new(); many];
    for index in 0..many {
        for &need in needs(index) {
            above[need].push(index);
        }
    }
    above
}
