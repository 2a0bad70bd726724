//! How long a service takes to roll out, by the file's own checks and how it is deployed. Pure.

use std::time::Duration;

use serde_json::Value;

use super::Service;
use super::desired::strategy;
use super::props::ServiceProps;
use crate::engine::{Field, Piece, Verb};
use crate::resources::durations::{SERVICE_DELETED, SERVICE_SETTLES, TASK_START};
use crate::{field, fields};

/// What the file says of a task's first and last minutes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checks {
    /// Seconds from the first answer of a task until all of its health checks have passed: the interval of the load
    /// balancer's times how many must pass, or that of the container's own.
    pub healthy_seconds: u32,
    /// Seconds that an old task keeps its connections: `deregistration_delay.timeout_seconds`.
    pub drain_seconds: u32,
}

/// What ECS starts new tasks for (ECS API, `UpdateService`: "a new deployment").
const DEPLOYS: [Field; 9] = fields!(
    ServiceProps,
    task,
    subnets,
    groups,
    public_ip,
    target,
    connect,
    platform,
    endpoints,
    rollout
);

impl Service {
    /// The revision that its tasks run.
    pub(crate) const TASK: Field = field!(ServiceProps, task);
    /// How tasks are replaced.
    pub(crate) const STRATEGY: Field = field!(ServiceProps, strategy);
}

pub(super) fn takes(piece: &Piece<'_, Service>) -> Duration {
    let seconds = match piece.verb {
        Verb::Create => rollout(piece, true),
        Verb::Update if piece.changes.any_changed(&DEPLOYS) => rollout(piece, false),
        Verb::Update if piece.changes.changed(field!(ServiceProps, count)) => {
            TASK_START + checks(piece).0 + SERVICE_SETTLES
        }
        Verb::Update => SERVICE_SETTLES,
        Verb::Delete => SERVICE_DELETED,
        Verb::Adopt => 1,
    };
    Duration::from_secs(seconds)
}

fn rollout(piece: &Piece<'_, Service>, first: bool) -> u64 {
    let count = wanted(piece, field!(ServiceProps, count)).map_or_else(
        || piece.live.map_or(1, |live| u64::from(live.desired)),
        |count| count.as_u64().unwrap_or(1),
    );
    // Its image is not there yet.
    if count == 0 {
        return SERVICE_SETTLES;
    }
    let (healthy, drain) = checks(piece);
    let (minimum, maximum) = piece.declared.map_or((100, 200), |declared| {
        let percent = |percent| u64::from(percent);
        (
            percent(declared.minimum_percent),
            percent(declared.maximum_percent),
        )
    });
    let strategy = match (piece.declared, piece.live) {
        (Some(declared), _) => Some(strategy(declared.strategy)),
        (None, live) => live.map(|live| live.observed.strategy.clone()),
    };
    let minutes = strategy.as_ref().map_or(0, |one| one.minutes());
    let shifts = strategy.is_some_and(|one| one.kind != "ROLLING");
    let batches = match first {
        // The first task creates the tables that all of them use.
        true => 1 + u64::from(piece.declared.is_some_and(|one| one.first_alone) && count > 1),
        false if shifts => 1,
        false => batches(count, minimum, maximum),
    };
    let old = if first { 0 } else { drain };
    batches * (TASK_START + healthy) + old + 60 * u64::from(minutes) + SERVICE_SETTLES
}

/// In how many rounds ECS replaces `count` tasks between these percents of them: the lower one rounded up, the upper
/// one down (ECS API, `DeploymentConfiguration`).
fn batches(count: u64, minimum: u64, maximum: u64) -> u64 {
    let above = count * maximum / 100;
    let below = (count * minimum).div_ceil(100);
    count.div_ceil(above.saturating_sub(below).max(1))
}

fn checks(piece: &Piece<'_, Service>) -> (u64, u64) {
    let checks = piece.declared.map(|one| one.checks).unwrap_or_default();
    (
        u64::from(checks.healthy_seconds),
        u64::from(checks.drain_seconds),
    )
}

/// The new value of a field, if it is known and differs.
fn wanted<'p>(piece: &Piece<'p, Service>, field: Field) -> Option<&'p Value> {
    let change = piece.changes.of(field)?;
    (!change.unknown).then_some(&change.after)
}

#[cfg(test)]
mod tests {
    use super::batches;

    #[test]
    fn ecs_replaces_as_many_at_once_as_the_percents_let_it() {
        for (count, minimum, maximum, rounds) in [
            (1, 100, 200, 1),
            (4, 100, 200, 1),
            (4, 100, 150, 2),
            (4, 50, 100, 2),
            // All stop, then all start.
            (3, 0, 100, 1),
            // ECS would not move at all; what is not known is not multiplied.
            (2, 100, 100, 2),
        ] {
            assert_eq!(
                batches(count, minimum, maximum),
                rounds,
                "{count} {minimum} {maximum}"
            );
        }
    }
}
