//! What the file names and the stack does not make, checked before something is made that needs it.

use super::Common;
use super::file::refused;
use super::session::Session;
use crate::engine::Class;
use crate::exit::Stop;
use crate::operate::references;
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
) -> Result<Vec<String>, Stop> {
    let (found, unchecked) = references::check(&session.cloud, &session.stack).await;
    let fails = found.iter().filter(|finding| finding.fails);
    let wrong: Vec<_> = fails
        .map(|one| (one.place.as_str(), one.message.as_str(), one.right.as_str()))
        .collect();
    if !wrong.is_empty() {
        let wrong = stack::refuse_ids(&session.source, &common.file, wrong);
        return Err(refused(&session.source, &common.file, &wrong, console));
    }
    let told = found
        .iter()
        .map(|one| format!("{}: {}; {}", one.place, one.message, one.right));
    let untold = unchecked.iter().map(|one| {
        let way = match one.fault.class {
            Class::Denied => format!(": allow {} to whoever runs this", one.actions),
            _ => String::new(),
        };
        let (what, fault) = (one.what, &one.fault);
        format!("{what} that the file names could not be checked: {fault}{way}")
    });
    Ok(told.chain(untold).collect())
}
