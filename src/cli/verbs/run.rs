//! `ajuda deploy run`: a command in a task of its own.

use std::time::Duration;

use clap::Args;

use crate::cli::apply::Signals;
use crate::cli::options::{Common, Which};
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::exit::{Exit, ExitStatus};
use crate::inspect::run::{Ended, Look, Output, Running, describe, start, stop};
use crate::message::{Command, Verb, message};
use crate::render::{Console, json};

/// Between two looks at a task.
const PAUSE: Duration = Duration::from_secs(2);
/// How often a log is read once more after its task has ended: its last lines arrive late.
const AFTER: usize = 3;
/// What `docker run` ends with when the command never ran.
const NEVER_RAN: u8 = 125;

/// Run a command in a task of its own, with the service's settings
///
/// Takes the task definition that the service runs now, its subnets, groups and roles, and gives the
/// container your command instead of its own (an ENTRYPOINT of the image stays before it). Its output
/// comes to stdout, and its exit code is this command's. A task that never ran ends it with 125, and
/// ajuda's own mistakes and refusals as everywhere. The first Ctrl-C stops the task.
/// The task has no load balancer and no names of Service Connect: those are for services.
///
/// Example: ajuda deploy run --service open-webui -- python -c 'print(1)'
#[derive(Debug, Args)]
pub struct Run {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    which: Which,
    /// Only start it: print its id and leave it running
    #[arg(long)]
    detach: bool,
    /// The command, after `--`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Run {
    pub(super) async fn run(self, console: &Console) -> Result<ExitStatus, CommandError> {
        let session = Session::open_for(&self.common, console, &self.which.names(), false).await?;
        let service = session.service_or_app(self.which.name())?;
        let called = session.as_called().await;
        let task = start(&session.cloud, &called, &service, &self.command)
            .await
            .map_err(|fault| CommandError::of("cannot run the task", &fault))?;
        if self.detach {
            self.report_started(console, &service, &task);
            return Ok(Exit::Done.into());
        }
        let mut signals = Signals::new();
        console.say(format!("task {} of {service} is asked for", task.id));
        tokio::select! {
            ended = follow(&session, console, &task) => {
                ended.map_err(|fault| CommandError::fault("cannot follow the task", &fault)
                    .hint(message!["it goes on: ", logs(&service, &task), " reads its output"]))
                    .and_then(|ended| finish(console, &task, ended))
            }
            () = signals.next() => {
                console.say("stopping the task (once more to leave it running)");
                tokio::select! {
                    stopped = stop(&session.cloud, &task) => stopped
                        .map_err(|fault| CommandError::fault("cannot stop the task", &fault))?,
                    () = signals.next() => {}
                }
                Ok(Exit::Interrupted.into())
            }
        }
    }

    fn report_started(&self, console: &Console, service: &str, task: &Running) {
        if console.is_json() {
            console.event(&json::task_started(&task.id, &task.definition));
            return;
        }
        console.out(&format!("{}\n", task.id));
        let follow = logs(service, task).arg("--follow");
        console.say(message![follow, " reads its output"]);
    }
}

/// The command that shows what a task wrote.
fn logs(service: &str, task: &Running) -> Command {
    Command::new(Verb::Logs)
        .option("--service", service)
        .option("--task", &task.id)
}

/// Shows what it writes until it has ended.
async fn follow(
    session: &Session,
    console: &Console,
    task: &Running,
) -> Result<Ended, crate::engine::Fault> {
    let mut output = Output::default();
    let mut printed = String::new();
    let pause = PAUSE.div_f64(session.clock_speed.clamp(1.0, 10.0));
    let ended = loop {
        let found = describe(&session.cloud, task).await?;
        write(console, output.more(&session.cloud, task).await?);
        match found {
            Look::Ended(ended) => break ended,
            Look::Going(status) if status != printed => {
                console.say(format!("task {} is {status}", task.id));
                printed = status;
            }
            Look::Going(_) => {}
        }
        tokio::time::sleep(pause).await;
    };
    if ended.exit_code.is_some() {
        for _ in 0..AFTER {
            tokio::time::sleep(pause).await;
            write(console, output.more(&session.cloud, task).await?);
        }
    }
    Ok(ended)
}

fn write(console: &Console, lines: Vec<(crate::aws::timestamp::Timestamp, String)>) {
    for (time, line) in lines {
        // Nobody reads any more: the task goes on, and so does the wait for its end.
        let _ = console.stream(&if console.is_json() {
            json::task_line(time, &line)
        } else {
            format!("{}\n", console.line(&line))
        });
    }
}

fn finish(console: &Console, task: &Running, ended: Ended) -> Result<ExitStatus, CommandError> {
    if console.is_json() {
        console.event(&json::task_ended(&task.id, ended.exit_code, &ended.details));
    }
    let Some(code) = ended.exit_code else {
        console.say(format!("error: task {} never ran", task.id));
        for line in &ended.details {
            console.say(format!("  {line}"));
        }
        return Ok(ExitStatus::Passed(NEVER_RAN));
    };
    if code != 0 {
        console.say(format!("task {} exited with code {code}", task.id));
    }
    Ok(ExitStatus::Passed(code))
}
