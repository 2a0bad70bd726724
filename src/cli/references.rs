//! What the file names and the stack does not make, checked before something is made that needs it.

use super::options::Common;
use super::session::Session;
use super::stack_file::refused;
use crate::check::{self, Finding, Level};
use crate::command_error::CommandError;
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
) -> Result<Vec<String>, CommandError> {
    let found = check::named(&session.cloud, &session.stack).await;
    let right = |one: &Finding| one.fix.clone().unwrap_or_default();
    let (fails, told): (Vec<_>, Vec<_>) =
        (found.into_iter()).partition(|one| one.level == Level::Fail);
    if fails.is_empty() {
        let told = told.iter().map(|one| match one.level {
            Level::Skipped => match &one.fix {
                Some(fix) => format!("{}: {fix}", one.reason),
                None => one.reason.clone(),
            },
            _ => format!("{}: {}; {}", one.subject, one.reason, right(one)),
        });
        return Ok(told.collect());
    }
    let rights: Vec<String> = fails.iter().map(right).collect();
    let wrong = fails.iter().zip(&rights);
    let wrong =
        wrong.map(|(one, right)| (one.subject.as_str(), one.reason.as_str(), right.as_str()));
    let wrong = stack::refuse_ids(&session.source, &common.file, wrong);
    Err(refused(&session.source, &common.file, &wrong, console))
}
