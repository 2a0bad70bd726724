//! Names that are made of the file's and outgrow AWS's limits, or that two objects would share.

use std::collections::BTreeMap;

use crate::stack::model::{Service, Stack};
use crate::stack::problem::Problem;
use crate::stack::report::Report;

/// A target group's name is 32 characters (`CreateTargetGroup`), of which a suffix takes 6.
const TARGET: usize = 26;
/// A role's name (IAM, `CreateRole.RoleName`).
const ROLE: usize = 64;
/// With more services a stack is refused for another reason.
const MANY: usize = 60;

pub(super) fn check(stack: &Stack, report: &Report) {
    if !report.sound(&["stack.name"]) {
        return;
    }
    targets(stack, report);
    if let Some(region) = stack.region.as_deref() {
        roles(stack, region, report);
    }
    rules(stack, report);
}

fn table(service: &Service) -> String {
    format!("service.{}", service.name)
}

/// Only public services have a target group.
fn targets(stack: &Stack, report: &Report) {
    for service in stack.services.values().filter(|service| service.public) {
        let name = format!("{}-{}", stack.name, service.name);
        if name.len() > TARGET {
            report.add(
                Problem::new(
                    report.key(&table(service)),
                    format!("`{name}` is too long for a load balancer's target group"),
                    format!("stack and service together must be {TARGET} characters or fewer, this is {}", name.len()),
                )
                .also(report.at("stack.name"), "the first part"),
            );
        }
    }
}

/// The roles of a service have the region in their names, as IAM is one for all regions. One that
/// `[adopt]` names has the name that it was given.
pub(crate) fn roles(stack: &Stack, region: &str, report: &Report) {
    for service in stack.services.values() {
        let traffic = service.deployment.is_some().then_some("traffic");
        let mut whats = ["execution", "task"].into_iter().chain(traffic);
        let too_long = whats.find_map(|what| {
            let adopted = format!("role/{}-{what}", service.name);
            let suffix = format!("-{what}-{region}");
            let name = format!("{}-{}{suffix}", stack.name, service.name);
            (name.len() > ROLE && !stack.adopt.contains_key(&adopted)).then_some((name, suffix))
        });
        if let Some((name, suffix)) = too_long {
            report.add(
                Problem::new(
                    report.key(&table(service)),
                    format!("`{name}` is too long for a role: IAM takes {ROLE} characters"),
                    format!(
                        "stack and service together must be {} characters or fewer, this is {}",
                        ROLE.saturating_sub(suffix.len()),
                        name.len() - suffix.len()
                    ),
                )
                .also(report.at("stack.name"), "the first part"),
            );
        }
    }
}

/// A rule is called after who connects to whom: `a-to-b`, and `b-from-a` on the other side. With such
/// words in the services' own names two rules can get one name.
fn rules(stack: &Stack, report: &Report) {
    let word = |service: &&Service| {
        let mut words = service.name.split('-');
        words.any(|word| word == "to" || word == "from")
    };
    if stack.services.len() > MANY {
        return;
    }
    let Some(odd) = stack.services.values().find(word) else {
        return;
    };
    let mut seen: BTreeMap<String, (&str, &str)> = BTreeMap::new();
    for (client, server) in passages(stack) {
        for name in [
            format!("{client}-to-{server}"),
            format!("{server}-from-{client}"),
        ] {
            let Some((one, other)) = seen.insert(name.clone(), (client, server)) else {
                continue;
            };
            report.add(
                Problem::new(
                    report.key(&table(odd)),
                    format!("two rules of security groups would be called `{name}`"),
                    "must be another name",
                )
                .hint(format!(
                    "one lets `{one}` connect to `{other}`, the other `{client}` to `{server}`"
                )),
            );
            return;
        }
    }
}

/// Who may connect to whom, as far as names are made of it.
fn passages(stack: &Stack) -> Vec<(&str, &str)> {
    let mut all = Vec::new();
    for service in stack.services.values() {
        let name = service.name.as_str();
        if service.public {
            all.push(("load-balancer", name));
        }
        all.push((name, "database"));
        all.push((name, "cache"));
        let exposed = stack.services.values().filter(|one| one.expose.is_some());
        for other in exposed.filter(|other| other.name != name) {
            all.push((name, other.name.as_str()));
        }
    }
    all.push(("database-setup", "database"));
    all
}
