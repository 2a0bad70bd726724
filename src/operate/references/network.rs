//! A network that is there before the stack, and that the stack is put into.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::aws::Cloud;
use crate::engine::Fault;
use crate::stack::Stack;

mod read;

use read::{Seen, Subnet, Way};

pub(super) const ACTIONS: &str = "ec2:DescribeVpcAttribute, ec2:DescribeSubnets, ec2:DescribeRouteTables and \
    ec2:DescribeVpcEndpoints";
/// Addresses that a load balancer needs in each of its subnets ("Subnets for your load balancer" in the guide
/// of Application Load Balancers).
const BALANCER_ADDRESSES: i32 = 8;
/// What tasks without a way to the internet ask by interface endpoint before their first line runs ("Amazon ECR
/// interface VPC endpoints", "Using VPC endpoints with Secrets Manager", "CloudWatch Logs and interface endpoints").
const ENDPOINTS: [&str; 4] = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"];

pub(super) async fn check(
    cloud: &Cloud,
    stack: &Stack,
    vpc: &str,
    public: &[String],
    private: &[String],
) -> Result<Vec<Finding>, Fault> {
    let named = public.iter().chain(private).cloned();
    let seen = read::read(cloud, vpc, named.collect()).await?;
    let needs = Needs {
        balancer: stack.services.values().any(|service| service.public),
        groups: stack.database.is_some() || stack.redis.is_some(),
    };
    Ok(findings(vpc, public, private, &seen, &needs))
}

/// What the stack puts into the network.
struct Needs {
    /// A load balancer, in the public subnets.
    balancer: bool,
    /// A database or a cache, whose subnet groups span zones.
    groups: bool,
}

fn findings(
    vpc: &str,
    public: &[String],
    private: &[String],
    seen: &Seen,
    needs: &Needs,
) -> Vec<Finding> {
    let mut found = Vec::new();
    if !seen.vpc {
        let message = format!("`{vpc}` is not in this account and region");
        let right = "must be a VPC of this account, in the stack's region";
        return vec![Finding::failure("network.vpc", message, right)];
    }
    if !seen.dns {
        let message = format!("DNS is off in `{vpc}`, so tasks find neither registry nor database");
        let right = format!(
            "turn it on: aws ec2 modify-vpc-attribute --vpc-id {vpc} --enable-dns-support Value=true"
        );
        found.push(Finding::failure("network.vpc", message, right));
    }
    let mut check_all = |key: &str, named: &[String], each: &dyn Fn(&Subnet) -> Option<Finding>| {
        let mut good = Vec::new();
        for (index, id) in named.iter().enumerate() {
            let place = format!("{key}[{index}]");
            let checked = match seen.subnets.get(id) {
                None => {
                    let message = format!("`{id}` is not in this account and region");
                    Err(Finding::failure(
                        &place,
                        message,
                        "must be a subnet of the VPC",
                    ))
                }
                Some(subnet) if subnet.vpc != vpc => {
                    let message = format!("`{id}` is in `{}`", subnet.vpc);
                    Err(Finding::failure(
                        &place,
                        message,
                        format!("must be in `{vpc}`"),
                    ))
                }
                Some(subnet) => Ok(subnet),
            };
            match checked {
                Ok(subnet) => {
                    found.extend(each(subnet).map(|finding| Finding { place, ..finding }));
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
    if subnet.way != Way::InternetGateway {
        let message = format!("`{id}` is no public subnet: {}", subnet.way.said());
        let right = "its route table must lead 0.0.0.0/0 to an internet gateway";
        return Some(Finding::failure("", message, right));
    }
    (subnet.free < BALANCER_ADDRESSES).then(|| {
        let message = format!(
            "`{id}` has {} free addresses, and a load balancer that is made needs {BALANCER_ADDRESSES}",
            subnet.free
        );
        Finding::advice("", message, "free some, or name a larger subnet")
    })
}

fn check_private(subnet: &Subnet, endpoints: &BTreeSet<String>) -> Option<Finding> {
    let id = &subnet.id;
    match &subnet.way {
        Way::Elsewhere if subnet.free < BALANCER_ADDRESSES => {
            let message = format!(
                "`{id}` has {} free addresses: every task, and the database, needs one",
                subnet.free
            );
            Some(Finding::advice(
                "",
                message,
                "free some, or name a larger subnet",
            ))
        }
        Way::Elsewhere => None,
        way => {
            let lacking: Vec<&str> = ENDPOINTS
                .into_iter()
                .filter(|service| !endpoints.contains(*service))
                .collect();
            let message = match way {
                Way::InternetGateway => format!(
                    "`{id}` is a public subnet: its default route is an internet gateway, and tasks have no public \
                     address to leave by it"
                ),
                way => format!("`{id}` has no way to the internet: {}", way.said()),
            };
            let right = "its route table must lead 0.0.0.0/0 to a NAT gateway";
            // With the endpoints, tasks start; what they call beyond AWS they do not reach.
            Some(match lacking.as_slice() {
                [] => Finding::advice("", message, right),
                lacking => Finding::failure(
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

/// That all the subnets that are there, and none is missing, are in one zone.
fn one_zone(place: &str, named: &[String], seen: &[&Subnet], who: &str) -> Option<Finding> {
    let zones: BTreeMap<&str, &str> = seen
        .iter()
        .map(|subnet| (subnet.zone.as_str(), subnet.id.as_str()))
        .collect();
    let zone = zones.keys().next().filter(|_| zones.len() == 1)?;
    (seen.len() == named.len()).then(|| {
        let message = format!("all subnets of `{place}` are in {zone}");
        Finding::failure(place, message, format!("{who} needs subnets in two zones"))
    })
}

#[cfg(test)]
mod tests;
