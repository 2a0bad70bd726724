//! What differs between what runs and what is wanted, field by field: as a plan compares them, and in words that
//! a plan does not have, such as the tag that an image was chosen by.

use aws_sdk_ecs::types as api;
use serde_json::json;

use super::service_state::ServiceState;
use crate::engine::{Change as Field, Fault};
use crate::image_reference::{ImageReference, names_digest};
use crate::resources::ServiceProps;
use crate::resources::ecs::revision_tags;
use crate::resources::ecs::task_definition::{Revision, TaskDefinition, difference};

/// What a copy of what runs says otherwise, and how many tasks.
/// `tag` is what its image was chosen by.
///
/// # Errors
/// When AWS's answer lacks what every definition has.
pub(crate) fn fields(
    state: &ServiceState,
    wanted: &api::TaskDefinition,
    tag: Option<&str>,
    count: u32,
) -> Result<Vec<Field>, Fault> {
    let was = state
        .revision
        .tags
        .get(revision_tags::IMAGE)
        .map(String::as_str);
    let mut fields = Vec::new();
    fields.extend(tags((state.image(), was), (state.image_in(wanted), tag)));
    fields.extend(difference(&state.revision.definition, wanted, state.container())?.fields);
    let now = state.count();
    if now != count {
        fields.push(field(ServiceProps::COUNT.path(), json!(now), json!(count)));
    }
    Ok(fields)
}

/// The image of another revision, where that differs from what runs: its tag, which people know, and its reference,
/// which says for certain what runs.
///
/// # Errors
/// When AWS's answer lacks what every definition has.
pub(crate) fn images(state: &ServiceState, other: &Revision) -> Result<Vec<Field>, Fault> {
    let tag = |of: &Revision| of.tags.get(revision_tags::IMAGE).cloned();
    let (was, is) = (tag(&state.revision), tag(other));
    let image = state.image_in(&other.definition);
    let tag = tags((state.image(), was.as_deref()), (image, is.as_deref()));
    let running = &state.revision.definition;
    let all = difference(running, &other.definition, state.container())?;
    let image = all.fields.into_iter();
    let image = image.filter(|field| field.path == TaskDefinition::IMAGE.path());
    Ok(tag.into_iter().chain(image).collect())
}

/// What people call two images that differ, each with the tag that it was chosen by.
fn tags(was: (&str, Option<&str>), is: (&str, Option<&str>)) -> Option<Field> {
    let called = |(image, tag): (&str, Option<&str>)| {
        let version = ImageReference::of(image).version();
        let own = (!names_digest(version)).then_some(version);
        tag.filter(|_| own.is_none()).or(own).map(str::to_owned)
    };
    let (before, after) = (called(was), called(is));
    (was.0 != is.0 && before != after).then(|| field("tag", json!(before), json!(after)))
}

/// One field that differs.
pub(crate) fn field(path: &str, before: serde_json::Value, after: serde_json::Value) -> Field {
    Field {
        path: path.to_owned(),
        before,
        after,
        replaces: false,
        sensitive: false,
        unknown: false,
        cause: None,
    }
}
