//! `ajuda deploy up`: create or update the stack.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use super::{check, secrets};
use crate::bedrock::{ModelProblem, Models};
use crate::check::embedding;
use crate::cli::apply::{check_conflicts, confirm, show};
use crate::cli::estimate;
use crate::cli::inputs::{startable, supplied};
use crate::cli::lock::LockWait;
use crate::cli::options::Common;
use crate::cli::runner::Runner;
use crate::cli::session::Session;
use crate::cli::summary::{self, finish};
use crate::cli::{adoption, lost_data, models, references, stack_file, upgrade};
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{self, Address, AnyLive, Observed, Plan, PlannedRefusal, Report, Resource};
use crate::exit::Exit;
use crate::images;
use crate::message::{Command, Message, Verb, commands, message};
use crate::outputs::outputs;
use crate::render::{self, Console, Part, json};
use crate::resources::{KINDS, TaskDefinition};

/// Create or update the stack
///
/// Reads what AWS has, shows the difference, asks, and changes only that. Run again after any
/// failure or interruption: it goes on from what is there. Another version of a service that
/// migrates its database is deployed the way `update` does it, with a snapshot, before all else.
///
/// Example: ajuda deploy up --image v1
#[derive(Debug, Args)]
pub struct Up {
    #[command(flatten)]
    pub(super) common: Common,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Image tag or digest: `TAG` for the app, `SERVICE=TAG` for any service; without it, what runs stays
    #[arg(long, value_name = "[SERVICE=]TAG")]
    image: Vec<String>,
    /// Allow deleting this resource and its data (repeatable), such as `bucket/uploads`
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    delete_data: Vec<Address>,
    /// Make this one anew and empty although it was there before (repeatable), such as `db-instance/main`
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    empty: Vec<Address>,
    /// Adopt the existing unmanaged resource of this name (repeatable), such as `bucket/uploads`
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    adopt: Vec<Address>,
    /// Accept the agreements that providers ask for before their models answer: the terms are shown first
    #[arg(long)]
    accept_model_agreements: bool,
    /// The table of vectors was dropped: let an embedding model of another length be written
    #[arg(long)]
    new_vector_length: bool,
    /// Begin without checking what would make `up` fail half-way
    #[arg(long)]
    no_check: bool,
    /// Delete what is left over at this address although only its tags say that it is the stack's (repeatable)
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    prune: Vec<Address>,
    #[command(flatten)]
    lock_wait: LockWait,
}

/// Reads an address of the command line.
pub(super) fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).ok_or_else(|| "write it like `kind/name`, as the plan does".to_owned())
}

impl Up {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let force: BTreeSet<Address> = self.delete_data.iter().cloned().collect();
        let named = force.union(&without_data(&self.prune)).cloned().collect();
        let session = Session::open(&self.common, console, &self.image, named).await?;
        let act = async |runner: Runner<'_>| self.change(runner, &force).await;
        Runner::with_lock(&session, console, &self.lock_wait, act).await
    }

    async fn change(
        &self,
        runner: Runner<'_>,
        force: &BTreeSet<Address>,
    ) -> Result<Exit, CommandError> {
        let Runner {
            session, console, ..
        } = runner;
        let offered = models::read(session, models::accepting(&self.adopt));
        let named = references::check(session, &self.common, console);
        let (mut observed, mut bedrock, named) = tokio::join!(session.observe(), offered, named);
        let named = named?;
        adoption::adopt(session, &mut observed, &self.adopt)?;
        adoption::prune(session, &mut observed, &self.prune)?;
        let mut plan = session.plan(&observed);
        known(session, &plan, force)?;
        let mut foreseen = engine::planned_refusals(&session.graph, &observed, &mut plan);
        let lengths = embedding::planned_refusals(&mut plan);
        foreseen.extend(lengths.into_iter().filter(|_| !self.new_vector_length));
        let empty = self.empty.iter().cloned().collect();
        let lost = session.note_lost_data(&observed, &mut plan, &empty).await?;
        lost_data::known(&plan, &empty, &lost)?;
        let plan = session.estimate_time(plan, &mut observed, &lost).await;
        // How long the plan takes is told at once; what keeps an upgrade from being decided after what keeps the plan.
        let upgrades = upgrade::upgrades(session, &plan, &observed);
        let upgrades = Box::pin(upgrades).await;
        let decided = upgrades.as_deref().unwrap_or_default();
        let plan = upgrade::with_upgrades(session, plan, &observed, decided);
        show(console, &plan);
        estimate::before_up(session, console, &plan, &observed)?;
        adoption::require_existing(session, &observed)?;
        check_conflicts(&plan, &adoption::verb(session, &plan.conflicts))?;
        protect_data(&plan, force, &self.again())?;
        refuse_foreseen(&foreseen)?;
        lost_data::require_word(console, &lost, &empty, self.yes, &self.again())?;
        lost_data::source(session, &lost);
        startable(session, &plan, &observed)?;
        supplied(session, &plan)?;
        if !self.no_check {
            let known = check::PlanContext {
                plan: &plan,
                observed: &observed,
                foreseen: &foreseen,
                models: &bedrock,
            };
            check::before_up(session, &self.common, console, &known, &self.again()).await?;
        }
        let upgrades = upgrades?;
        models::report(console, &bedrock, self.accept_model_agreements);
        // Beside the question, which a long plan would have carried away.
        session.warn(console);
        stack_file::warn(&named, console);
        for item in plan.endangered() {
            let warning = console.talk_style().bad("warning:");
            console.say(format!("{warning} the data in {} goes", item.address));
        }
        let offers = if self.accept_model_agreements {
            models::offers(session, console, &bedrock).await?
        } else {
            Vec::new()
        };
        let found = if plan.is_empty() && offers.is_empty() {
            if console.is_json() {
                let nothing = Report::default();
                console.event(&json::report(&nothing, Exit::Done, console.place()));
            }
            observed.found
        } else {
            if observed.found.is_empty() && observed.orphans.is_empty() {
                console.say(format!("{}: all of it is made", session.nothing()));
            }
            let changes = render::changes(&plan);
            let what = match (plan.is_empty(), offers.is_empty()) {
                (_, true) => format!("{changes} of"),
                (true, _) => "accept these agreements for".to_owned(),
                (false, _) => format!("accept these agreements, and {changes} of"),
            };
            confirm(console, self.yes, &what, "yes")?;
            if !offers.is_empty() {
                models::accept(runner, &offers).await?;
                bedrock.accepted();
            }
            let (plan, observed, part) = if upgrades.is_empty() {
                (plan, observed, Part::default())
            } else {
                let all = upgrade::perform_all(runner, &plan, &observed, &upgrades).await;
                let part = match all {
                    Ok(part) => part,
                    Err(exit) => return Ok(exit),
                };
                let known = observed.estimates;
                let (plan, mut observed) = self.again_observed(session, force).await?;
                observed.estimates = known;
                let plan = plan.timed(&session.graph, KINDS, &observed);
                (plan, observed, part)
            };
            if plan.is_empty() {
                return Ok(self
                    .report_existing(session, console, &observed.found, &bedrock)
                    .await);
            }
            let outcome = runner.apply_part(&plan, &observed, &part).await;
            if summary::code(&outcome.report) != Exit::Done {
                return Ok(finish(session, console, &outcome.report, &self.again()).await);
            }
            // What runs is told last, below the outputs.
            summary::report_run(console, &outcome.report, &self.again(), &[]);
            outcome.found
        };
        Ok(self
            .report_existing(session, console, &found, &bedrock)
            .await)
    }

    /// What there is to know of a stack that is up.
    async fn report_existing(
        &self,
        session: &Session,
        console: &Console,
        found: &BTreeMap<Address, AnyLive>,
        bedrock: &Models,
    ) -> Exit {
        let outputs = outputs(&session.stack, &session.cloud.place, found)
            .with_admin(&session.stack, |secret| {
                secrets::get(secret).at(console.place())
            });
        if console.is_json() {
            console.event(&json::outputs_line(&outputs));
        } else {
            console.show(render::outputs(&outputs, console.style()));
        }
        // said before as well, but by now that has scrolled away, and chat does not work yet
        let access =
            |problem| matches!(problem, ModelProblem::NoAgreement | ModelProblem::NoUseCase);
        let unusable = bedrock.warnings.iter().filter(|one| access(one.problem));
        let unusable = unusable.map(|one| match &one.hint {
            Some(hint) => message![&one.message, ": ", hint],
            None => Message::from(&one.message),
        });
        for note in notes(session, found).into_iter().chain(unusable) {
            let next = console.talk_style().accent("next:");
            console.say(message![next, " ", note]);
        }
        if !console.is_json() {
            let services: Vec<&str> = session.stack.services.keys().map(String::as_str).collect();
            let address = outputs.address.as_deref();
            for line in summary::now(session, console, &services, address).await {
                console.say(&line);
            }
        }
        Exit::Done
    }

    /// What is there after upgrades, and what is left to do.
    async fn again_observed(
        &self,
        session: &Session,
        force: &BTreeSet<Address>,
    ) -> Result<(Plan, Observed), CommandError> {
        session.cloud.memo.forget();
        let mut observed = session.observe().await;
        adoption::adopt(session, &mut observed, &self.adopt)?;
        adoption::prune(session, &mut observed, &self.prune)?;
        let plan = session.plan(&observed);
        check_conflicts(&plan, &adoption::verb(session, &plan.conflicts))?;
        protect_data(&plan, force, &self.again())?;
        Ok((plan, observed))
    }

    /// This command, to be typed again.
    fn again(&self) -> Command {
        Command::new(Verb::Up)
            .options("--image", &self.image)
            .options("--delete-data", &self.delete_data)
            .options("--empty", &self.empty)
            .options("--prune", &self.prune)
            .options("--adopt", &self.adopt)
            .flag(models::ACCEPT, self.accept_model_agreements)
            .flag("--new-vector-length", self.new_vector_length)
    }
}

/// Those among the addresses to delete whose kind holds no data: naming them lets them go although
/// they are protected. What holds data has to be named by `--delete-data` too.
pub(super) fn without_data(pruned: &[Address]) -> BTreeSet<Address> {
    let all = pruned.iter().filter(|address| !holds_data(address));
    all.cloned().collect()
}

/// Whether what is at an address holds data.
pub(super) fn holds_data(address: &Address) -> bool {
    KINDS
        .iter()
        .any(|kind| kind.name() == address.kind() && kind.holds_data())
}

/// What declared resources want an operator to know.
fn notes(session: &Session, found: &BTreeMap<Address, AnyLive>) -> Vec<Message> {
    let all = session
        .graph
        .iter()
        .filter_map(|(address, entry)| {
            let live = found.get(address)?;
            Some(match missing(session, live) {
                Some(note) => vec![note],
                None => entry.node.kind().notes(live),
            })
        })
        .flatten();
    let mut names = Vec::new();
    for note in all {
        // Tasks that share an image want the same of the operator.
        if !names.contains(&note) {
            names.push(note);
        }
    }
    names
}

/// What to type when the image of a task is missing.
fn missing(session: &Session, live: &AnyLive) -> Option<Message> {
    let task: &<TaskDefinition as Resource>::Live = live.downcast_ref()?;
    let push = images::command(&session.stack, &task.image).filter(|_| !task.image_present)?;
    let absent = " is not in the registry, so no task runs it: ";
    Some(message![
        &task.image,
        absent,
        push,
        ", then run ",
        commands::up(),
        " again"
    ])
}

/// A mistyped `--delete-data` must not pass for one that does nothing.
pub(super) fn known(
    session: &Session,
    plan: &Plan,
    named: &BTreeSet<Address>,
) -> Result<(), CommandError> {
    let is = |address: &&Address| {
        session.graph.get(address).is_some()
            || plan.items.iter().any(|item| item.address == **address)
            || plan.unverified.iter().any(|one| one.address == **address)
    };
    match named.iter().find(|address| !is(address)) {
        Some(address) => Err(CommandError::error(format!(
            "--delete-data names `{address}`, which the stack {} does not have",
            session.stack.name
        ))
        .hint("write an address as the plan prints it, such as `bucket/uploads`")),
        None => Ok(()),
    }
}

/// What AWS is known to refuse is not begun.
fn refuse_foreseen(foreseen: &[PlannedRefusal]) -> Result<(), CommandError> {
    if foreseen.is_empty() {
        return Ok(());
    }
    let mut stop = CommandError::new(
        ErrorKind::Refused,
        "a part of this is known to fail; nothing was changed",
    );
    for PlannedRefusal { address, why } in foreseen {
        stop = stop.detail(message![address.to_string(), ": ", why]);
    }
    Err(stop)
}

/// Data goes only when the operator names it.
fn protect_data(
    plan: &Plan,
    named: &BTreeSet<Address>,
    again: &Command,
) -> Result<(), CommandError> {
    let endangered: Vec<String> = plan
        .endangered()
        .filter(|item| !named.contains(&item.address))
        .map(|item| item.address.to_string())
        .collect();
    if endangered.is_empty() {
        return Ok(());
    }
    let mut stop = CommandError::new(
        ErrorKind::Refused,
        "the plan would take data away; nothing was changed",
    );
    for address in &endangered {
        stop = stop.detail(address.clone());
    }
    let again = again.clone().options("--delete-data", endangered);
    Err(stop.hint(message!["if that is meant: ", again]))
}
