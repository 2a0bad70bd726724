//! A one-off task with a service's settings: started, followed, read and stopped.

use aws_sdk_ecs::types as api;

use super::exec::line;
use crate::aws::grant::{Grant, on, pass_role};
use crate::aws::timestamp::Timestamp;
use crate::aws::{Cloud, STACK_TAG, Tags, fault};
use crate::engine::{Class, Fault, Graph};
use crate::message::{commands, message};
use crate::resources::ecs::task_failure::{Log, container, look_into, not_taken};
use crate::resources::ecs::tasks::{id, tasks};
use crate::resources::ecs::{ecs_tags, last, one, primary};
use crate::resources::physical_names;

const RUN: &str = "ecs:RunTask";
/// Who started it: letters, digits, hyphens, slashes and underscores (ECS API, `RunTask.startedBy`).
const STARTED_BY: &str = "ajuda-run";

/// A task that was asked for.
pub struct Running {
    cluster: String,
    arn: String,
    container: String,
    log: Option<Log>,
    /// Its id.
    pub id: String,
    /// Its task definition's ARN.
    pub definition: String,
}

/// What a look at it says.
pub enum Look {
    /// It has not ended; ECS's word for it, small.
    Going(String),
    /// It has ended.
    Ended(Ended),
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// What its command ended with; none when it never ran.
    pub exit_code: Option<u8>,
    /// What ECS says of it, line by line.
    pub details: Vec<String>,
}

/// Starts `command` in a task as the service has them: the task definition that runs now, the same
/// subnets, groups, platform and capacity. It takes no part in Service Connect or behind the load
/// balancer, which are for services alone.
///
/// # Errors
/// No such service, or the fault of a request.
pub async fn start(
    cloud: &Cloud,
    graph: &Graph<Cloud>,
    service: &str,
    command: &[String],
) -> Result<Running, Fault> {
    let cluster = physical_names::cluster(graph);
    let no = |message: String| Fault::new("run", Class::Absent, message);
    let found = one(cloud, &cluster, &physical_names::service(graph, service)).await?;
    let found = found.ok_or_else(|| {
        no(format!(
            "the service {service} is not there, in {}",
            cloud.place
        ))
        .hint(message![commands::up(), " brings it up"])
    })?;
    let definition = primary(&found)
        .and_then(api::Deployment::task_definition)
        .or(found.task_definition())
        .ok_or_else(|| no(format!("the service {service} has no task definition")))?;
    let defined = container(cloud, definition, service).await?;
    let entry_point = defined.as_ref().map_or(&[][..], |of| of.entry_point());
    let ours = api::ContainerOverride::builder()
        .name(service)
        .set_command(Some(for_entry_point(entry_point, command)))
        .build();
    let tags = Tags::from([
        (STACK_TAG.to_owned(), cloud.place.stack.clone()),
        (
            "Name".to_owned(),
            cloud.place.name(&format!("{service}-run")),
        ),
    ]);
    let strategy = found.capacity_provider_strategy();
    let launch = found.launch_type().filter(|_| strategy.is_empty());
    let answer = cloud
        .ecs
        .run_task()
        .client_token(token()?)
        .cluster(&cluster)
        .task_definition(definition)
        .set_launch_type(launch.cloned())
        .set_capacity_provider_strategy((!strategy.is_empty()).then(|| strategy.to_vec()))
        .set_platform_version(found.platform_version().map(str::to_owned))
        .set_network_configuration(found.network_configuration().cloned())
        .overrides(
            api::TaskOverride::builder()
                .container_overrides(ours)
                .build(),
        )
        .started_by(STARTED_BY)
        .enable_ecs_managed_tags(true)
        .set_tags(Some(ecs_tags(&tags)))
        .send()
        .await
        .map_err(fault(RUN))?;
    let Some(task) = answer.tasks().first() else {
        return Err(not_taken(RUN, "ECS took no task", answer.failures()));
    };
    Ok(Running {
        cluster,
        arn: task
            .task_arn()
            .ok_or_else(|| Fault::incomplete(RUN, "taskArn"))?
            .to_owned(),
        container: service.to_owned(),
        log: defined.as_ref().and_then(Log::of),
        id: id(task).to_owned(),
        definition: definition.to_owned(),
    })
}

/// The words of a command as an entry point takes them. A shell's `-c` takes one word as its script and
/// the others as the script's parameters, so that several words become one line.
fn for_entry_point(entry_point: &[String], command: &[String]) -> Vec<String> {
    let is_script = entry_point.last().is_some_and(|last| {
        last.starts_with('-') && !last.starts_with("--") && last.ends_with('c')
    });
    let shell = entry_point.first().map(|first| last(first));
    let is_shell = shell.is_some_and(|name| ["sh", "ash", "bash", "dash", "zsh"].contains(&name));
    if is_shell && is_script && command.len() > 1 {
        vec![line(command)]
    } else {
        command.to_vec()
    }
}

/// A token of 32 characters that no other run has: the SDK's own repeats bear the same.
fn token() -> Result<String, Fault> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Fault::new("run", Class::Other, format!("no randomness: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Looks whether it has ended, and how.
///
/// # Errors
/// The fault of a request.
pub async fn describe(cloud: &Cloud, running: &Running) -> Result<Look, Fault> {
    let found = tasks(cloud, &running.cluster, std::slice::from_ref(&running.arn)).await?;
    // ECS may not know a task in the first moments.
    let Some(task) = found.first() else {
        return Ok(Look::Going("provisioning".to_owned()));
    };
    let status = task.last_status().unwrap_or("unknown");
    if status != "STOPPED" {
        return Ok(Look::Going(status.to_lowercase()));
    }
    let own = task
        .containers()
        .iter()
        .find(|one| one.name() == Some(&running.container));
    let code = own.and_then(api::Container::exit_code);
    let details = match code {
        Some(_) => Vec::new(),
        None => look_into(cloud, task).await?.details,
    };
    Ok(Look::Ended(Ended {
        // An exit status of Linux has eight bits.
        exit_code: code.map(|code| u8::try_from(code & 0xff).unwrap_or(u8::MAX)),
        details,
    }))
}

/// Tells it to stop.
///
/// # Errors
/// The fault of the request.
pub async fn stop(cloud: &Cloud, running: &Running) -> Result<(), Fault> {
    cloud
        .ecs
        .stop_task()
        .cluster(&running.cluster)
        .task(&running.arn)
        .reason("interrupted: the command of ajuda that started it was told to stop")
        .send()
        .await
        .map_err(fault("ecs:StopTask"))?;
    Ok(())
}

/// What a task writes, from the beginning on.
#[derive(Debug, Default)]
pub struct Output {
    token: Option<String>,
}

impl Output {
    /// What was written since the last look, with its times. Each line is given once.
    ///
    /// # Errors
    /// The fault of a request; a log that is not there yet is empty.
    pub async fn more(
        &mut self,
        cloud: &Cloud,
        running: &Running,
    ) -> Result<Vec<(Timestamp, String)>, Fault> {
        let Some(log) = &running.log else {
            return Ok(Vec::new());
        };
        let mut lines = Vec::new();
        loop {
            let answer = cloud
                .logs
                .get_log_events()
                .log_group_name(&log.group)
                .log_stream_name(format!("{}/{}", log.prefix, running.id))
                .start_from_head(true)
                .set_next_token(self.token.clone())
                .send()
                .await
                .map_err(fault("logs:GetLogEvents"));
            let answer = match answer {
                Ok(answer) => answer,
                Err(fault) if fault.is_absent() => return Ok(lines),
                Err(fault) => return Err(fault),
            };
            lines.extend(answer.events().iter().map(|event| {
                let message = event.message().unwrap_or_default();
                (
                    Timestamp::of_millis(event.timestamp().unwrap_or_default()),
                    message.trim_end_matches(['\n', '\r']).to_owned(),
                )
            }));
            // "If you have reached the end of the stream, it returns the same token you passed in."
            let next = answer.next_forward_token;
            if next.is_none() || next == self.token {
                return Ok(lines);
            }
            self.token = next;
        }
    }
}

/// What a one-off task needs, until it has ended and has said how.
pub(crate) const GRANTS: &[Grant] = &[
    on(
        &[
            "ecs:task-definition/{stack}-*",
            "ecs:task-definition/{stack}:*",
            "ecs:task-definition/{task-definition}:*",
        ],
        &["ecs:RunTask"],
    )
    .tagged(),
    on(
        &["ecs:task/{cluster}/*"],
        &["ecs:TagResource", "ecs:StopTask"],
    ),
    on(&["logs:log-group:/ecs/{stack}/*"], &["logs:GetLogEvents"]),
    pass_role(&["ecs-tasks.amazonaws.com"]),
];

#[cfg(test)]
mod tests {
    use super::for_entry_point;

    #[test]
    fn a_shell_gets_its_words_as_one_line() {
        let words = |words: &[&str]| {
            words
                .iter()
                .map(|&word| word.to_owned())
                .collect::<Vec<_>>()
        };
        let command = words(&["python", "-c", "print('a b')"]);
        for (entry_point, runs) in [
            (&[][..], command.clone()),
            (&["/usr/bin/tini", "--"], command.clone()),
            (&["/bin/sh", "--norc"], command.clone()),
            (
                &["/bin/sh", "-c"],
                words(&[r"python -c 'print('\''a b'\'')'"]),
            ),
            (
                &["bash", "-lc"],
                words(&[r"python -c 'print('\''a b'\'')'"]),
            ),
        ] {
            assert_eq!(for_entry_point(&words(entry_point), &command), runs);
        }
        let script = words(&["env | sort"]);
        assert_eq!(for_entry_point(&words(&["sh", "-c"]), &script), script);
    }
}
