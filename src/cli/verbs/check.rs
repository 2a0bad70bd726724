//! `ajuda deploy check`: would `up` get through?

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;

use crate::bedrock::Models;
use crate::check::{self, CheckContext, Finding, Level, When, Written, embedding};
use crate::cli::apply::Signals;
use crate::cli::models;
use crate::cli::options::Common;
use crate::cli::session::Session;
use crate::cli::upgrade::{self, Refusal};
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{self, Observed, Plan, PlannedRefusal, Resource};
use crate::exit::Exit;
use crate::inspect::lost_data::Lost;
use crate::message::{Command, StackOptions, Verb, message};
use crate::permissions::{self, PolicyScope};
use crate::render::{self, Console, Style, json};
use crate::resources::TaskDefinition;
use crate::stack;

/// Between two looks of `--watch`: a certificate takes minutes, a quota hours.
const PAUSE: Duration = Duration::from_secs(30);

/// Check what would make `up` fail half-way: quotas, names, images, models, what the file names
///
/// Only reads, in seconds. A line for each thing that was looked at: `ok`, `warn`, `fail` or `skipped`, with the
/// reason and what to do about it. Ends with 3 when something fails.
///
/// Example: ajuda deploy check --output json | jq '.findings[] | select(.level == "fail")'
#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub(super) common: Common,
    /// Image tag or digest: `TAG` for the app, `SERVICE=TAG` for any service
    #[arg(long, value_name = "[SERVICE=]TAG")]
    image: Vec<String>,
    /// Look again until nothing is on its way any more, such as a certificate or a quota
    #[arg(long, short)]
    watch: bool,
}

impl Check {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = Session::open(&self.common, console, &self.image, BTreeSet::new()).await?;
        let sight = FileLines::of(&session, &self.common);
        let mut last: Vec<Finding> = Vec::new();
        let mut signals = Signals::new();
        loop {
            let found = tokio::select! {
                found = Box::pin(run_all(&session)) => found,
                () = signals.next() => return Ok(Exit::Interrupted),
            };
            if !self.watch {
                if console.is_json() {
                    let line_of = |one: &Finding| sight.line(one);
                    console.document(&json::check(&found, &line_of, console.place()));
                } else {
                    console.show(sight.lines(&found, console.place(), console.style()));
                    console.show(format!("{}\n", render::check_summary(&found)));
                }
                return Ok(exit(&found));
            }
            let changed: Vec<Finding> = found
                .iter()
                .filter(|one| !last.contains(one))
                .cloned()
                .collect();
            if console.is_json() && !changed.is_empty() {
                let line_of = |one: &Finding| sight.line(one);
                console.event(&json::checked(&found, &line_of, console.place()));
            } else {
                console.show(sight.lines(&changed, console.place(), console.style()));
            }
            let waits = |one: &Finding| one.pending && one.level != Level::Ok;
            if !found.iter().any(waits) {
                return Ok(exit(&found));
            }
            last = found;
            tokio::select! {
                () = signals.next() => return Ok(Exit::Interrupted),
                () = tokio::time::sleep(PAUSE.div_f64(session.clock_speed.max(1.0))) => {}
            }
            session.cloud.memo.forget();
        }
    }
}

/// Runs every check.
async fn run_all(session: &Session) -> Vec<Finding> {
    let bedrock = models::read(session, models::accepting(&[]));
    let (mut observed, bedrock) = tokio::join!(session.observe(), bedrock);
    let mut plan = session.plan(&observed);
    let mut foreseen = engine::planned_refusals(&session.graph, &observed, &mut plan);
    foreseen.extend(embedding::planned_refusals(&mut plan));
    // How long it takes decides whether the credentials last.
    let plan = session
        .estimate_time(plan, &mut observed, &Lost::new())
        .await;
    let (plan, refusals) = upgrade::foreseen(session, plan, &observed).await;
    foreseen.extend(refusals.iter().filter_map(Refusal::foreseen));
    let known = PlanContext {
        plan: &plan,
        observed: &observed,
        foreseen: &foreseen,
        models: &bedrock,
    };
    run(session, &known, |_| true).await
}

/// What a plan is made of.
pub(super) struct PlanContext<'k> {
    pub(super) plan: &'k Plan,
    pub(super) observed: &'k Observed,
    pub(super) foreseen: &'k [PlannedRefusal],
    pub(super) models: &'k Models,
}

/// Runs the checks that `wanted` takes.
pub(super) async fn run(
    session: &Session,
    known: &PlanContext<'_>,
    wanted: impl Fn(When) -> bool,
) -> Vec<Finding> {
    let scope = PolicyScope {
        stack: &session.stack,
        place: &session.cloud.place,
        graph: &session.graph,
        families: &families(known.observed),
    };
    let needs = permissions::planned(&scope, known.plan);
    let context = CheckContext {
        stack: &session.stack,
        cloud: &session.cloud,
        observed: known.observed,
        needs: &needs,
        plan: known.plan,
        foreseen: known.foreseen,
        models: known.models,
        operators: session.operators(),
        inputs: &session.inputs,
        images: &session.images,
    };
    check::run(&context, wanted).await
}

/// The families of the revisions that there are.
fn families(observed: &Observed) -> BTreeSet<String> {
    let revisions = observed.found.values();
    let revisions =
        revisions.filter_map(|live| live.downcast_ref::<<TaskDefinition as Resource>::Live>());
    revisions.map(|live| live.family.clone()).collect()
}

/// Runs the checks that keep `up` from failing half-way, and tells what they found. `again` is the command.
///
/// # Errors
/// Refused, when one of them fails.
pub(super) async fn before_up(
    session: &Session,
    common: &Common,
    console: &Console,
    known: &PlanContext<'_>,
    again: &Command,
) -> Result<(), CommandError> {
    if known.plan.is_empty() {
        return Ok(());
    }
    let found = run(session, known, |when| when == When::BeforeUp).await;
    let sight = FileLines::of(session, common);
    if console.is_json() {
        let line_of = |one: &Finding| sight.line(one);
        console.event(&json::checked(&found, &line_of, console.place()));
    } else {
        let shown = found
            .iter()
            .filter(|one| matches!(one.level, Level::Warn | Level::Fail));
        let shown: Vec<Finding> = shown.cloned().collect();
        let text = sight.lines(&shown, console.place(), console.talk_style());
        console.say(message![
            format!("{text}checked: {} (", render::check_summary(&found)),
            Command::new(Verb::Check),
            " shows all)",
        ]);
    }
    let mut failed = found
        .iter()
        .filter(|one| one.level == Level::Fail)
        .peekable();
    if failed.peek().is_none() {
        return Ok(());
    }
    let mut error = CommandError::new(
        ErrorKind::Refused,
        "this run would fail half-way; nothing was changed",
    );
    for one in failed {
        error = error.detail(message![&one.subject, ": ", &one.reason]);
    }
    let all_the_same = again.clone().arg("--no-check");
    Err(error.hint(message!["fix that, or begin all the same: ", all_the_same,]))
}

/// How a command ends that found this.
pub(super) fn exit(found: &[Finding]) -> Exit {
    match found.iter().any(|one| one.level == Level::Fail) {
        true => Exit::Refused,
        false => Exit::Done,
    }
}

/// Where the file says what findings are about.
pub(super) struct FileLines<'s> {
    source: &'s str,
    file: &'s str,
}

impl<'s> FileLines<'s> {
    pub(super) fn of(session: &'s Session, common: &'s Common) -> Self {
        Self {
            source: &session.source,
            file: &common.file,
        }
    }

    /// The line, counted from 1.
    pub(super) fn line(&self, one: &Finding) -> Option<usize> {
        match one.written {
            Written::No => None,
            Written::Path => stack::line_at(self.source, &one.subject),
            Written::Value => stack::line_naming(self.source, &one.subject),
        }
    }

    /// A line for each finding, for people.
    pub(super) fn lines(&self, found: &[Finding], place: &StackOptions, style: Style) -> String {
        let line_of = |one: &Finding| match self.line(one) {
            Some(line) => Some(format!("{}:{line}", self.file)),
            None => (one.written == Written::Path).then(|| self.file.to_owned()),
        };
        render::findings(found, &line_of, place, style)
    }
}
