//! What watches over the account: AWS Config, CloudTrail and GuardDuty.
//!
//! A security review asks for all three (AWS Foundational Security Best Practices: Config.1, CloudTrail.1, GuardDuty.1). They
//! are the account's and not the stack's, so ajuda does not turn them on.

use serde_json::{Value, json};

use super::{CheckContext, Finding};
use crate::aws::grant::{Grant, anywhere};
use crate::aws::signed::{CLOUDTRAIL, CONFIG, GUARDDUTY};
use crate::engine::Fault;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let asked = tokio::join!(config(context), trail(context), guard(context));
    let finding = |name: &str, on: Result<bool, Fault>, off: &str, page: &str| match on {
        Ok(true) => Finding::ok(name, format!("is on in {}", context.region())),
        Ok(false) => Finding::warn(name, format!("is off in {}: {off}", context.region()))
            .fix(format!("turn it on for the account ({page})")),
        Err(fault) => Finding::unread(name, &fault),
    };
    Ok(vec![
        finding(
            "AWS Config",
            asked.0,
            "nothing records how resources were changed",
            "\"Setting up AWS Config\"",
        ),
        finding(
            "CloudTrail",
            asked.1,
            "nothing records who called what for longer than 90 days",
            "\"Creating a trail for your AWS account\"",
        ),
        finding(
            "GuardDuty",
            asked.2,
            "nothing looks for stolen credentials and for intruders",
            "\"Getting started with GuardDuty\"",
        ),
    ])
}

/// Whether a recorder records (Config API, `ConfigurationRecorderStatus.recording`).
async fn config(context: &CheckContext<'_>) -> Result<bool, Fault> {
    let operation = "DescribeConfigurationRecorderStatus";
    let asked = json!({});
    let answer = context
        .cloud
        .signed
        .read(&CONFIG, operation, &asked)
        .await?;
    let mut all = listed(&answer["ConfigurationRecordersStatus"]);
    Ok(all.any(|one| one["recording"] == true))
}

/// Whether a trail of this region, or of all, logs (CloudTrail API, `Trail`, `GetTrailStatus.IsLogging`).
async fn trail(context: &CheckContext<'_>) -> Result<bool, Fault> {
    let signed = &context.cloud.signed;
    let asked = json!({ "includeShadowTrails": true });
    let answer = signed.read(&CLOUDTRAIL, "DescribeTrails", &asked).await?;
    // One trail is what an account has; of more, the first three tell.
    for trail in listed(&answer["trailList"]).take(3) {
        let asked = json!({ "Name": trail["TrailARN"] });
        let status = signed.read(&CLOUDTRAIL, "GetTrailStatus", &asked).await?;
        if status["IsLogging"] == true {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the region has a detector that is on (GuardDuty API, `ListDetectors`, `GetDetector.status`).
async fn guard(context: &CheckContext<'_>) -> Result<bool, Fault> {
    let signed = &context.cloud.signed;
    let answer = signed.get(&GUARDDUTY, "ListDetectors", "/detector").await?;
    // A region has one at most.
    let Some(id) = listed(&answer["detectorIds"]).find_map(Value::as_str) else {
        return Ok(false);
    };
    let path = format!("/detector/{id}");
    let detector = signed.get(&GUARDDUTY, "GetDetector", &path).await?;
    Ok(detector["status"] == "ENABLED")
}

fn listed(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[anywhere(&[
    "config:DescribeConfigurationRecorderStatus",
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetTrailStatus",
    "guardduty:ListDetectors",
    "guardduty:GetDetector",
])];
