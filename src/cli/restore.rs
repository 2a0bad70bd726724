//! Bringing the database back to a backup, for `db restore` and `rollback`.

use std::collections::BTreeSet;

use super::apply::{check_conflicts, refuse_data_loss, require_complete_read};
use super::runner::{Runner, stopped};
use super::session::Session;
use super::stack_database;
use super::summary::finish;
use crate::aws::Cloud;
use crate::command_error::{CommandError, ErrorKind};
use crate::database;
use crate::database::RestorePlan;
use crate::database::restore::{self, Swapped};
use crate::engine::{Action, Address, Fault, Item, Observed, Plan, Resource, Workflow};
use crate::exit::Exit;
use crate::message::{self, Command, Message, commands, message};
use crate::render::{Part, Progress};
use crate::resources::ecs::registry;
use crate::resources::rds::db_instance::restore::{RestoreSource, tag_rollback_target};
use crate::resources::{
    DatabaseSetup, DbInstanceLive, ScalableTarget, Service, TaskDefinition, scope,
};

/// A database that is brought back to a backup.
pub(super) struct DatabaseRestore<'a> {
    pub(super) runner: Runner<'a>,
    address: &'a Address,
    pub(super) identifier: String,
    pub(super) source: RestoreSource,
}

/// A service that goes back together with the database.
pub(super) struct RollbackTarget {
    /// The ARN of the revision that it goes back to.
    pub(super) revision: String,
    /// The snapshot that the database was restored from.
    pub(super) snapshot: String,
    /// Whether that came to its end.
    pub(super) done: bool,
}

/// How it stands before it begins.
pub(super) enum RestoreState {
    /// An interrupted run has begun it, and has come so far.
    Begun(restore::Progress),
    /// Nothing was done yet to the instance.
    Untouched(Box<DbInstanceLive>),
}

impl<'a> DatabaseRestore<'a> {
    /// What the database is called is asked of AWS, and nothing else yet.
    ///
    /// # Errors
    /// The file has no database.
    pub(super) async fn new(
        runner: Runner<'a>,
        source: RestoreSource,
    ) -> Result<Self, CommandError> {
        let (address, _) = stack_database::declared(runner.session)?;
        Ok(Self {
            runner,
            address,
            identifier: stack_database::identifier(runner.session).await?,
            source,
        })
    }

    /// Finds out whether it can be done, or how far it has got.
    ///
    /// # Errors
    /// The backup is not there or does not fit, or a restore from something else has not ended.
    pub(super) async fn state(&self) -> Result<RestoreState, CommandError> {
        let cloud = &self.runner.session.cloud;
        let progress = restore::progress(cloud, &self.identifier).await;
        let progress = progress.map_err(cannot)?;
        let fresh = matches!(progress, restore::Progress::None)
            // One that has its name is the stack's database, and can go back to anything else.
            || matches!(progress, restore::Progress::Swapped(_)) && restore::ensure_same_source(&progress, &self.source).is_err();
        if !fresh {
            restore::ensure_same_source(&progress, &self.source).map_err(cannot)?;
            return Ok(RestoreState::Begun(progress));
        }
        let live = stack_database::live(self.runner.session, self.address).await?;
        database::check(cloud, &live, &self.source)
            .await
            .map_err(cannot)?;
        Ok(RestoreState::Untouched(Box::new(live)))
    }

    /// Whether an instance that is in nobody's way was restored from this very source.
    pub(super) fn is_done(&self, live: &DbInstanceLive) -> bool {
        live.displaces().is_none() && live.restored_from().as_ref() == Some(&self.source)
    }

    /// Refuses what could not come back from a standstill: what [`DatabaseRestore::start`] would refuse, and a task
    /// whose image is gone. Looked at are the set-up and, with `services`, all that use the database.
    ///
    /// # Errors
    /// Refused, with what and why; or it could not be read.
    pub(super) async fn ensure_restartable(&self, services: bool) -> Result<(), CommandError> {
        let session = self.runner.session;
        let observed = session.observe().await;
        let mut scope = database::follows(&session.graph);
        scope.retain(|one| services || one.kind() != Service::KIND);
        let mut plan = self.planned(&observed, &scope)?;
        // What is stopped is changed when it starts again, although the file says nothing else of it now.
        plan.conflicts = observed.in_the_way_of(&session.graph, &scope);
        check_conflicts(&plan, &Command::new(message::Verb::Adopt))?;
        let mut needed: BTreeSet<&Address> = BTreeSet::new();
        for address in database::follows(&session.graph) {
            let setup = address.kind() == DatabaseSetup::KIND;
            let entry = session.graph.get(&address).filter(|_| services || setup);
            let needs = entry.into_iter().flat_map(|entry| &entry.needs);
            needed.extend(needs.filter(|need| need.kind() == TaskDefinition::KIND));
        }
        let mut gone = Vec::new();
        for address in needed {
            let live = observed.found.get(address);
            let live =
                live.and_then(|live| live.downcast_ref::<<TaskDefinition as Resource>::Live>());
            let Some(live) = live else { continue };
            let there = registry::is_present(&session.cloud, &live.image).await;
            if !there.map_err(cannot)? {
                gone.push(format!("{address}: {}", live.image));
            }
        }
        if gone.is_empty() {
            return Ok(());
        }
        let what = "an image is not in the registry any more, so that what is stopped could not start again; \
                    nothing was changed";
        let mut stop = CommandError::new(ErrorKind::Refused, what);
        for one in gone {
            stop = stop.detail(one);
        }
        Err(stop.hint(message![
            commands::push(),
            " brings an image there, ",
            commands::up(),
            " sets to work with it",
        ]))
    }

    /// What it will do, from where it stands. A restore from something else whose instance bears the name is forgotten
    /// then.
    ///
    /// # Errors
    /// What uses the database could not be read: it would not be stopped.
    pub(super) async fn plan(&self, state: &RestoreState) -> Result<RestorePlan, CommandError> {
        let session = self.runner.session;
        let Observed {
            found, mut unread, ..
        } = session.observe().await;
        unread.retain(|one| [Service::KIND, ScalableTarget::KIND].contains(&one.kind));
        require_complete_read(&unread)?;
        let progress = match state {
            RestoreState::Begun(progress) => progress,
            RestoreState::Untouched(_) => &restore::Progress::None,
        };
        let database = (self.address, self.identifier.as_str());
        let (graph, source) = (&session.graph, &self.source);
        Ok(database::restore_plan(
            graph, &found, database, source, progress,
        ))
    }

    /// Stops the application, restores beside, checks, and changes the names, as this part of a run.
    ///
    /// # Errors
    /// Whatever went wrong; the same call goes on.
    pub(super) async fn swap(&self, plan: &RestorePlan, part: &Part) -> Result<Swapped, Fault> {
        let stages = Plan::of_stages(plan.restore.clone());
        let clock_speed = self.runner.session.clock_speed;
        let progress = Progress::new(*self.runner.console, &stages, clock_speed).within(part);
        let work = async |workflow: &mut Workflow<Cloud>| plan.carry_out(workflow).await;
        let report = self.runner.steps(progress, work).await;
        match plan.swapped() {
            Some(swapped) => Ok(swapped.clone()),
            None => Err(report.cause()),
        }
    }

    /// Brings back what stands on the database, as the file says, but what is in `except`.
    ///
    /// # Errors
    /// Refused, when the file has changed so that data would go.
    pub(super) async fn start(
        &self,
        except: &[Address],
        again: &Command,
        part: &Part,
    ) -> Result<Exit, CommandError> {
        let session = self.runner.session;
        session.cloud.memo.forget();
        let observed = session.observe().await;
        let mut scope: BTreeSet<Address> = database::follows(&session.graph);
        scope.retain(|address| !except.contains(address));
        let plan = self.planned(&observed, &scope)?;
        let outcome = Box::pin(self.runner.apply_part(&plan, &observed, part)).await;
        Ok(finish(session, self.runner.console, &outcome.report, again).await)
    }

    /// What the file says of `scope`, compared with what is there.
    fn planned(
        &self,
        observed: &Observed,
        scope: &BTreeSet<Address>,
    ) -> Result<Plan, CommandError> {
        let session = self.runner.session;
        let (plan, _) = scope::only(session.plan(observed), &session.graph, scope);
        check_conflicts(&plan, &Command::new(message::Verb::Adopt))?;
        refuse_data_loss(&plan)?;
        let made = |item: &&Item| item.data && item.action == Action::Create;
        if let Some(item) = plan.items.iter().find(made) {
            let what = format!(
                "{} is not there, and would be made anew, empty",
                item.address
            );
            return Err(CommandError::new(ErrorKind::Refused, what)
                .hint(message![commands::plan(), " says what there is of it"]));
        }
        Ok(plan)
    }

    /// What a service has gone back with, or was going to when a run was interrupted.
    ///
    /// # Errors
    /// The fault of the request.
    pub(super) async fn rollback_target(
        session: &Session,
    ) -> Result<Option<RollbackTarget>, CommandError> {
        let identifier = stack_database::physical_identifier(session).await?;
        let there = DbInstanceLive::read(&session.cloud, &identifier).await;
        let there = there.map_err(cannot)?;
        Ok(there.and_then(|there| {
            let RestoreSource::Snapshot(snapshot) = there.restored_from()? else {
                return None;
            };
            Some(RollbackTarget {
                revision: there.back_to()?.to_owned(),
                snapshot,
                done: there.displaces().is_none(),
            })
        }))
    }

    /// Notes that revision.
    ///
    /// # Errors
    /// The fault of the request.
    pub(super) async fn note_rollback_target(
        &self,
        live: &DbInstanceLive,
        revision: &str,
    ) -> Result<(), CommandError> {
        let address = self.address;
        self.runner
            .task(|run| async move { tag_rollback_target(&run.job(address), live, revision).await })
            .await
            .map_err(cannot)
    }

    /// The stack runs on it: the next restore is a new one.
    ///
    /// # Errors
    /// The fault of the request.
    pub(super) async fn finish(&self, live: &DbInstanceLive) -> Result<(), CommandError> {
        let address = self.address;
        self.runner
            .task(|run| async move { restore::finish(&run, address, live).await })
            .await
            .map_err(cannot)
    }
}

/// Why the database cannot be brought back.
pub(super) fn cannot(fault: Fault) -> CommandError {
    stopped("cannot restore the database", &fault)
}

/// What is left of the instance that was there, and how to be rid of it.
pub(super) fn leftover(old: &str) -> Message {
    message![
        format!(
            "the old instance is `{old}`: it is no longer managed, and AWS bills it until you delete it: "
        ),
        Command::new(message::Verb::DbCleanup).arg(old),
    ]
}
