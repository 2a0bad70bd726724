//! `ajuda deploy logs`: what the services write.

use std::collections::VecDeque;
use std::time::Duration;

use clap::Args;

use crate::aws::timestamp::{Timestamp, parse};
use crate::cli::apply::wait_for_signal;
use crate::cli::arguments;
use crate::cli::options::Common;
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::exit::Exit;
use crate::inspect::logs::{Line, Tail, Wanted};
use crate::message::{commands, message};
use crate::render::{self, Console};

/// Between two looks of `--follow`.
const PAUSE: Duration = Duration::from_secs(2);

/// Show what the services write, merged by time
///
/// `--filter` takes plain text: lines that hold it, small and capital letters alike, are found here.
/// `--pattern` takes a filter pattern of CloudWatch Logs and is applied there, which is quicker over
/// days: `?ERROR ?WARN`, `{ $.level = "error" }`, `%time=[0-9]{4,}%`. Times are UTC. With
/// `--output json` each line is one JSON object.
///
/// Example: ajuda deploy logs --follow --service open-webui --filter error
#[derive(Debug, Args)]
pub struct Logs {
    #[command(flatten)]
    pub(super) common: Common,
    /// Only these services
    #[arg(value_name = "SERVICE")]
    named: Vec<String>,
    /// The same, as a flag (repeatable)
    #[arg(long, short, value_name = "SERVICE")]
    service: Vec<String>,
    /// Only this task: its id, or how that begins
    #[arg(long, value_name = "ID", value_parser = arguments::task)]
    task: Option<String>,
    /// From when on: `90s`, `10m`, `2h`, `1d` ago, or `2026-01-31T23:59:00Z`
    #[arg(long, default_value = "10m", value_name = "WHEN", value_parser = arguments::past)]
    since: Timestamp,
    /// Until when, written like `--since`
    #[arg(long, value_name = "WHEN", value_parser = parse, conflicts_with = "follow")]
    until: Option<Timestamp>,
    /// Go on with new lines until Ctrl-C, which ends it with 130
    #[arg(long, short)]
    follow: bool,
    /// Only lines that hold this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only lines that this filter pattern of CloudWatch Logs finds
    #[arg(long, value_name = "PATTERN")]
    pattern: Option<String>,
    /// Of what is there already, only so many lines at the end
    #[arg(long, short = 'n', value_name = "COUNT")]
    lines: Option<usize>,
}

impl Logs {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        if self.until.is_some_and(|until| until <= self.since) {
            let what = "--until is not after --since, so that no line lies between them";
            return Err(CommandError::error(what).hint(
                "`--since 2h --until 1h` shows an hour; without --since it is the last 10 minutes",
            ));
        }
        let named = [&self.named[..], &self.service].concat();
        let names: Vec<&str> = named.iter().map(String::as_str).collect();
        let session = Session::open_for(&self.common, console, &names, false).await?;
        let services = session.services(&named)?;
        let wanted = Wanted {
            services: services.clone(),
            task: self.task.clone(),
            pattern: self.pattern.clone(),
            text: self.filter.clone(),
            since: self.since,
            until: self.until,
        };
        let called = session.as_called().await;
        let mut tail = Tail::new(&session.cloud, &called, wanted);
        let show = |line: &Line| {
            console.stream(&if console.is_json() {
                render::log_json(line)
            } else {
                let message = console.line(&line.message).into_owned();
                let line = Line {
                    message,
                    ..line.clone()
                };
                render::log(&line, &services, console.style())
            })
        };
        tokio::select! {
            ended = self.show(&session, console, &mut tail, show) => ended,
            () = wait_for_signal() => Ok(Exit::Interrupted),
        }
    }

    async fn show(
        &self,
        session: &Session,
        console: &Console,
        tail: &mut Tail<'_>,
        show: impl Fn(&Line) -> bool,
    ) -> Result<Exit, CommandError> {
        let cannot = |fault| CommandError::of("cannot read the logs", &fault);
        let mut held = VecDeque::new();
        let mut any = false;
        while let Some(line) = tail.next().await.map_err(cannot)? {
            any = true;
            let Some(most) = self.lines else {
                if !show(&line) {
                    return Ok(Exit::Done);
                }
                continue;
            };
            held.push_back(line);
            if held.len() > most {
                held.pop_front();
            }
        }
        if !held.iter().all(&show) {
            return Ok(Exit::Done);
        }
        self.report_missing(session, console, tail)?;
        if !self.follow {
            if !any {
                console.say("no such lines; `--since 1d` looks further back");
            }
            return Ok(Exit::Done);
        }
        loop {
            tokio::time::sleep(PAUSE).await;
            tail.again();
            while let Some(line) = tail.next().await.map_err(cannot)? {
                if !show(&line) {
                    return Ok(Exit::Done);
                }
            }
        }
    }

    fn report_missing(
        &self,
        session: &Session,
        console: &Console,
        tail: &Tail<'_>,
    ) -> Result<(), CommandError> {
        let missing = tail.missing();
        let absent = |name: &&str| format!("the service {name} has no log group");
        if missing.is_empty() {
            return Ok(());
        }
        if !self.service.is_empty()
            || !self.named.is_empty()
            || missing.len() == session.stack.services.len()
        {
            let stop =
                CommandError::error(missing.iter().map(absent).collect::<Vec<_>>().join("; "));
            return Err(stop.hint(message![commands::up(), " makes it"]));
        }
        for name in &missing {
            console.say(message![absent(name), "; ", commands::up(), " makes it"]);
        }
        Ok(())
    }
}
