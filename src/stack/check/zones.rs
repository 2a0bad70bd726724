//! What needs more than one zone.

use crate::stack::model::{Network, Stack};
use crate::stack::problem::Problem;
use crate::stack::report::Report;

pub(super) fn check(stack: &Stack, report: &Report) {
    let Network::Own(network) = &stack.network else {
        return;
    };
    if network.zones >= 2 || !report.sound(&["network.zones"]) {
        return;
    }
    let zones = report.at("network.zones");
    let mut needs = Vec::new();
    if let Some(database) = &stack.database {
        let (path, why) = if database.multi_az {
            ("database.multi_az", "its standby runs in a second zone")
        } else {
            (
                "database",
                "RDS wants subnets in two zones even for one instance",
            )
        };
        needs.push(("the database", path, why));
    }
    let public = stack.services.values().find(|service| service.public);
    let path = public.map(|service| format!("service.{}", service.name));
    if let Some(path) = &path {
        needs.push((
            "the load balancer",
            path.as_str(),
            "this is public, and its load balancer spans two zones",
        ));
    }
    if stack.redis.as_ref().is_some_and(|redis| redis.nodes > 1) {
        needs.push((
            "redis",
            "redis.nodes",
            "two or more nodes fail over to another zone",
        ));
    }
    for (what, path, why) in needs {
        let problem = Problem::new(
            zones.clone(),
            format!("{what} needs two zones"),
            "must be 2 or more",
        );
        let problem = problem.hint(format!("{why}: write zones = 2"));
        report.add(if report.written(path) {
            problem.also(report.key(path), "needed by this")
        } else {
            problem
        });
    }
}
