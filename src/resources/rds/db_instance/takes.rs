//! How long work on an instance takes, by what changes of it.

use std::time::Duration;

use super::DbInstance;
use super::history::{Past, history};
use super::props::{DbInstanceLive, DbInstanceProps};
use super::version::is_major;
use crate::aws::Cloud;
use crate::engine::{Changes, Estimate, Piece, Resource, Verb};
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
    let parts = parts(piece.changes, multi_az);
    let seconds: u64 = parts.iter().map(|(_, seconds)| seconds).sum();
    (now && seconds > 0).then(|| Duration::from_secs(seconds))
}

/// What of a change takes long: what in an instance's past was the same, and how many seconds are typical.
fn parts(changes: &Changes, multi_az: bool) -> Vec<(Option<Past>, u64)> {
    let mut parts = Vec::new();
    if changes.changed(field!(DbInstanceProps, instance_class)) {
        let seconds = if multi_az {
            DB_CLASS_MULTI_AZ
        } else {
            DB_CLASS
        };
        parts.push((Some(Past::Class), seconds));
    }
    if multi_az && changes.changed(field!(DbInstanceProps, multi_az)) {
        parts.push((Some(Past::Standby), DB_STANDBY));
    }
    if let Some(version) = changes.of(field!(DbInstanceProps, version)) {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let major = is_major(&text(&version.before), &text(&version.after));
        parts.push(match major {
            true => (None, DB_MAJOR),
            false => (Some(Past::Minor), DB_MINOR),
        });
    }
    parts
}

/// How long a change takes by what the same took on this very instance: one request, where it is such a change and
/// does not wait for the maintenance window. `None` where RDS does not remember each part of it, or does not say.
pub(crate) async fn as_before(
    cloud: &Cloud,
    declared: &DbInstance,
    live: &DbInstanceLive,
    changes: &Changes,
) -> Option<Estimate> {
    let parts = parts(changes, declared.settings.multi_az);
    let of: Vec<Past> = parts
        .into_iter()
        .map(|(past, _)| past)
        .collect::<Option<_>>()?;
    if of.is_empty() || !declared.settings.apply_immediately {
        return None;
    }
    let history = history(cloud, &live.identifier, &of).await.ok()?;
    let own = of.iter().map(|past| history.usual(*past));
    let own: Vec<Estimate> = own.collect::<Option<_>>()?;
    let basis = match own.as_slice() {
        [one] => one.basis.clone(),
        _ => Some("in its last changes".to_owned()),
    };
    Some(Estimate {
        takes: own.iter().map(|one| one.takes).sum(),
        basis,
    })
}
