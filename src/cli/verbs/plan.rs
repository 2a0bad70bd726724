//! `ajuda deploy plan`: what would `up` do?

use std::collections::BTreeSet;

use clap::Args;

use super::check;
use super::up::address;
use crate::bedrock::Models;
use crate::check::embedding;
use crate::cli::apply::incomplete;
use crate::cli::estimate;
use crate::cli::options::Common;
use crate::cli::session::Session;
use crate::cli::upgrade::{self, Refusal};
use crate::cli::{adoption, inputs, models, references, stack_file};
use crate::command_error::CommandError;
use crate::engine::{self, Address};
use crate::exit::Exit;
use crate::render::{self, Console, Detail, json};

/// Say what `up` would do; only reads
///
/// Example: ajuda deploy plan --detailed-exitcode || echo "something would change"
#[derive(Debug, Args)]
pub struct Plan {
    #[command(flatten)]
    pub(super) common: Common,
    /// End with 2 when changes are pending
    #[arg(long)]
    detailed_exitcode: bool,
    /// Image tag or digest: `TAG` for the app, `SERVICE=TAG` for any service
    #[arg(long, value_name = "[SERVICE=]TAG")]
    image: Vec<String>,
    /// Show what taking over the object that bears this one's name would change (repeatable)
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    adopt: Vec<Address>,
    /// Show what deleting what is left over at this address would do (repeatable)
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    prune: Vec<Address>,
    /// Show every field of what is made anew, and long values whole
    #[arg(long)]
    full: bool,
    /// Check as well what would make `up` fail half-way, as `ajuda deploy check` does
    #[arg(long, conflicts_with = "refresh_only")]
    check: bool,
    /// Show only what AWS changed since the last `up`, not what the file did
    #[arg(long)]
    refresh_only: bool,
}

impl Plan {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = Session::open(&self.common, console, &self.image, BTreeSet::new()).await?;
        if !console.is_json() {
            session.warn(console);
        }
        let offered = async {
            match self.refresh_only {
                // what the file names is no drift
                true => Models::default(),
                false => models::read(&session, models::accepting(&self.adopt)).await,
            }
        };
        let named = references::check(&session, &self.common, console);
        let (mut observed, bedrock, named) = tokio::join!(session.observe(), offered, named);
        let named = named?;
        adoption::adopt(&session, &mut observed, &self.adopt)?;
        adoption::prune(&session, &mut observed, &self.prune)?;
        adoption::require_existing(&session, &observed)?;
        if self.refresh_only && observed.found.is_empty() && observed.unread.is_empty() {
            return Err(session.absent());
        }
        let mut plan = session.plan(&observed);
        let mut foreseen = engine::planned_refusals(&session.graph, &observed, &mut plan);
        foreseen.extend(embedding::planned_refusals(&mut plan));
        let lost = session
            .note_lost_data(&observed, &mut plan, &BTreeSet::new())
            .await?;
        let (plan, refusals) = match self.refresh_only {
            true => (plan.drift(), Vec::new()),
            false => {
                let plan = session.estimate_time(plan, &mut observed, &lost).await;
                upgrade::foreseen(&session, plan, &observed).await
            }
        };
        // What others added and the file keeps is no change of `up`, and yet AWS is not as it was applied.
        let differs = !plan.is_empty() || self.refresh_only && !plan.unmanaged.is_empty();
        let detail = match self.full {
            true => Detail::Full,
            false => Detail::Headline,
        };
        let mut missing = match self.refresh_only {
            true => Vec::new(),
            false => inputs::warnings(&session, &plan, &observed).await,
        };
        let refused = refusals.iter().find_map(Refusal::kind);
        missing.extend(refusals.iter().map(Refusal::warning));
        foreseen.extend(refusals.iter().filter_map(Refusal::foreseen));
        let checked = match self.check {
            true => {
                let known = check::PlanContext {
                    plan: &plan,
                    observed: &observed,
                    foreseen: &foreseen,
                    models: &bedrock,
                };
                Some(check::run(&session, &known, |_| true).await)
            }
            false => None,
        };
        let sight = check::FileLines::of(&session, &self.common);
        // What AWS changed is no plan, and costs what it costs.
        let costs = (!self.refresh_only).then(|| estimate::of_plan(&session, &observed, &plan));
        if console.is_json() {
            let mut warnings = session.warnings();
            let found = named.iter().chain(&missing);
            warnings.extend(found.map(|one| one.at(console.place())));
            let mut document = json::plan(&plan, warnings, &bedrock.warnings, console.place());
            if let Some((estimate, limit)) = &costs {
                document = document.costed(json::cost(estimate, limit.as_ref()));
            }
            console.document(&match &checked {
                Some(found) => document.checked(found, &|one| sight.line(one), console.place()),
                None => document,
            });
        } else {
            let (place, style) = (console.place(), console.style());
            console.show(match self.refresh_only {
                true => render::drift(&plan, detail, place, style),
                false => render::plan(&plan, detail, place, style),
            });
            if let Some((estimate, limit)) = &costs {
                let text = estimate::text(estimate, limit.as_ref(), console);
                console.show(&text);
            }
            stack_file::warn(&named, console);
            stack_file::warn(&missing, console);
        }
        if !console.is_json() && !bedrock.warnings.is_empty() {
            let warnings =
                render::model_warnings(&bedrock.warnings, console.place(), console.style());
            console.show(format!("{warnings}\n"));
        }
        if let Some(found) = checked.as_ref().filter(|_| !console.is_json()) {
            console.show(sight.lines(found, console.place(), console.style()));
            console.show(format!("{}\n", render::check_summary(found)));
        }
        Ok(
            if let Some(exit) = incomplete(console, &plan.unread, true) {
                exit
            } else if let Some(kind) = refused {
                kind.into()
            } else if !plan.conflicts.is_empty()
                || costs.is_some_and(|(_, limit)| limit.is_some_and(|limit| limit.refused))
                || checked.is_some_and(|found| check::exit(&found) != Exit::Done)
            {
                Exit::Refused
            } else if self.detailed_exitcode && differs {
                Exit::Changes
            } else {
                Exit::Done
            },
        )
    }
}
