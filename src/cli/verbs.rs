//! `ajuda deploy`: the verbs, a file each; their list is that of `src/message/verb.rs`.

use clap::Subcommand;

use crate::command_error::CommandError;
use crate::exit::ExitStatus;
use crate::message::verbs;
use crate::render::{Console, Format};

/// The verbs as clap sees them, each in its file.
macro_rules! deploy {
    ($($module:ident $verb:ident($options:ty) $about:ident $writes:ident;)*) => {
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

verbs!(deploy);
