//! Who is reached under which name, port and path.

use std::collections::BTreeMap;

use crate::stack::model::{Service, Stack};
use crate::stack::problem::Problem;
use crate::stack::report::Report;

/// Values that one rule of a load balancer takes ("condition values per rule" in its quotas).
const PATHS: usize = 5;

pub(super) fn check(stack: &Stack, report: &Report) {
    exposed(stack, report);
    paths(stack, report);
    doors(stack, report);
    presets(stack, report);
}

fn place(service: &Service, key: &str) -> String {
    format!("service.{}.{key}", service.name)
}

/// A name is one service's in the namespace (`CreateService`, `discoveryName`).
fn exposed(stack: &Stack, report: &Report) {
    let mut seen: BTreeMap<&str, &Service> = BTreeMap::new();
    for service in stack.services.values() {
        let Some((name, _)) = &service.expose else {
            continue;
        };
        if let Some(first) = seen.insert(name, service) {
            report.add(
                Problem::new(
                    report.at(&place(service, "expose")),
                    format!("two services are exposed as `{name}`"),
                    "must be another name",
                )
                .also(report.at(&place(first, "expose")), "taken here"),
            );
        }
    }
}

/// A path leads to one service.
fn paths(stack: &Stack, report: &Report) {
    let mut seen: BTreeMap<&str, String> = BTreeMap::new();
    for service in stack.services.values() {
        let whole = place(service, "paths");
        if !service.public && report.written(&whole) {
            report.add(
                Problem::new(
                    report.key(&whole),
                    format!("`{}` has paths and is not public", service.name),
                    "the load balancer does not lead to it",
                )
                .hint("add public = true, or remove `paths`"),
            );
            continue;
        }
        if service.paths.len() > PATHS {
            report.add(Problem::new(
                report.at(&whole),
                format!("`{}` has {} paths", service.name, service.paths.len()),
                format!("a load balancer's rule takes {PATHS}"),
            ));
        }
        if !report.sound(&[&whole]) {
            continue;
        }
        for (index, path) in service.paths.iter().enumerate() {
            let here = format!("{whole}[{index}]");
            if let Some(first) = seen.insert(path, here.clone()) {
                report.add(
                    Problem::new(
                        report.at(&here),
                        format!("the path `{path}` leads to two places"),
                        "must be another path",
                    )
                    .also(report.at(&first), "taken here"),
                );
            }
        }
    }
}

/// What no path matches goes to the one public service without paths.
fn doors(stack: &Stack, report: &Report) {
    let mut open = stack.services.values().filter(|service| {
        service.public
            && service.paths.is_empty()
            && report.sound(&[&place(service, "paths"), &place(service, "public")])
    });
    let Some(first) = open.next() else {
        return;
    };
    for service in open {
        report.add(
            Problem::new(
                report.key(&format!("service.{}", service.name)),
                "two public services have no paths",
                "the load balancer cannot tell them apart",
            )
            .also(
                report.key(&format!("service.{}", first.name)),
                "the other one",
            )
            .hint("add paths = [\"/api/*\"] to one of them, or public = false"),
        );
    }
}

/// A preset's secrets and addresses are the stack's, so it is there once.
fn presets(stack: &Stack, report: &Report) {
    for (index, service) in stack.services.values().enumerate() {
        let earlier = stack.services.values().take(index);
        let same = |other: &&Service| other.preset == service.preset;
        if service.preset.is_some()
            && let Some(first) = earlier.rev().find(same)
        {
            report.add(
                Problem::new(report.at(&place(service, "preset")), "two services have the same preset", "one is enough")
                    .also(report.at(&place(first, "preset")), "the other one")
                    .hint("more tasks are `count` or `autoscaling`; another installation is another stack"),
            );
        }
    }
}
