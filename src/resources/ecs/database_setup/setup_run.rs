//! The set-up task as the way into the database: run once for a question, a change or a check.

use aws_sdk_ecs::types as api;
use serde_json::Value;

use crate::aws::{Job, optional};
use crate::engine::{Class, Fault, ResolveContext};

use super::run::{remember, running, start, succeeded, why};
use super::{DatabaseSetup, Run, WAITS};
use crate::resources::DbInstanceLive;
use crate::resources::ecs::last;
use crate::resources::ecs::tasks::tasks;

/// What the task is run for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Tells the versions of the extensions.
    Look,
    /// Brings the extensions up to date.
    Upgrade,
    /// Prepares another instance: the extension, the application's role, its password. It ends well only
    /// if the application can log in there.
    Prepare,
}

/// Runs the task of one database.
#[derive(Debug, Clone)]
pub struct SetupRunner {
    run: Run,
    /// What the set-up brings about.
    version: String,
    container: String,
    log_group: String,
}

/// What a task is doing that has told nothing yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doing {
    /// It runs; ECS's word for it.
    Runs(String),
    /// ECS does not know it, or it has ended and its log is not there.
    Silent,
}

/// A task that was started.
#[derive(Debug, Clone)]
pub struct SetupRun {
    setup_runner: SetupRunner,
    task: String,
    /// The instance that is prepared.
    prepares: Option<String>,
}

impl DatabaseSetup {
    /// What a run needs, where `context` knows it.
    pub fn setup_runner(&self, context: &ResolveContext<'_>) -> SetupRunner {
        use crate::engine::Resource;
        let want = self.desired(context);
        SetupRunner {
            run: self.run(context),
            version: want.version.clone(),
            container: context.text(&self.task, |task| task.container().to_owned()),
            log_group: context.text(&self.log_group, |group| group.name.clone()),
        }
    }
}

impl SetupRunner {
    /// Starts a task in `mode`, or finds the one that an interrupted run has started. `at` is another
    /// instance than the stack's own.
    ///
    /// # Errors
    /// The image of the task is not there, or the fault of a request.
    pub async fn start(
        &self,
        job: &Job,
        mode: Mode,
        at: Option<&DbInstanceLive>,
    ) -> Result<SetupRun, Fault> {
        if self.version == WAITS {
            let what = "the image of the set-up task is not in the registry";
            return Err(Fault::new("ecs:RunTask", Class::Invalid, what));
        }
        let (by, word) = match mode {
            Mode::Look => ("ajuda-look", Some("look")),
            Mode::Upgrade => ("ajuda-upgrade", Some("upgrade")),
            Mode::Prepare => ("ajuda-prepare", None),
        };
        let pair =
            |name: &str, value: &str| api::KeyValuePair::builder().name(name).value(value).build();
        let mut container = api::ContainerOverride::builder().name(&self.container);
        if let Some(word) = word {
            container = container.environment(pair("SETUP_MODE", word));
        }
        if let Some(at) = at {
            container = container
                .environment(pair("PGHOST", &at.host))
                .environment(pair("PGPORT", &at.port.to_string()));
        }
        let overrides = api::TaskOverride::builder()
            .container_overrides(container.build())
            .build();
        let task = match running(job, &self.run, by).await? {
            Some(task) => task,
            None => start(job, &self.run, by, Some(overrides)).await?,
        };
        Ok(SetupRun {
            setup_runner: self.clone(),
            task,
            prepares: at
                .filter(|_| mode == Mode::Prepare)
                .map(|at| at.arn.clone()),
        })
    }
}

impl SetupRun {
    /// What the task told, once it has ended; until then what it is doing.
    ///
    /// # Errors
    /// It failed, with its details.
    pub async fn answer(&self, job: &Job) -> Result<Result<Value, Doing>, Fault> {
        let SetupRunner { run, .. } = &self.setup_runner;
        let task = tasks(job, &run.cluster, std::slice::from_ref(&self.task))
            .await?
            .pop();
        let Some(task) = task else {
            return Ok(Err(Doing::Silent));
        };
        let status = task.last_status().unwrap_or("starting");
        if status != "STOPPED" {
            let doing = format!("its task is {}", status.to_lowercase());
            return Ok(Err(Doing::Runs(doing)));
        }
        if !succeeded(&task) {
            return Err(why(job, &task).await?);
        }
        if let Some(database) = &self.prepares {
            remember(job, database, &self.setup_runner.version).await?;
            return Ok(Ok(Value::Null));
        }
        match self.answer_line(job).await? {
            Some(report) => Ok(Ok(report)),
            None => Ok(Err(Doing::Silent)),
        }
    }

    /// The last line of the task's log that is JSON.
    async fn answer_line(&self, job: &Job) -> Result<Option<Value>, Fault> {
        let SetupRunner {
            container,
            log_group,
            ..
        } = &self.setup_runner;
        let request = (job.logs.get_log_events())
            .log_group_name(log_group)
            .log_stream_name(format!("ecs/{container}/{}", last(&self.task)))
            .start_from_head(false)
            .limit(20);
        let answer = optional("logs:GetLogEvents", request.send().await)?;
        let Some(answer) = answer else {
            return Ok(None);
        };
        let mut lines = answer
            .events()
            .iter()
            .rev()
            .filter_map(|event| event.message());
        Ok(lines.find_map(|line| serde_json::from_str(line).ok().filter(Value::is_object)))
    }
}
