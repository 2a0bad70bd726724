//! Why tasks stop: what ECS says of them, and the last lines they wrote.

use aws_sdk_ecs::types as api;

use crate::aws::{Cloud, Job, answer_of, hint_for_new_accounts, optional};
use crate::engine::{Class, Fault, Resource};
use crate::message::{Command, commands, message};

use super::{Service, last};

/// How many lines of a log are shown.
const LINES: i32 = 10;

/// A task that stopped, with all that tells why.
pub(crate) struct Stopped {
    /// The exit code of its container; `None` when that never ran.
    pub(crate) exit_code: Option<i32>,
    /// What happened, line by line.
    pub(crate) details: Vec<String>,
    /// Its log group, if it writes to one.
    pub(crate) log_group: Option<String>,
}

/// The fault of tasks that do not do what they are to do: what is wrong, its details, where to read on.
pub(crate) fn failed(
    job: &Job,
    what: String,
    details: Vec<String>,
    log_group: Option<&str>,
) -> Fault {
    let message: Vec<String> = std::iter::once(what).chain(details).collect();
    let message = message.join("\n");
    let way = hint_for_new_accounts("", &message);
    let fault = Fault::new(job.address().to_string(), Class::Failed, message);
    if let Some(way) = way {
        return fault.hint(way);
    }
    let address = job.address();
    match log_group {
        Some(_) if address.kind() == Service::KIND => fault.hint(message![
            commands::logs_of_the_last_hour(address.name()),
            " has more of its log",
        ]),
        Some(group) => fault.hint(message![
            format!("the log group is {group}: "),
            Command::aws("logs tail").arg(group).option("--since", "1h"),
        ]),
        None => fault,
    }
}

/// The fault of a call that is answered with failures in place of a task (`RunTask`, `failures`): `what` became of it,
/// and the reason.
pub(crate) fn not_taken(operation: &str, what: &str, failures: &[api::Failure]) -> Fault {
    let why = failures.first().and_then(api::Failure::reason);
    let message = format!("{what}: {}", why.unwrap_or("no reason given"));
    let way = hint_for_new_accounts("", &message);
    let fault = Fault::new(operation, Class::Failed, message);
    match way {
        Some(way) => fault.hint(way),
        None => fault,
    }
}

/// Looks into a task that stopped.
///
/// # Errors
/// The fault of a read; a log that cannot be read is told in the details instead.
pub(crate) async fn look_into(cloud: &Cloud, task: &api::Task) -> Result<Stopped, Fault> {
    let mut details = vec![format!(
        "task {} stopped: {}",
        task.task_arn().map_or("?", last),
        task.stopped_reason().unwrap_or("no reason given"),
    )];
    let failed_one = failed_container(task);
    if let Some(container) = failed_one {
        details.extend(container_failure(container));
    }
    let log = match (
        failed_one.and_then(api::Container::name),
        task.task_definition_arn(),
    ) {
        (Some(name), Some(definition)) => container(cloud, definition, name)
            .await?
            .as_ref()
            .and_then(Log::of),
        _ => None,
    };
    let exit_code = failed_one.and_then(api::Container::exit_code);
    if let (Some(log), Some(task), true) = (&log, task.task_arn(), exit_code.is_some()) {
        details
            .extend(log_lines(cloud, &log.group, &format!("{}/{}", log.prefix, last(task))).await);
    }
    Ok(Stopped {
        exit_code,
        details,
        log_group: log.map(|log| log.group),
    })
}

/// The container that ended the task; the proxy of Service Connect ends with it.
pub(crate) fn failed_container(task: &api::Task) -> Option<&api::Container> {
    let ours = |container: &&api::Container| {
        !container
            .name()
            .is_some_and(|name| name.starts_with("ecs-service-connect"))
    };
    let containers = || task.containers().iter().filter(ours);
    containers()
        .find(|container| container.exit_code().is_some_and(|code| code != 0))
        .or_else(|| containers().find(|container| container.reason().is_some()))
        .or_else(|| containers().next())
}

fn container_failure(container: &api::Container) -> Option<String> {
    let name = container.name().unwrap_or("?");
    match (container.exit_code(), container.reason()) {
        (Some(code), Some(why)) => Some(format!("container {name} exited with code {code}: {why}")),
        (Some(code), None) => Some(format!("container {name} exited with code {code}")),
        // What kept it from starting is the task's own reason already.
        (None, _) => None,
    }
}

/// Where a container writes: its log group, and its stream without the task's id.
pub(crate) struct Log {
    /// Its log group.
    pub(crate) group: String,
    /// How the names of its streams begin; `/` and the task follow.
    pub(crate) prefix: String,
}

impl Log {
    /// Where a container of a task definition writes; the stream is `prefix/container/task`
    /// ("awslogs-stream-prefix" of the awslogs log driver).
    pub(crate) fn of(container: &api::ContainerDefinition) -> Option<Self> {
        let options = container.log_configuration()?.options()?;
        Some(Self {
            group: options.get("awslogs-group")?.clone(),
            prefix: format!(
                "{}/{}",
                options.get("awslogs-stream-prefix")?,
                container.name()?
            ),
        })
    }
}

/// A container of a task definition, by name.
///
/// # Errors
/// The fault of the request.
pub(crate) async fn container(
    cloud: &Cloud,
    definition: &str,
    name: &str,
) -> Result<Option<api::ContainerDefinition>, Fault> {
    let request = (cloud.ecs.describe_task_definition()).task_definition(definition);
    let answer = answer_of("ecs:DescribeTaskDefinition", request.send().await)?;
    let defined = answer
        .task_definition
        .and_then(|definition| definition.container_definitions)
        .unwrap_or_default();
    Ok(defined
        .into_iter()
        .find(|container| container.name() == Some(name)))
}

async fn log_lines(cloud: &Cloud, group: &str, stream: &str) -> Vec<String> {
    let request = (cloud.logs.get_log_events())
        .log_group_name(group)
        .log_stream_name(stream)
        .limit(LINES)
        .start_from_head(false);
    match optional("logs:GetLogEvents", request.send().await) {
        Ok(Some(answer)) if !answer.events().is_empty() => {
            let events = answer.events().iter();
            let lines =
                events.map(|event| format!("  {}", event.message().unwrap_or_default().trim_end()));
            std::iter::once("the end of its log:".to_owned())
                .chain(lines)
                .collect()
        }
        Ok(_) => vec!["it wrote nothing to its log".to_owned()],
        Err(fault) => vec![format!("its log could not be read: {fault}")],
    }
}
