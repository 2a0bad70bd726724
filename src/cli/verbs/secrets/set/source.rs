//! Where a value comes from: never the command line, which history and the process list show.

use std::io::Read;

use clap::Args;

use crate::cli::apply::wait_for_signal;
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::Address;
use crate::render::Console;
use crate::resources::SecretString;

/// More than any secret takes; what is longer need not be read to its end.
const MOST: u64 = 70_000;

/// Where the value is.
#[derive(Debug, Args)]
pub(super) struct Source {
    /// Read the value from stdin; a newline at its end is dropped
    #[arg(long, conflicts_with = "env")]
    stdin: bool,
    /// Take the value of this environment variable
    #[arg(long, value_name = "VAR")]
    env: Option<String>,
    /// Refused: a value on the command line is seen by everybody on the machine.
    #[arg(long, hide = true, num_args = 0..=1, value_name = "VALUE")]
    value: Option<Option<String>>,
    /// Refused, like `value`.
    #[arg(hide = true, num_args = 0.., value_name = "VALUE")]
    rest: Vec<String>,
}

impl Source {
    /// Refuses a value that was typed after the secret's name, without repeating it.
    pub(super) fn refuse_argument(&self, secret: &str) -> Result<(), CommandError> {
        if self.value.is_none() && self.rest.is_empty() && !secret.contains('=') {
            return Ok(());
        }
        Err(CommandError::error("a value does not belong on the command line; nothing was changed")
            .detail("this one is in the shell's history by now, and was in the list of processes")
            .hint("have another one made where it comes from, and give it without an argument (it is asked for unseen), with --stdin, or with --env VAR"))
    }

    /// Reads the value.
    pub(super) async fn read(
        &self,
        console: &Console,
        address: &Address,
    ) -> Result<SecretString, CommandError> {
        if let Some(variable) = &self.env {
            return from_variable(variable);
        }
        if self.stdin {
            return from_stdin(console);
        }
        typed(console, address).await
    }
}

fn from_variable(variable: &str) -> Result<SecretString, CommandError> {
    match std::env::var(variable) {
        Ok(value) => Ok(SecretString::new(value)),
        Err(std::env::VarError::NotPresent) => Err(CommandError::error(format!(
            "the environment variable {variable} is not set; nothing was changed"
        ))),
        Err(std::env::VarError::NotUnicode(_)) => Err(no_text(&format!("the value of {variable}"))),
    }
}

fn from_stdin(console: &Console) -> Result<SecretString, CommandError> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MOST)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            CommandError::error(format!("cannot read stdin: {error}; nothing was changed"))
        })?;
    let mut text = String::from_utf8(bytes).map_err(|_| no_text("what stdin holds"))?;
    let before = text.len();
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    if text.len() < before {
        console.say("dropped the newline at the end of stdin");
    }
    Ok(SecretString::new(text))
}

fn no_text(what: &str) -> CommandError {
    CommandError::error(format!("{what} is no UTF-8 text; nothing was changed"))
}

#[cfg(unix)]
async fn typed(console: &Console, address: &Address) -> Result<SecretString, CommandError> {
    use crate::render::HiddenPrompt;
    let signal = wait_for_signal();
    tokio::pin!(signal);
    // It listens once it was asked: before the terminal is silent.
    tokio::select! {
        biased;
        () = &mut signal => return Err(CommandError::already_reported(ErrorKind::Interrupted)),
        () = std::future::ready(()) => {}
    }
    let Some(prompt) = HiddenPrompt::ask(console, &format!("value of {address} (not shown):"))
    else {
        return Err(no_terminal());
    };
    let line = tokio::select! {
        line = tokio::task::spawn_blocking(HiddenPrompt::line) => line.ok().flatten(),
        () = &mut signal => {
            // Before anything else, or the terminal would stay silent.
            drop(prompt);
            console.say("\ninterrupted; nothing was changed");
            return Err(CommandError::already_reported(ErrorKind::Interrupted));
        }
    };
    drop(prompt);
    line.map(SecretString::new).ok_or_else(|| {
        CommandError::new(
            ErrorKind::Refused,
            "no value was typed; nothing was changed",
        )
    })
}

#[cfg(not(unix))]
async fn typed(_: &Console, _: &Address) -> Result<SecretString, CommandError> {
    Err(no_terminal())
}

fn no_terminal() -> CommandError {
    CommandError::new(
        ErrorKind::Refused,
        "no terminal to type the value on; nothing was changed",
    )
    .hint("give it with --stdin, or with --env VAR")
}
