//! Another version of a service that migrates a database, on the way of an `up`.

use super::deployment::{Messages, WAITING, perform, way_back};
use super::options::{Common, option};
use super::runner::Runner;
use super::session::Session;
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{Action, Address, Observed, Plan, Resource};
use crate::exit::Exit;
use crate::image_reference::ImageReference;
use crate::images;
use crate::outputs::live;
use crate::render::{self, Console, json};
use crate::resources::ecs::revision_tags;
use crate::resources::{Service as ServiceKind, TaskDefinition};
use crate::rollout::change::Change;
use crate::rollout::image::{self, Image};
use crate::rollout::update::{UpdateRequest, decide};
use crate::stack::Service;

/// An upgrade that a plan has in it.
pub(super) struct Upgrade {
    change: Change,
    way_back: String,
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
    common: &Common,
    plan: &Plan,
    observed: &Observed,
) -> Result<Vec<Upgrade>, CommandError> {
    let mut all = Vec::new();
    for service in session.stack.services.values() {
        let there = is_there(service, plan, observed) || is_begun(service, observed);
        if service.stops_first().is_none() || !there {
            continue;
        }
        let standing = session.service_state(common, service).await?;
        let Some(reference) = other_image(service, plan) else {
            if standing.left_behind().is_some() {
                return Err(unfinished(common, service));
            }
            continue;
        };
        let wish = UpdateRequest::default();
        let push = |image: &str| {
            let words = images::command(&session.stack, image)?;
            Some(common.command("push") + &words)
        };
        let image =
            if ImageReference::of(reference).name == ImageReference::of(standing.image()).name {
                image::find(&session.cloud, &standing, reference, push).await?
            } else {
                Image::known(reference)
            };
        let around = session.surroundings(&standing).await?;
        let change = decide(&session.cloud, standing, around, Some(image), &wish).await?;
        all.push(Upgrade {
            way_back: way_back(common, service, &change),
            service: service.name.clone(),
            image: ImageReference::of(reference).version().to_owned(),
            change,
        });
    }
    Ok(all)
}

/// What was begun is not tried again by a command that nobody may be looking at.
fn unfinished(common: &Common, service: &Service) -> CommandError {
    let name = &service.name;
    let upgrade = format!("an upgrade of {name} was begun and has not ended");
    let (update, rollback) = (common.command("update"), common.command("rollback"));
    let tag = service.image.tag.as_deref().unwrap_or("TAG");
    CommandError::new(ErrorKind::Refused, upgrade).hint(format!(
        "`{update} --service {name} --image {tag}` goes on with it, `{rollback} --service {name} --restore-snapshot` \
         goes back; another image in the file is tried by `{}`",
        common.command("up")
    ))
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
            console.say(&render::deployment_plan(&plan, console.talk_style()));
        }
    }

    /// The command that goes on with it after a failure.
    fn again(&self, common: &Common) -> String {
        let service = option("--service", &self.service);
        common.command("update") + &service + &option("--image", &self.image)
    }

    /// Does it and tells what came of it.
    pub(super) async fn perform(&self, runner: Runner<'_>, common: &Common) -> Exit {
        let words = Messages {
            again: self.again(common),
            way_back: self.way_back.clone(),
            status: common.command("status"),
            push: common.command("push"),
        };
        perform(runner, &self.change, WAITING, &words).await
    }
}
