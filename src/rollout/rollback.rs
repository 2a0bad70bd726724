//! `rollback`: the last revision that ran well, and the database as it was before the one that did not.

use serde_json::json;

use super::change::{Change, Database, Strategy, TargetRevision};
use super::diff::{field, images};
use super::history::history;
use super::service_state::ServiceState;
use crate::aws::{Cloud, STACK_TAG};
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::Fault;
use crate::image_reference::ImageReference;
use crate::message::{commands, message};
use crate::resources::ecs::task_definition::{Revision, describe_revision, revision};
use crate::resources::ecs::{family, revision_tags};

/// Where to go back to.
#[derive(Debug, Clone, Default)]
pub struct RollbackRequest {
    /// The number of a revision; `None`: the last one that ran well.
    pub to: Option<i32>,
    /// The ARN of the revision that an interrupted run was going back to.
    pub begun: Option<String>,
    /// Whether the database goes back, too.
    pub restore: bool,
    /// To this snapshot; `None`: the one that was taken before what runs.
    pub snapshot: Option<String>,
}

/// How many deployments are looked through for a good one.
const LOOKED_THROUGH: usize = 100;

/// Decides what is to be done so that a service is as it was.
///
/// # Errors
/// When there is nothing to go back to, or what is wished for is not there, or another rollback is
/// unfinished.
pub async fn decide(
    cloud: &Cloud,
    state: ServiceState,
    request: &RollbackRequest,
) -> Result<Change, CommandError> {
    let cannot = |fault: Fault| CommandError::fault("cannot read what ran before", &fault);
    if request.restore && !state.migrates() {
        return Err(CommandError::new(
            ErrorKind::Refused,
            format!("the database does not go back with {}", state.name()),
        )
        .hint(message![
            commands::db_restore("NAME"),
            " brings it back; without --restore-snapshot the service goes back alone",
        ]));
    }
    let own = family(state.revision.arn());
    let begun = request.begun.as_ref().filter(|begun| family(begun) == own);
    let rollback = state.rollback.clone();
    if let Some(rollback) = &rollback
        && request.to.is_some_and(|to| to != rollback.to)
    {
        return Err(rollback.refusal(state.name()));
    }
    // Back is back: whoever says it twice does not go back twice.
    let left = state.left_by_rollback().filter(|_| !request.restore);
    let arn = match (request.to, begun, &rollback) {
        (Some(number), ..) => format!("{own}:{number}"),
        (None, Some(begun), _) => begun.clone(),
        (None, None, Some(rollback)) => format!("{own}:{}", rollback.to),
        (None, None, None) if left.is_some() => state.revision.arn().to_owned(),
        (None, None, None) => last_good(cloud, &state, request).await?,
    };
    let old = describe_revision(cloud, &arn).await.map_err(cannot)?;
    let Some(old) = old.filter(|old| old.tags.get(STACK_TAG) == Some(&cloud.place.stack)) else {
        return Err(CommandError::error(format!(
            "{} has no revision {}",
            state.name(),
            revision(&arn)
        ))
        .hint(message![
            commands::history(state.name()),
            " shows those that there are",
        ]));
    };
    if old
        .definition
        .status()
        .is_some_and(|status| status.as_str() != "ACTIVE")
    {
        return Err(CommandError::error(format!(
            "revision {} of {} is out of use, and ECS starts no task of it",
            revision(&arn),
            state.name()
        ))
        .hint(message![
            commands::update(state.name(), "TAG"),
            " runs its image again",
        ]));
    }
    let name = state.name().to_owned();
    let other_image = old.image(&name) != state.image();
    let unfinished = state.left_behind().is_some();
    // Forward is an upgrade, and an upgrade is not without a snapshot.
    if state.migrates() && other_image && revision(old.arn()) > state.number() {
        let image = old.image(&name);
        let version = ImageReference::of(image).version();
        return Err(CommandError::new(
            ErrorKind::Refused,
            format!(
                "revision {} is newer than what runs, and may migrate the database",
                revision(old.arn())
            ),
        )
        .hint(message![
            commands::update(&name, version),
            " goes there with a snapshot",
        ]));
    }
    let alone = rollback.as_ref().is_some_and(|rollback| rollback.alone);
    let migrates = state.migrates() && (other_image || unfinished || request.restore || alone);
    let mut warnings = Vec::new();
    if let Some(rollback) = &rollback {
        let to = rollback.to;
        warnings
            .push(format!("a rollback to revision {to} is unfinished: this completes it").into());
    }
    if let Some(left) = left.filter(|_| request.to.is_none()) {
        warnings.push(message![
            format!(
                "it went back from revision {left} before; `--to N` goes to an older one, and "
            ),
            commands::history(&name),
            " shows them",
        ]);
    }
    let database = if request.restore {
        restored(cloud, &state, &old, request).await?
    } else {
        if migrates && other_image {
            return Err(between(&state, &old));
        }
        Database::Kept
    };
    if let Database::Restored { name } = &database {
        let what = format!(
            "what was written to the database since the snapshot {name} is not in it any more; \
             the database as it is stays beside it under another name"
        );
        warnings.push(what.into());
    }
    let written = state.declared.image.tag.as_deref();
    if other_image && let Some(written) = written {
        warnings.push(message![
            format!("the file says `{written}`: the next "),
            commands::up(),
            format!(" brings that back, unless you change service.{name}.image"),
        ]);
    }
    let fields = fields(&state, &old).map_err(cannot)?;
    let count = match left {
        Some(_) if request.to.is_none() => state.count(),
        _ => state.count().max(1),
    };
    Ok(Change {
        to: if old.arn() == state.revision.arn() {
            TargetRevision::Same
        } else {
            TargetRevision::Old(Box::new(old))
        },
        restart: false,
        back: true,
        count,
        strategy: if migrates {
            Strategy::Migrating(database)
        } else {
            Strategy::Rolling
        },
        fields,
        warnings,
        database: None,
        state,
    })
}

/// The ARN of the newest revision that ran well and is not the one that is to run now. The database of a
/// snapshot is that of the revision before its image: what carries the same snapshot came after it.
async fn last_good(
    cloud: &Cloud,
    state: &ServiceState,
    request: &RollbackRequest,
) -> Result<String, CommandError> {
    let cannot = |fault: Fault| CommandError::fault("cannot read what ran before", &fault);
    // An upgrade that did not end knows what it came from.
    if let Some(from) = state
        .left_behind()
        .and_then(|of| of.tags.get(revision_tags::FROM))
    {
        return Ok(from.clone());
    }
    let all = history(cloud, &state.service, state.name(), LOOKED_THROUGH)
        .await
        .map_err(cannot)?;
    let taken = state.revision.tags.get(revision_tags::SNAPSHOT);
    let taken = taken
        .filter(|taken| request.restore && request.snapshot.as_ref().unwrap_or(taken) == *taken);
    // Older ones only: what was gone back from is not gone back to.
    let good = all.deployments.into_iter().find(|one| {
        one.is_good()
            && one.revision < state.number()
            && (taken.is_none() || one.snapshot.as_ref() != taken)
    });
    match good {
        Some(good) => Ok(good.task_definition),
        None => Err(CommandError::error(format!(
            "{} has run nothing older than revision {}, as far as ECS remembers",
            state.name(),
            state.number()
        ))
        .hint(message![
            commands::history(state.name()),
            " shows what it remembers; `--to N` names a revision",
        ])),
    }
}

/// Another version of the program is not started on a database that a newer one has migrated.
fn between(state: &ServiceState, old: &Revision) -> CommandError {
    let name = state.name();
    let called = |of: &Revision| {
        let tag = of.tags.get(revision_tags::IMAGE).cloned();
        tag.unwrap_or_else(|| of.described_image(name))
    };
    let what = format!(
        "{} may have migrated the database, and {} may not start on it; nothing was changed",
        called(&state.revision),
        called(old),
    );
    let snapshot = state.left_behind().unwrap_or(&state.revision);
    let to = revision(old.arn());
    let taken = snapshot.tags.get(revision_tags::SNAPSHOT);
    CommandError::new(ErrorKind::Refused, what).hint(match taken {
        Some(taken) => message![
            commands::rollback_to_with_database(name, to),
            format!(" brings the database back, too, as it was in {taken}"),
        ],
        None => message![
            "no snapshot was taken before it: ",
            commands::db_backups(),
            " shows those that there are, and ",
            commands::rollback_to_with_snapshot(name, to, "NAME"),
            " brings the database back to one",
        ],
    })
}

async fn restored(
    cloud: &Cloud,
    state: &ServiceState,
    old: &Revision,
    request: &RollbackRequest,
) -> Result<Database, CommandError> {
    if let Some(name) = request.snapshot.clone() {
        return Ok(Database::Restored { name });
    }
    let cannot = |fault: Fault| CommandError::fault("cannot read what ran before", &fault);
    // A rollback that has moved the service already knows what it left.
    let left = match &state.rollback {
        Some(rollback) => describe_revision(cloud, &rollback.from)
            .await
            .map_err(cannot)?,
        None => None,
    };
    let running = left.as_ref().or(state.left_behind());
    let running = running.unwrap_or(&state.revision);
    let Some(name) = running.tags.get(revision_tags::SNAPSHOT).cloned() else {
        return Err(unnamed(format!(
            "no snapshot was taken before revision {}",
            revision(running.arn())
        )));
    };
    if old.tags.get(revision_tags::SNAPSHOT) == Some(&name) && old.arn() != state.revision.arn() {
        let what = format!(
            "the snapshot {name} was taken before the image of revision {} ran",
            revision(old.arn())
        );
        return Err(CommandError::new(ErrorKind::Refused, what).hint(message![
            commands::rollback_with_database(state.name()),
            " goes to what ran when it was taken",
        ]));
    }
    let all = history(cloud, &state.service, state.name(), LOOKED_THROUGH)
        .await
        .map_err(cannot)?;
    let ran: Vec<bool> = all
        .deployments
        .iter()
        .map(|one| one.task_definition == running.arn() || one.snapshot.as_ref() == Some(&name))
        .collect();
    if came_back(&ran) {
        return Err(unnamed(format!(
            "the snapshot {name} was taken before revision {} ran for the first time, and something else ran since",
            revision(running.arn())
        )));
    }
    Ok(Database::Restored { name })
}

/// Whether something else has run between two deployments of the same; the newest stands first.
fn came_back(same: &[bool]) -> bool {
    let newest = same.iter().skip_while(|same| !**same);
    newest.skip_while(|same| **same).any(|same| *same)
}

fn unnamed(what: String) -> CommandError {
    CommandError::error(what).hint(message![
        "name one: `--restore-snapshot NAME`; ",
        commands::db_backups(),
        " shows those that there are",
    ])
}

fn fields(state: &ServiceState, old: &Revision) -> Result<Vec<crate::engine::Change>, Fault> {
    let mut fields = Vec::new();
    let (now, then) = (state.number(), revision(old.arn()));
    if now != then {
        fields.push(field("revision", json!(now), json!(then)));
    }
    fields.extend(images(state, old)?);
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::came_back;

    #[test]
    fn a_revision_that_was_left_and_came_back_is_known() {
        for (same, back) in [
            (&[][..], false),
            (&[true], false),
            (&[true, true, false], false),
            (&[false, true, true], false),
            (&[true, false, true], true),
            (&[false, true, false, true, true], true),
        ] {
            assert_eq!(came_back(same), back, "{same:?}");
        }
    }
}
