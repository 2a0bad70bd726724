//! What the file names and the stack does not make, checked before something is made that needs it.

use super::options::Common;
use super::session::Session;
use super::stack_file::refused;
use crate::check::{self, Finding, Level};
use crate::command_error::CommandError;
use crate::message::{Message, message};
use crate::render::Console;
use crate::stack;

/// What is to be known of what the file names and the stack does not make.
///
/// # Errors
/// `up` is known to fail with it: told at its places in the file.
pub(super) async fn check(
    session: &Session,
    common: &Common,
    console: &Console,
) -> Result<Vec<Message>, CommandError> {
    let found = check::named(&session.cloud, &session.stack).await;
    let right = |one: &Finding| one.fix.clone().unwrap_or_default();
    let text = |message: &Message| message.at(console.place());
    let (fails, findings): (Vec<_>, Vec<_>) =
        (found.into_iter()).partition(|one| one.level == Level::Fail);
    if fails.is_empty() {
        let findings = findings.iter().map(|one| match one.level {
            Level::Skipped => match &one.fix {
                Some(fix) => message![&one.reason, ": ", fix],
                None => one.reason.clone(),
            },
            _ => message![&one.subject, ": ", &one.reason, "; ", right(one)],
        });
        return Ok(findings.collect());
    }
    let findings = fails
        .iter()
        .map(|one| (text(&one.reason), text(&right(one))));
    let findings: Vec<(String, String)> = findings.collect();
    let wrong = fails.iter().zip(&findings);
    let wrong =
        wrong.map(|(one, (reason, right))| (one.subject.as_str(), reason.as_str(), right.as_str()));
    let wrong = stack::refuse_ids(&session.source, &common.file, wrong);
    Err(refused(&session.source, &common.file, &wrong, console))
}
