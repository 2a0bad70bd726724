//! How many rules a security group takes: 60 each way ("Amazon VPC quotas", rules per security group).

use crate::stack::model::{Egress, Service, Stack};
use crate::stack::problem::Problem;
use crate::stack::report::Report;

const RULES: usize = 60;

pub(super) fn check(stack: &Stack, report: &Report) {
    allowed(stack, report);
    for service in stack.services.values() {
        out(stack, service, report);
    }
    // A store lets in every service that uses it, and the database the set-up task; the load balancer
    // lets out to every public service.
    let count = stack.services.len() + 1;
    if count > RULES {
        report.add(Problem::new(
            report.key("service"),
            format!("{} services are too many for one stack", count - 1),
            format!("a security group takes {RULES} rules, one for each"),
        ));
    }
}

/// The load balancer lets every range in on each of its ports.
fn allowed(stack: &Stack, report: &Report) {
    let ranges = stack.load_balancer.allow.len();
    let ports = if stack.domain.is_some() { 2 } else { 1 };
    let place = "load_balancer.allow";
    if ranges * ports > RULES && report.sound(&[place]) {
        let joined = ipnet::Ipv4Net::aggregate(&stack.load_balancer.allow);
        let problem = Problem::new(
            report.at(place),
            format!("`{place}` has {ranges} ranges"),
            format!(
                "at most {}: a security group takes {RULES} rules, {ports} for each range",
                RULES / ports
            ),
        );
        report.add(if joined.len() < ranges {
            problem.hint(format!(
                "neighbours can be joined: {} are enough",
                joined.len()
            ))
        } else {
            problem.hint("use larger ranges")
        });
    }
}

/// What a service needs, and what the file adds.
fn out(stack: &Stack, service: &Service, report: &Report) {
    let exposed = stack
        .services
        .values()
        .filter(|other| other.expose.is_some() && other.name != service.name);
    // Port 443, the ports of providers, the database and Redis.
    let needed = 1 + stack.providers.len() + 2 + exposed.count();
    let added = service
        .egress
        .iter()
        .filter(|egress| **egress != Egress::Anywhere)
        .count();
    let own = format!("service.{}.egress", service.name);
    let place = if report.written(&own) {
        own
    } else {
        "network.egress".to_owned()
    };
    if needed + added > RULES && added > 0 && report.sound(&[&place]) {
        report.add(
            Problem::new(
                report.at(&place),
                format!("`{place}` has {added} entries"),
                format!(
                    "at most {}: a security group takes {RULES} rules, and {} needs up to {needed}",
                    RULES.saturating_sub(needed),
                    service.name
                ),
            )
            .hint("use larger ranges, of addresses or of ports"),
        );
    }
}
