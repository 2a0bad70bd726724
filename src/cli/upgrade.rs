//! Another version of a service that migrates a database, on the way of an `up`.

use super::deployment::{Messages, WAITING, perform, way_back};
use super::runner::Runner;
use super::session::Session;
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{Action, Address, Observed, Plan, Resource};
use crate::exit::Exit;
use crate::images;
use crate::message::{Message, commands, message};
use crate::outputs::live;
use crate::render::{self, Console, json};
use crate::resources::ecs::registry::split;
use crate::resources::ecs::revision_tags;
use crate::resources::{Service as ServiceKind, TaskDefinition};
use crate::rollout::change::Change;
use crate::rollout::image::{self, Image};
use crate::rollout::update::{UpdateRequest, decide};
use crate::stack::Service;

/// An upgrade that a plan has in it.
pub(super) struct Upgrade {
    change: Change,
    way_back: Message,
    service: String,
    /// The tag or digest.
    image: String,
}

/// The upgrades that a plan has in it: what else it changes comes after them.
///
/// # Errors
/// Refused, while an upgrade of such a service was begun and has not ended.
pub(super) async fn upgrades(
    session: &Session,
    plan: &Plan,
    observed: &Observed,
) -> Result<Vec<Upgrade>, CommandError> {
    let mut all = Vec::new();
    for service in session.stack.services.values() {
        let there = is_there(service, plan, observed) || is_begun(service, observed);
        if service.stops_first().is_none() || !there {
            continue;
        }
        let standing = session.service_state(service).await?;
        let Some(reference) = other_image(service, plan) else {
            if standing.left_behind().is_some() {
                return Err(unfinished(service));
            }
            continue;
        };
        let wish = UpdateRequest::default();
        let push = |image: &str| images::command(&session.stack, image);
        let image = if split(reference).0 == split(standing.image()).0 {
            image::find(&session.cloud, &standing, reference, push).await?
        } else {
            Image::known(reference)
        };
        let around = session.surroundings(&standing).await?;
        let change = decide(&session.cloud, standing, around, Some(image), &wish).await?;
        all.push(Upgrade {
            way_back: way_back(service, &change),
            service: service.name.clone(),
            image: split(reference).1.to_owned(),
            change,
        });
    }
    Ok(all)
}

/// What was begun is not tried again by a command that nobody may be looking at.
fn unfinished(service: &Service) -> CommandError {
    let name = &service.name;
    let upgrade = format!("an upgrade of {name} was begun and has not ended");
    let tag = service.image.tag.as_deref().unwrap_or("TAG");
    CommandError::new(ErrorKind::Refused, upgrade).hint(message![
        commands::update(name, tag),
        " goes on with it, ",
        commands::rollback_with_database(name),
        " goes back; another image in the file is tried by ",
        commands::up(),
    ])
}

/// Whether the service runs here already and the plan changes it.
fn is_there(service: &Service, plan: &Plan, observed: &Observed) -> bool {
    let address = Address::new(ServiceKind::KIND, &service.name);
    let changes = |item: &&crate::engine::Item| item.address == address;
    let item = plan.items.iter().find(changes);
    let goes_on = |action: &Action| matches!(action, Action::Update | Action::Later { .. });
    observed.found.contains_key(&address) && item.is_some_and(|item| goes_on(&item.action))
}

/// Whether an upgrade of it was begun and has not ended: a plan leaves it alone then.
fn is_begun(service: &Service, observed: &Observed) -> bool {
    let task = live::<TaskDefinition>(&observed.found, &service.name);
    task.is_some_and(|task| task.tag(revision_tags::TASKS).is_some())
}

/// The image that a service is to run, where it is another one.
fn other_image<'p>(service: &Service, plan: &'p Plan) -> Option<&'p str> {
    let address = Address::new(TaskDefinition::KIND, &service.name);
    let item = plan.items.iter().find(|item| item.address == address)?;
    let image = item.changes.of(TaskDefinition::IMAGE)?;
    image.before.as_str()?;
    image.after.as_str()
}

impl Upgrade {
    /// Shows what will be done.
    pub(super) fn show(&self, console: &Console) {
        let plan = self.change.deployment_plan();
        if console.is_json() {
            console.event(&json::deployment_plan(&plan));
        } else {
            console.say(render::deployment_plan(&plan, console.talk_style()));
        }
    }

    /// Does it and tells what came of it.
    pub(super) async fn perform(&self, runner: Runner<'_>) -> Exit {
        let words = Messages {
            // What goes on with it after a failure.
            again: commands::update(&self.service, &self.image),
            way_back: self.way_back.clone(),
        };
        perform(runner, &self.change, WAITING, &words).await
    }
}
