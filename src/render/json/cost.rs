//! What a stack costs a month, and what was billed for it.

use serde::Serialize;

use crate::cost::{Budget, Estimate, Line, NOT_ESTIMATED, Range};
use crate::inspect::bill::Month;
use crate::stack::{OverBudget, Usage};

/// An estimate, in US dollars.
#[derive(Debug, Serialize)]
pub struct CostDocument<'a> {
    currency: &'static str,
    region: &'a str,
    /// Whether there are prices of the region at all.
    known: bool,
    /// Null where nothing has a known price.
    monthly: Option<Span>,
    /// What the plan adds to `monthly`, which is after it; null without a plan, and where nothing has a known price.
    difference: Option<Span>,
    steps: Vec<StepDocument>,
    /// What is billed beside `monthly`, and has no known price.
    unknown: Vec<&'a str>,
    /// Kinds that could not be read, taken to be as wanted.
    unread: &'a [&'static str],
    prices: PricesDocument<'a>,
    assumptions: &'a Usage,
    not_estimated: &'static [&'static str],
    budget: Option<BudgetDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<Vec<LineDocument<'a>>>,
}

#[derive(Debug, Serialize)]
struct Span {
    low: f64,
    high: f64,
}

#[derive(Debug, Serialize)]
struct StepDocument {
    step: &'static str,
    /// Null where nothing of it has a known price.
    monthly: Option<Span>,
    /// Whether everything of it has one.
    complete: bool,
    difference: Option<Span>,
}

#[derive(Debug, Serialize)]
struct PricesDocument<'a> {
    /// The day of the oldest price that is used, and of the newest.
    from: Option<&'a str>,
    to: Option<&'a str>,
    refreshed: bool,
}

#[derive(Debug, Serialize)]
struct BudgetDocument {
    usd: u32,
    over: bool,
    then: OverBudget,
    refused: bool,
}

#[derive(Debug, Serialize)]
struct LineDocument<'a> {
    step: &'static str,
    item: &'a str,
    meter: String,
    quantity: Span,
    unit: &'static str,
    /// For one unit; null where it is unknown, as `monthly`, `source` and `date` are then.
    usd: Option<f64>,
    monthly: Option<Span>,
    source: Option<&'a str>,
    date: Option<&'a str>,
}

impl From<Range> for Span {
    fn from(range: Range) -> Self {
        Self {
            low: range.low,
            high: range.high,
        }
    }
}

/// An estimate, as a plan has it: without its lines.
pub fn cost<'a>(estimate: &'a Estimate, budget: Option<&Budget>) -> CostDocument<'a> {
    let steps = estimate.steps().into_iter().map(|one| StepDocument {
        step: one.step,
        monthly: one.monthly.map(|range| range.cents().into()),
        complete: one.complete,
        difference: one.difference.map(|added| added.cents().into()),
    });
    let dates = estimate.dates();
    let priced = estimate.is_priced();
    let difference = estimate.difference().filter(|_| priced);
    CostDocument {
        currency: "USD",
        region: &estimate.region,
        known: estimate.known,
        monthly: priced.then(|| estimate.monthly().cents().into()),
        difference: difference.map(|added| added.cents().into()),
        steps: steps.collect(),
        unknown: estimate.unknown(),
        unread: &estimate.unread,
        prices: PricesDocument {
            from: dates.map(|(from, _)| from),
            to: dates.map(|(_, to)| to),
            refreshed: estimate.refreshed,
        },
        assumptions: &estimate.usage,
        not_estimated: &NOT_ESTIMATED,
        budget: budget.map(|budget| BudgetDocument {
            usd: budget.usd,
            over: budget.over,
            then: budget.then,
            refused: budget.refused,
        }),
        lines: None,
    }
}

fn line(line: &Line) -> LineDocument<'_> {
    let price = line.price.as_ref();
    LineDocument {
        step: line.step,
        item: &line.item,
        meter: line.meter.key(),
        quantity: line.quantity.into(),
        unit: line.meter.unit(),
        usd: price.map(|price| price.usd),
        monthly: line.monthly().map(|range| range.cents().into()),
        source: price.map(|price| price.source.as_str()),
        date: price.map(|price| price.date.as_str()),
    }
}

#[derive(Serialize)]
struct CostsDocument<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    /// The stack, where no account was reached whose envelope names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    stack: Option<&'a str>,
    cost: CostDocument<'a>,
    /// What was billed, with `--actual`; null where Cost Explorer could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    billed: Option<Option<&'a [Month]>>,
}

/// The document of `cost`, with every line.
pub fn costs<'a>(
    stack: Option<&'a str>,
    estimate: &'a Estimate,
    budget: Option<&Budget>,
    billed: Option<Option<&'a [Month]>>,
) -> impl Serialize {
    CostsDocument {
        event: None,
        stack,
        cost: CostDocument {
            lines: Some(estimate.lines.iter().map(line).collect()),
            ..cost(estimate, budget)
        },
        billed,
    }
}

/// What a plan that is about to be carried out costs, as a line.
pub fn costed(estimate: &Estimate, budget: Option<&Budget>) -> impl Serialize {
    CostsDocument {
        event: Some("cost"),
        stack: None,
        cost: cost(estimate, budget),
        billed: None,
    }
}
