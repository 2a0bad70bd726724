//! Into a container of a running task, by ECS Exec.

use aws_sdk_ecs::types as api;
use serde_json::json;

use super::session_manager_plugin::Session;
use crate::aws::grant::{Grant, on};
use crate::aws::timestamp::Timestamp;
use crate::aws::{Cloud, fault};
use crate::engine::{Class, Fault, Graph};
use crate::message::{commands, message, quoted};
use crate::resources::ecs::one;
use crate::resources::ecs::tasks::{all, id, is_of};
use crate::resources::physical_names;

/// A container that a session can be opened into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecTarget {
    cluster: String,
    /// The task's id.
    pub task: String,
    /// The container's name.
    pub container: String,
    runtime: String,
}

impl ExecTarget {
    /// The container as Systems Manager calls it.
    pub fn target(&self) -> String {
        format!("ecs:{}_{}_{}", self.cluster, self.task, self.runtime)
    }
}

/// The newest running task of a service that a session can be opened into; with `task`, the one whose
/// id begins so.
///
/// # Errors
/// No such service or task, exec is off for it, or a request failed.
pub async fn inside(
    cloud: &Cloud,
    graph: &Graph<Cloud>,
    service: &str,
    task: Option<&str>,
) -> Result<ExecTarget, Fault> {
    let cluster = physical_names::cluster(graph);
    let called = physical_names::service(graph, service);
    let (described, tasks) = tokio::join!(
        one(cloud, &cluster, &called),
        all(cloud, &cluster, api::DesiredStatus::Running),
    );
    let Some(described) = described? else {
        return Err(no(
            Class::Absent,
            format!("the service {service} is not there, in {}", cloud.place),
        )
        .hint(message![commands::up(), " brings it up"]));
    };
    if !described.enable_execute_command() {
        return Err(no(
            Class::Conflict,
            format!("exec is off for the service {service}"),
        )
        .hint(message![
            format!("write `exec = true` under [service.{service}], and "),
            commands::up(),
            ": it replaces the tasks",
        ]));
    }
    let mut tasks: Vec<api::Task> = tasks?
        .into_iter()
        .filter(|one| is_of(one, &called))
        .collect();
    if let Some(begin) = task {
        tasks.retain(|one| id(one).starts_with(begin));
        if tasks.is_empty() {
            return Err(no(
                Class::Absent,
                format!("the service {service} has no running task {begin}"),
            )
            .hint(message![commands::tasks(), " has their ids"]));
        }
    }
    tasks.retain(|one| one.last_status() == Some("RUNNING"));
    tasks.sort_by_key(|one| std::cmp::Reverse(one.started_at().map(Timestamp::from)));
    let Some(newest) = tasks.first() else {
        return Err(no(
            Class::Absent,
            format!("no task of the service {service} runs"),
        )
        .hint(message![commands::status(), " says why"]));
    };
    let within = tasks.iter().find_map(|one| open(&cluster, one, service));
    within.ok_or_else(|| closed(newest, service))
}

/// The container of a task, if its agent is there.
fn open(cluster: &str, task: &api::Task, container: &str) -> Option<ExecTarget> {
    let found = container_of(task, container)?;
    agent(found).filter(|state| *state == "RUNNING")?;
    Some(ExecTarget {
        cluster: cluster.to_owned(),
        task: id(task).to_owned(),
        container: container.to_owned(),
        runtime: found.runtime_id()?.to_owned(),
    })
}

fn container_of<'t>(task: &'t api::Task, name: &str) -> Option<&'t api::Container> {
    task.containers()
        .iter()
        .find(|one| one.name() == Some(name))
}

fn agent(container: &api::Container) -> Option<&str> {
    container.managed_agents().first()?.last_status()
}

/// Why no session can be opened into a task that runs.
fn closed(task: &api::Task, service: &str) -> Fault {
    let name = id(task);
    if !task.enable_execute_command() {
        return no(
            Class::Conflict,
            format!("task {name} was started before exec was on for {service}"),
        )
        .hint(message![
            "a task that starts now has it; ",
            commands::status(),
            " shows when the deployment is done",
        ]);
    }
    let state = container_of(task, service)
        .and_then(agent)
        .unwrap_or("UNKNOWN");
    let fault = no(
        Class::Conflict,
        format!(
            "the exec agent of task {name} is {}, not running",
            state.to_lowercase()
        ),
    );
    if state == "PENDING" {
        fault.hint("it comes up within a minute of its task; try again")
    } else {
        fault.hint(message![
            "its task role needs ssmmessages:*Channel (",
            commands::plan(),
            " shows if it lacks it), and its subnets a way to ssmmessages",
        ])
    }
}

fn no(class: Class, message: String) -> Fault {
    Fault::new("exec", class, message)
}

/// Opens a session that runs `command` in the container.
///
/// # Errors
/// The fault of the request.
pub async fn open_session(
    cloud: &Cloud,
    inside: &ExecTarget,
    command: &str,
) -> Result<Session, Fault> {
    let answer = cloud
        .ecs
        .execute_command()
        .cluster(&inside.cluster)
        .task(&inside.task)
        .container(&inside.container)
        .interactive(true)
        .command(command)
        .send()
        .await
        .map_err(fault("ecs:ExecuteCommand"))?;
    let missing = |field| Fault::incomplete("ecs:ExecuteCommand", field);
    let session = answer.session().ok_or_else(|| missing("session"))?;
    Ok(Session {
        opened: json!({
            "SessionId": session.session_id().ok_or_else(|| missing("sessionId"))?,
            "StreamUrl": session.stream_url().ok_or_else(|| missing("streamUrl"))?,
            "TokenValue": session.token_value().ok_or_else(|| missing("tokenValue"))?,
        }),
        request: json!({ "Target": inside.target() }),
    })
}

/// Words as one line for a shell: ECS takes the command as one text.
pub fn line(words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    words.join(" ")
}

/// What a command inside a task needs: ECS asks about the cluster and about the task.
pub(crate) const GRANTS: &[Grant] = &[on(
    &["ecs:cluster/{cluster}", "ecs:task/{cluster}/*"],
    &["ecs:ExecuteCommand"],
)];

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_command_keeps_its_words() {
        let words = ["sh", "-c", "echo it's; ls /", ""].map(str::to_owned);
        assert_eq!(line(&words), r"sh -c 'echo it'\''s; ls /' ''");
    }
}
