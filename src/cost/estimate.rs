//! Sums: of the stack as the file declares it, of what a plan makes of that, and of each step.

use super::{Line, Range};
use crate::stack::Usage;

/// What no estimate has, said once.
pub const NOT_ESTIMATED: [&str; 4] = [
    "tokens of Bedrock and of other providers",
    "data transfer out of AWS and between zones",
    "requests and stored logs, a few cents each",
    "tax, discounts and credits",
];

/// What a stack costs a month.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The region whose prices it has.
    pub region: String,
    /// Whether there are any prices of that region.
    pub known: bool,
    /// Whether the prices were read from AWS just now.
    pub refreshed: bool,
    /// What it takes for granted.
    pub usage: Usage,
    /// What is billed: with a plan, after it.
    pub lines: Vec<Line>,
    /// What is billed before the plan; `None` where there is no plan.
    pub before: Option<Vec<Line>>,
    /// Kinds that could not be read, which are taken to be as wanted.
    pub unread: Vec<&'static str>,
    /// Steps in the order of a plan.
    pub order: Vec<&'static str>,
}

/// What one step costs a month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepCost {
    /// The step.
    pub step: &'static str,
    /// US dollars a month of what has a known price; `None` where nothing has.
    pub monthly: Option<Range>,
    /// Whether everything has a known price.
    pub complete: bool,
    /// What the plan adds to them; `None` where there is no plan.
    pub difference: Option<Range>,
}

fn sum<'l>(lines: impl IntoIterator<Item = &'l Line>) -> Range {
    lines.into_iter().filter_map(Line::monthly).sum()
}

impl Estimate {
    /// Whether anything has a known price, or nothing is billed at all.
    pub fn is_priced(&self) -> bool {
        self.lines.is_empty() || self.lines.iter().any(|line| line.price.is_some())
    }

    /// US dollars a month, without what has no known price.
    pub fn monthly(&self) -> Range {
        sum(&self.lines)
    }

    /// What the plan adds to them.
    pub fn difference(&self) -> Option<Range> {
        Some(self.monthly() - sum(self.before.as_ref()?))
    }

    /// Each step that costs something, or did before the plan.
    pub fn steps(&self) -> Vec<StepCost> {
        let of = |step: &str, lines: &[Line]| sum(lines.iter().filter(|line| line.step == step));
        let all = || self.lines.iter().chain(self.before.iter().flatten());
        // What is deleted has a step of its own, which comes last, as in a plan.
        let mut order = self.order.clone();
        for line in all() {
            if !order.contains(&line.step) {
                order.push(line.step);
            }
        }
        let has = |step: &str| all().any(|line| line.step == step);
        let steps = order.into_iter().filter(|step| has(step));
        let costs = steps.map(|step| {
            let own = self.lines.iter().filter(|line| line.step == step);
            let (priced, unknown): (Vec<_>, Vec<_>) = own.partition(|line| line.price.is_some());
            let before = self.before.as_ref();
            StepCost {
                step,
                monthly: (unknown.is_empty() || !priced.is_empty()).then(|| sum(priced)),
                complete: unknown.is_empty(),
                difference: before.map(|before| of(step, &self.lines) - of(step, before)),
            }
        });
        costs.collect()
    }

    /// What is billed and has no known price, in words.
    pub fn unknown(&self) -> Vec<&str> {
        let lines = self.lines.iter().filter(|line| line.price.is_none());
        lines.map(|line| line.item.as_str()).collect()
    }

    /// Of which days the prices are, the first and the last.
    pub fn dates(&self) -> Option<(&str, &str)> {
        let dates = || {
            let prices = self.lines.iter().filter_map(|line| line.price.as_ref());
            prices.map(|price| price.date.as_str())
        };
        Some((dates().min()?, dates().max()?))
    }
}
