//! What a plan needs beside the file, and is not there: values of secrets, images of tasks.

use std::collections::BTreeSet;

use super::session::Session;
use crate::check::{images, values};
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{Action, Address, Change, Item, Observed, Plan, Resource};
use crate::message::{Command, Message, Verb, commands, message};
use crate::resources::{ScalableTarget, Service, TaskDefinition};

/// Every variable that a new secret's value comes from must be set, before anything begins.
pub(super) fn supplied(session: &Session, plan: &Plan) -> Result<(), CommandError> {
    let missing = unsupplied(session, plan);
    if missing.is_empty() {
        return Ok(());
    }
    let mut stop = CommandError::new(
        ErrorKind::Refused,
        "secrets of the file have no value yet; nothing was changed",
    );
    for detail in missing {
        stop = stop.detail(detail);
    }
    Err(stop.hint("set them for this one command; ajuda puts the values into Secrets Manager and nowhere else"))
}

/// Refuses a plan that starts tasks of an image that has left the registry: what runs goes on, and nothing could
/// take its place.
///
/// # Errors
/// With the images.
pub(super) fn startable(
    session: &Session,
    plan: &Plan,
    observed: &Observed,
) -> Result<(), CommandError> {
    let gone = plan
        .items
        .iter()
        .filter(|item| starts(item))
        .filter_map(|item| {
            let task = Address::new(TaskDefinition::KIND, item.address.name());
            let live: &<TaskDefinition as Resource>::Live =
                observed.found.get(&task)?.downcast_ref()?;
            let another =
                |one: &Item| one.address == task && one.changes.changed(TaskDefinition::IMAGE);
            (live.image_left && !plan.items.iter().any(another)).then_some(&live.image)
        });
    let gone: BTreeSet<&String> = gone.collect();
    if gone.is_empty() {
        return Ok(());
    }
    let mut stop = CommandError::error(
        "tasks would be started of an image that is not in the registry any more; nothing was changed",
    );
    let mut hint = Message::default();
    for image in gone {
        stop = stop.detail(image.clone());
        if let Some(push) = crate::images::command(&session.stack, image) {
            hint.push(message![push, " brings it there again; "]);
        }
    }
    let another = Command::new(Verb::Up).option("--image", "SERVICE=TAG");
    Err(stop.hint(message![hint, another, " runs another"]))
}

/// Whether what is planned makes ECS start tasks.
fn starts(item: &Item) -> bool {
    let grows = |change: &Change| change.after.as_f64() > change.before.as_f64();
    match (item.address.kind(), &item.action) {
        (_, Action::Keep | Action::Delete | Action::Adopt) => false,
        (TaskDefinition::KIND, action) => {
            matches!(action, Action::Replace { .. } | Action::Later { .. })
        }
        (Service::KIND, Action::Update) => {
            item.changes
                .fields
                .iter()
                .any(|change| match Service::COUNT.covers(&change.path) {
                    true => grows(change),
                    false => Service::deploys(&change.path),
                })
        }
        (Service::KIND, _) => true,
        (ScalableTarget::KIND, _) => item.changes.of(ScalableTarget::MIN).is_some_and(grows),
        _ => false,
    }
}

/// What `up` would refuse, or leave without a task. A plan is made where the values are not, as in the review of a
/// change, so it only says so.
pub(super) async fn warnings(session: &Session, plan: &Plan, observed: &Observed) -> Vec<Message> {
    let mut warnings: Vec<Message> = unsupplied(session, plan)
        .into_iter()
        .map(|reason| message![reason, "; ", commands::up(), " refuses without it"])
        .collect();
    for service in session.stack.services.values() {
        let (cloud, chosen) = (&session.cloud, &session.images);
        match images::absent(cloud, observed, chosen, service).await {
            Ok(None) => {}
            Ok(Some(image)) => {
                let push = crate::images::command(&session.stack, &image)
                    .unwrap_or_else(|| commands::push_service(&service.name));
                warnings.push(message![
                    &service.name,
                    " has no image in the registry, so no task of it starts: ",
                    push,
                    " brings one",
                    images::once(observed, service),
                ]);
            }
            Err(fault) => warnings
                .push(format!("cannot look for the image of {}: {fault}", service.name).into()),
        }
    }
    warnings
}

/// The secrets that the plan gives a value from a variable of the operator's environment that has none.
fn unsupplied(session: &Session, plan: &Plan) -> Vec<String> {
    let lacking = values::lacking(&session.cloud, plan, &session.inputs);
    let faults = lacking.into_iter();
    faults
        .map(|(address, fault)| format!("{address}: {}", fault.message))
        .collect()
}
