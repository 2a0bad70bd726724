//! What the tasks of a service need from the other tables.

use crate::presets::owned_variables;
use crate::stack::connections::{allowed, lacking, most};
use crate::stack::model::{Output, Preset, SecretRef, Service, Stack, Store, Value};
use crate::stack::models::EXAMPLE;
use crate::stack::problem::Problem;
use crate::stack::report::Report;

pub(super) fn check(stack: &Stack, report: &Report) {
    for service in stack.services.values() {
        let place = |key: &str| format!("service.{}.{key}", service.name);
        match service.preset {
            Some(Preset::OpenWebui) => {
                replicas(stack, service, report);
                connections(stack, service, report);
            }
            Some(Preset::Litellm) => models(stack, service, report),
            Some(Preset::BedrockGateway) | None => {}
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

/// Open WebUI keeps sessions and settings in memory: several tasks share them through Redis.
fn replicas(stack: &Stack, service: &Service, report: &Report) {
    if stack.redis.is_some() || report.written("redis") {
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
            Problem::new(
                report.at(&place),
                "Open WebUI needs Redis to run as more than one task",
                format!("{tasks} tasks"),
            )
            .hint("add [redis], or stay with one task"),
        );
    }
}

/// Every task holds connections, and a database takes as many as its memory allows.
fn connections(stack: &Stack, service: &Service, report: &Report) {
    let Some(database) = &stack.database else {
        return;
    };
    let table = format!("service.{}", service.name);
    let max = format!("{table}.autoscaling.max");
    let count = format!("{table}.count");
    let class = "database.instance_class".to_owned();
    if !report.sound(&[&max, &count, &class]) {
        return;
    }
    let Some((share, least)) = lacking(database, service) else {
        return;
    };
    let tasks = most(service);
    let place = if service.autoscaling.is_some() {
        max
    } else {
        count
    };
    let problem = Problem::new(
        report.at(&place),
        format!(
            "{tasks} tasks need more connections than the database takes ({} on {})",
            allowed(database),
            database.instance_class
        ),
        format!("leaves {share} connections to each, and one task needs {least}"),
    )
    .hint("write a larger `instance_class` under [database], or fewer tasks");
    report.add(if report.written(&class) {
        problem.also(report.at(&class), "takes so many by its memory")
    } else {
        problem
    });
}

/// LiteLLM serves the models it is told of, by their ids: it does not ask Bedrock what there is, nor what
/// stands behind an ARN.
fn models(stack: &Stack, service: &Service, report: &Report) {
    let chat = &stack.models.chat;
    let place = format!("service.{}.preset", service.name);
    if chat.is_empty() && report.sound(&["models.chat"]) {
        report.add(
            Problem::new(
                report.at(&place),
                "LiteLLM needs to be told which models to serve",
                "serves the models of `models.chat`",
            )
            .hint(format!("write chat = [\"{EXAMPLE}\"] under [models]")),
        );
    }
    if let Some(index) = chat.iter().position(|id| id.starts_with("arn:")) {
        report.add(
            Problem::new(
                report.at(&format!("models.chat[{index}]")),
                "LiteLLM cannot tell which model stands behind an ARN",
                "must be the id of a model or of a cross-region profile",
            )
            .also(report.at(&place), "this service"),
        );
    }
}

/// Variables that follow from the rest of the file.
fn owned(service: &Service, name: &str, place: &str, report: &Report) {
    let Some(preset) = service.preset else {
        return;
    };
    if owned_variables(preset).contains(&name) {
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
