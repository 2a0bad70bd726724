//! Which image an operator means: found in the registry, by its digest, and fit for the task.

use aws_sdk_ecr::types as api;
use aws_sdk_ecs::types::CpuArchitecture;
use serde_json::Value;

use super::change::{Change, TargetRevision};
use super::service_state::ServiceState;
use crate::aws::grant::{Grant, on};
use crate::aws::{Cloud, fault};
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::Fault;
use crate::image_reference::{ImageReference, is_reference, join, names_digest};
use crate::message::{Command, commands, message};
use crate::resources::ecs::image_holds::MANIFESTS;
use crate::resources::ecs::registry::{image_id, images, own_repository};

/// An image that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// What the task definition names: by digest where the registry could be asked.
    pub(crate) reference: String,
    /// The tag it was chosen by.
    pub(crate) tag: Option<String>,
}

impl Image {
    /// The image of a reference that was looked for before.
    pub fn known(reference: &str) -> Self {
        let version = ImageReference::of(reference).version();
        let tag = (!names_digest(version)).then(|| version.to_owned());
        Self {
            reference: reference.to_owned(),
            tag,
        }
    }
}

/// Finds the image that `asked` means for a service: a tag, a digest, or a whole reference. `push` is
/// the command that brings a missing one into the stack's repository.
///
/// # Errors
/// When the file owns the image, it is not in the registry, or it is not built for the task.
pub async fn find(
    cloud: &Cloud,
    state: &ServiceState,
    asked: &str,
    push: impl Fn(&str) -> Option<Command>,
) -> Result<Image, CommandError> {
    let name = state.name();
    let wanted = &state.declared.image;
    let repository = ImageReference::of(state.image()).name;
    let (of, version) = if is_reference(asked) {
        let written = ImageReference::of(asked);
        (written.name, written.version())
    } else {
        (repository, asked)
    };
    let short = repository
        .split_once('/')
        .map_or(repository, |(_, rest)| rest);
    if ![repository, short, wanted.name.as_str()].contains(&of) {
        return Err(CommandError::new(
            ErrorKind::Refused,
            format!(
                "the file says that {name} runs images of {}, not of {of}",
                wanted.name
            ),
        )
        .hint(message![
            "change `image` in the file, then ",
            commands::up()
        ]));
    }
    let reference = join(repository, version);
    let tag = (!names_digest(version)).then(|| version.to_owned());
    let Some(ours) = own_repository(cloud, &reference) else {
        // Other registries cannot be asked with AWS's credentials.
        return Ok(Image { reference, tag });
    };
    let cannot =
        |fault: Fault| CommandError::fault(&format!("cannot look for {reference}"), &fault);
    let Some(found) = manifest(cloud, ours, version).await.map_err(cannot)? else {
        return Err(absent(cloud, ours, &reference, push(&reference)).await);
    };
    let digest = found
        .image_id()
        .and_then(api::ImageIdentifier::image_digest)
        .ok_or_else(|| cannot(Fault::incomplete("ecr:BatchGetImage", "imageDigest")))?;
    check_architecture(
        state,
        &reference,
        found.image_manifest().unwrap_or_default(),
    )?;
    Ok(Image {
        reference: join(repository, digest),
        tag,
    })
}

/// Refuses a change that starts tasks of an image that has left the registry: what runs goes on, and
/// nothing takes its place.
///
/// # Errors
/// When the image is not there, or the registry cannot be asked.
pub async fn startable(
    cloud: &Cloud,
    change: &Change,
    push: impl Fn(&str) -> Option<Command>,
) -> Result<(), CommandError> {
    let state = &change.state;
    let starts = change.restart
        || !matches!(change.to, TargetRevision::Same)
        || i64::from(change.count) > i64::from(state.service.desired_count());
    let image = match &change.to {
        TargetRevision::Same => state.image(),
        TargetRevision::Old(old) => old.image(state.name()),
        // Another image was looked for when it was chosen.
        TargetRevision::New(new) => match state.image_in(&new.definition) {
            same if same == state.image() => same,
            _ => return Ok(()),
        },
    };
    let Some(repository) = own_repository(cloud, image).filter(|_| starts) else {
        return Ok(());
    };
    let cannot = |fault: Fault| CommandError::fault(&format!("cannot look for {image}"), &fault);
    if images(cloud, repository)
        .await
        .map_err(cannot)?
        .contains(image)
    {
        return Ok(());
    }
    Err(absent(cloud, repository, image, push(image)).await)
}

/// The manifest of a tag or digest in a repository of this account; `None` when it is not there.
pub(crate) async fn manifest(
    cloud: &Cloud,
    repository: &str,
    version: &str,
) -> Result<Option<api::Image>, Fault> {
    let answer = cloud
        .ecr
        .batch_get_image()
        .repository_name(repository)
        .image_ids(image_id(version))
        .set_accepted_media_types(Some(MANIFESTS.map(str::to_owned).to_vec()))
        .send()
        .await
        .map_err(fault("ecr:BatchGetImage"));
    match answer {
        Ok(answer) => Ok(answer.images.unwrap_or_default().into_iter().next()),
        Err(fault) if fault.is_absent() => Ok(None),
        Err(fault) => Err(fault),
    }
}

async fn absent(
    cloud: &Cloud,
    repository: &str,
    reference: &str,
    push: Option<Command>,
) -> CommandError {
    let stop = CommandError::error(format!(
        "{reference} is not in the registry; nothing was changed"
    ));
    let stop = match images(cloud, repository).await {
        Ok(held) => match held.newest() {
            Some(newest) => stop.detail(format!("the newest there is `{newest}`")),
            None => stop,
        },
        Err(_) => stop,
    };
    match push {
        Some(push) => stop.hint(message![push, " brings it there, then run this again"]),
        None => stop,
    }
}

/// Refuses an image that is not built for the task's processor. A manifest of one image alone does
/// not say what it is built for.
fn check_architecture(
    state: &ServiceState,
    reference: &str,
    manifest: &str,
) -> Result<(), CommandError> {
    let wanted = match state
        .revision
        .definition
        .runtime_platform()
        .and_then(|platform| platform.cpu_architecture())
    {
        Some(CpuArchitecture::Arm64) => "arm64",
        _ => "amd64",
    };
    let built = architectures(manifest);
    if built.is_empty() || built.iter().any(|one| one == wanted) {
        return Ok(());
    }
    let (asked, other) = match wanted {
        "arm64" => ("arm64", "x86_64"),
        _ => ("x86_64", "arm64"),
    };
    Err(CommandError::error(format!(
        "{reference} is built for {}, and the tasks of {} are {asked}; nothing was changed",
        built.join(" and "),
        state.name()
    ))
    .hint(message![
        format!(
            "build it for {wanted} (`docker buildx build --platform linux/{wanted}`), or say \
             `architecture = \"{other}\"` under [service.{}] and ",
            state.name()
        ),
        commands::up(),
    ]))
}

/// What an index lists (OCI image-spec, image-index.md); attestations are for `unknown`.
pub(crate) fn architectures(manifest: &str) -> Vec<String> {
    let index: Value = serde_json::from_str(manifest).unwrap_or_default();
    let listed = index["manifests"].as_array().into_iter().flatten();
    let mut all: Vec<String> = listed
        .filter_map(|one| one["platform"]["architecture"].as_str())
        .filter(|one| *one != "unknown")
        .map(str::to_owned)
        .collect();
    all.dedup();
    all
}

/// What finding an image needs.
pub(crate) const GRANTS: &[Grant] = &[on(
    &["ecr:repository/{repository}"],
    &["ecr:DescribeImages", "ecr:BatchGetImage"],
)];

#[cfg(test)]
mod tests {
    use super::architectures;

    #[test]
    fn an_index_says_what_it_is_built_for() {
        let index = r#"{"manifests":[{"platform":{"architecture":"arm64"}},
            {"platform":{"architecture":"unknown"}}]}"#;
        assert_eq!(architectures(index), ["arm64"]);
        for none in ["", "{}", r#"{"config":{}}"#] {
            assert_eq!(architectures(none), [""; 0], "{none}");
        }
    }
}
