//! `ajuda deploy unlock`: end the lease of a run that is gone.

use clap::Args;
use serde::Serialize;

use crate::aws::lease::{self, LeaseState, Pace};
use crate::cli::apply::confirm_alone;
use crate::cli::lock::{millis, words};
use crate::cli::options::Common;
use crate::cli::session::Session;
use crate::command_error::CommandError;
use crate::exit::Exit;
use crate::render::{Console, span};

/// Show who is changing the stack, and end that run's lease
///
/// A run that is gone needs no unlocking after 90 seconds: its lease expires by itself. One that is
/// still going on stops, in order, at its next renewal of the lock (20 seconds).
///
/// Example: ajuda deploy unlock
#[derive(Debug, Args)]
pub struct Unlock {
    #[command(flatten)]
    pub(super) common: Common,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// What was found and done.
#[derive(Serialize)]
struct Document {
    /// Who held the stack; nothing where nobody did.
    holder: Option<Held>,
    /// Whether a lease was ended.
    ended: bool,
}

#[derive(Serialize)]
struct Held {
    owner: String,
    host: String,
    process: u32,
    since: String,
    expires: String,
    /// Whether it had ended already, by expiring or because its process is gone.
    over: bool,
}

impl From<&LeaseState> for Held {
    fn from(lease: &LeaseState) -> Self {
        Self {
            owner: lease.holder.owner.clone(),
            host: lease.holder.host.clone(),
            process: lease.holder.pid(),
            since: lease.since(),
            expires: lease.expires(),
            over: lease.over,
        }
    }
}

impl Unlock {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let session = Session::open_unplanned(&self.common, console).await?;
        let cannot = |what| move |fault| CommandError::fault(what, &fault);
        let all = lease::list(&session.cloud, Pace::of(session.clock_speed))
            .await
            .map_err(cannot("cannot read the lease of the stack"))?;
        let stack = &session.stack.name;
        if all.is_empty() {
            console.say(format!("nobody is changing the stack {stack}"));
        } else {
            for one in &all {
                console.say(described(one));
            }
            let what = match all.iter().all(|one| one.over) {
                true => "end this lease of",
                false => "stop that run and end its lease of",
            };
            confirm_alone(console, self.yes, what, "yes")?;
            for one in &all {
                lease::end(&session.cloud, one)
                    .await
                    .map_err(cannot("cannot end the lease of the stack"))?;
            }
            console.say(format!("ended; the stack {stack} can be changed again"));
        }
        if console.is_json() {
            console.document(&Document {
                holder: all.first().map(Held::from),
                ended: !all.is_empty(),
            });
        }
        Ok(Exit::Done)
    }
}

fn described(lease: &LeaseState) -> String {
    let held = words(lease);
    if lease.over {
        format!("held by {held}; that run is gone")
    } else {
        let left = span(millis(lease.left));
        format!("held by {held}; expires in {left} unless renewed")
    }
}
