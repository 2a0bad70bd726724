//! `ajuda deploy`: the verbs, a file and a line each.

use clap::Subcommand;

use crate::command_error::CommandError;
use crate::exit::ExitStatus;
use crate::render::{Console, Format};

/// The verbs, in the order of the help. A line is the file, the verb as clap sees it, and where it writes: `common` as
/// its field `common` says, `nested` as the verb below it does, `own` as it says itself, `plain` to people alone.
/// The last two reach no account, and wait for nothing.
macro_rules! verbs {
    ($($module:ident $verb:ident($options:ty) $writes:ident;)*) => {
        $(mod $module;)*

        // The help of each verb is the doc comment of its own type: one here would hide the longer one.
        /// Plan, bring up, look at and remove a stack
        #[derive(Debug, Subcommand)]
        pub enum Deploy {
            $($verb($options),)*
        }

        impl Deploy {
            /// Where the verb writes, and how.
            pub(super) fn console(&self) -> Console {
                match self {
                    $(Self::$verb(verb) => console!(verb $writes),)*
                }
            }

            pub(super) async fn run(self, console: &Console) -> Result<ExitStatus, CommandError> {
                match self {
                    $(Self::$verb(verb) => run!(verb console $writes).map(ExitStatus::from),)*
                }
            }
        }
    };
}

macro_rules! console {
    ($verb:ident common) => {
        Console::new($verb.common.output).at($verb.common.place())
    };
    ($verb:ident nested) => {
        Console::new($verb.common().output).at($verb.common().place())
    };
    ($verb:ident own) => {
        $verb.console()
    };
    ($verb:ident plain) => {{
        let _ = $verb;
        Console::new(Format::Human)
    }};
}

macro_rules! run {
    ($verb:ident $console:ident own) => {
        $verb.run($console)
    };
    ($verb:ident $console:ident plain) => {
        $verb.run($console)
    };
    ($verb:ident $console:ident $writes:ident) => {
        $verb.run($console).await
    };
}

verbs! {
    example Example(example::Example) plain;
    validate Validate(validate::Validate) own;
    check Check(check::Check) common;
    permissions Permissions(Box<permissions::Permissions>) common;
    plan Plan(plan::Plan) common;
    cost Cost(cost::Cost) common;
    up Up(up::Up) common;
    adopt Adopt(adopt::Adopt) common;
    push Push(Box<push::Push>) common;
    destroy Destroy(destroy::Destroy) common;
    outputs Outputs(outputs::Outputs) common;
    status Status(status::Status) common;
    logs Logs(logs::Logs) common;
    exec Exec(exec::Exec) common;
    run Run(run::Run) common;
    tunnel Tunnel(tunnel::Tunnel) common;
    update Update(update::Update) common;
    rollback Rollback(rollback::Rollback) common;
    history History(history::History) common;
    scale Scale(scale::Scale) common;
    unlock Unlock(unlock::Unlock) common;
    secrets Secrets(secrets::Secrets) nested;
    db Db(db::Db) nested;
}
