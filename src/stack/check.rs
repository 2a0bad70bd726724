//! What is wrong though every table alone is right.

mod database;
mod deployment;
mod limits;
pub(crate) mod names;
mod public;
mod reach;
mod tasks;
mod weight;
mod zones;

use super::model::Stack;
use super::problem::Problem;
use super::report::Report;

/// Adds every problem between tables.
pub(crate) fn check(stack: &Stack, report: &Report) {
    zones::check(stack, report);
    database::check(stack, report);
    reach::check(stack, report);
    public::check(stack, report);
    tasks::check(stack, report);
    limits::check(stack, report);
    names::check(stack, report);
    weight::check(stack, report);
    deployment::check(stack, report);
    sign_in(stack, report);
}

/// Google takes only https redirect addresses, and a certificate needs a domain.
fn sign_in(stack: &Stack, report: &Report) {
    if stack.google.is_some() && !report.written("domain") {
        report.add(
            Problem::new(
                report.key("sign_in.google"),
                "Google sign-in needs a domain",
                "Google refuses redirect addresses that are not https",
            )
            .hint("add [domain] with name = \"chat.example.org\""),
        );
    }
}
