//! The leases that stand, as everybody can read them.

use std::collections::HashMap;
use std::time::Duration;

use aws_smithy_types::date_time::{DateTime, Format};

use crate::engine::Fault;

use super::clock::Clock;
use super::log_group::{arn, prefix};
use super::{Holder, Pace, millis};
use crate::aws::{Cloud, fault};

/// A lease as AWS has it. Times are AWS's, in milliseconds since the epoch.
#[derive(Debug, Clone)]
pub struct LeaseState {
    /// Who holds it.
    pub holder: Holder,
    /// Whether it has ended: it expired, or its holder was a process of this machine and is gone.
    pub over: bool,
    /// How long it has been held.
    pub age: Duration,
    /// How long until it expires unless renewed.
    pub left: Duration,
    pub(super) generation: u32,
    pub(super) created: i64,
    expires: i64,
}

impl LeaseState {
    /// When it was taken, like `2026-03-01T09:30:00Z`.
    pub fn since(&self) -> String {
        time(self.created)
    }

    /// When it expires unless renewed, like `2026-03-01T09:30:00Z`.
    pub fn expires(&self) -> String {
        time(self.expires)
    }
}

fn time(millis: i64) -> String {
    DateTime::from_secs(millis / 1000)
        .fmt(Format::DateTime)
        .unwrap_or_default()
}

/// Generation and `creationTime` of every lease of the stack: one request.
pub(super) async fn groups(cloud: &Cloud, clock: &Clock) -> Result<Vec<(u32, i64)>, Fault> {
    let prefix = prefix(cloud);
    // One page: there are never more than a few.
    let answer = cloud
        .logs
        .describe_log_groups()
        .log_group_name_prefix(&prefix)
        .customize()
        .interceptor(clock.clone())
        .send()
        .await
        .map_err(fault("logs:DescribeLogGroups"))?;
    let of_name = |name: &str| name.strip_prefix(&prefix)?.parse().ok();
    Ok(answer
        .log_groups()
        .iter()
        .filter_map(|group| Some((of_name(group.log_group_name()?)?, group.creation_time()?)))
        .collect())
}

/// The leases that these groups are, one request each; those that went away meanwhile are left out.
pub(super) async fn described(
    cloud: &Cloud,
    clock: &Clock,
    groups: Vec<(u32, i64)>,
    pace: Pace,
) -> Result<Vec<LeaseState>, Fault> {
    let mut all = Vec::new();
    for (generation, created) in groups {
        let Some(tags) = tags(cloud, clock, generation).await? else {
            continue;
        };
        let (holder, lasts) = Holder::read(&tags);
        let now = clock.now();
        let expires = end(created, lasts, now, millis(pace.expiry));
        all.push(LeaseState {
            over: expires <= now || holder.process.has_ended(),
            age: span(now.saturating_sub(created)),
            left: span(expires.saturating_sub(now)),
            holder,
            generation,
            created,
            expires,
        });
    }
    Ok(all)
}

/// The longest that an expiry can lie ahead, in milliseconds. Every renewal sets it to
/// [`Pace::expiry`] from then on, which is 90 seconds; ten minutes leave room for other versions.
const AHEAD: i64 = 10 * 60 * 1000;

/// When a lease ends. What its tag says counts only when a holder can have written it: whoever may tag
/// the group could lock the stack for ever otherwise. One that says something else ends as one whose
/// tag is not there, which every renewal of a true holder would set right.
fn end(created: i64, lasts: Option<i64>, now: i64, expiry: i64) -> i64 {
    let claimed_end = lasts.map(|lasts| created.saturating_add(lasts));
    claimed_end
        .filter(|end| *end <= now.saturating_add(AHEAD))
        .unwrap_or_else(|| created.saturating_add(expiry))
}

fn span(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or_default())
}

/// Who holds the lease of a generation; `None` when there is none.
pub(super) async fn holder(
    cloud: &Cloud,
    clock: &Clock,
    generation: u32,
) -> Result<Option<Holder>, Fault> {
    let tags = tags(cloud, clock, generation).await?;
    Ok(tags.map(|tags| Holder::read(&tags).0))
}

async fn tags(
    cloud: &Cloud,
    clock: &Clock,
    generation: u32,
) -> Result<Option<HashMap<String, String>>, Fault> {
    let answer = cloud
        .logs
        .list_tags_for_resource()
        .resource_arn(arn(cloud, generation))
        .customize()
        .interceptor(clock.clone())
        .send()
        .await
        .map_err(fault("logs:ListTagsForResource"));
    match answer {
        Ok(answer) => Ok(Some(answer.tags.unwrap_or_default())),
        Err(fault) if fault.is_absent() => Ok(None),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::end;

    const EXPIRY: i64 = 90_000;
    const CREATED: i64 = 1_800_000_000_000;

    #[test]
    fn a_lease_ends_when_its_holder_said() {
        let day = 24 * 3600 * 1000;
        for (lasts, now, ends) in [
            (Some(EXPIRY), CREATED + 10, CREATED + EXPIRY),
            // One that has been held for a day.
            (Some(day + EXPIRY), CREATED + day, CREATED + day + EXPIRY),
            (None, CREATED + 10, CREATED + EXPIRY),
            (Some(0), CREATED + 10, CREATED),
            (Some(-1), CREATED + 10, CREATED - 1),
        ] {
            assert_eq!(end(CREATED, lasts, now, EXPIRY), ends, "{lasts:?} at {now}");
        }
    }

    #[test]
    fn a_lease_that_claims_to_last_for_ever_ends_as_one_that_says_nothing() {
        let year_9999 = 253_370_764_800_000;
        for lasts in [year_9999 - CREATED, i64::MAX, 11 * 60 * 1000] {
            assert_eq!(
                end(CREATED, Some(lasts), CREATED + 10, EXPIRY),
                CREATED + EXPIRY
            );
        }
    }
}
