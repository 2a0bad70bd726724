//! Whether an estimate keeps to the budget of the file.

use super::Estimate;
use crate::stack::{Cost, OverBudget};

/// A budget, and how an estimate keeps to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// US dollars a month.
    pub usd: u32,
    /// Whether the most that the stack is estimated to cost is above it.
    pub over: bool,
    /// What is done then.
    pub then: OverBudget,
    /// Whether the plan is refused: it is above, the file says so, and the plan makes the stack dearer.
    pub refused: bool,
}

/// How an estimate keeps to the budget; `None` where the file has none.
///
/// What makes the stack cheaper, or changes nothing of what it costs, is not refused: it would be the way back.
pub fn budget(cost: &Cost, estimate: &Estimate) -> Option<Budget> {
    let usd = cost.budget?;
    let over = estimate.monthly().cents().high > f64::from(usd);
    let dearer = estimate
        .difference()
        .is_some_and(|added| added.cents().high > 0.0);
    Some(Budget {
        usd,
        over,
        then: cost.over_budget,
        refused: over && dearer && cost.over_budget == OverBudget::Refuse,
    })
}
