//! What share of the database's connections each task of Open WebUI gets.

use crate::stack::connections::{allowed, most};
use crate::stack::{Database, Problem, Report, Service, Stack};

/// What RDS, the set-up task and an operator's `psql` need beside the application.
const OTHERS: u32 = 15;
/// Connections of one task for each unit of its pools: two engines of twice two units (the pool and its
/// overflow) and one of twice one. With five units, the most that is given, they are 50.
const PER_UNIT: u32 = 10;
const MOST: u32 = 5;

/// The sizes of a task's pools; each may overflow by as many again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pools {
    /// Of the engine for requests, and of the one for background work.
    pub(super) engine: u32,
    /// Of the vector store.
    pub(super) vectors: u32,
}

/// The pools of a task of `service`, so that all tasks together stay below what the database takes.
pub(super) fn pools(stack: &Stack, service: &Service) -> Pools {
    let units = stack.database.as_ref().map_or(MOST, |database| {
        (share(database, service) / PER_UNIT).clamp(1, MOST)
    });
    Pools {
        engine: 2 * units,
        vectors: units,
    }
}

/// Connections that each task can have at most, and that it needs at least, where that is more.
fn lacking(database: &Database, service: &Service) -> Option<(u32, u32)> {
    let share = share(database, service);
    (share < PER_UNIT).then_some((share, PER_UNIT))
}

fn share(database: &Database, service: &Service) -> u32 {
    allowed(database).saturating_sub(OTHERS) / most(service).max(1)
}

/// Every task holds connections, and a database takes as many as its memory allows.
pub(super) fn check(stack: &Stack, service: &Service, report: &Report) {
    let Some(database) = &stack.database else {
        return;
    };
    let table = format!("service.{}", service.name);
    let max = format!("{table}.autoscaling.max");
    let count = format!("{table}.count");
    let class = "database.instance_class".to_owned();
    if !report.sound(&[&max, &count, &class]) {
        return;
    }
    let Some((share, least)) = lacking(database, service) else {
        return;
    };
    let tasks = most(service);
    let place = if service.autoscaling.is_some() {
        max
    } else {
        count
    };
    let problem = Problem::new(
        report.at(&place),
        format!(
            "{tasks} tasks need more connections than the database takes ({} on {})",
            allowed(database),
            database.instance_class
        ),
        format!("leaves {share} connections to each, and one task needs {least}"),
    )
    .hint("write a larger `instance_class` under [database], or fewer tasks");
    report.add(if report.written(&class) {
        problem.also(report.at(&class), "takes so many by its memory")
    } else {
        problem
    });
}
