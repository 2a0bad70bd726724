//! What differs between what runs and what is wanted, field by field.

use std::collections::BTreeMap;

use aws_sdk_ecs::types as api;
use serde_json::json;

use super::marks;
use super::standing::Standing;
use super::update::image_in;
use crate::engine::Change as Field;
use crate::resources::ecs::registry::split;
use crate::resources::ecs::task_definition::{VERSION_LABEL, sounds_secret};

/// What a copy of what runs says otherwise, and how many tasks.
/// `tag` is what its image was chosen by.
pub(crate) fn fields(
    standing: &Standing,
    wanted: &api::TaskDefinition,
    tag: Option<&str>,
    count: u32,
) -> Vec<Field> {
    let mut fields = Vec::new();
    let (was, is) = (standing.image(), image_in(wanted, standing));
    let was = (
        was,
        standing.revision.tags.get(marks::IMAGE).map(String::as_str),
    );
    fields.extend(images(was, (is, tag)));
    let container = standing.revision.container(standing.name());
    let old: BTreeMap<&str, &str> = container.map(environment).unwrap_or_default();
    let name = container.and_then(api::ContainerDefinition::name);
    let mut all = wanted.container_definitions().iter();
    let new = all.find(|container| container.name() == name);
    for (name, value) in new.map(environment).unwrap_or_default() {
        if old.get(name) != Some(&value) {
            let path = format!("environment.{name}");
            let before = json!(old.get(name));
            fields.push(field(&path, before, json!(value), sounds_secret(name)));
        }
    }
    let versions = |of: Option<&api::ContainerDefinition>| -> BTreeMap<String, String> {
        let labels = of.and_then(api::ContainerDefinition::docker_labels);
        let all = labels.into_iter().flatten();
        all.filter_map(|(label, version)| {
            let secret = label.strip_prefix(VERSION_LABEL)?;
            Some((secret.to_owned(), version.clone()))
        })
        .collect()
    };
    let had = versions(container);
    for (secret, version) in versions(new) {
        let before = had.get(&secret);
        if before != Some(&version) {
            let path = format!("secret_versions.{secret}");
            fields.push(field(&path, json!(before), json!(version), false));
        }
    }
    let now = standing.count();
    if now != count {
        fields.push(field("count", json!(now), json!(count), false));
    }
    fields
}

/// Two images that differ, each with the tag that it was chosen by: the tags, which people know, then the
/// references, which say for certain what runs.
pub(crate) fn images(was: (&str, Option<&str>), is: (&str, Option<&str>)) -> Vec<Field> {
    let called = |(image, tag): (&str, Option<&str>)| {
        let (_, version) = split(image);
        let own = (!version.starts_with("sha256:")).then_some(version);
        tag.filter(|_| own.is_none()).or(own).map(str::to_owned)
    };
    let mut fields = Vec::new();
    if was.0 == is.0 {
        return fields;
    }
    let (before, after) = (called(was), called(is));
    if before != after {
        fields.push(field("tag", json!(before), json!(after), false));
    }
    fields.push(field("image", json!(was.0), json!(is.0), false));
    fields
}

fn environment(container: &api::ContainerDefinition) -> BTreeMap<&str, &str> {
    let pairs = container.environment().iter();
    pairs
        .filter_map(|pair| Some((pair.name()?, pair.value()?)))
        .collect()
}

/// One field that differs; what must not be shown is left out.
pub(crate) fn field(
    path: &str,
    before: serde_json::Value,
    after: serde_json::Value,
    sensitive: bool,
) -> Field {
    let shown = |value| {
        if sensitive {
            serde_json::Value::Null
        } else {
            value
        }
    };
    Field {
        path: path.to_owned(),
        before: shown(before),
        after: shown(after),
        replaces: false,
        sensitive,
        unknown: false,
        cause: None,
    }
}
