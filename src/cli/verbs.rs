//! `ajuda deploy`: the verbs, a file each.

use clap::Subcommand;

use crate::cli::options::Common;
use crate::command_error::CommandError;
use crate::exit::ExitStatus;
use crate::render::{Console, Format};

mod adopt;
mod check;
mod cost;
mod db;
mod destroy;
mod example;
mod exec;
mod history;
mod logs;
mod outputs;
mod permissions;
mod plan;
mod push;
mod rollback;
mod run;
mod scale;
mod secrets;
mod status;
mod tunnel;
mod unlock;
mod up;
mod update;
mod validate;

// The help of each verb is the doc comment of its own type: one here would hide the longer one.
/// Plan, bring up, look at and remove a stack
#[derive(Debug, Subcommand)]
pub enum Deploy {
    Example(example::Example),
    Validate(validate::Validate),
    Check(check::Check),
    Permissions(Box<permissions::Permissions>),
    Plan(plan::Plan),
    Cost(cost::Cost),
    Up(up::Up),
    Adopt(adopt::Adopt),
    Push(Box<push::Push>),
    Destroy(destroy::Destroy),
    Outputs(outputs::Outputs),
    Status(status::Status),
    Logs(logs::Logs),
    Exec(exec::Exec),
    Run(run::Run),
    Tunnel(tunnel::Tunnel),
    Update(update::Update),
    Rollback(rollback::Rollback),
    History(history::History),
    Scale(scale::Scale),
    Unlock(unlock::Unlock),
    Secrets(secrets::Secrets),
    Db(db::Db),
}

impl Deploy {
    /// Where the verb writes, and how.
    pub(super) fn console(&self) -> Console {
        match (self, self.common()) {
            (Self::Validate(verb), _) => verb.console(),
            (_, Some(common)) => Console::new(common.output).at(common.place()),
            (_, None) => Console::new(Format::Human),
        }
    }

    /// The options of every verb that goes to AWS.
    fn common(&self) -> Option<&Common> {
        Some(match self {
            Self::Example(_) | Self::Validate(_) => return None,
            Self::Check(verb) => &verb.common,
            Self::Permissions(verb) => &verb.common,
            Self::Plan(verb) => &verb.common,
            Self::Cost(verb) => &verb.common,
            Self::Up(verb) => &verb.common,
            Self::Adopt(verb) => &verb.common,
            Self::Push(verb) => &verb.common,
            Self::Destroy(verb) => &verb.common,
            Self::Outputs(verb) => &verb.common,
            Self::Status(verb) => &verb.common,
            Self::Logs(verb) => &verb.common,
            Self::Exec(verb) => &verb.common,
            Self::Run(verb) => &verb.common,
            Self::Tunnel(verb) => &verb.common,
            Self::Update(verb) => &verb.common,
            Self::Rollback(verb) => &verb.common,
            Self::History(verb) => &verb.common,
            Self::Scale(verb) => &verb.common,
            Self::Unlock(verb) => &verb.common,
            Self::Secrets(verb) => verb.common(),
            Self::Db(verb) => verb.common(),
        })
    }

    pub(super) async fn run(self, console: &Console) -> Result<ExitStatus, CommandError> {
        let exit = match self {
            Self::Exec(verb) => return verb.run(console).await,
            Self::Run(verb) => return verb.run(console).await,
            Self::Tunnel(verb) => return verb.run(console).await,
            Self::Example(verb) => verb.run(console),
            Self::Validate(verb) => verb.run(console),
            Self::Check(verb) => verb.run(console).await,
            Self::Permissions(verb) => verb.run(console).await,
            Self::Plan(verb) => verb.run(console).await,
            Self::Cost(verb) => verb.run(console).await,
            Self::Up(verb) => verb.run(console).await,
            Self::Adopt(verb) => verb.run(console).await,
            Self::Push(verb) => verb.run(console).await,
            Self::Destroy(verb) => verb.run(console).await,
            Self::Outputs(verb) => verb.run(console).await,
            Self::Status(verb) => verb.run(console).await,
            Self::Logs(verb) => verb.run(console).await,
            Self::Update(verb) => verb.run(console).await,
            Self::Rollback(verb) => verb.run(console).await,
            Self::History(verb) => verb.run(console).await,
            Self::Scale(verb) => verb.run(console).await,
            Self::Unlock(verb) => verb.run(console).await,
            Self::Secrets(verb) => verb.run(console).await,
            Self::Db(verb) => verb.run(console).await,
        };
        exit.map(ExitStatus::from)
    }
}
