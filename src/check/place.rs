//! The account and the region: whom AWS takes the credentials for, and whether the region is on.
//!
//! A region that was launched after March 2019 is off until somebody turns it on ("Enable or disable AWS Regions in your
//! account", AWS Account Management reference guide); `ec2:DescribeRegions` says it as `OptInStatus`.

use super::{Finding, Ground};
use crate::aws::fault;
use crate::engine::Fault;

pub(super) async fn check(ground: &Ground<'_>) -> Result<Vec<Finding>, Fault> {
    let (region, account) = (ground.region(), &ground.cloud.place.account);
    let who = Finding::ok(
        format!("account {account}"),
        format!("as {}", ground.cloud.caller),
    );
    let answer = ground.cloud.ec2.describe_regions().all_regions(true);
    let answer = answer.region_names(region).send().await;
    let status = match answer.map_err(fault("ec2:DescribeRegions")) {
        Ok(answer) => answer
            .regions()
            .first()
            .and_then(|one| one.opt_in_status())
            .map(str::to_owned),
        Err(fault) => return Ok(vec![who, Finding::unread(region, &fault)]),
    };
    let enabled = match status.as_deref() {
        Some("not-opted-in") => {
            let fix = ground
                .commands
                .aws(&format!("account enable-region --region-name {region}"));
            Finding::fail(region, "this region is not enabled in the account")
                .fix(format!("`{fix}`, which takes some minutes"))
                .pending()
        }
        Some(_) => Finding::ok(region, "is enabled"),
        None => Finding::skipped(region, "AWS does not say whether it is enabled"),
    };
    Ok(vec![who, enabled])
}
