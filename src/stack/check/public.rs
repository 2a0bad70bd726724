//! What an assistant that others can reach needs, or needs the file's word to do without.
//!
//! Ranges in `load_balancer.allow` change nothing here: passwords that cross a private network in clear
//! are read there too, and whoever signs up first there becomes the administrator all the same.

use crate::stack::model::{Service, Stack};
use crate::stack::problem::Problem;
use crate::stack::report::Report;

pub(super) fn check(stack: &Stack, report: &Report) {
    for service in stack.services.values().filter(|service| service.public) {
        if let Some(first) = service.preset.and_then(|preset| preset.first_account) {
            administrator(stack, service, first, report);
            encryption(stack, service, report);
        }
    }
    needless(stack, report);
}

fn administrator(stack: &Stack, app: &Service, first: &str, report: &Report) {
    let is_asked = stack.first_user_is_admin || !report.sound(&["sign_in.first_user_is_admin"]);
    if is_asked || report.written("admin") {
        return;
    }
    report.add(
        Problem::new(
            report.at(&format!("service.{}.preset", app.name)),
            first,
            "is public, and there is no [admin]",
        )
        .hint(
            "add [admin] with email = \"name@example.org\"; where the first to come may be anybody, \
             write first_user_is_admin = true under [sign_in]",
        ),
    );
}

fn encryption(stack: &Stack, app: &Service, report: &Report) {
    let is_asked = stack.load_balancer.plain_http || !report.sound(&["load_balancer.plain_http"]);
    if is_asked || report.written("domain") {
        return;
    }
    report.add(
        Problem::new(
            report.at(&format!("service.{}.preset", app.name)),
            "passwords and conversations would cross the network in clear",
            "is public, and without [domain] there is no HTTPS",
        )
        .hint(
            "add [domain] with name = \"chat.example.org\"; where plain HTTP is good enough, write \
             plain_http = true under [load_balancer]",
        ),
    );
}

/// A word for something that the file does not do.
fn needless(stack: &Stack, report: &Report) {
    let words = [
        (
            stack.first_user_is_admin,
            "sign_in.first_user_is_admin",
            "admin",
            "the administrator is named here",
        ),
        (
            stack.load_balancer.plain_http,
            "load_balancer.plain_http",
            "domain",
            "HTTPS is served here",
        ),
    ];
    for (is_asked, path, table, label) in words {
        if is_asked && report.written(table) {
            report.add(
                Problem::new(
                    report.key(path),
                    format!("`{path}` and [{table}] exclude each other"),
                    "remove one of the two",
                )
                .also(report.key(table), label),
            );
        }
    }
}
