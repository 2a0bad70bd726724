//! `ajuda deploy tunnel`: a port of this machine that leads to the database.

use std::net::{Ipv4Addr, TcpListener};

use clap::Args;

use super::exec::carry;
use crate::cli::options::{Common, Which};
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::exit::ExitStatus;
use crate::inspect::exec::inside;
use crate::inspect::session_manager_plugin::Plugin;
use crate::inspect::tunnel::{ConnectHint, Database, database, open};
use crate::message::commands;
use crate::render::{Console, json};

/// Open a port on this machine that leads to the database, through a task
///
/// The database has no public address. Systems Manager carries the port to a task of the service,
/// and that task reaches the database. Needs `exec = true` under the service in the file, and AWS's
/// session-manager-plugin on this machine. Ctrl-C closes it.
///
/// Example: ajuda deploy tunnel --port 15432
#[derive(Debug, Args)]
pub struct Tunnel {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    which: Which,
    /// Through this task: its id, or how that begins
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// The port on this machine
    #[arg(long, default_value_t = 5432, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
}

impl Tunnel {
    pub(super) async fn run(self, console: &Console) -> Result<ExitStatus, CommandError> {
        let session = Session::open_unplanned(&self.common, console).await?;
        let service = session.service_or_app(self.which.name())?;
        let cannot = |fault| CommandError::of("cannot open the tunnel", &fault);
        let called = session.as_called().await;
        let (database, inside) = tokio::join!(
            database(&session.cloud, &session.stack, &called),
            inside(&session.cloud, &called, &service, self.task.as_deref()),
        );
        let (database, inside) = (database.map_err(cannot)?, inside.map_err(cannot)?);
        let plugin = Plugin::find().await.map_err(cannot)?;
        free(self.port)?;
        let opened = open(&session.cloud, &inside, &database, self.port)
            .await
            .map_err(cannot)?;
        let how = self.how(console, &database);
        if console.is_json() {
            console.event(&json::tunnel(self.port, &database, &how));
        } else {
            console.say(format!(
                "127.0.0.1:{} leads to {}:{} through task {}, until Ctrl-C\n\n  {}\n\nits password:\n\n  {}\n",
                self.port, database.host, database.port, inside.task, how.psql, how.password
            ));
        }
        carry(&plugin, &session, &self.common, &opened).await
    }

    /// What to type meanwhile: nothing in it is secret.
    fn how(&self, console: &Console, database: &Database) -> ConnectHint {
        // RDS asks for TLS, and its certificate is for a name that is not this machine's.
        let psql = format!(
            "psql 'host=127.0.0.1 port={} dbname={} user={} sslmode=require'",
            self.port, database.name, database.username
        );
        let password = commands::database_password(&database.secret).at(console.place());
        ConnectHint { psql, password }
    }
}

/// The plugin would say it too, after AWS has opened a session.
fn free(port: u16) -> Result<(), CommandError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map(drop)
        .map_err(|error| {
            CommandError::error(format!(
                "port {port} of this machine cannot be used: {error}"
            ))
            .hint("choose another: `--port 15432`")
        })
}
