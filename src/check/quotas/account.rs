//! Quotas that a service tells itself, with what is in use.

use super::{CheckContext, Room};
use crate::aws::fault;
use crate::engine::Fault;

/// Instances (RDS API, `DescribeAccountAttributes`, the quota `DBInstances`).
pub(super) async fn instances(context: &CheckContext<'_>) -> Result<Room, Fault> {
    let answer = context.cloud.rds.describe_account_attributes().send().await;
    let answer = answer.map_err(fault("rds:DescribeAccountAttributes"))?;
    let quotas = answer.account_quotas().iter();
    let of = |name| {
        move |one: &&aws_sdk_rds::types::AccountQuota| one.account_quota_name() == Some(name)
    };
    let quota = quotas.clone().find(of("DBInstances"));
    let quota = quota.and_then(|one| Some((one.max?, one.used?)));
    let missing = || Fault::incomplete("rds:DescribeAccountAttributes", "DBInstances");
    let (limit, used) = quota.ok_or_else(missing)?;
    Ok(Room {
        limit: limit as f64,
        used: used as f64,
    })
}

/// Load balancers (Elastic Load Balancing API, `DescribeAccountLimits`, the limit `application-load-balancers`).
pub(super) async fn load_balancers(context: &CheckContext<'_>) -> Result<Room, Fault> {
    let elb = &context.cloud.elb;
    let limits = elb.describe_account_limits().page_size(400).send();
    let used = async {
        let mut pages = elb
            .describe_load_balancers()
            .into_paginator()
            .items()
            .send();
        let mut used = 0.0;
        while let Some(one) = pages.next().await {
            let one = one.map_err(fault("elasticloadbalancing:DescribeLoadBalancers"))?;
            let application =
                aws_sdk_elasticloadbalancingv2::types::LoadBalancerTypeEnum::Application;
            if one.r#type() == Some(&application) {
                used += 1.0;
            }
        }
        Ok::<f64, Fault>(used)
    };
    let (limits, used) = tokio::join!(limits, used);
    let operation = "elasticloadbalancing:DescribeAccountLimits";
    let limits = limits.map_err(fault(operation))?;
    let mut limits = limits.limits().iter();
    let limit = limits.find(|one| one.name() == Some("application-load-balancers"));
    let limit = limit.and_then(|one| one.max()?.parse().ok());
    let missing = || Fault::incomplete(operation, "application-load-balancers");
    Ok(Room {
        limit: limit.ok_or_else(missing)?,
        used: used?,
    })
}

/// Roles (IAM API, `GetAccountSummary`, `Roles` and `RolesQuota`).
pub(super) async fn roles(context: &CheckContext<'_>) -> Result<Room, Fault> {
    let answer = context.cloud.iam.get_account_summary().send().await;
    let answer = answer.map_err(fault("iam:GetAccountSummary"))?;
    let summary = answer.summary_map.unwrap_or_default();
    let of = |key: &'static str| {
        let key = aws_sdk_iam::types::SummaryKeyType::from(key);
        let value = summary.get(&key).map(|value| f64::from(*value));
        value.ok_or_else(|| Fault::incomplete("iam:GetAccountSummary", "Roles"))
    };
    Ok(Room {
        limit: of("RolesQuota")?,
        used: of("Roles")?,
    })
}
