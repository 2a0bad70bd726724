//! Versions of a program that migrates its database go forward only.

use super::image::Image;
use super::service_state::ServiceState;
use crate::command_error::{CommandError, ErrorKind};
use crate::image_reference::ImageReference;
use crate::message::{commands, message};
use crate::resources::ecs::revision_tags;
use crate::resources::ecs::task_definition::Revision;

/// Refuses an image whose tag says that it is older than what has migrated the database: it may start on no
/// schema that is newer than its own, and goes back on none. Tags that are no versions say
/// nothing.
///
/// # Errors
/// Refused, with the way back.
pub(super) fn refuse(state: &ServiceState, image: &Image) -> Result<(), CommandError> {
    if !state.migrates() {
        return Ok(());
    }
    let name = state.name();
    let wanted = image
        .tag
        .as_deref()
        .unwrap_or(ImageReference::of(&image.reference).version());
    let begun = state.left_behind().map(|begun| tag_of(begun, name));
    let ran = [Some(tag_of(&state.revision, name)), begun];
    let newer = ran.into_iter().flatten().find(|ran| is_older(wanted, ran));
    let Some(newer) = newer else { return Ok(()) };
    let what = format!(
        "{name} {wanted} is older than {newer}, which has migrated the database; nothing was changed"
    );
    Err(CommandError::new(ErrorKind::Refused, what).hint(message![
        commands::rollback_with_database(name),
        " brings the database back with it",
    ]))
}

/// The tag of a revision's image, as it was chosen.
fn tag_of(revision: &Revision, name: &str) -> String {
    let chosen = revision.tags.get(revision_tags::IMAGE).cloned();
    let image = revision.image(name);
    chosen.unwrap_or_else(|| ImageReference::of(image).version().to_owned())
}

fn is_older(one: &str, other: &str) -> bool {
    matches!((version(one), version(other)), (Some(one), Some(other)) if one < other)
}

/// The numbers of `v0.6.5`, `0.6.5-slim` or `v2`; `None` for what is no version.
fn version(tag: &str) -> Option<Vec<u64>> {
    let plain = tag.strip_prefix('v').unwrap_or(tag);
    let (numbers, rest) = match plain.find(|c: char| !c.is_ascii_digit() && c != '.') {
        Some(at) => plain.split_at(at),
        None => (plain, ""),
    };
    if !rest.is_empty() && !rest.starts_with(['-', '+', '_']) {
        return None;
    }
    let numbers: Option<Vec<u64>> = numbers.split('.').map(|part| part.parse().ok()).collect();
    // A date or a commit is no version of a program, and nor is a single number without a `v`.
    numbers.filter(|numbers| numbers.len() > 1 || tag.starts_with('v'))
}

#[cfg(test)]
mod tests {
    use super::is_older;

    #[test]
    fn only_versions_are_older() {
        for (one, other, older) in [
            ("v0.6.5", "v0.6.10", true),
            ("0.6.10", "v0.6.5", false),
            ("v0.6.5-slim", "v0.7.0", true),
            ("v1", "v2", true),
            ("v2", "v2", false),
            ("main", "v2", false),
            ("v1", "latest", false),
            ("20260101", "v2", false),
            ("sha256:0123", "v2", false),
            ("abcdef0", "v2", false),
        ] {
            assert_eq!(is_older(one, other), older, "{one} {other}");
        }
    }
}
