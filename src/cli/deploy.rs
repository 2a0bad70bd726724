//! `ajuda deploy`: what every verb has in common, and the verbs.

use clap::builder::FalseyValueParser;
use clap::{Args, Subcommand};

use crate::exit::{End, Stop};
use crate::render::{Console, Format};

mod adopt;
mod check;
mod db;
mod destroy;
mod ending;
mod example;
mod exec;
mod file;
mod gone;
mod history;
mod hold;
mod logs;
mod models;
mod names;
mod outputs;
mod plan;
mod push;
mod references;
mod restoring;
mod rollback;
mod run;
mod runner;
mod scale;
mod secrets;
mod session;
mod standing;
mod status;
mod supply;
mod task;
mod tunnel;
mod unlock;
mod up;
mod update;
mod upgrade;
mod validate;
mod watch;
mod work;

// The help of each verb is the doc comment of its own type: one here would hide the longer one.
/// Plan, bring up, look at and remove a stack
#[derive(Debug, Subcommand)]
pub enum Deploy {
    Example(example::Example),
    Validate(validate::Validate),
    Check(check::Check),
    Plan(plan::Plan),
    Up(up::Up),
    Adopt(adopt::Adopt),
    Push(Box<push::Push>),
    Destroy(destroy::Destroy),
    Outputs(outputs::Outputs),
    Status(status::Status),
    Logs(logs::Logs),
    Exec(exec::Exec),
    Run(task::Run),
    Tunnel(tunnel::Tunnel),
    Update(update::Update),
    Rollback(rollback::Rollback),
    History(history::History),
    Scale(scale::Scale),
    Unlock(unlock::Unlock),
    Secrets(secrets::Secrets),
    Db(db::Db),
}

/// Options of every verb.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// The stack file
    #[arg(
        long,
        short,
        env = "AJUDA_FILE",
        hide_env_values = true,
        default_value = "deploy.toml"
    )]
    file: String,
    /// Work in the sandbox instead of an AWS account; starts one when none runs
    #[arg(long, env = "AJUDA_SANDBOX", hide_env_values = true, value_parser = FalseyValueParser::new())]
    sandbox: bool,
    /// How to write results
    #[arg(
        long,
        env = "AJUDA_OUTPUT",
        hide_env_values = true,
        value_enum,
        default_value_t
    )]
    pub(super) output: Format,
    /// AWS region, instead of the file's
    #[arg(long, env = "AJUDA_REGION", hide_env_values = true)]
    region: Option<String>,
    /// Profile of the AWS configuration files: its credentials sign, whatever the environment has
    #[arg(long)]
    profile: Option<String>,
}

/// Which service a verb is about, by its place or by the flag.
#[derive(Debug, Clone, Args)]
pub struct Which {
    /// Which service; without it, the app
    #[arg(value_name = "SERVICE", conflicts_with = "service")]
    named: Option<String>,
    /// The same, as a flag
    #[arg(long, short, value_name = "SERVICE")]
    service: Option<String>,
}

impl Which {
    /// This one.
    fn of(service: &str) -> Self {
        Self {
            named: None,
            service: Some(service.to_owned()),
        }
    }

    /// The service that is named, however it is.
    fn name(&self) -> Option<&str> {
        self.named.as_deref().or(self.service.as_deref())
    }
}

impl Common {
    /// The command that does `verb` to the same stack in the same place, for an operator to type.
    fn command(&self, verb: &str) -> String {
        format!("ajuda deploy {verb}{}", self.place())
    }

    /// The options that tell the place: ` --sandbox`, ` --file …`.
    pub(super) fn place(&self) -> String {
        let mut command = String::new();
        if self.sandbox {
            command.push_str(" --sandbox");
        }
        let file = (self.file != "deploy.toml").then_some(&self.file);
        for (flag, value) in [
            ("--file", file),
            ("--region", self.region.as_ref()),
            ("--profile", self.profile.as_ref()),
        ] {
            if let Some(value) = value {
                command.push_str(&option(flag, value));
            }
        }
        command
    }
}

/// ` --flag value`, quoted where a shell would take the value apart.
fn option(flag: &str, value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        format!(" {flag} {value}")
    } else {
        format!(" {flag} '{}'", value.replace('\'', r"'\''"))
    }
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
            Self::Plan(verb) => &verb.common,
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

    pub(super) async fn run(self, console: &Console) -> Result<End, Stop> {
        let exit = match self {
            Self::Exec(verb) => return verb.run(console).await,
            Self::Run(verb) => return verb.run(console).await,
            Self::Tunnel(verb) => return verb.run(console).await,
            Self::Example(verb) => verb.run(console),
            Self::Validate(verb) => verb.run(console),
            Self::Check(verb) => verb.run(console).await,
            Self::Plan(verb) => verb.run(console).await,
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
        exit.map(End::from)
    }
}
