//! `[cost]`: what the estimate takes for granted, and the budget.

use super::model::{Cost, OverBudget, Usage};
use super::problem::Problem;
use super::read::Table;
use super::value_error::word;

pub(crate) fn read(root: &mut Table<'_>) -> Cost {
    let mut table = root.table("cost");
    let defaults = Usage::default();
    let mut gigabytes = |key, default| {
        let number = table.number(key, 0..=10_000_000, "gigabytes");
        number.unwrap_or(default)
    };
    let nat_gb = gigabytes("nat_gb", defaults.nat_gb);
    let logs_gb = gigabytes("logs_gb", defaults.logs_gb);
    let storage_gb = gigabytes("storage_gb", defaults.storage_gb);
    let images_gb = gigabytes("images_gb", defaults.images_gb);
    let backup_gb = gigabytes("backup_gb", defaults.backup_gb);
    let over = [("warn", OverBudget::Warn), ("refuse", OverBudget::Refuse)];
    let cost = Cost {
        budget: table.number("budget", 1..=10_000_000, "US dollars a month"),
        over_budget: table
            .parsed("over_budget", |text| word(text, &over))
            .unwrap_or(OverBudget::Warn),
        usage: Usage {
            // 744 hours are in a month of 31 days.
            hours: table
                .number("hours", 1..=744, "hours")
                .unwrap_or(defaults.hours),
            nat_gb,
            logs_gb,
            storage_gb,
            images_gb,
            backup_gb,
            load_balancer_lcu: table
                .number("load_balancer_lcu", 0..=10_000, "LCU")
                .unwrap_or(defaults.load_balancer_lcu),
            million_requests: table
                .number("million_requests", 0..=1_000_000, "million requests")
                .unwrap_or(defaults.million_requests),
        },
    };
    let path = table.path_of("over_budget");
    if cost.over_budget == OverBudget::Refuse && !table.has("budget") {
        let report = table.report();
        report.add(
            Problem::new(
                report.key(&path),
                format!("`{path}` refuses nothing: there is no budget"),
                "only together with `budget`",
            )
            .hint("add budget = 300, or remove `over_budget`"),
        );
    }
    table.finish();
    cost
}
