//! `ajuda sandbox`: AWS without an account.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::command_error::{CommandError, ErrorKind};
use crate::exit::Exit;
use crate::image_reference::{ImageReference, is_tag};
use crate::message::{Command, Verb, message};
use crate::render::Console;
use crate::sandbox;

/// AWS without an account, on this machine
#[derive(Debug, Subcommand)]
pub enum Sandbox {
    /// Start it in the background; the first time this installs moto into a Python environment of its own
    Start(Start),
    /// Stop it; everything in it is gone
    Stop,
    /// Say whether it runs, and where
    Status,
    /// Add an image, as if it had been pushed; with a fault, for practice
    Image(Image),
}

/// How the sandbox starts.
#[derive(Debug, Args)]
pub struct Start {
    /// Port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// How fast AWS's clocks run: `fast` (a database takes 3 seconds), `real` (12 minutes), or a factor [default: fast]
    #[arg(long)]
    clock: Option<String>,
}

/// Which image, and what is wrong with it.
#[derive(Debug, Args)]
pub struct Image {
    /// `NAME:TAG`, such as `ajuda-digital:v2`
    image: String,
    /// Its container ends at once with exit code 1
    #[arg(long, group = "fault")]
    crash: bool,
    /// It never passes its health checks
    #[arg(long, group = "fault")]
    unhealthy: bool,
    /// It takes five minutes to start
    #[arg(long, group = "fault")]
    slow: bool,
    /// It is killed for using too much memory
    #[arg(long, group = "fault")]
    oom: bool,
}

impl Sandbox {
    pub(super) fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let home = sandbox::Sandbox::of_user()?;
        match self {
            Self::Start(start) => {
                if let Some(running) = home.running() {
                    start.suits(&running)?;
                    console.out(&format!("{}\n", running.url));
                    console.say("the sandbox runs already");
                    return Ok(Exit::Done);
                }
                let clock = start.clock.as_deref().unwrap_or("fast");
                let running = home.start(start.port, clock, &mut |text| console.say(text))?;
                console.out(&format!("{}\n", running.url));
                console.say("use it with --sandbox, or in any AWS tool with AWS_ENDPOINT_URL");
            }
            Self::Stop => match home.running() {
                Some(running) => {
                    home.stop(&running).map_err(|error| {
                        CommandError::error(format!("the sandbox did not stop: {error}"))
                    })?;
                    console.say("the sandbox is stopped; what was in it is gone");
                }
                None => console.say("no sandbox runs"),
            },
            Self::Status => match home.running() {
                Some(running) => console.out(&format!(
                    "running at {} (process {}, clock {})\n",
                    running.url, running.pid, running.clock
                )),
                None => {
                    let start = Command::new(Verb::SandboxStart);
                    let started = message!["not running; ", start, " starts it\n"];
                    console.out(&started.at(console.place()));
                }
            },
            Self::Image(image) => image.add(&home, console)?,
        }
        Ok(Exit::Done)
    }
}

impl Start {
    /// Whether the one that runs is as it is asked for.
    fn suits(&self, running: &sandbox::Running) -> Result<(), CommandError> {
        let clock = self
            .clock
            .as_ref()
            .is_none_or(|clock| *clock == running.clock);
        let port = self.port == 0 || running.url.ends_with(&format!(":{}", self.port));
        if clock && port {
            return Ok(());
        }
        Err(CommandError::new(
            ErrorKind::Refused,
            format!(
                "a sandbox runs already, at {} with clock {}",
                running.url, running.clock
            ),
        )
        .hint(message![
            Command::new(Verb::SandboxStop),
            " ends it and what is in it; then start another",
        ]))
    }
}

impl Image {
    fn add(&self, home: &sandbox::Sandbox, console: &Console) -> Result<(), CommandError> {
        let Some(running) = home.running() else {
            let start = Command::new(Verb::SandboxStart);
            let stop = CommandError::error("no sandbox runs");
            return Err(stop.hint(message![start, " starts it"]));
        };
        let ImageReference { name, tag, .. } = ImageReference::of(&self.image);
        if name.is_empty() || !tag.is_some_and(is_tag) {
            return Err(
                CommandError::error(format!("`{}` names no tag", self.image))
                    .hint(format!("write it like `{name}:v2`")),
            );
        }
        let behaviour = [
            (self.crash, "crash"),
            (self.unhealthy, "unhealthy"),
            (self.slow, "slow"),
            (self.oom, "oom"),
        ];
        let behaviour = behaviour
            .iter()
            .find(|(set, _)| *set)
            .map_or("ok", |(_, name)| name);
        running
            .control()
            .post(
                "images",
                &json!({ "image": self.image, "behaviour": behaviour }),
            )
            .map_err(|error| {
                CommandError::error(format!("the sandbox did not take it: {error}"))
            })?;
        console.say(format!("{} is in the sandbox's registry", self.image));
        Ok(())
    }
}
