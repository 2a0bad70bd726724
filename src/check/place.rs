//! The account and the region: whom AWS takes the credentials for, and whether the region is on.
//!
//! A region that was launched after March 2019 is off until somebody turns it on ("Enable or disable AWS Regions in your
//! account", AWS Account Management reference guide); `ec2:DescribeRegions` says it as `OptInStatus`.

use std::sync::Arc;

use super::{CheckContext, Finding};
use crate::aws::fault;
use crate::aws::grant::{Grant, anywhere};
use crate::aws::lease::Clock;
use crate::engine::Fault;
use crate::message::{Command, message};

/// What AWS says of the region.
pub(super) struct Region {
    /// `opt-in-not-required`, `opted-in` or `not-opted-in`.
    status: Option<String>,
    /// AWS's clock, as the answer's `Date` has it.
    pub(super) clock: Clock,
}

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let (region, account) = (context.region(), &context.cloud.place.account);
    let caller = &context.cloud.caller;
    let who = Finding::ok(format!("account {account}"), format!("as {caller}"));
    let region_answer = match read(context).await {
        Ok(region_answer) => region_answer,
        Err(fault) => return Ok(vec![who, Finding::unread(region, &fault)]),
    };
    Ok(vec![who, assess(region, region_answer.status.as_deref())])
}

/// What AWS says of the region, asked once.
pub(super) async fn read(context: &CheckContext<'_>) -> Result<Arc<Region>, Fault> {
    let ask = || async {
        let clock = Clock::default();
        let asked = context.cloud.ec2.describe_regions().all_regions(true);
        let asked = asked.region_names(context.region()).customize();
        let answer = asked.interceptor(clock.clone()).send().await;
        let answer = answer.map_err(fault("ec2:DescribeRegions"))?;
        let status = answer.regions().first().and_then(|one| one.opt_in_status());
        Ok(Region {
            status: status.map(str::to_owned),
            clock,
        })
    };
    context.cloud.memo.once("check: the region", ask).await
}

fn assess(region: &str, status: Option<&str>) -> Finding {
    match status {
        Some("not-opted-in") => Finding::fail(region, "this region is not enabled in the account")
            .fix(message![
                Command::aws("account enable-region").option("--region-name", region),
                ", which takes some minutes",
            ])
            .pending(),
        Some(_) => Finding::ok(region, "is enabled"),
        None => Finding::skipped(region, "AWS does not say whether it is enabled"),
    }
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[anywhere(&["ec2:DescribeRegions"])];

#[cfg(test)]
mod tests {
    use super::super::Level;
    use super::assess;

    #[test]
    fn only_a_region_that_is_off_fails() {
        for (status, level) in [
            (Some("opt-in-not-required"), Level::Ok),
            (Some("opted-in"), Level::Ok),
            (Some("not-opted-in"), Level::Fail),
            (None, Level::Skipped),
        ] {
            let found = assess("ap-east-1", status);
            assert_eq!(found.level, level, "{status:?}");
        }
    }
}
