//! Quotas of the account in the region, against what the plan makes: of a kind that it makes nothing of, nothing is asked.
//!
//! AWS gives 5 Elastic IPs, 5 VPCs and 5 NAT gateways a zone to begin with ("Amazon VPC quotas"), and new accounts few
//! vCPUs of Fargate ("AWS Fargate quotas"); who asks for more waits for minutes to days.

use futures_util::future::BoxFuture;
use serde_json::json;

use super::{CheckContext, Finding};
use crate::aws::grant::{Grant, anywhere};
use crate::aws::signed::SERVICE_QUOTAS;
use crate::engine::{Fault, Resource};
use crate::message::{Command, message};
use crate::resources::{DbInstance, ElasticIp, LoadBalancer, NatGateway, Role, Service, Vpc};

mod account;
mod used;

/// A quota of Service Quotas.
struct Quota {
    /// What it is a quota of.
    what: &'static str,
    /// The service, and the code of the quota in it ("Service Quotas" console; `GetServiceQuota`).
    service: &'static str,
    code: &'static str,
}

const ADDRESSES: Quota = Quota {
    what: "Elastic IPs",
    service: "ec2",
    code: "L-0263D0A3",
};
const VPCS: Quota = Quota {
    what: "VPCs",
    service: "vpc",
    code: "L-F678F1CE",
};
const NAT_GATEWAYS: Quota = Quota {
    what: "NAT gateways of a zone",
    service: "vpc",
    code: "L-FE5A380F",
};
const VCPUS: Quota = Quota {
    what: "Fargate vCPUs",
    service: "fargate",
    code: "L-3032A538",
};
const LOAD_BALANCERS: Quota = Quota {
    what: "Application Load Balancers",
    service: "elasticloadbalancing",
    code: "L-53DA6B97",
};
const INSTANCES: Quota = Quota {
    what: "RDS instances",
    service: "rds",
    code: "L-7B6409FD",
};
const ROLES: Quota = Quota {
    what: "IAM roles",
    service: "iam",
    code: "L-FE177D64",
};

/// How much there may be, and how much there is.
struct Room {
    limit: f64,
    used: f64,
}

/// What is in use of a quota, and how much there may be.
type QuotaRead<'g> = BoxFuture<'g, Result<Room, Fault>>;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let count = |kind| context.made(kind).count() as f64;
    let tasks: f64 = context
        .made(Service::KIND)
        .filter_map(|item| context.stack.services.get(item.address.name()))
        .map(|service| {
            let least = service.autoscaling.as_ref().map(|one| one.min);
            let tasks = least.or(service.count).unwrap_or(1);
            f64::from(service.cpu) / 1024.0 * f64::from(tasks)
        })
        .sum();
    let per_zone = count(NatGateway::KIND).min(1.0);
    let all: Vec<(&Quota, f64, QuotaRead<'_>)> = vec![
        (
            &ADDRESSES,
            count(ElasticIp::KIND),
            Box::pin(both(context, &ADDRESSES, used::addresses(context))),
        ),
        (
            &VPCS,
            count(Vpc::KIND),
            Box::pin(both(context, &VPCS, used::vpcs(context))),
        ),
        (
            &NAT_GATEWAYS,
            per_zone,
            Box::pin(both(context, &NAT_GATEWAYS, used::nat_gateways(context))),
        ),
        (
            &VCPUS,
            tasks,
            Box::pin(both(context, &VCPUS, used::vcpus(context))),
        ),
        (
            &LOAD_BALANCERS,
            count(LoadBalancer::KIND),
            Box::pin(account::load_balancers(context)),
        ),
        (
            &INSTANCES,
            count(DbInstance::KIND),
            Box::pin(account::instances(context)),
        ),
        (&ROLES, count(Role::KIND), Box::pin(account::roles(context))),
    ];
    let asked = all.into_iter().filter(|(_, needed, _)| *needed > 0.0);
    let asked = asked.map(|(quota, needed, room)| async move {
        match room.await {
            Ok(room) if room.used + needed <= room.limit => assess(quota, needed, &room),
            Ok(room) => exceeded(context, quota, needed, &room).await,
            Err(fault) => Finding::unread(quota.what, &fault),
        }
    });
    Ok(futures_util::future::join_all(asked).await)
}

/// What there may be by Service Quotas, and what there is.
async fn both(
    context: &CheckContext<'_>,
    quota: &Quota,
    used: impl Future<Output = Result<f64, Fault>>,
) -> Result<Room, Fault> {
    let (limit, used) = tokio::try_join!(limit(context, quota), used)?;
    Ok(Room { limit, used })
}

/// The quota as it is in the account; AWS's default where it was never changed ("GetServiceQuota",
/// "GetAWSDefaultServiceQuota").
async fn limit(context: &CheckContext<'_>, quota: &Quota) -> Result<f64, Fault> {
    let asked = json!({ "ServiceCode": quota.service, "QuotaCode": quota.code });
    let signed = &context.cloud.signed;
    let answer = signed.read(&SERVICE_QUOTAS, "GetServiceQuota", &asked);
    let answer = match answer.await {
        Err(fault) if fault.code == "NoSuchResourceException" => {
            let operation = "GetAWSDefaultServiceQuota";
            signed.read(&SERVICE_QUOTAS, operation, &asked).await?
        }
        answer => answer?,
    };
    let value = answer["Quota"]["Value"].as_f64();
    value.ok_or_else(|| Fault::incomplete("servicequotas:GetServiceQuota", "Quota.Value"))
}

fn assess(quota: &Quota, needed: f64, room: &Room) -> Finding {
    let (used, limit) = (number(room.used), number(room.limit));
    let reason = format!("{} more with {used} of {limit} in use", number(needed));
    Finding::ok(quota.what, reason)
}

async fn exceeded(context: &CheckContext<'_>, quota: &Quota, needed: f64, room: &Room) -> Finding {
    let (used, limit) = (number(room.used), number(room.limit));
    let reason = format!(
        "the plan needs {} more, and {used} of {limit} are in use",
        number(needed)
    );
    let failed = Finding::fail(quota.what, reason);
    let asked = json!({ "ServiceCode": quota.service, "QuotaCode": quota.code });
    let operation = "ListRequestedServiceQuotaChangeHistoryByQuota";
    let history = context
        .cloud
        .signed
        .read(&SERVICE_QUOTAS, operation, &asked);
    // Who may not read what was asked for is told to ask.
    let history = history.await.unwrap_or_default();
    let open = history["RequestedQuotas"].as_array().into_iter().flatten();
    let open = open
        .filter(|one| matches!(one["Status"].as_str(), Some("PENDING" | "CASE_OPENED")))
        .find_map(|one| one["DesiredValue"].as_f64());
    if let Some(desired) = open.filter(|desired| *desired >= room.used + needed) {
        let desired = number(desired);
        return failed.pending().fix(format!(
            "wait: an increase to {desired} is asked for, and not granted yet"
        ));
    }
    let operation = "service-quotas request-service-quota-increase";
    // Quotas of a service that has no regions are kept in one ("Requesting a quota increase").
    let ask = match quota.service {
        "iam" => Command::aws_in("us-east-1", operation),
        _ => Command::aws(operation),
    };
    let ask = ask
        .option("--service-code", quota.service)
        .option("--quota-code", quota.code)
        .option("--desired-value", number((room.used + needed).ceil()));
    failed.fix(message![ask, " asks for more; or use less"])
}

/// Without a fraction where there is none.
fn number(value: f64) -> String {
    format!("{}", (value * 100.0).round() / 100.0)
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[anywhere(&[
    "servicequotas:GetServiceQuota",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota",
    "elasticloadbalancing:DescribeAccountLimits",
    "elasticloadbalancing:DescribeLoadBalancers",
    "rds:DescribeAccountAttributes",
    "iam:GetAccountSummary",
    "cloudwatch:GetMetricStatistics",
    "ec2:DescribeAddresses",
    "ec2:DescribeVpcs",
    "ec2:DescribeNatGateways",
])];
