//! What a plan needs beside the file, and is not there: values of secrets, images of tasks.

use std::collections::BTreeSet;

use super::session::Session;
use super::{Common, option};
use crate::engine::{Action, Address, Fault, Observed, Plan, Resource};
use crate::exit::{Exit, Stop};
use crate::push;
use crate::resources::ecs::registry;
use crate::resources::{Repository, TaskDefinition};
use crate::stack::Service;

/// Every variable that a new secret's value comes from must be set, before anything begins.
pub(super) fn supplied(session: &Session, plan: &Plan) -> Result<(), Stop> {
    let missing = unsupplied(session, plan);
    if missing.is_empty() {
        return Ok(());
    }
    let mut stop = Stop::new(
        Exit::Refused,
        "secrets of the file have no value yet; nothing was changed",
    );
    for detail in missing {
        stop = stop.detail(detail);
    }
    Err(stop.hint("set them for this one command; ajuda puts the values into Secrets Manager and nowhere else"))
}

/// What `up` would refuse, or leave without a task. A plan is made where the values are not, as in the review of a
/// change, so it only says so.
pub(super) async fn warnings(
    session: &Session,
    common: &Common,
    plan: &Plan,
    observed: &Observed,
) -> Vec<String> {
    let mut warnings: Vec<String> = unsupplied(session, plan)
        .into_iter()
        .map(|lacks| format!("{lacks}; `up` refuses without it"))
        .collect();
    for service in session.stack.services.values() {
        match absent_image(session, observed, service).await {
            Ok(None) => {}
            Ok(Some(image)) => {
                let words = push::command(&session.stack, &image)
                    .unwrap_or_else(|| option("--service", &service.name));
                let made = Address::new(Repository::KIND, &service.image.name);
                let once = match observed.found.contains_key(&made) {
                    true => "",
                    false => ", once `up` has made the repository",
                };
                warnings.push(format!(
                    "{} has no image in the registry, so no task of it starts: `{}{words}` brings one{once}",
                    service.name,
                    common.command("push")
                ));
            }
            Err(fault) => warnings.push(format!(
                "cannot look for the image of {}: {fault}",
                service.name
            )),
        }
    }
    warnings
}

/// The secrets that the plan gives a value from a variable of the operator's environment that has none.
fn unsupplied(session: &Session, plan: &Plan) -> Vec<String> {
    let made: BTreeSet<&Address> = plan
        .items
        .iter()
        .filter(|item| match item.action {
            Action::Create => true,
            Action::Update | Action::Replace { .. } => item.changes.touch_any(&["made", "value"]),
            Action::Keep | Action::Delete | Action::Later { .. } | Action::Adopt => false,
        })
        .map(|item| &item.address)
        .collect();
    let taken = session.inputs.iter().filter(|(it, _)| made.contains(it));
    taken
        .filter_map(
            |(address, variable)| match session.cloud.inputs.get(variable) {
                Ok(_) => None,
                Err(fault) => Some(format!("{address}: {}", fault.message)),
            },
        )
        .collect()
}

/// The image that a service is to run next, where it is not in the stack's repository: the one that `push` is to
/// bring, where none is chosen.
async fn absent_image(
    session: &Session,
    observed: &Observed,
    service: &Service,
) -> Result<Option<String>, Fault> {
    if !service.image.ours {
        return Ok(None);
    }
    let chosen = session.images.get(&service.name);
    let wanted = service.image.tag.as_ref().or(chosen);
    let task = observed
        .found
        .get(&Address::new(TaskDefinition::KIND, &service.name));
    let task: Option<&<TaskDefinition as Resource>::Live> =
        task.and_then(|live| live.downcast_ref());
    if let Some(task) = task {
        let (_, version) = registry::split(&task.image);
        let same =
            wanted.is_none_or(|tag| tag == version || task.image_tag() == Some(tag.as_str()));
        if same {
            return Ok((!task.image_present).then(|| task.image.clone()));
        }
    }
    let name = &service.image.name;
    // As a reference into the registry; the repository that has its address may not be there yet.
    let place = &session.cloud.place;
    let uri = format!("{}.dkr.ecr.{}/{name}", place.account, place.region);
    let image = registry::join(&uri, wanted.map_or("v1", String::as_str));
    let repository = Address::new(Repository::KIND, name);
    if !observed.found.contains_key(&repository) {
        return Ok(Some(image));
    }
    let repositories = BTreeSet::from([name.clone()]);
    let held = registry::remembered(&session.cloud, &repositories).await?;
    let there = held.get(name).is_some_and(|images| match wanted {
        Some(_) => images.hold(&image),
        None => images.newest().is_some(),
    });
    Ok((!there).then_some(image))
}
