//! The Bedrock models of a stack on the way of `plan` and `up`: what is said of them, and agreements that
//! the operator accepts.

use super::runner::{Runner, stopped};
use super::session::Session;
use crate::bedrock::{self, ModelProblem, ModelWarning, Models, Offer};
use crate::command_error::CommandError;
use crate::engine::Address;
use crate::message::{Command, Verb, message};
use crate::render::{self, Console, json};

/// The flag that accepts agreements.
pub(super) const ACCEPT: &str = "--accept-model-agreements";

/// The models of the stack as [`bedrock::read`] finds them, with what to do about an agreement: `up` is the
/// command that accepts it.
pub(super) async fn read(session: &Session, up: Command) -> Models {
    let mut models = bedrock::read(&session.cloud, &session.stack).await;
    let unaccepted = models
        .warnings
        .iter_mut()
        .filter(|warning| warning.problem == ModelProblem::NoAgreement);
    for warning in unaccepted {
        warning.hint = Some(message![
            &up,
            " shows the terms and accepts them; the model's page in the Bedrock console's model catalog does, too",
        ]);
    }
    models
}

/// The `up` that accepts, for an operator to type.
pub(super) fn accepting(adopt: &[Address]) -> Command {
    Command::new(Verb::Up).options("--adopt", adopt).arg(ACCEPT)
}

/// Says what there is to know, before anything is asked or done. Whoever accepts agreements is shown their
/// terms instead of being told that they wait.
pub(super) fn report(console: &Console, models: &Models, accepts: bool) {
    let waits = |one: &&ModelWarning| accepts && one.problem == ModelProblem::NoAgreement;
    let warnings = models.warnings.iter().filter(|one| !waits(one));
    let warnings: Vec<ModelWarning> = warnings.cloned().collect();
    if warnings.is_empty() {
        return;
    }
    if console.is_json() {
        console.event(&json::model_warnings(&warnings, console.place()));
    } else {
        let (place, style) = (console.place(), console.talk_style());
        console.say(render::model_warnings(&warnings, place, style));
    }
}

/// What providers offer for the models whose agreement nobody has accepted, shown.
///
/// # Errors
/// When the offers cannot be read.
pub(super) async fn offers(
    session: &Session,
    console: &Console,
    models: &Models,
) -> Result<Vec<Offer>, CommandError> {
    let offers = bedrock::offers(&session.cloud, &models.unaccepted)
        .await
        .map_err(|fault| {
            CommandError::fault(
                "cannot read the terms of the agreements, so nothing was changed",
                &fault,
            )
        })?;
    if offers.is_empty() {
        if !console.is_json() {
            console.say("no model of the file waits for an agreement");
        }
    } else if console.is_json() {
        console.event(&json::offers(&offers));
    } else {
        console.say(render::offers(&offers, console.talk_style()));
    }
    Ok(offers)
}

/// Accepts what was shown, one after the other, and waits until each is in force.
///
/// # Errors
/// When one is not, or the operator stops the run: those before it are accepted.
pub(super) async fn accept(runner: Runner<'_>, offers: &[Offer]) -> Result<(), CommandError> {
    let work = async |run| {
        for offer in offers {
            bedrock::accept(&run, offer).await?;
        }
        Ok(())
    };
    runner.task(work).await.map_err(|fault| {
        stopped(
            "a model's agreement was not accepted, and nothing else was changed",
            &fault,
        )
    })
}
