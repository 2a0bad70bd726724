//! What AWS has billed for the stack, by Cost Explorer.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::aws::grant::{Grant, anywhere};
use crate::aws::signed::COST_EXPLORER;
use crate::aws::{Cloud, STACK_TAG};
use crate::engine::{Class, Fault};

/// What a request of Cost Explorer costs (AWS Cost Explorer pricing, "per paginated request").
pub const USD_A_REQUEST: f64 = 0.01;

/// What was billed in one month.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Month {
    /// Its first day.
    pub from: String,
    /// The day after the last that is in it.
    pub to: String,
    /// Whether AWS may still change it.
    pub estimated: bool,
    /// US dollars by service, unblended, without those that cost nothing.
    pub services: BTreeMap<String, f64>,
}

impl Month {
    /// US dollars of all services.
    pub fn total(&self) -> f64 {
        self.services.values().sum()
    }
}

/// What was billed under the stack's tag in its account and region since the first day of last month, with one request.
/// `today` is a day in UTC, as `2026-11-28`. Months without anything under the tag have no services: so it is while
/// the tag is no cost allocation tag ("Activating user-defined cost allocation tags", Billing user guide).
///
/// # Errors
/// The fault of the request, with what to do about it.
pub async fn read(cloud: &Cloud, today: &str) -> Result<Vec<Month>, Fault> {
    let place = &cloud.place;
    let body = json!({
        "TimePeriod": { "Start": month_before(today), "End": today },
        "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost"],
        "GroupBy": [{ "Type": "DIMENSION", "Key": "SERVICE" }],
        "Filter": { "And": [
            { "Tags": { "Key": STACK_TAG, "Values": [place.stack] } },
            { "Dimensions": { "Key": "LINKED_ACCOUNT", "Values": [place.account] } },
            // What has no region, such as hosted zones, is called so ("Filtering the data that you want to view").
            { "Dimensions": { "Key": "REGION", "Values": [place.region, "global", "NoRegion"] } },
        ] },
    });
    let answer = cloud
        .signed
        .read(&COST_EXPLORER, "GetCostAndUsage", &body)
        .await
        .map_err(explained)?;
    let months = answer["ResultsByTime"].as_array().into_iter().flatten();
    Ok(months.map(month).collect())
}

fn month(result: &Value) -> Month {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let groups = result["Groups"].as_array().into_iter().flatten();
    let services = groups.filter_map(|group| {
        let usd: f64 = group["Metrics"]["UnblendedCost"]["Amount"]
            .as_str()?
            .parse()
            .ok()?;
        (usd != 0.0).then(|| (text(&group["Keys"][0]), usd))
    });
    Month {
        from: text(&result["TimePeriod"]["Start"]),
        to: text(&result["TimePeriod"]["End"]),
        estimated: result["Estimated"].as_bool().unwrap_or(true),
        services: services.collect(),
    }
}

/// The first day of the month before that of a day.
fn month_before(day: &str) -> String {
    let mut parts = day.split('-').filter_map(|part| part.parse::<u32>().ok());
    match (parts.next(), parts.next()) {
        (Some(year), Some(1)) => format!("{:04}-12-01", year - 1),
        (Some(year), Some(month)) => format!("{year:04}-{:02}-01", month - 1),
        _ => day.to_owned(),
    }
}

fn explained(fault: Fault) -> Fault {
    if fault.class == Class::Denied {
        return fault.hint(
            "the caller needs ce:GetCostAndUsage, and in a member account of an organization its management account \
             has to let it see costs (Billing and Cost Management, \"Cost Management preferences\")",
        );
    }
    match fault.code.as_str() {
        // The first request switches Cost Explorer on, which takes a day ("Enabling Cost Explorer").
        "DataUnavailableException" => fault.hint(
            "Cost Explorer prepares its data, which takes up to 24 hours: ask again tomorrow",
        ),
        _ => fault,
    }
}

/// What asking for the bill needs: Cost Explorer takes no object.
pub(crate) const GRANTS: &[Grant] = &[anywhere(&["ce:GetCostAndUsage"])];

#[cfg(test)]
mod tests {
    use super::month_before;

    #[test]
    fn the_month_before_begins_on_its_first_day() {
        for (day, first) in [
            ("2026-11-28", "2026-10-01"),
            ("2026-01-01", "2025-12-01"),
            ("2026-10-31", "2026-09-01"),
        ] {
            assert_eq!(month_before(day), first);
        }
    }
}
