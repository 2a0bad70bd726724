//! How long work on an instance takes, by what changes of it. Pure.

use std::time::Duration;

use super::DbInstance;
use super::props::DbInstanceProps;
use super::version::is_major;
use crate::engine::{Piece, Resource, Verb};
use crate::field;
use crate::resources::durations::{
    DB_CLASS, DB_CLASS_MULTI_AZ, DB_FINAL_SNAPSHOT, DB_INSTANCE_MULTI_AZ, DB_MAJOR, DB_MINOR,
    DB_STANDBY,
};

pub(super) fn takes(piece: &Piece<'_, DbInstance>) -> Duration {
    let usual = DbInstance::TAKES.of(piece.verb);
    let multi_az = match (piece.declared, piece.live) {
        (Some(declared), _) => declared.settings.multi_az,
        (None, live) => live.is_some_and(|live| live.props.multi_az),
    };
    match piece.verb {
        Verb::Create if multi_az => Duration::from_secs(DB_INSTANCE_MULTI_AZ),
        Verb::Delete if piece.declared.is_none_or(|one| one.final_snapshot) => {
            usual + Duration::from_secs(DB_FINAL_SNAPSHOT)
        }
        Verb::Update if piece.changes.fields.iter().all(|one| is_noted(&one.path)) => {
            Duration::from_secs(10)
        }
        Verb::Update => changed(piece, multi_az).unwrap_or(usual),
        Verb::Create | Verb::Delete | Verb::Adopt => usual,
    }
}

/// Whether a field is told by RDS at once, and nothing of the instance changes with it.
fn is_noted(path: &str) -> bool {
    let field = path.split('.').next().unwrap_or(path);
    [
        "tags",
        "disposable",
        "final_snapshot",
        "deletion_protection",
        "copy_tags",
    ]
    .contains(&field)
}

/// What changes one after the other: RDS does each for itself. `None` where nothing of it takes long, or waits for the
/// maintenance window.
fn changed(piece: &Piece<'_, DbInstance>, multi_az: bool) -> Option<Duration> {
    let now = piece
        .declared
        .is_none_or(|one| one.settings.apply_immediately);
    let changes = piece.changes;
    let mut seconds = 0;
    if changes.changed(field!(DbInstanceProps, instance_class)) {
        seconds += if multi_az {
            DB_CLASS_MULTI_AZ
        } else {
            DB_CLASS
        };
    }
    if multi_az && changes.changed(field!(DbInstanceProps, multi_az)) {
        seconds += DB_STANDBY;
    }
    if let Some(version) = changes.of(field!(DbInstanceProps, version)) {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let major = is_major(&text(&version.before), &text(&version.after));
        seconds += if major { DB_MAJOR } else { DB_MINOR };
    }
    (now && seconds > 0).then(|| Duration::from_secs(seconds))
}
