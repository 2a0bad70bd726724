//! Credentials that end while a stack is changed: refused before it begins, and a run that meets their end stops in
//! order.

use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use crate::aws::Cloud;
use crate::aws::signed::RESERVE;
use crate::check::credentials::{renewal, short};
use crate::cli::session::Session;
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{Cancel, Schedule};
use crate::message::{Command, message};
use crate::render::span;

/// How long before the end a run says so: time enough for somebody to be there when it stops.
const NOTICE: Duration = Duration::from_secs(10 * 60);

/// Refuses to begin what takes longer than the credentials last. `again` is the command.
///
/// # Errors
/// Refused, with both times.
pub(super) async fn ensure_credentials_last(
    session: &Session,
    schedule: &Schedule,
    again: &Command,
) -> Result<(), CommandError> {
    if schedule.0.is_empty() {
        return Ok(());
    }
    let expected = schedule.clone().at_speed(session.clock_speed).total();
    let cannot = |fault| CommandError::fault("cannot look at the credentials", &fault);
    match short(&session.cloud, expected).await.map_err(cannot)? {
        None => Ok(()),
        Some(why) => {
            let what = format!("the credentials {why}; nothing was changed");
            Err(CommandError::new(ErrorKind::Refused, what).hint(message![
                renewal(),
                ", then ",
                again
            ]))
        }
    }
}

/// Watches the credentials while a run goes on: says when they are about to end, and stops it before they do. Never
/// ends where they do not, or nothing says when.
pub(super) async fn watch(cloud: &Cloud, cancel: &Cancel, say: impl Fn(&str)) {
    let lifetime = cloud.signed.lifetime().await;
    match lifetime.ok().and_then(|one| one.left(SystemTime::now())) {
        Some(left) => until_expired(left, cancel, say).await,
        None => std::future::pending().await,
    }
}

async fn until_expired(left: Duration, cancel: &Cancel, say: impl Fn(&str)) {
    let in_time = |time: Duration| span(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    sleep(left.saturating_sub(NOTICE)).await;
    let left = left.min(NOTICE);
    if left > RESERVE {
        let stops = in_time(left - RESERVE);
        say(&format!(
            "the credentials expire in {}: if this run has not ended in {stops}, it stops, and goes on with new ones",
            in_time(left)
        ));
    }
    sleep(left.saturating_sub(RESERVE)).await;
    say(&format!(
        "stopping this run: the credentials expire in {}; stopping after the calls in flight",
        in_time(left.min(RESERVE))
    ));
    cancel.stop();
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::until_expired;
    use crate::engine::Cancel;

    /// What is said and after how many seconds it stops.
    async fn watched(left: u64) -> (Vec<String>, u64) {
        let (cancel, lines, begun) = (Cancel::default(), RefCell::new(Vec::new()), Instant::now());
        let say = |text: &str| {
            let at = begun.elapsed().as_secs();
            lines.borrow_mut().push(format!("{at}: {text}"));
        };
        until_expired(Duration::from_secs(left), &cancel, say).await;
        assert!(cancel.is_stopped());
        (lines.into_inner(), begun.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_says_early_that_its_credentials_end_and_stops_before_they_do() {
        let (lines, stopped) = watched(3600).await;
        assert_eq!(stopped, 3540);
        assert_eq!(
            lines,
            [
                "3000: the credentials expire in 10m: if this run has not ended in 9m, it stops, and goes on with new ones",
                "3540: stopping this run: the credentials expire in 1m; stopping after the calls in flight",
            ]
        );
        // Less than ten minutes when it begins, and less than one.
        let (lines, stopped) = watched(120).await;
        assert_eq!((lines.len(), stopped), (2, 60));
        assert!(
            lines[0].starts_with("0: the credentials expire in 2m:"),
            "{lines:?}"
        );
        let (lines, stopped) = watched(20).await;
        assert_eq!((lines.len(), stopped), (1, 0));
        assert!(lines[0].contains("expire in 20s"), "{lines:?}");
    }
}
