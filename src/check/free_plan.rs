//! AWS's free plan, on which a new account begins: RDS then takes two classes of databases and a day of backups.
//!
//! `CreateDBInstance` answers the rest with `FreeTierRestrictionError`, after the network was made ("Free plan" in the
//! Billing user guide; public logs of 2025 and 2026). The plan is told by `GetAccountPlanState` of the Free Tier API.

use serde_json::json;

use super::{CheckContext, Finding};
use crate::aws::grant::{Grant, anywhere};
use crate::aws::signed::FREE_TIER;
use crate::engine::{Fault, Resource};
use crate::resources::DbInstance;

/// The classes that the free plan has.
const CLASSES: [&str; 2] = ["db.t3.micro", "db.t4g.micro"];
/// Days of backups that it has.
const DAYS: u32 = 1;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let Some(database) = &context.stack.database else {
        return Ok(Vec::new());
    };
    // It is AWS's own partition that has the plan.
    let has_plan = context.cloud.place.partition == "aws";
    if !has_plan || context.made(DbInstance::KIND).next().is_none() {
        return Ok(Vec::new());
    }
    let asked = json!({});
    let answer = context
        .cloud
        .signed
        .read(&FREE_TIER, "GetAccountPlanState", &asked);
    let answer = match answer.await {
        // Accounts from before there were plans have none.
        Err(fault) if fault.code == "ResourceNotFoundException" => {
            json!({ "accountPlanType": "PAID" })
        }
        answer => answer?,
    };
    let subject = "AWS's plan";
    Ok(match answer["accountPlanType"].as_str() {
        Some("PAID") => vec![Finding::ok(
            subject,
            "the account has no limits of the free plan",
        )],
        Some("FREE") => assess(&database.instance_class, database.backup_days),
        _ => vec![Finding::skipped(
            subject,
            "AWS does not say which the account has",
        )],
    })
}

fn assess(class: &str, days: u32) -> Vec<Finding> {
    let upgrade = "upgrade the plan (Billing and Cost Management, \"Upgrade plan\")";
    let failed = |path: &str, reason: String, right: &str| {
        let fix = format!("{upgrade}, or write {right}");
        Finding::fail(path, reason).in_file().fix(fix)
    };
    let mut found = Vec::new();
    if !CLASSES.contains(&class) {
        let reason = format!("the account is on AWS's free plan, which refuses {class}");
        let right = "instance_class = \"db.t4g.micro\"";
        found.push(failed("database.instance_class", reason, right));
    }
    if days > DAYS {
        let reason =
            format!("the account is on AWS's free plan, which refuses {days} days of backups");
        found.push(failed("database.backup_days", reason, "backup_days = 1"));
    }
    if found.is_empty() {
        let reason = "the account is on the free plan, which has this database";
        found.push(Finding::ok("AWS's plan", reason));
    }
    found
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[anywhere(&["freetier:GetAccountPlanState"])];
