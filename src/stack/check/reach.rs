//! Who is reached under which name, port and path.

use std::collections::BTreeMap;

use crate::stack::model::{Service, Stack};
use crate::stack::paths;
use crate::stack::problem::Problem;
use crate::stack::report::Report;

/// Values that one rule of a load balancer takes ("condition values per rule" in its quotas).
const PATHS: usize = 5;

pub(super) fn check(stack: &Stack, report: &Report) {
    exposed(stack, report);
    paths(stack, report);
    hidden(stack, report);
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
        let all_paths = place(service, "paths");
        if !service.public && report.written(&all_paths) {
            report.add(
                Problem::new(
                    report.key(&all_paths),
                    format!("`{}` has paths and is not public", service.name),
                    "the load balancer does not lead to it",
                )
                .hint("add public = true, or remove `paths`"),
            );
            continue;
        }
        if service.paths.len() > PATHS {
            report.add(Problem::new(
                report.at(&all_paths),
                format!("`{}` has {} paths", service.name, service.paths.len()),
                format!("a load balancer's rule takes {PATHS}"),
            ));
        }
        if !report.sound(&[&all_paths]) {
            continue;
        }
        for (index, path) in service.paths.iter().enumerate() {
            let here = format!("{all_paths}[{index}]");
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

/// A pattern that takes all requests of another service's, whichever of them is asked first.
fn hidden(stack: &Stack, report: &Report) {
    let public = || stack.services.values().filter(|service| service.public);
    let sound = public().all(|service| report.sound(&[&place(service, "paths")]));
    // A load balancer takes 100 rules ("Quotas for your Application Load Balancers").
    if !sound || public().count() > 100 {
        return;
    }
    let at = |service: &Service, index: usize| {
        report.at(&format!("{}[{index}]", place(service, "paths")))
    };
    let rest = public().find(|service| service.paths.is_empty());
    let patterns = || {
        public().flat_map(|service| {
            let paths = service.paths.iter().enumerate();
            paths.map(move |(index, path)| (service, index, path))
        })
    };
    for (nth, (service, index, path)) in patterns().enumerate() {
        if let Some(rest) = rest.filter(|_| paths::covers(path, "/*")) {
            report.add(
                Problem::new(
                    at(service, index),
                    format!(
                        "`{path}` takes every request, so none is left for `{}`",
                        rest.name
                    ),
                    "must be narrower, such as `/api/*`",
                )
                .also(
                    report.key(&format!("service.{}", rest.name)),
                    "gets what no path takes",
                ),
            );
        }
        let mut others = patterns()
            .take(nth)
            .filter(|(other, _, _)| other.name != service.name);
        if let Some((other, first, same)) =
            others.find(|(_, _, other)| *other != path && paths::are_equal(other, path))
        {
            report.add(
                Problem::new(
                    at(service, index),
                    format!("`{path}` matches the same paths as `{same}`"),
                    "must be another path",
                )
                .also(at(other, first), "taken here"),
            );
        }
    }
    let (_, stuck) = paths::in_order(stack);
    let pair = stuck.iter().find_map(|wide| {
        let mut others = stuck.iter().filter(|other| other.name != wide.name);
        others.find_map(|narrow| Some((*wide, *narrow, paths::hides(wide, narrow)?)))
    });
    if let Some((wide, narrow, (of_wide, of_narrow))) = pair {
        report.add(
            Problem::new(
                at(wide, of_wide),
                "no order of rules serves these paths: each service takes some of another's",
                format!("takes those of `{}`", narrow.name),
            )
            .also(at(narrow, of_narrow), "taken from here")
            .hint(
                "a load balancer asks one service's paths after the other's: take one of them out",
            ),
        );
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
