//! Another version of a service that migrates a database, on the way of an `up`.

use tokio::time::Instant;

use super::deployment::{Messages, WAITING, perform, way_back};
use super::runner::Runner;
use super::session::Session;
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{Action, Address, Field, Observed, Plan, PlannedRefusal, Resource, Schedule};
use crate::exit::Exit;
use crate::image_reference::ImageReference;
use crate::images;
use crate::message::{Command, Message, Verb, commands, message};
use crate::outputs::live;
use crate::render::Part;
use crate::resources::ecs::revision_tags;
use crate::resources::ecs::task_definition::describe_revision;
use crate::resources::{KINDS, Service as ServiceKind, TaskDefinition};
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
/// Refused, while an upgrade of such a service is unfinished, and where the service is not the
/// stack's yet.
pub(super) async fn upgrades(
    session: &Session,
    plan: &Plan,
    observed: &Observed,
) -> Result<Vec<Upgrade>, CommandError> {
    let mut all = Vec::new();
    for service in session.stack.services.values() {
        all.extend(upgrade(session, plan, observed, service).await?);
    }
    Ok(all)
}

/// That of one service, if the plan has one.
async fn upgrade(
    session: &Session,
    plan: &Plan,
    observed: &Observed,
    service: &Service,
) -> Result<Option<Upgrade>, CommandError> {
    let begun = is_begun(service, observed);
    if service.stops_first().is_none() || !(begun || is_there(service, plan, observed)) {
        return Ok(None);
    }
    if is_taken_over(service, observed) {
        let running = taken_over_image(session, service, plan).await?;
        if begun || other_image(service, plan, running.as_deref()).is_some() {
            return Err(not_adopted(service, observed));
        }
        return Ok(None);
    }
    let state = session.service_state(service).await?;
    let running = state.image().to_owned();
    let Some(reference) = other_image(service, plan, Some(&running)) else {
        return match state.left_behind() {
            Some(_) => Err(unfinished(service)),
            None => Ok(None),
        };
    };
    let request = UpdateRequest::default();
    let push = |image: &str| images::command(&session.stack, image);
    let image = if ImageReference::of(reference).name == ImageReference::of(state.image()).name {
        image::find(&session.cloud, &state, reference, push).await?
    } else {
        Image::known(reference)
    };
    let around = session.surroundings(&state).await?;
    let change = decide(&session.cloud, state, around, Some(image), &request).await?;
    Ok(Some(Upgrade {
        way_back: way_back(service, &change),
        service: service.name.clone(),
        image: ImageReference::of(reference).version().to_owned(),
        change,
    }))
}

/// What was begun is not tried again by a command that nobody may be looking at.
fn unfinished(service: &Service) -> CommandError {
    let name = &service.name;
    let upgrade = format!("an upgrade of {name} is unfinished");
    let tag = service.image.tag.as_deref().unwrap_or("TAG");
    CommandError::new(ErrorKind::Refused, upgrade).hint(message![
        commands::update(name, tag),
        " goes on with it, ",
        commands::rollback_with_database(name),
        " goes back; another image in the file is tried by ",
        commands::up(),
    ])
}

/// What follows an order of its own is done to the stack's own services, by what their tags say of them.
fn not_adopted(service: &Service, observed: &Observed) -> CommandError {
    let name = &service.name;
    let what = format!(
        "service/{name} is not adopted yet, and its image changes: adopt it first, then deploy the other image; \
         nothing was changed"
    );
    let chosen = observed.adopted.keys();
    let adopt = Command::new(Verb::Adopt).args(chosen.map(ToString::to_string));
    CommandError::new(ErrorKind::Refused, what).hint(message![adopt, ", then ", commands::up()])
}

/// Whether the service is taken over by this very command.
fn is_taken_over(service: &Service, observed: &Observed) -> bool {
    let address = Address::new(ServiceKind::KIND, &service.name);
    observed.adopted.contains_key(&address)
}

/// Whether the service runs here already and the plan changes it.
fn is_there(service: &Service, plan: &Plan, observed: &Observed) -> bool {
    let address = Address::new(ServiceKind::KIND, &service.name);
    let changes = |item: &&crate::engine::Item| item.address == address;
    let item = plan.items.iter().find(changes);
    let goes_on = |action: &Action| matches!(action, Action::Update | Action::Later { .. });
    observed.found.contains_key(&address) && item.is_some_and(|item| goes_on(&item.action))
}

/// Whether an upgrade of it is unfinished: a plan leaves it alone then.
fn is_begun(service: &Service, observed: &Observed) -> bool {
    let task = live::<TaskDefinition>(&observed.found, &service.name);
    task.is_some_and(|task| task.tag(revision_tags::TASKS).is_some())
}

/// The image of the revision that a service runs which this command takes over, as far as the plan names it.
async fn taken_over_image(
    session: &Session,
    service: &Service,
    plan: &Plan,
) -> Result<Option<String>, CommandError> {
    let address = Address::new(ServiceKind::KIND, &service.name);
    let item = plan.items.iter().find(|item| item.address == address);
    let task = item.and_then(|item| item.changes.of(ServiceKind::TASK)?.before.as_str());
    let Some(task) = task else { return Ok(None) };
    let revision = describe_revision(&session.cloud, task).await;
    let revision = revision
        .map_err(|fault| CommandError::fault("cannot read the revision that it runs", &fault))?;
    Ok(revision.map(|revision| revision.image(&service.name).to_owned()))
}

/// The image that a service is to run, where it is another one than it runs, or may be.
///
/// What was taken over runs a revision of a family that is not the stack's: its plan makes the first revision of the
/// stack's own, which has no image before. `running` is the image of the service as ECS has it, where it was read.
fn other_image<'p>(service: &Service, plan: &'p Plan, running: Option<&str>) -> Option<&'p str> {
    let address = Address::new(TaskDefinition::KIND, &service.name);
    let item = plan.items.iter().find(|item| item.address == address)?;
    let image = item.changes.of(TaskDefinition::IMAGE)?;
    let after = image.after.as_str()?;
    let is_same = image.before.is_null() && running == Some(after);
    (!is_same).then_some(after)
}

impl Upgrade {
    fn schedule(&self) -> Schedule {
        self.change.remaining().schedule
    }

    /// Does it, as this part of a run, and tells what came of it.
    async fn perform(&self, runner: Runner<'_>, part: &Part) -> Exit {
        let words = Messages {
            // What goes on with it after a failure.
            again: commands::update(&self.service, &self.image),
            way_back: self.way_back.clone(),
        };
        perform(runner, &self.change, WAITING, &words, part).await
    }
}

/// The plan with its upgrades, one after the other and before the rest of it.
pub(super) fn with_upgrades(
    session: &Session,
    plan: Plan,
    observed: &Observed,
    upgrades: &[Upgrade],
) -> Plan {
    if upgrades.is_empty() {
        return plan;
    }
    let stages = upgrades.iter().map(Upgrade::schedule);
    let stages = stages.fold(Schedule::default(), Schedule::then);
    let schedule = stages.then(rest(session, &plan, observed, upgrades));
    let staged = upgrades.iter().flat_map(|one| one.change.plan().staged);
    Plan {
        staged: staged.collect(),
        schedule,
        ..plan
    }
}

/// Why `up` would not begin the upgrade of one service.
pub(super) struct Refusal {
    kind: ErrorKind,
    address: Address,
    why: Message,
}

impl Refusal {
    /// How a command ends that found it. `None` where only an image is not in the registry yet: that may come before
    /// `up` does.
    pub(super) fn kind(&self) -> Option<ErrorKind> {
        (self.kind != ErrorKind::Failed).then_some(self.kind)
    }

    /// What is to be said of it beside a plan.
    pub(super) fn warning(&self) -> Message {
        message![commands::up(), " would not begin: ", &self.why]
    }

    /// It among what is known to be refused. `None` for what another check says: an image that is not there, and what
    /// could not be read.
    pub(super) fn foreseen(&self) -> Option<PlannedRefusal> {
        (self.kind == ErrorKind::Refused).then(|| PlannedRefusal {
            address: self.address.clone(),
            why: self.why.clone(),
        })
    }
}

/// The same for a verb that only reads, with all that keeps `up` from beginning.
pub(super) async fn foreseen(
    session: &Session,
    plan: Plan,
    observed: &Observed,
) -> (Plan, Vec<Refusal>) {
    let (mut all, mut refusals) = (Vec::new(), Vec::new());
    for service in session.stack.services.values() {
        match Box::pin(upgrade(session, &plan, observed, service)).await {
            Ok(one) => all.extend(one),
            Err(refused) => {
                let parts = [refused.message.into()].into_iter();
                let parts = parts.chain(refused.details).chain(refused.hint);
                refusals.push(Refusal {
                    kind: refused.kind,
                    address: Address::new(ServiceKind::KIND, &service.name),
                    why: Message::join(parts, "; "),
                });
            }
        }
    }
    (with_upgrades(session, plan, observed, &all), refusals)
}

/// Does all of them and tells what came of each. Answers where the rest stands in the run.
///
/// # Errors
/// How the command ends, when one has failed.
pub(super) async fn perform_all(
    runner: Runner<'_>,
    plan: &Plan,
    observed: &Observed,
    upgrades: &[Upgrade],
) -> Result<Part, Exit> {
    let speed = runner.session.clock_speed;
    let begun = Instant::now();
    let mut all: Vec<Schedule> = upgrades.iter().map(Upgrade::schedule).collect();
    all.push(rest(runner.session, plan, observed, upgrades));
    for (index, upgrade) in upgrades.iter().enumerate() {
        let part = Part::of(&all, index, begun, speed);
        // A future of its own: all of what it does would make that of the command too deep to compile.
        match Box::pin(upgrade.perform(runner, &part)).await {
            Exit::Done => {}
            exit => return Err(exit),
        }
    }
    Ok(Part::of(&all, upgrades.len(), begun, speed))
}

/// What a plan has to do after its upgrades: the new images run then, and what else it changes of those services
/// takes another revision.
fn rest(session: &Session, plan: &Plan, observed: &Observed, upgrades: &[Upgrade]) -> Schedule {
    let mut rest = plan.clone();
    for upgrade in upgrades {
        let service = &upgrade.service;
        if without(
            &mut rest,
            TaskDefinition::KIND,
            service,
            TaskDefinition::IMAGE,
        ) {
            without(&mut rest, ServiceKind::KIND, service, ServiceKind::TASK);
        }
    }
    rest.timed(&session.graph, KINDS, observed).schedule
}

/// Takes the change of a field out of a plan. Answers whether nothing else of that object is changed.
fn without(plan: &mut Plan, kind: &'static str, name: &str, field: Field) -> bool {
    let address = Address::new(kind, name);
    let Some(item) = plan.items.iter_mut().find(|item| item.address == address) else {
        return true;
    };
    item.changes.fields.retain(|one| !field.covers(&one.path));
    if item.changes.is_empty() {
        item.action = Action::Keep;
    }
    item.changes.is_empty()
}
