//! `[service.NAME.deployment]`: how a new revision takes the place of the old one.

use super::model::{Deployment, Shift};
use super::problem::Problem;
use super::read::Table;
use super::value_error::word;

/// The words for the strategies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strategy {
    Rolling,
    BlueGreen,
    Linear,
    Canary,
}

const STRATEGIES: [(&str, Strategy); 4] = [
    ("rolling", Strategy::Rolling),
    ("blue-green", Strategy::BlueGreen),
    ("linear", Strategy::Linear),
    ("canary", Strategy::Canary),
];

/// `None` for a rolling update. Defaults are those of the ECS API (`LinearConfiguration`,
/// `CanaryConfiguration`); `bakeTimeInMinutes` has none there.
pub(super) fn read(table: &mut Table<'_>) -> Option<Deployment> {
    let mut inner = table.table("deployment");
    let strategy = inner.parsed("strategy", |text| word(text, &STRATEGIES));
    let percent = inner.number("percent", 1..=100, "percent of the traffic");
    let step_minutes = inner.number("step_minutes", 0..=1440, "minutes");
    let bake_minutes = inner.number("bake_minutes", 0..=1440, "minutes");
    if inner.written() && !inner.has("strategy") {
        inner.missing("strategy", "write strategy = \"blue-green\"");
    }
    let unused: &[&str] = match strategy {
        Some(Strategy::Rolling) => &["percent", "step_minutes", "bake_minutes"],
        Some(Strategy::BlueGreen) => &["percent", "step_minutes"],
        Some(Strategy::Linear | Strategy::Canary) | None => &[],
    };
    for key in unused.iter().filter(|key| inner.has(key)) {
        let report = inner.report();
        let problem = Problem::new(
            report.key(&inner.path_of(key)),
            format!("`{}` says nothing with this strategy", inner.path_of(key)),
            "remove it",
        );
        let strategy = report.at(&inner.path_of("strategy"));
        report.add(problem.also(strategy, "chosen here"));
    }
    // ECS moves at least 3 percent a step (`LinearConfiguration.stepPercent`).
    if strategy == Some(Strategy::Linear) && percent.is_some_and(|percent| percent < 3) {
        let report = inner.report();
        report.add(Problem::new(
            report.at(&inner.path_of("percent")),
            "a step of a linear deployment is 3 percent at least",
            "must be 3 to 100",
        ));
    }
    inner.finish();
    let shift = match strategy? {
        Strategy::Rolling => return None,
        Strategy::BlueGreen => Shift::AllAtOnce,
        Strategy::Linear => Shift::Linear {
            percent: percent.unwrap_or(10),
            step_minutes: step_minutes.unwrap_or(6),
        },
        Strategy::Canary => Shift::Canary {
            percent: percent.unwrap_or(5),
            step_minutes: step_minutes.unwrap_or(10),
        },
    };
    Some(Deployment {
        shift,
        bake_minutes: bake_minutes.unwrap_or(5),
    })
}
