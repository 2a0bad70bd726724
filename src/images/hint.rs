//! What to type when an image is missing.

use crate::image_reference::ImageReference;
use crate::message::{Command, commands};
use crate::presets::{self, ImageSource};
use crate::stack::{Service, Stack};

/// The command that puts `image`, a reference into the stack's registry, there.
/// `None`: no service of the stack runs it.
pub fn command(stack: &Stack, image: &str) -> Option<Command> {
    let written = ImageReference::of(image);
    // What has a digest is copied from where it came from.
    let tag = written.tag.filter(|_| written.digest.is_none())?;
    let name = written.repository();
    let runs = |service: &&Service| service.image.ours && service.image.name == name;
    let service = stack.services.values().find(runs)?;
    Some(match presets::of(service).map(|preset| preset.image) {
        Some(ImageSource::Sources(_)) => commands::push_sources(tag),
        Some(ImageSource::Published {
            repository,
            release,
        }) => copy(service, repository, release, tag),
        None => commands::push_directory("DIRECTORY", &service.name, tag),
    })
}

/// A tag that is a version as the publisher writes them is copied as it is; any other is the operator's own
/// name for the release.
fn copy(service: &Service, from: &str, release: &str, tag: &str) -> Command {
    let number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    let first = if release.starts_with('v') { "v" } else { "" };
    let parts: Vec<&str> = tag.strip_prefix(first).unwrap_or("").split('.').collect();
    let version = parts.len() == 3 && parts.into_iter().all(number);
    let release = if version { tag } else { release };
    commands::push_published(&service.name, format!("{from}:{release}"), tag)
}
