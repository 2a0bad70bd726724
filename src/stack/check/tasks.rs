//! What the tasks of a service need from the other tables.

use crate::stack::model::{Output, SecretRef, Service, Stack, Store, Value};
use crate::stack::problem::Problem;
use crate::stack::report::Report;

pub(super) fn check(stack: &Stack, report: &Report) {
    for service in stack.services.values() {
        let place = |key: &str| format!("service.{}.{key}", service.name);
        replicas(stack, service, report);
        if let Some(preset) = service.preset {
            (preset.check)(stack, service, report);
        }
        for (name, value) in &service.environment {
            let place = place(&format!("environment.{name}"));
            owned(service, name, &place, report);
            if let Value::From(output) = value {
                absent(need_of_output(stack, *output), &place, report);
            }
        }
        for (name, secret) in &service.secrets {
            let place = place(&format!("secrets.{name}"));
            owned(service, name, &place, report);
            absent(need_of_secret(stack, secret), &place, report);
        }
        if report.sound(&[&place("uses")]) {
            let there = |store: &Store| match store {
                Store::Database if stack.database.is_none() => Some(("database", "add [database]")),
                Store::Redis if stack.redis.is_none() => Some(("redis", "add [redis]")),
                Store::Database | Store::Redis => None,
            };
            for need in service.uses.iter().map(there) {
                absent(need, &place("uses"), report);
            }
        }
    }
}

/// Several tasks of a workload that can have one only.
fn replicas(stack: &Stack, service: &Service, report: &Report) {
    let Some(one) = service.one_task(stack) else {
        return;
    };
    // One that is there and wrong was meant all the same.
    if one.until_redis && report.written("redis") {
        return;
    }
    let (tasks, key) = match &service.autoscaling {
        Some(scaling) => (scaling.max, "autoscaling"),
        None => (service.count.unwrap_or(1), "count"),
    };
    if tasks > 1 {
        let table = format!("service.{}", service.name);
        let max = format!("{table}.autoscaling.max");
        let count = format!("{table}.count");
        let place = if key == "count" { count } else { max };
        report.add(
            Problem::new(report.at(&place), one.why, format!("{tasks} tasks")).hint(
                match one.until_redis {
                    true => "add [redis], or stay with one task",
                    false => "stay with one task",
                },
            ),
        );
    }
}

/// Variables that follow from the rest of the file.
fn owned(service: &Service, name: &str, place: &str, report: &Report) {
    let owned = service
        .preset
        .map_or(&[][..], |preset| preset.owned_variables);
    if owned.contains(&name) {
        report.add(
            Problem::new(
                report.key(place),
                format!("`{name}` is set by the preset"),
                "follows from the rest of the file",
            )
            .hint("remove it here; change the table it comes from instead"),
        );
    }
}

/// The table that must be there, if it is not.
fn need_of_output(stack: &Stack, output: Output) -> Option<(&'static str, &'static str)> {
    let public = stack.services.values().any(|service| service.public);
    match output {
        Output::Bucket if stack.storage.is_none() => Some(("bucket", "add [storage]")),
        Output::DatabaseHost | Output::DatabasePort | Output::DatabaseName | Output::DatabaseCa
            if stack.database.is_none() =>
        {
            Some(("database", "add [database]"))
        }
        Output::Url if !public => Some(("load balancer", "set public = true on a service")),
        _ => None,
    }
}

fn need_of_secret(stack: &Stack, secret: &SecretRef) -> Option<(&'static str, &'static str)> {
    match secret {
        SecretRef::DatabaseUrl | SecretRef::VerifiedDatabaseUrl | SecretRef::DatabasePassword
            if stack.database.is_none() =>
        {
            Some(("database", "add [database]"))
        }
        SecretRef::RedisUrl if stack.redis.is_none() => Some(("redis", "add [redis]")),
        _ => None,
    }
}

fn absent(need: Option<(&str, &str)>, place: &str, report: &Report) {
    if let Some((what, hint)) = need {
        let label = format!("the stack has no {what}");
        report.add(
            Problem::new(
                report.at(place),
                format!("`{place}` names what is not there"),
                label,
            )
            .hint(hint),
        );
    }
}
