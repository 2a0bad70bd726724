//! A port of this machine that leads to the database, through a task.

use serde_json::json;

use super::exec::ExecTarget;
use super::session_manager_plugin::Session;
use crate::aws::Cloud;
use crate::aws::grant::{Grant, on};
use crate::engine::{Class, Fault, Graph};
use crate::message::{commands, message};
use crate::resources::{own_database, physical_names};
use crate::stack::Stack;

/// The document of Systems Manager that forwards a port to a host behind its target.
const DOCUMENT: &str = "AWS-StartPortForwardingSessionToRemoteHost";

/// Where the database is, and how to sign in to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Its host name, inside the network.
    pub host: String,
    /// Its port there.
    pub port: u16,
    /// The database.
    pub name: String,
    /// The role that the app signs in as.
    pub username: String,
    /// The secret in Secrets Manager with that role's `password`.
    pub secret: String,
}

/// What to type to use a tunnel. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectHint {
    /// Signs in; asks for the password.
    pub psql: String,
    /// Prints the password.
    pub password: String,
}

/// The stack's database.
///
/// # Errors
/// The file has none, it is not there, it is not up yet, or the request failed.
pub async fn database(
    cloud: &Cloud,
    stack: &Stack,
    graph: &Graph<Cloud>,
) -> Result<Database, Fault> {
    let no = |class, message: &str| Fault::new("tunnel", class, message);
    let (Some(wanted), Some(identifier)) = (&stack.database, physical_names::database(graph))
    else {
        return Err(no(Class::Absent, "the file has no database")
            .hint("`[database]` makes one; a tunnel leads to nothing else"));
    };
    let found = own_database(cloud, &identifier).await?;
    let live = found.ok_or_else(|| {
        let what = format!("the database is not there, in {}", cloud.place);
        no(Class::Absent, &what).hint(message![commands::up(), " brings it up"])
    })?;
    if live.host.is_empty() {
        return Err(no(
            Class::Conflict,
            &format!("the database is {}", live.status),
        ));
    }
    Ok(Database {
        host: live.host.clone(),
        port: live.port,
        name: wanted.name.clone(),
        username: wanted.username.clone(),
        secret: physical_names::secret(graph, "database-app"),
    })
}

/// Opens a session that forwards `local` to the database.
///
/// # Errors
/// The fault of the request.
pub async fn open(
    cloud: &Cloud,
    inside: &ExecTarget,
    database: &Database,
    local: u16,
) -> Result<Session, Fault> {
    let request = json!({
        "Target": inside.target(),
        "DocumentName": DOCUMENT,
        "Parameters": {
            "host": [database.host],
            "portNumber": [database.port.to_string()],
            "localPortNumber": [local.to_string()],
        },
        "Reason": format!("ajuda tunnel to the database of {}", cloud.place.stack),
    });
    let opened = cloud.ssm.start_session(&request).await?;
    Ok(Session { opened, request })
}

/// What a tunnel needs: Systems Manager asks about the task and about the document.
pub(crate) const GRANTS: &[Grant] = &[on(
    &[
        "ecs:task/{cluster}/*",
        "arn:{partition}:ssm:{region}::document/AWS-StartPortForwardingSessionToRemoteHost",
    ],
    &["ssm:StartSession"],
)];
