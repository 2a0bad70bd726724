//! What a plan costs: shown below it, and held against the budget of the file.

use crate::cli::session::Session;
use crate::command_error::{CommandError, ErrorKind};
use crate::cost::{Budget, Estimate, Prices, Thing, budget, lines, present, wanted};
use crate::engine::{Observed, Plan};
use crate::message::{Command, Verb, message};
use crate::render::{self, Console, json};
use crate::resources::KINDS;
use crate::stack::Stack;
use crate::steps::STEPS;

/// What these cost in a region.
pub(super) fn sum(stack: &Stack, region: &str, things: &[Thing], prices: &Prices) -> Estimate {
    let usage = stack.cost.usage;
    Estimate {
        region: region.to_owned(),
        known: prices.knows(region),
        refreshed: false,
        lines: lines(things, &usage, prices, region),
        usage,
        before: None,
        unread: Vec::new(),
        order: STEPS.iter().map(|(step, _)| *step).collect(),
    }
}

/// What the file costs, or what runs of it.
pub(super) fn of(session: &Session, observed: &Observed, prices: &Prices, runs: bool) -> Estimate {
    let things = match runs {
        true => present(&session.graph, KINDS, observed, &session.plan(observed)),
        false => wanted(&session.graph, observed),
    };
    let region = &session.cloud.place.region;
    Estimate {
        unread: observed.unread.iter().map(|one| one.kind).collect(),
        ..sum(&session.stack, region, &things, prices)
    }
}

/// What a plan costs, and how that keeps to the budget.
pub(super) fn of_plan(
    session: &Session,
    observed: &Observed,
    plan: &Plan,
) -> (Estimate, Option<Budget>) {
    let prices = Prices::built_in();
    let before = present(&session.graph, KINDS, observed, plan);
    let region = &session.cloud.place.region;
    let after = of(session, observed, prices, false);
    let estimate = Estimate {
        before: Some(lines(&before, &after.usage, prices, region)),
        ..after
    };
    let limit = budget(&session.stack.cost, &estimate);
    (estimate, limit)
}

/// The same as people read it, below a plan.
pub(super) fn text(estimate: &Estimate, limit: Option<&Budget>, console: &Console) -> String {
    render::cost(estimate, limit, console.place(), console.style())
}

/// Tells what a plan that is about to be carried out costs.
///
/// # Errors
/// Refused, when it makes a stack dearer that is above its budget, and the file says so.
pub(super) fn before_up(
    session: &Session,
    console: &Console,
    plan: &Plan,
    observed: &Observed,
) -> Result<(), CommandError> {
    let (estimate, limit) = of_plan(session, observed, plan);
    if console.is_json() {
        console.event(&json::costed(&estimate, limit.as_ref()));
    } else {
        let style = console.talk_style();
        let text = render::cost(&estimate, limit.as_ref(), console.place(), style);
        console.say(text.trim_end());
    }
    match limit {
        Some(limit) if limit.refused => Err(CommandError::new(
            ErrorKind::Refused,
            format!(
                "the stack would cost more than its budget of ${} a month; nothing was changed",
                limit.usd
            ),
        )
        .hint(message![
            Command::new(Verb::Cost),
            " shows each line: make it cheaper, or raise `budget` under [cost]",
        ])),
        _ => Ok(()),
    }
}
