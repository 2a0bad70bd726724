//! The lease of a stack: whoever holds it may change the stack.
//!
//! It is an empty log group `/ajuda/<stack>/lease-<generation>`, because CloudWatch Logs makes a name
//! only once, with its tags in the same call, and asks nothing for an empty group. What is compared
//! is `docs/decisions/0004-the-lease-is-a-log-group.md`'s.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::engine::{Class, Fault};

use super::{Cloud, fault};
use calls::{create_group, delete};
pub(crate) use clock::Clock;
use log_group::arn;

mod calls;
pub(crate) mod clock;
mod holder;
mod log_group;
mod process;
mod state;

pub(crate) use calls::{GRANTS, READ};
pub use holder::Holder;
pub use state::LeaseState;

/// How often a holder shows that it lives, and how long it counts as living after that.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// From one renewal to the next.
    pub renew_every: Duration,
    /// From the last renewal to the end of the lease.
    pub expiry: Duration,
}

impl Pace {
    /// For a cloud whose clocks run `clock_speed` times faster than AWS's: at most four times, because a
    /// call takes its time everywhere, seconds of it on a busy machine.
    pub fn of(clock_speed: f64) -> Self {
        let clock_speed = clock_speed.clamp(1.0, 4.0);
        Self {
            renew_every: Duration::from_secs(20).div_f64(clock_speed),
            expiry: Duration::from_secs(90).div_f64(clock_speed),
        }
    }
}

/// What came of asking for the lease.
#[derive(Debug)]
pub enum Acquisition {
    /// It is ours.
    Ours(Lease),
    /// Somebody else holds it.
    Theirs(Box<LeaseState>),
}

/// Whether a lease is still ours.
#[derive(Debug)]
pub enum Renewal {
    /// It is, and everybody can see it.
    Held,
    /// It was ended or taken over; by whom, where that can be seen.
    Lost(Option<Box<LeaseState>>),
}

/// A lease that is held. It does not release itself: a process that dies leaves it to expire.
#[derive(Debug)]
pub struct Lease {
    /// The id of its holder.
    holder: String,
    generation: u32,
    /// Whether a run before this one did not give its lease back.
    follows_unended: bool,
    /// When AWS made it, in milliseconds since the epoch. A list from before may have told the time of another
    /// one that had its name; the first renewal sets that right.
    created: AtomicI64,
    pace: Pace,
    clock: Clock,
}

/// Takes the lease, if nobody holds it: two requests. An expired one is taken over by making the next
/// generation, which only one can do, and is deleted after that.
///
/// # Errors
/// The fault of a request, or a conflict when others take and leave it all the time.
pub async fn take(cloud: &Cloud, me: &Holder, pace: Pace) -> Result<Acquisition, Fault> {
    const TRIES: u32 = 6;
    let clock = Clock::default();
    let mut generation = 1;
    let mut made = false;
    for tried in 0..TRIES {
        made |= create_group(cloud, &clock, me, generation, pace).await?;
        let groups = state::groups(cloud, &clock).await?;
        let mut mine = groups
            .iter()
            .copied()
            .find(|group| made && group.0 == generation);
        let others = groups
            .iter()
            .copied()
            .filter(|group| Some(*group) != mine)
            .collect();
        let mut others = state::described(cloud, &clock, others, pace).await?;
        // A create whose reply was lost is told by the id.
        if let Some(at) = others.iter().position(|one| one.holder.id == me.id) {
            let found = others.swap_remove(at);
            mine = Some((found.generation, found.created));
        }
        match (mine, others.iter().find(|one| !one.over)) {
            (Some((generation, created)), None) => {
                for over in &others {
                    delete(cloud, &clock, over.generation, &over.holder.id).await?;
                }
                return Ok(Acquisition::Ours(Lease {
                    holder: me.id.clone(),
                    generation,
                    follows_unended: !others.is_empty(),
                    created: AtomicI64::new(created),
                    pace,
                    clock,
                }));
            }
            (mine, Some(living)) => {
                // Whoever sees another one alive gives way: two that do so both lose, never both win.
                if made || mine.is_some() {
                    delete(cloud, &clock, generation, &me.id).await?;
                }
                return Ok(Acquisition::Theirs(Box::new(living.clone())));
            }
            // Made, and not listed yet.
            (None, None) if made => {}
            (None, None) => {
                let last = others.iter().map(|one| one.generation).max();
                generation = last.unwrap_or_default().saturating_add(1);
            }
        }
        tokio::time::sleep(Duration::from_millis(50 << tried)).await;
    }
    Err(Fault::new(
        "the lease",
        Class::Conflict,
        "others take and leave it all the time",
    )
    .hint("run it again"))
}

/// Every lease of the stack, the living ones first. Only reads.
///
/// # Errors
/// The fault of a request.
pub async fn list(cloud: &Cloud, pace: Pace) -> Result<Vec<LeaseState>, Fault> {
    let clock = Clock::default();
    let groups = state::groups(cloud, &clock).await?;
    let mut all = state::described(cloud, &clock, groups, pace).await?;
    all.sort_by_key(|one| (one.over, one.generation));
    Ok(all)
}

/// Ends a lease, whoever holds it: the holder stops at its next renewal of the lock.
///
/// # Errors
/// The fault of the request.
pub async fn end(cloud: &Cloud, lease: &LeaseState) -> Result<(), Fault> {
    delete(cloud, &Clock::default(), lease.generation, &lease.holder.id).await
}

impl Lease {
    /// Whether the run that held it before was cut off: what that run did a moment ago may not be shown yet.
    pub fn follows_unended(&self) -> bool {
        self.follows_unended
    }

    /// How often it is renewed.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// Looks whether the lease is still there, and lets everybody see that its holder lives.
    ///
    /// # Errors
    /// The fault of a request: then it is not known whether the lease is held.
    pub async fn renew(&self, cloud: &Cloud) -> Result<Renewal, Fault> {
        if let Some(lost) = self.lost(cloud).await? {
            return Ok(lost);
        }
        let lasts = self.clock.now() - self.created() + millis(self.pace.expiry);
        match self.lasts(cloud, lasts).await {
            Ok(()) => Ok(Renewal::Held),
            Err(fault) if fault.is_absent() => Ok(Renewal::Lost(None)),
            Err(fault) => Err(fault),
        }
    }

    /// That it is not there, or that a newer one is; `None` while it is held. One request, and more only where the
    /// list does not show it: a list is some two seconds old (facts, Logs), and may be older.
    async fn lost(&self, cloud: &Cloud) -> Result<Option<Renewal>, Fault> {
        const LOOKS: u32 = 4;
        let mut looked = 0;
        loop {
            let there = state::groups(cloud, &self.clock).await?;
            let (generation, created) = (self.generation, self.created());
            let newer = there
                .iter()
                .any(|group| group.0 > generation && group.1 > created);
            // A tag can be set on a lease of the same name that somebody else has made since.
            if !newer && there.contains(&(generation, created)) {
                return Ok(None);
            }
            let all = state::described(cloud, &self.clock, there, self.pace).await?;
            let (mine, others): (Vec<_>, Vec<_>) = all
                .into_iter()
                .partition(|one| one.holder.id == self.holder);
            if let Some(mine) = mine.first().filter(|_| !newer) {
                self.created.store(mine.created, Ordering::Relaxed);
                return Ok(None);
            }
            looked += 1;
            if newer || looked == LOOKS {
                return Ok(Some(Renewal::Lost(others.into_iter().next().map(Box::new))));
            }
            tokio::time::sleep(self.pace.renew_every / 20).await;
        }
    }

    fn created(&self) -> i64 {
        self.created.load(Ordering::Relaxed)
    }

    /// Writes how long it lasts, in milliseconds from when it was made.
    async fn lasts(&self, cloud: &Cloud, lasts: i64) -> Result<(), Fault> {
        let tagged = cloud
            .logs
            .tag_resource()
            .resource_arn(arn(cloud, self.generation))
            .tags(holder::LASTS, lasts.to_string())
            .customize()
            .interceptor(self.clock.clone())
            .send()
            .await;
        tagged.map(drop).map_err(fault("logs:TagResource"))
    }

    /// Ends it where a run was stopped in the middle, and leaves its group: whoever takes the lease next sees by it
    /// that AWS may not show yet what this run did. What somebody else holds by now is left alone. Two requests.
    ///
    /// # Errors
    /// The fault of a request: then it expires by itself.
    pub async fn leave(&self, cloud: &Cloud) -> Result<(), Fault> {
        match state::holder(cloud, &self.clock, self.generation).await? {
            Some(there) if there.id == self.holder => self.lasts(cloud, 0).await,
            _ => Ok(()),
        }
    }

    /// Gives it back: one request.
    ///
    /// # Errors
    /// The fault of the request: then it expires by itself.
    pub async fn release(&self, cloud: &Cloud) -> Result<(), Fault> {
        delete(cloud, &self.clock, self.generation, &self.holder).await
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
