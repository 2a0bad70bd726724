//! Images of the stack's own repositories: without one, no task of its service starts.
//!
//! `up` goes on without: it makes the repository that an image is pushed to, and says what to type.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;

use super::{CheckContext, Finding};
use crate::aws::Cloud;
use crate::aws::grant::{Grant, on};
use crate::engine::{Address, Fault, Observed, Resource};
use crate::image_reference::{ImageReference, join};
use crate::images;
use crate::message::{Message, commands, message};
use crate::resources::ecs::registry;
use crate::resources::{Repository, TaskDefinition};
use crate::stack::Service;

pub(super) async fn check(context: &CheckContext<'_>) -> Result<Vec<Finding>, Fault> {
    let ours = || context.stack.services.values().filter(|one| one.image.ours);
    let asked =
        ours().map(|service| absent(context.cloud, context.observed, context.images, service));
    let mut found = Vec::new();
    for (service, answer) in ours().zip(join_all(asked).await) {
        let name = format!("service.{}.image", service.name);
        found.push(match answer {
            Ok(None) => Finding::ok(name, "is in the registry").in_file(),
            Ok(Some(image)) => {
                let once = once(context.observed, service);
                let push = images::command(context.stack, &image)
                    .unwrap_or_else(|| commands::push_service(&service.name));
                let reason = "is not in the registry, so no task of it starts";
                let finding = Finding::warn(name, reason).in_file();
                finding.fix(message![push, " brings one", once])
            }
            Err(fault) => Finding::unread(&name, &fault).in_file(),
        });
    }
    Ok(found)
}

/// When an image can be pushed, where that is not at once.
pub fn once(observed: &Observed, service: &Service) -> Message {
    let made = Address::new(Repository::KIND, &service.image.name);
    match observed.found.contains_key(&made) {
        true => Message::default(),
        false => message![", once ", commands::up(), " has made the repository"],
    }
}

/// The image that a service is to run next, where it is not in the stack's repository: the one that `push` is to
/// bring, where none is chosen. `chosen` has the tags or digests of the command line, by service.
///
/// # Errors
/// The fault of `ecr:DescribeImages`, which is asked once for a repository.
pub async fn absent(
    cloud: &Cloud,
    observed: &Observed,
    chosen: &BTreeMap<String, String>,
    service: &Service,
) -> Result<Option<String>, Fault> {
    if !service.image.ours {
        return Ok(None);
    }
    let wanted = service.image.tag.as_ref().or(chosen.get(&service.name));
    let task = observed
        .found
        .get(&Address::new(TaskDefinition::KIND, &service.name));
    let task: Option<&<TaskDefinition as Resource>::Live> =
        task.and_then(|live| live.downcast_ref());
    if let Some(task) = task {
        let version = ImageReference::of(&task.image).version();
        let same =
            wanted.is_none_or(|tag| tag == version || task.image_tag() == Some(tag.as_str()));
        if same {
            return Ok((!task.image_present).then(|| task.image.clone()));
        }
    }
    let name = &service.image.name;
    // As a reference into the registry; the repository that has its address may not be there yet.
    let place = &cloud.place;
    let uri = format!("{}.dkr.ecr.{}/{name}", place.account, place.region);
    let image = join(&uri, wanted.map_or("v1", String::as_str));
    let repository = Address::new(Repository::KIND, name);
    if !observed.found.contains_key(&repository) {
        return Ok(Some(image));
    }
    let repositories = BTreeSet::from([name.clone()]);
    let held = registry::remembered(cloud, &repositories).await?;
    let there = held.get(name).is_some_and(|images| match wanted {
        Some(_) => images.contains(&image),
        None => images.newest().is_some(),
    });
    Ok((!there).then_some(image))
}

/// What the check reads.
pub(super) const GRANTS: &[Grant] = &[on(
    &["ecr:repository/{repository}"],
    &["ecr:DescribeImages", "ecr:BatchGetImage"],
)];
