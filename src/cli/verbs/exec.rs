//! `ajuda deploy exec`: a shell or a command in a running task.

use clap::Args;

use crate::cli::options::{Common, Which};
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::exit::ExitStatus;
use crate::inspect::exec::{inside, line, open_session};
use crate::inspect::session_manager_plugin::{Place, Plugin, Session as Opened};
use crate::render::{Console, Kept};

/// Open a shell in a running task, or run a command in it, by ECS Exec
///
/// Needs `exec = true` under the service in the file, and AWS's session-manager-plugin on this
/// machine, whose terminal it takes over: what runs in the task reaches it as it is. The plugin does not pass on the command's exit code:
/// `ajuda deploy run` does.
///
/// Example: ajuda deploy exec --service open-webui -- ls -l /app/backend/data
#[derive(Debug, Args)]
pub struct Exec {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    which: Which,
    /// This task: its id, or how that begins; without it, the newest
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// The command, after `--`; without it, a shell
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl Exec {
    pub(super) async fn run(self, console: &Console) -> Result<ExitStatus, CommandError> {
        let session = Session::open_unplanned(&self.common, console).await?;
        let service = session.service_or_app(self.which.name())?;
        let cannot = |fault| CommandError::of("cannot go into the task", &fault);
        let inside = inside(
            &session.cloud,
            &*session.as_called().await,
            &service,
            self.task.as_deref(),
        )
        .await
        .map_err(cannot)?;
        // Before AWS opens a session that nobody could join.
        let plugin = Plugin::find().await.map_err(cannot)?;
        let command = if self.command.is_empty() {
            "/bin/sh".to_owned()
        } else {
            line(&self.command)
        };
        console.say(format!(
            "in container {} of task {}",
            inside.container, inside.task
        ));
        let opened = open_session(&session.cloud, &inside, &command)
            .await
            .map_err(cannot)?;
        carry(&plugin, &session, &self.common, &opened).await
    }
}

/// Hands the terminal to the plugin, and ends as it does.
pub(super) async fn carry(
    plugin: &Plugin,
    session: &Session,
    common: &Common,
    opened: &Opened,
) -> Result<ExitStatus, CommandError> {
    let place = if common.sandbox {
        Place::Sandbox(session.cloud.ssm.endpoint())
    } else {
        Place::Aws(common.profile.as_deref())
    };
    // A plugin that a signal ended leaves a raw terminal behind.
    let terminal = Kept::now();
    let ended = plugin.carry(&session.cloud, place, opened).await;
    drop(terminal);
    let ended = ended.map_err(|error| {
        CommandError::error(format!("cannot start session-manager-plugin: {error}"))
    })?;
    let code = ended.code().and_then(|code| u8::try_from(code).ok());
    // A plugin that a signal ended has no code.
    Ok(ExitStatus::Passed(code.unwrap_or(130)))
}
