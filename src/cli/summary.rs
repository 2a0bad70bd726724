//! The end of whatever changed a stack: what was done, what runs now and where, and what to type next.

use super::session::Session;
use crate::engine::{Class, Fault, Report, Resource, Verb};
use crate::exit::Exit;
use crate::inspect::running::running;
use crate::message::Command;
use crate::render::{self, Console, json};
use crate::resources::Service;

/// Tells what came of a run, with what its services run now, and chooses the exit code. `again` is the
/// command that continues it.
pub(super) async fn finish(
    session: &Session,
    console: &Console,
    report: &Report,
    again: &Command,
) -> Exit {
    let now = match report.interrupted || console.is_json() {
        true => Vec::new(),
        false => now(session, console, &touched(report), None).await,
    };
    report_run(console, report, again, &now)
}

/// The same for a run whose services are told of later, or not at all.
pub(super) fn report_run(
    console: &Console,
    report: &Report,
    again: &Command,
    now: &[String],
) -> Exit {
    let exit = code(report);
    if console.is_json() {
        console.event(&json::report(report, exit, console.place()));
    } else {
        let (place, style) = (console.place(), console.talk_style());
        let text = render::report(report, again, now, place, style);
        console.say(text.trim_end());
    }
    exit
}

/// A line for each service of these names; `address` is what users type, where it is newer than what was
/// observed.
pub(super) async fn now(
    session: &Session,
    console: &Console,
    named: &[&str],
    address: Option<&str>,
) -> Vec<String> {
    if named.is_empty() {
        return Vec::new();
    }
    session.cloud.memo.forget();
    match running(&session.cloud, &session.stack, &session.graph, named).await {
        Ok(all) => {
            let address = match address {
                Some(address) => Some(address.to_owned()),
                None if all.iter().any(|one| one.reached) => session.address().await,
                None => None,
            };
            all.iter()
                .map(|one| render::running(one, address.as_deref(), console.talk_style()))
                .collect()
        }
        Err(fault) => vec![format!("what runs now could not be read: {fault}")],
    }
}

/// The services that a run has made or changed, or has tried to.
fn touched(report: &Report) -> Vec<&str> {
    let failed = report
        .failed
        .iter()
        .map(|(address, verb, _)| (address, verb));
    let done = report.done.iter().map(|(address, verb)| (address, verb));
    let mut all: Vec<&str> = done
        .chain(failed)
        .filter(|(address, verb)| {
            address.kind() == Service::KIND && matches!(verb, Verb::Create | Verb::Update)
        })
        .map(|(address, _)| address.name())
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// How a run ended.
pub(super) fn code(report: &Report) -> Exit {
    let unhealthy = report
        .failed
        .iter()
        .any(|(address, _, fault)| fault.class == Class::Failed && address.kind() == Service::KIND);
    // AWS goes on with what was waited for.
    let goes_on = |(_, _, fault): &(_, _, Fault)| fault.class == Class::TimedOut;
    if report.interrupted {
        Exit::Interrupted
    } else if unhealthy {
        Exit::Unhealthy
    } else if report.failed.is_empty() && report.skipped.is_empty() {
        Exit::Done
    } else if report.failed.is_empty() {
        // What was not begun is not done, whatever the reason.
        Exit::Partial
    } else if report.done.is_empty() && !report.failed.iter().any(goes_on) {
        Exit::Error
    } else {
        Exit::Partial
    }
}
