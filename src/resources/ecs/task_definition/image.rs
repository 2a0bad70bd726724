//! The image of a new revision: which one, whether a task can pull it, and what to do when none can.

use crate::aws::{Job, Tags};
use crate::engine::{Class, Fault};
use crate::image_reference::{ImageReference, join};

use super::{TaskDefinition, TaskImage};
use crate::message::{Message, commands, message};
use crate::resources::ecs::{registry, revision_tags};

impl TaskDefinition {
    /// What a new revision runs: `image`, or the newest of the repository at `uri`. ECS resolves the tag of a
    /// service's image once a deployment, and that of a task at every start: of a task it is named by its digest, and
    /// `kept` gets the tag.
    ///
    /// # Errors
    /// The fault of a request.
    pub(super) async fn image_of_new(
        &self,
        job: &Job,
        (image, uri): (Option<&String>, Option<&String>),
        kept: &mut Tags,
    ) -> Result<String, Fault> {
        let image = match (image, uri) {
            (Some(image), _) => image.clone(),
            (None, Some(uri)) => first(job, uri).await?,
            (None, None) => return Err(Fault::incomplete("ecs:RegisterTaskDefinition", "image")),
        };
        match &self.image {
            TaskImage::SameAs(_) => {
                let pinned = registry::by_digest(job, &image).await?;
                if pinned != image {
                    kept.insert(
                        revision_tags::IMAGE.to_owned(),
                        ImageReference::of(&image).version().to_owned(),
                    );
                }
                Ok(pinned)
            }
            TaskImage::Ours { .. } | TaskImage::Foreign(_) => Ok(image),
        }
    }

    /// Refuses to take the place of running tasks with an image that no task can pull.
    pub(super) async fn keep_what_runs(&self, job: &Job, image: &str) -> Result<(), Fault> {
        let Some(service) = &self.service else {
            return Ok(());
        };
        match crate::resources::ecs::one(job, &self.cluster, service).await? {
            Some(found) if found.desired_count() > 0 => Err(Fault::new(
                "image",
                Class::Invalid,
                format!("{image} is not in the registry, and {service} runs another image"),
            )
            .hint(message![
                "push it (",
                commands::push(),
                "), then run this again; what runs is untouched",
            ])),
            _ => Ok(()),
        }
    }
}

/// The image of a first revision that no tag was given for.
async fn first(job: &Job, uri: &str) -> Result<String, Fault> {
    let newest = match registry::own_repository(job, uri) {
        Some(repository) => registry::images(job, repository).await?,
        None => registry::Images::default(),
    };
    Ok(join(uri, newest.newest().unwrap_or("v1")))
}

/// What to do when an image of ours is missing. Which command exactly only a stack's file can tell.
pub(super) fn how_to_push(image: &str) -> Message {
    message![
        format!("{image} is not in the registry, so no task runs it; push it with "),
        commands::push(),
        ", then run ",
        commands::up(),
        " again (for another tag ",
        commands::up_with_image("TAG"),
        ")",
    ]
}
