//! `scale`: another number of tasks, where the file leaves it to whoever scales by hand.

use serde_json::json;

use super::change::{Change, Strategy, TargetRevision};
use super::diff::field;
use super::service_state::ServiceState;
use crate::aws::grant::{Grant, on};
use crate::command_error::{CommandError, ErrorKind};
use crate::image_reference::ImageReference;
use crate::message::{Message, commands, message};
use crate::resources::ServiceProps;
use crate::resources::ecs::revision_tags::IMAGE;
use crate::stack::Stack;

/// What nothing of a service means.
pub(crate) fn service_down() -> Message {
    message!["the service is down until the next ", commands::up()]
}

/// Whether a service may have that many tasks.
///
/// # Errors
/// Refused, with the key of the file that says otherwise.
pub(crate) fn check_count(state: &ServiceState, count: u32) -> Result<(), CommandError> {
    let name = state.name();
    let refused = |what: String| CommandError::new(ErrorKind::Refused, what);
    if let Some(scaling) = &state.scaling {
        let (min, max) = (scaling.min, scaling.max);
        if i32::try_from(count).is_ok_and(|count| (min..=max).contains(&count)) {
            return Ok(());
        }
        return Err(refused(format!(
            "{name} is scaled between {min} and {max} tasks, so it cannot have {count}"
        ))
        .hint(message![
            format!("change service.{name}.autoscaling in the file, then "),
            commands::up(),
        ]));
    }
    if let Some(written) = state.declared.count.filter(|written| *written != count) {
        return Err(refused(format!(
            "the file says that {name} has {written} tasks, so it cannot have {count}"
        ))
        .hint(message![
            format!("change service.{name}.count in the file, then "),
            commands::up(),
            "; or take it out of the file, and whoever scales by hand says how many",
        ]));
    }
    Ok(())
}

/// Whether several tasks of it can work together.
///
/// # Errors
/// Refused, when they share nothing.
pub fn check_shareable(
    stack: &Stack,
    state: &ServiceState,
    count: u32,
) -> Result<(), CommandError> {
    match state.declared.one_task(stack) {
        Some(one) if count > 1 => Err(CommandError::new(ErrorKind::Refused, one.why).hint(
            match one.until_redis {
                true => message![
                    "add [redis] to the file and ",
                    commands::up(),
                    ", or stay with one task",
                ],
                false => "stay with one task".into(),
            },
        )),
        _ => Ok(()),
    }
}

/// Decides what is to be done so that a service has that many tasks.
///
/// # Errors
/// When the file says otherwise, or an upgrade or a rollback did not end.
pub fn decide(state: ServiceState, count: u32) -> Result<Change, CommandError> {
    check_count(&state, count)?;
    if let Some(rollback) = &state.rollback {
        return Err(rollback.refusal(state.name()));
    }
    if let Some(begun) = state.unfinished() {
        let name = state.name();
        let image = ImageReference::of(begun.image(name)).version();
        let image = begun.tags.get(IMAGE).map_or(image, String::as_str);
        return Err(CommandError::new(
            ErrorKind::Refused,
            format!("an upgrade of {name} was begun and did not end"),
        )
        .hint(message![
            commands::update(name, image),
            " goes on with it, ",
            commands::rollback(name),
            " goes back",
        ]));
    }
    let now = state.count();
    let mut warnings = Vec::new();
    if state.scaling.is_some() {
        warnings.push("autoscaling goes on: it changes the number as the load does".into());
    } else if count == 0 {
        warnings.push(service_down());
    }
    let fields = if now == count {
        Vec::new()
    } else {
        vec![field(ServiceProps::COUNT.path(), json!(now), json!(count))]
    };
    Ok(Change {
        state,
        database: None,
        to: TargetRevision::Same,
        restart: false,
        back: false,
        count,
        strategy: Strategy::Rolling,
        fields,
        warnings,
    })
}

/// What other bounds of autoscaling need.
pub(crate) const GRANTS: &[Grant] = &[on(
    &["application-autoscaling:scalable-target/*"],
    &["application-autoscaling:RegisterScalableTarget"],
)
.owned()];
