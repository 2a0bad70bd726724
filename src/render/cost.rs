//! What a stack costs a month, for people.

use std::fmt::Write;

use super::Style;
use crate::cost::{Budget, Estimate, Line, NOT_ESTIMATED, Range, StepCost};
use crate::inspect::bill::{Month, USD_A_REQUEST};
use crate::message::{Command, StackOptions, Verb};
use crate::stack::OverBudget;

/// Below a plan: the sum, what the plan makes of it by step, and what is not in it. Commands are about the stack that `place` names.
pub fn cost(
    estimate: &Estimate,
    budget: Option<&Budget>,
    place: &StackOptions,
    style: Style,
) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", style.heading(headline(estimate)));
    let changed: Vec<String> = estimate
        .steps()
        .iter()
        .filter_map(|step| Some((step.step, step.difference?.cents())))
        .filter(|(_, added)| *added != Range::default())
        .map(|(step, added)| format!("{step} {}", signed(added)))
        .collect();
    if !changed.is_empty() {
        let _ = writeln!(text, "  {}", changed.join(", "));
    }
    if !estimate.known {
        return text + &no_prices(estimate, place);
    }
    let unknown = unknown(estimate);
    if !unknown.is_empty() {
        let _ = writeln!(text, "  {} {unknown}", style.accent("unknown:"));
    }
    if let Some(budget) = budget {
        let _ = writeln!(text, "  {}", against(estimate, budget, style));
    }
    if !estimate.unread.is_empty() {
        let kinds = estimate.unread.join(", ");
        let _ = writeln!(
            text,
            "  not read, and taken to be as the file says: {kinds}"
        );
    }
    let dates = estimate.dates().map(|(first, last)| match first == last {
        true => format!("; prices of {first}"),
        false => format!("; prices of {first} to {last}"),
    });
    let shows = format!(
        "`{}` shows each line, and what is taken for granted{}",
        Command::new(Verb::Cost).at(place),
        dates.unwrap_or_default()
    );
    let _ = writeln!(text, "  {}", style.dim(shows));
    text
}

fn headline(estimate: &Estimate) -> String {
    if !estimate.known {
        return "cost: unknown".to_owned();
    }
    let least = match estimate.unknown().is_empty() {
        true => "about",
        false => "at least",
    };
    let sum = money(estimate.monthly().cents());
    let added = match estimate.difference().map(Range::cents) {
        None => String::new(),
        Some(added) if added == Range::default() => ", which this plan does not change".to_owned(),
        Some(added) => format!(", {} by this plan", signed(added)),
    };
    format!("cost: {least} {sum} a month{added}")
}

fn no_prices(estimate: &Estimate, place: &StackOptions) -> String {
    format!(
        "  ajuda's table has no prices of {}: `{}` reads AWS's\n",
        estimate.region,
        Command::new(Verb::Cost).arg("--refresh").at(place)
    )
}

/// What has no known price; each once.
fn unknown(estimate: &Estimate) -> String {
    let mut items = estimate.unknown();
    items.dedup();
    items.join("; ")
}

fn against(estimate: &Estimate, budget: &Budget, style: Style) -> String {
    let limit = usd(f64::from(budget.usd));
    if !budget.over {
        return format!("budget: {limit} a month, kept");
    }
    let above = usd(estimate.monthly().cents().high - f64::from(budget.usd));
    let words = format!("budget: {limit} a month, exceeded by {above}");
    match budget.then {
        OverBudget::Warn => style.accent(words),
        OverBudget::Refuse => style.bad(words),
    }
}

/// Every line, what each rests on, the sums of the steps, and what is taken for granted.
pub fn cost_lines(
    estimate: &Estimate,
    budget: Option<&Budget>,
    place: &StackOptions,
    style: Style,
) -> String {
    let mut text = String::new();
    let mut sources: Vec<(&str, &str)> = Vec::new();
    for one in estimate.steps() {
        let step = one.step;
        let _ = writeln!(text, "{} {}", style.heading(step), of_step(&one));
        let mut rows = Vec::new();
        for line in estimate.lines.iter().filter(|line| line.step == step) {
            let quantity = amount(line);
            let (each, monthly, note) = match (&line.price, line.monthly()) {
                (Some(price), Some(monthly)) => {
                    let source = (price.source.as_str(), price.date.as_str());
                    let known = sources.iter().position(|one| *one == source);
                    let number = known.unwrap_or_else(|| {
                        sources.push(source);
                        sources.len() - 1
                    });
                    let each = format!("${}", plain(price.usd));
                    (each, money(monthly.cents()), format!("[{}]", number + 1))
                }
                _ => ("unknown".to_owned(), "unknown".to_owned(), String::new()),
            };
            rows.push([line.item.clone(), quantity, each, monthly, note]);
        }
        table(&mut text, rows);
        text.push('\n');
    }
    let _ = writeln!(text, "{}", style.heading(headline(estimate)));
    if !estimate.known {
        text += &no_prices(estimate, place);
    }
    if let Some(budget) = budget {
        let _ = writeln!(text, "{}", against(estimate, budget, style));
    }
    let usage = &estimate.usage;
    let _ = writeln!(
        text,
        "taken for granted ([cost] in the file): {} hours a month, {} GB through NAT, {} LCU, {} GB of logs, {} GB in \
         buckets, {} GB of images, {} GB of backups beyond the free ones, {} million requests",
        usage.hours,
        usage.nat_gb,
        usage.load_balancer_lcu,
        usage.logs_gb,
        usage.storage_gb,
        usage.images_gb,
        usage.backup_gb,
        usage.million_requests
    );
    let _ = writeln!(text, "not estimated: {}", NOT_ESTIMATED.join("; "));
    if let Some((first, last)) = estimate.dates() {
        let table = match estimate.refreshed {
            true => "AWS's price list, read now, and where it has none ajuda's table",
            false => "ajuda's table",
        };
        let _ = writeln!(
            text,
            "prices: {table}, on demand in {}, of {first} to {last}",
            estimate.region
        );
    }
    for (index, (source, date)) in sources.iter().enumerate() {
        let _ = writeln!(
            text,
            "{}",
            style.dim(format!("[{}] {date} {source}", index + 1))
        );
    }
    text
}

fn of_step(step: &StepCost) -> String {
    let sum = step.monthly.map(|range| money(range.cents()));
    match (sum, step.complete) {
        (None, _) => "unknown".to_owned(),
        (Some(sum), true) => sum,
        (Some(sum), false) => format!("at least {sum}"),
    }
}

/// `730 hours`, `1 month`.
fn amount(line: &Line) -> String {
    let unit = line.meter.unit();
    let unit = match line.quantity == Range::of(1) {
        true => unit.trim_end_matches('s'),
        false => unit,
    };
    format!("{} {unit}", span(line.quantity, plain))
}

/// What was billed, month by month.
pub fn bill(months: &[Month], style: Style) -> String {
    let mut text = String::new();
    for month in months {
        let open = if month.estimated { ", not final" } else { "" };
        let head = format!("billed {} to {}{open}:", month.from, month.to);
        let _ = writeln!(text, "{} {}", style.heading(head), usd(month.total()));
        let rows = month
            .services
            .iter()
            .map(|(service, cost)| [service.clone(), usd(*cost)]);
        table(&mut text, rows.collect());
    }
    if months.iter().all(|month| month.services.is_empty()) {
        text.push_str(
            "Cost Explorer has nothing under the tag ajuda:stack. It counts by a tag only once that is activated: in \
             the payer's account, Billing and Cost Management, \"Cost allocation tags\", activate ajuda:stack. It \
             takes up to 24 hours, and counts from then on.\n",
        );
    }
    let _ = writeln!(
        text,
        "{}",
        style.dim(format!("asking Cost Explorer cost {}", usd(USD_A_REQUEST)))
    );
    text
}

/// Columns of text, padded to their widest, two spaces in.
fn table<const COLUMNS: usize>(text: &mut String, rows: Vec<[String; COLUMNS]>) {
    let mut widths = [0; COLUMNS];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in rows {
        let cells = row.iter().zip(widths);
        let line: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        let _ = writeln!(text, "  {}", line.join("  ").trim_end());
    }
}

fn span(range: Range, one: impl Fn(f64) -> String) -> String {
    if range.low == range.high {
        one(range.low)
    } else {
        format!("{} to {}", one(range.low), one(range.high))
    }
}

fn money(range: Range) -> String {
    span(range, usd)
}

/// What is added, with its sign.
fn signed(range: Range) -> String {
    span(range, |value| {
        let sign = if value < 0.0 { "-" } else { "+" };
        format!("{sign}{}", usd(value.abs()))
    })
}

/// `$1,234.56`.
fn usd(value: f64) -> String {
    let text = format!("{:.2}", value.abs());
    let (dollars, cents) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::new();
    for (index, digit) in dollars.chars().enumerate() {
        if index > 0 && (dollars.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}${grouped}.{cents}")
}

/// A number as short as it is exact: `730`, `0.04048`.
fn plain(value: f64) -> String {
    let text = format!("{value:.10}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::{plain, signed, usd};
    use crate::cost::Range;

    #[test]
    fn money_reads_well() {
        let texts = [0.0, 7.5, 999.999, 1234.5, 1_234_567.0, -3.0].map(usd);
        let right = [
            "$0.00",
            "$7.50",
            "$1,000.00",
            "$1,234.50",
            "$1,234,567.00",
            "-$3.00",
        ];
        assert_eq!(texts, right);
        assert_eq!(signed(Range::new(-4, 2.5)), "-$4.00 to +$2.50");
        assert_eq!(
            [730.0, 0.04048, 0.000_111].map(plain),
            ["730", "0.04048", "0.000111"]
        );
    }
}
