//! Doing one piece of work that no plan holds: shown as it happens, stopped in order.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::hold::Hold;
use super::run::listen;
use super::session::Session;
use crate::aws::Errand;
use crate::engine::{Class, Fault};
use crate::exit::{Exit, Stop};
use crate::render::{Console, Progress};

/// Does `work` and shows it; Ctrl-C and SIGTERM stop it in order, a second one at once.
pub(super) async fn errand<T, F>(
    session: &Session,
    console: &Console,
    hold: &Hold,
    work: impl FnOnce(Errand) -> F,
) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    let (events, received) = mpsc::unbounded_channel();
    let cancel = hold.cancel.clone();
    let progress = Progress::lines(*console);
    hold.begin(progress.voice());
    let watch = tokio::spawn(listen(cancel.clone(), progress.voice()));
    let shown = tokio::spawn(progress.follow(received));
    let ended = work(Errand {
        cloud: Arc::clone(&session.cloud),
        events,
        cancel,
        haste: session.haste,
    })
    .await;
    watch.abort();
    // Everything was sent; the last lines are still being drawn.
    let _ = shown.await;
    ended
}

/// Why such work ended early: interrupted, refused by what is there, or failed.
pub(super) fn stopped(what: &str, fault: &Fault) -> Stop {
    let mut stop = Stop::fault(what, fault);
    stop.exit = match fault.class {
        Class::Interrupted => Exit::Interrupted,
        Class::Conflict => Exit::Refused,
        Class::Denied => Exit::Unread,
        _ => Exit::Error,
    };
    stop
}
