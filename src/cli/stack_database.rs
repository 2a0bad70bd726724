//! The stack's database as verbs find it: declared, what AWS calls it, and as it is.

use super::session::Session;
use crate::command_error::{CommandError, ErrorKind};
use crate::database;
use crate::engine::Address;
use crate::message::{commands, message};
use crate::resources::{DbInstance, DbInstanceLive};

/// The database that the file declares.
pub(in crate::cli) fn declared(session: &Session) -> Result<(&Address, &DbInstance), CommandError> {
    database::declared(&session.graph).ok_or_else(|| {
        CommandError::error(format!("the stack {} has no database", session.stack.name))
            .hint("a [database] table in its file makes one")
    })
}

/// What AWS calls the stack's database, for verbs that only read: one that was taken over keeps its name when
/// its line under `[adopt]` is gone.
///
/// # Errors
/// The file has no database.
pub(in crate::cli) async fn physical_identifier(session: &Session) -> Result<String, CommandError> {
    let (_, in_file) = declared(session)?;
    let called = session.as_called().await;
    let called = database::declared(&called).map_or(in_file, |(_, called)| called);
    Ok(called.identifier.to_ascii_lowercase())
}

/// The same for verbs that change it: what bears another name than the file's, and is the stack's by its tags
/// alone, is not changed unless the file names it.
///
/// # Errors
/// The file has no database; or it is refused, with the line to write.
pub(in crate::cli) async fn identifier(session: &Session) -> Result<String, CommandError> {
    let (address, in_file) = declared(session)?;
    let in_file = in_file.identifier.to_ascii_lowercase();
    let called = physical_identifier(session).await?;
    if called == in_file {
        return Ok(in_file);
    }
    let observed = session.observe().await;
    // What comes after changes it, and reads anew.
    session.cloud.memo.forget();
    let found = observed.found.get(address);
    let found = found.and_then(|live| live.downcast_ref::<DbInstanceLive>());
    let is_it = found.is_some_and(|live| live.identifier == called);
    if is_it && !observed.doubts.contains_key(address) {
        return Ok(called);
    }
    let what = format!(
        "`{called}` has the tags of the stack's database, which the file calls `{in_file}`"
    );
    Err(CommandError::new(ErrorKind::Refused, what).hint(format!(
        "tags are not enough to change it: if it is the database, write `\"{address}\" = \"{called}\"` under [adopt]"
    )))
}

/// The database as it is, if it is the stack's.
pub(in crate::cli) async fn live(
    session: &Session,
    address: &Address,
) -> Result<DbInstanceLive, CommandError> {
    let identifier = identifier(session).await?;
    let cannot = |fault| CommandError::fault("cannot read the database", &fault);
    let there = DbInstanceLive::read(&session.cloud, &identifier).await;
    match there.map_err(cannot)? {
        Some(live) if live.belongs_to(&session.cloud, address) => Ok(live),
        Some(_) => Err(CommandError::new(
            ErrorKind::Refused,
            format!("the instance `{identifier}` is not this stack's"),
        )),
        None => Err(CommandError::error(format!(
            "the database `{identifier}` is not there, in {}",
            session.cloud.place
        ))
        .hint(message![commands::up(), " makes it"])),
    }
}
