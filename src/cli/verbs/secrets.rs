//! `ajuda deploy secrets`: which there are, and new values for them.

use clap::{Args, Subcommand};

use crate::cli::options::Common;
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::engine::Address;
use crate::exit::Exit;
use crate::message::{self, Command, commands, message};
use crate::presets::secrets::consequence;
use crate::render::Console;
use crate::resources::Secret;
use crate::secrets;
use crate::stack::nearest;

mod get;
mod list;
mod rotate;
mod set;

/// List the secrets of the stack, print one, set their values, make new ones
///
/// Values stay in Secrets Manager: `get` alone shows one, and none is taken from the command line.
#[derive(Debug, Args)]
pub struct Secrets {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    List(list::List),
    Get(get::Get),
    Set(set::Set),
    Rotate(rotate::Rotate),
}

impl Secrets {
    pub(super) fn common(&self) -> &Common {
        match &self.verb {
            Verb::List(verb) => &verb.common,
            Verb::Get(verb) => &verb.common,
            Verb::Set(verb) => &verb.common,
            Verb::Rotate(verb) => &verb.common,
        }
    }

    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        match self.verb {
            Verb::List(verb) => verb.run(console).await,
            Verb::Get(verb) => verb.run(console).await,
            Verb::Set(verb) => verb.run(console).await,
            Verb::Rotate(verb) => verb.run(console).await,
        }
    }
}

/// The declared secret that the operator means. What was typed is not repeated: it may be a value.
fn named<'s>(session: &'s Session, text: &str) -> Result<(&'s Address, &'s Secret), CommandError> {
    if let Some(found) = secrets::find(&session.graph, text) {
        return Ok(found);
    }
    let all = secrets::declared(&session.graph);
    let names: Vec<&str> = all.keys().map(|address| address.name()).collect();
    let mut stop = CommandError::error(format!(
        "the stack {} makes no secret of that name",
        session.stack.name
    ));
    if !names.is_empty() {
        stop = stop.detail(format!("it makes {}", names.join(", ")));
    }
    Err(match nearest(text, names) {
        Some(near) => stop.hint(format!("did you mean `{near}`?")),
        None => stop.hint(message![
            Command::new(message::Verb::SecretsList),
            " shows all of them; one that the file names by `arn` is changed where you keep it",
        ]),
    })
}

/// The command that prints a secret's value.
pub(super) fn get(secret: &str) -> Command {
    Command::new(message::Verb::SecretsGet).arg(secret)
}

/// Why there is nothing to change yet.
fn absent(session: &Session, address: &Address) -> CommandError {
    CommandError::error(format!(
        "{address} is not there, in {}",
        session.cloud.place
    ))
    .hint(message![commands::up(), " makes it"])
}

/// Says what does not follow a new value by itself, and how it is brought about.
fn by_hand(session: &Session, console: &Console, address: &Address, secret: &Secret) {
    if let Some(by_hand) = consequence(&session.stack, address.name()).by_hand {
        let next = console.talk_style().accent("next:");
        let shows = Command::aws("secretsmanager get-secret-value")
            .option("--secret-id", &secret.name)
            .option("--query", "SecretString")
            .option("--output", "text");
        let new = format!("{next} {by_hand}; the new value is shown by ");
        console.say(message![new, shows]);
    }
}
