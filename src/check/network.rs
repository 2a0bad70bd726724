//! A network that is there before the stack, and that the stack is put into: everything here would otherwise be found
//! out half-way through `up`, by RDS, by the load balancer, or by a task that cannot reach its registry.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{CheckContext, Finding, Level};
use crate::aws::Cloud;
use crate::aws::grant::{Grant, anywhere};
use crate::engine::Fault;
use crate::message::{Command, Message, message};
use crate::stack::{Network, Stack};

mod read;

use read::{DefaultRoute, NetworkView, Subnet};

pub(super) const ACTIONS: &str = "ec2:DescribeVpcAttribute, ec2:DescribeSubnets, ec2:DescribeRouteTables and \
    ec2:DescribeVpcEndpoints";
/// Addresses that a load balancer needs in each of its subnets ("Subnets for your load balancer" in the guide
/// of Application Load Balancers).
const BALANCER_ADDRESSES: i32 = 8;
/// What tasks without a way to the internet ask by interface endpoint before their first line runs ("Amazon ECR
/// interface VPC endpoints", "Using VPC endpoints with Secrets Manager", "CloudWatch Logs and interface endpoints").
const ENDPOINTS: [&str; 4] = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"];

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    findings(context.cloud, context.stack).await
}

/// What is to be said of a network that the file names; nothing of one that the stack makes.
pub(super) async fn findings(cloud: &Cloud, stack: &Stack) -> Result<Vec<Finding>, Fault> {
    let Network::Existing {
        vpc,
        public_subnets: public,
        private_subnets: private,
    } = &stack.network
    else {
        return Ok(Vec::new());
    };
    let seen = read_network(cloud, vpc, public, private).await?;
    let needs = Needs {
        balancer: stack.services.values().any(|service| service.public),
        groups: stack.database.is_some() || stack.redis.is_some(),
    };
    let mut found = assess(vpc, public, private, &seen, &needs);
    if !found.iter().any(|one| one.level == Level::Fail) {
        let subnets = public.len() + private.len();
        let reason = format!("is there, with DNS, the {subnets} subnets and their routes");
        found.insert(0, Finding::ok(vpc, reason));
    }
    Ok(found)
}

/// The zones of the private subnets that are there.
pub(super) async fn private_zones(cloud: &Cloud, stack: &Stack) -> Result<BTreeSet<String>, Fault> {
    let Network::Existing {
        vpc,
        public_subnets: public,
        private_subnets: private,
    } = &stack.network
    else {
        return Ok(BTreeSet::new());
    };
    let seen = read_network(cloud, vpc, public, private).await?;
    let there = private.iter().filter_map(|id| seen.subnets.get(id));
    Ok(there.map(|subnet| subnet.zone.clone()).collect())
}

async fn read_network(
    cloud: &Cloud,
    vpc: &str,
    public: &[String],
    private: &[String],
) -> Result<Arc<NetworkView>, Fault> {
    let named: Vec<String> = public.iter().chain(private).cloned().collect();
    let question = format!("check: the network {vpc} {}", named.join(" "));
    let ask = || read::read(cloud, vpc, named);
    cloud.memo.once(question, ask).await
}

/// What the stack puts into the network.
struct Needs {
    /// A load balancer, in the public subnets.
    balancer: bool,
    /// A database or a cache, whose subnet groups span zones.
    groups: bool,
}

fn assess(
    vpc: &str,
    public: &[String],
    private: &[String],
    seen: &NetworkView,
    needs: &Needs,
) -> Vec<Finding> {
    let mut found = Vec::new();
    if !seen.vpc {
        let message = format!("`{vpc}` is not in this account and region");
        let right = "must be a VPC of this account, in the stack's region";
        return vec![failure("network.vpc", message, right)];
    }
    if !seen.dns {
        let message = format!("DNS is off in `{vpc}`, so tasks find neither registry nor database");
        let right = message![
            "turn it on: ",
            Command::aws("ec2 modify-vpc-attribute")
                .option("--vpc-id", vpc)
                .option("--enable-dns-support", "Value=true"),
        ];
        found.push(failure("network.vpc", message, right));
    }
    let mut check_all = |key: &str, named: &[String], each: &dyn Fn(&Subnet) -> Option<Finding>| {
        let mut good = Vec::new();
        for (index, id) in named.iter().enumerate() {
            let place = format!("{key}[{index}]");
            let checked = match seen.subnets.get(id) {
                None => {
                    let message = format!("`{id}` is not in this account and region");
                    Err(failure(&place, message, "must be a subnet of the VPC"))
                }
                Some(subnet) if subnet.vpc != vpc => {
                    let message = format!("`{id}` is in `{}`", subnet.vpc);
                    Err(failure(&place, message, format!("must be in `{vpc}`")))
                }
                Some(subnet) => Ok(subnet),
            };
            match checked {
                Ok(subnet) => {
                    let at = |finding| Finding {
                        subject: place,
                        ..finding
                    };
                    found.extend(each(subnet).map(at));
                    good.push(subnet);
                }
                Err(finding) => found.push(finding),
            }
        }
        good
    };
    let public_seen = check_all("network.public_subnets", public, &|subnet| {
        needs.balancer.then(|| check_public(subnet)).flatten()
    });
    let private_seen = check_all("network.private_subnets", private, &|subnet| {
        check_private(subnet, &seen.endpoints)
    });
    if needs.balancer {
        found.extend(one_zone(
            "network.public_subnets",
            public,
            &public_seen,
            "a load balancer",
        ));
    }
    if needs.groups {
        let who = "the database, and a cache,";
        found.extend(one_zone(
            "network.private_subnets",
            private,
            &private_seen,
            who,
        ));
    }
    found
}

fn check_public(subnet: &Subnet) -> Option<Finding> {
    let id = &subnet.id;
    if subnet.way != DefaultRoute::InternetGateway {
        let message = format!("`{id}` is no public subnet: {}", subnet.way.in_words());
        let right = "its route table must lead 0.0.0.0/0 to an internet gateway";
        return Some(failure("", message, right));
    }
    (subnet.free < BALANCER_ADDRESSES).then(|| {
        let message = format!(
            "`{id}` has {} free addresses, and a load balancer that is made needs {BALANCER_ADDRESSES}",
            subnet.free
        );
        advice("", message, "free some, or name a larger subnet")
    })
}

fn check_private(subnet: &Subnet, endpoints: &BTreeSet<String>) -> Option<Finding> {
    let id = &subnet.id;
    match &subnet.way {
        DefaultRoute::Elsewhere if subnet.free < BALANCER_ADDRESSES => {
            let message = format!(
                "`{id}` has {} free addresses: every task, and the database, needs one",
                subnet.free
            );
            Some(advice("", message, "free some, or name a larger subnet"))
        }
        DefaultRoute::Elsewhere => None,
        way => {
            let lacking: Vec<&str> = ENDPOINTS
                .into_iter()
                .filter(|service| !endpoints.contains(*service))
                .collect();
            let message = match way {
                DefaultRoute::InternetGateway => format!(
                    "`{id}` is a public subnet: its default route is an internet gateway, and tasks have no public \
                     address to leave by it"
                ),
                way => format!("`{id}` has no way to the internet: {}", way.in_words()),
            };
            let right = "its route table must lead 0.0.0.0/0 to a NAT gateway";
            // With the endpoints, tasks start; what they call beyond AWS they do not reach.
            Some(match lacking.as_slice() {
                [] => advice("", message, right),
                lacking => failure(
                    "",
                    message,
                    format!(
                        "{right}, or the VPC needs endpoints for {}",
                        lacking.join(", ")
                    ),
                ),
            })
        }
    }
}

/// Something that `up` is known to fail with, at a path of the file.
fn failure(place: &str, reason: impl Into<Message>, right: impl Into<Message>) -> Finding {
    Finding::fail(place, reason).in_file().fix(right)
}

/// Something to be known of a path of the file.
fn advice(place: &str, reason: impl Into<Message>, right: impl Into<Message>) -> Finding {
    Finding::warn(place, reason).in_file().fix(right)
}

/// That all the subnets that are there, and none is missing, are in one zone.
fn one_zone(place: &str, named: &[String], seen: &[&Subnet], who: &str) -> Option<Finding> {
    let zones: BTreeMap<&str, &str> = seen
        .iter()
        .map(|subnet| (subnet.zone.as_str(), subnet.id.as_str()))
        .collect();
    let zone = zones.keys().next().filter(|_| zones.len() == 1)?;
    (seen.len() == named.len()).then(|| {
        let message = format!("all subnets of `{place}` are in {zone}");
        failure(place, message, format!("{who} needs subnets in two zones"))
    })
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[anywhere(&[
    "ec2:DescribeVpcs",
    "ec2:DescribeSubnets",
    "ec2:DescribeRouteTables",
    "ec2:DescribeVpcAttribute",
])];

#[cfg(test)]
mod tests;
