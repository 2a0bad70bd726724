//! How much a task definition may hold: 64 KiB ("Amazon ECS service quotas", task definition size).

use crate::stack::model::{Output, Service, Stack, Value};
use crate::stack::problem::Problem;
use crate::stack::report::Report;

const MOST: usize = 64 * 1024;
/// What a preset, the names, the roles and the log settings add, at most.
const REST: usize = 8 * 1024;
/// `{"name":"","value":""},`, and the same with `valueFrom`.
const FRAME: usize = 27;
/// The ARN of a secret, with its key.
const ARN: usize = 256;

pub(super) fn check(stack: &Stack, report: &Report) {
    for service in stack.services.values() {
        let weight = REST
            + parts(stack, service)
                .iter()
                .map(|(_, bytes)| bytes)
                .sum::<usize>();
        if weight <= MOST {
            continue;
        }
        let parts = parts(stack, service);
        let Some((path, bytes)) = parts.iter().max_by_key(|(_, bytes)| bytes) else {
            continue;
        };
        report.add(
            Problem::new(
                report.at(path),
                format!(
                    "the task definition of `{}` would have {} KiB",
                    service.name,
                    weight.div_ceil(1024)
                ),
                format!(
                    "ECS takes {} KiB in all, and this is {} of it",
                    MOST / 1024,
                    bytes.div_ceil(1024)
                ),
            )
            .hint("keep what is large in the image, or in the bucket and read it at the start"),
        );
    }
}

/// What the file puts into the task definition, by where it stands, in bytes.
fn parts(stack: &Stack, service: &Service) -> Vec<(String, usize)> {
    let place = |key: &str| format!("service.{}.{key}", service.name);
    let mut parts = Vec::new();
    for (name, value) in &service.environment {
        let value = match value {
            Value::Text(text) => json(text),
            Value::From(Output::DatabaseCa) => {
                let database = stack.database.as_ref();
                let own = database.and_then(|database| database.ca_certificates.as_deref());
                own.map_or(6 * 1024, json)
            }
            Value::From(_) => ARN,
        };
        parts.push((
            place(&format!("environment.{name}")),
            FRAME + json(name) + value,
        ));
    }
    for name in service.secrets.keys() {
        parts.push((place(&format!("secrets.{name}")), FRAME + json(name) + ARN));
    }
    let command = service.command.iter().map(|word| json(word) + 3).sum();
    parts.push((place("command"), command));
    let health = service.health_command.as_deref().map_or(0, json);
    parts.push((place("health_command"), health));
    parts
}

/// How long a text is in JSON, without its quotes: some characters are written as two or six.
fn json(text: &str) -> usize {
    text.chars()
        .map(|c| match c {
            '"' | '\\' | '\n' | '\t' => 2,
            c if c.is_control() => 6,
            c => c.len_utf8(),
        })
        .sum()
}
