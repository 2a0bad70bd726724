//! `ajuda deploy scale`: another number of tasks.

use clap::Args;

use crate::cli::deployment::{ChangeOptions, Messages, change};
use crate::cli::options::Common;
use crate::cli::runner::Runner;
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::exit::Exit;
use crate::message::{Message, commands};
use crate::render::Console;
use crate::rollout::scale::{check_shareable, decide};
use crate::stack::Service;

/// Run more tasks of a service, or fewer
///
/// The number belongs to whoever runs this as long as the file does not say it. Where the file has
/// autoscaling, it must be within its bounds, and autoscaling goes on from there.
///
/// Example: ajuda deploy scale open-webui=2
#[derive(Debug, Args)]
pub struct Scale {
    #[command(flatten)]
    pub(super) common: Common,
    /// Which service, and how many tasks of it
    #[arg(value_name = "SERVICE=N", value_parser = many, conflicts_with_all = ["service", "count"])]
    many: Option<(String, u32)>,
    /// Which service; without it, the app
    #[arg(long)]
    service: Option<String>,
    /// How many tasks
    #[arg(long, value_name = "N", required_unless_present = "many", value_parser = clap::value_parser!(u32).range(0..=1000))]
    count: Option<u32>,
    /// Do not wait until they run
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    terms: ChangeOptions,
}

/// Reads `SERVICE=N`.
fn many(text: &str) -> Result<(String, u32), String> {
    let wrong = || "write it like `SERVICE=2`".to_owned();
    let (service, count) = text.split_once('=').ok_or_else(wrong)?;
    let count: u32 = count.parse().map_err(|_| wrong())?;
    if count > 1000 {
        return Err("at most 1000 tasks".to_owned());
    }
    Ok((service.to_owned(), count))
}

impl Scale {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let (service, count) = match &self.many {
            Some((service, count)) => (Some(service.as_str()), *count),
            // Clap asks for one of the two.
            None => (self.service.as_deref(), self.count.unwrap_or_default()),
        };
        let named: Vec<&str> = service.into_iter().collect();
        let session = Session::open_for(&self.common, console, &named, false).await?;
        let service = session.service_of(service)?;
        let act = async |runner: Runner<'_>| self.change(runner, service, count).await;
        Runner::with_lock(&session, console, &self.terms.lock_wait, act).await
    }

    async fn change(
        &self,
        runner: Runner<'_>,
        service: &Service,
        count: u32,
    ) -> Result<Exit, CommandError> {
        let session = runner.session;
        let state = session.service_state(service).await?;
        check_shareable(&session.stack, &state, count)?;
        let wanted = decide(state, count)?;
        let words = Messages {
            again: commands::scale(&service.name, count),
            way_back: Message::default(),
        };
        let waiting = self.terms.waiting(!self.no_wait);
        change(runner, &wanted, self.terms.yes, waiting, &words).await
    }
}
