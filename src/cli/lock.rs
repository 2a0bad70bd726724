//! Holding the stack's lease while a verb changes the stack, and waiting for whoever holds it.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use clap::Args;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::apply::wait_for_signal;
use super::expiry;
use super::session::Session;
use crate::aws::Cloud;
use crate::aws::lease::{self, Acquisition, Holder, Lease, LeaseState, Pace, Renewal};
use crate::check::credentials::renewal;
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{Cancel, Fault};
use crate::exit::Exit;
use crate::message::{Command, Verb, message};
use crate::render::{Console, StatusWriter, span};

/// What to do when somebody else is changing the stack.
#[derive(Debug, Clone, Args)]
pub struct LockWait {
    /// How long to wait while somebody else is changing the stack, such as `10m`; `0s` refuses at once
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = time)]
    lock_timeout: Duration,
}

impl LockWait {
    /// Waits that long.
    pub(super) fn of(lock_timeout: Duration) -> Self {
        Self { lock_timeout }
    }
}

/// The lease, held and kept alive.
pub(super) struct Lock {
    /// Stops what is going on: the lease was lost, or the operator asked for it.
    pub(super) cancel: Cancel,
    cloud: Arc<Cloud>,
    lease: Arc<Lease>,
    status: Arc<OnceLock<StatusWriter>>,
    keeper: JoinHandle<()>,
    /// Releases and leaves when a signal comes before there is anything to stop in order.
    leaver: JoinHandle<()>,
    /// Stops a run before its credentials end.
    expiry: OnceLock<JoinHandle<()>>,
    /// Whether it did.
    expired: Arc<AtomicBool>,
}

impl Lock {
    /// Whether the run that held it before was cut off.
    pub(super) fn follows_unended(&self) -> bool {
        self.lease.follows_unended()
    }

    /// Takes the lease, waiting as long as `lock_wait` says.
    ///
    /// # Errors
    /// Refused, naming the holder, when the time is over; the fault of a request.
    pub(super) async fn take(
        session: &Session,
        console: &Console,
        lock_wait: &LockWait,
    ) -> Result<Self, CommandError> {
        let cloud = &session.cloud;
        let pace = Pace::of(session.clock_speed);
        let cannot = |fault| CommandError::fault("cannot take the lease of the stack", &fault);
        let me = Holder::here(cloud, &host()).map_err(cannot)?;
        let me = me.carrying(session.stack.tags.clone());
        let until = Instant::now() + lock_wait.lock_timeout;
        let mut reported_holder = String::new();
        loop {
            let mut living = match lease::take(cloud, &me, pace).await.map_err(cannot)? {
                Acquisition::Ours(lease) => return Ok(Self::keep(cloud, lease, *console)),
                Acquisition::Theirs(other) => Some(*other),
            };
            // Looking makes nothing; taking does.
            while let Some(other) = living {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(refusal(session, &other));
                }
                if reported_holder != other.holder.id {
                    console.say(format!(
                        "waiting for {}, at most {}",
                        words(&other),
                        span(millis(left))
                    ));
                    reported_holder.clone_from(&other.holder.id);
                }
                sleep((pace.renew_every / 4).min(left)).await;
                let all = lease::list(cloud, pace).await.map_err(cannot)?;
                living = all.into_iter().find(|one| !one.over);
            }
        }
    }

    fn keep(cloud: &Arc<Cloud>, lease: Lease, console: Console) -> Self {
        let (cloud, lease) = (Arc::clone(cloud), Arc::new(lease));
        let cancel = Cancel::default();
        let status: Arc<OnceLock<StatusWriter>> = Arc::default();
        let keeper = {
            let (cloud, lease) = (Arc::clone(&cloud), Arc::clone(&lease));
            let (cancel, status) = (cancel.clone(), Arc::clone(&status));
            tokio::spawn(async move {
                let lost = until_lost(&cloud, &lease).await;
                let stopping =
                    format!("stopping this run: {lost}; stopping after the calls in flight");
                match status.get() {
                    Some(status) => status.say(&stopping),
                    None => console.say(&stopping),
                }
                cancel.stop();
            })
        };
        let leaver = tokio::spawn(leave(Arc::clone(&cloud), Arc::clone(&lease), console));
        Self {
            cancel,
            cloud,
            lease,
            status,
            keeper,
            leaver,
            expiry: OnceLock::new(),
            expired: Arc::default(),
        }
    }

    /// From now on a signal is the business of whoever changes the stack, and what there is to say
    /// goes through `status`.
    pub(super) fn begin(&self, status: StatusWriter) {
        self.leaver.abort();
        // A run begins once.
        if self.status.set(status).is_err() {
            return;
        }
        let (cloud, cancel) = (Arc::clone(&self.cloud), self.cancel.clone());
        let (status, expired) = (Arc::clone(&self.status), Arc::clone(&self.expired));
        // It ends when the credentials do, or with the run.
        let _ = self.expiry.set(tokio::spawn(async move {
            let say = |text: &str| {
                if let Some(status) = status.get() {
                    status.say(text);
                }
            };
            expiry::watch(&cloud, &cancel, say).await;
            expired.store(true, Ordering::Relaxed);
        }));
    }

    /// Gives the lease back. One that cannot be given back expires by itself. Where the run was stopped, a call may
    /// still be under way, and nobody waits for what it did to be shown: the lease is ended and stays to tell that.
    pub(super) async fn release(self, console: &Console) {
        self.keeper.abort();
        self.leaver.abort();
        if let Some(expiry) = self.expiry.get() {
            expiry.abort();
        }
        if self.expired.load(Ordering::Relaxed) {
            let next = console.talk_style().accent("next:");
            console.say(message![
                format!("{next} the credentials end: "),
                renewal(),
                ", then the same command",
            ]);
        }
        if self.cancel.is_stopped() {
            let left = self.lease.leave(&self.cloud);
            end_lease(left, Duration::from_secs(1), &self.lease, *console).await;
        } else {
            let released = self.lease.release(&self.cloud);
            end_lease(released, Duration::from_secs(10), &self.lease, *console).await;
        }
    }
}

/// Shows that the holder lives, until the lease is lost: returns why.
async fn until_lost(cloud: &Cloud, lease: &Lease) -> String {
    let pace = lease.pace();
    let mut held = Instant::now();
    loop {
        sleep(pace.renew_every).await;
        // Nobody else can hold it before it has expired, and one slow answer is better than none twice.
        let begun = Instant::now();
        let last = (pace.expiry - pace.renew_every).saturating_sub(held.elapsed());
        let answer = timeout(last.max(pace.renew_every), lease.renew(cloud)).await;
        let may_fail = held.elapsed() + pace.renew_every < pace.expiry;
        match answer {
            Ok(Ok(Renewal::Held)) => held = begun,
            Ok(Ok(Renewal::Lost(Some(by)))) => break format!("{} took its lease over", words(&by)),
            Ok(Ok(Renewal::Lost(None))) => break "its lease was ended by somebody else".to_owned(),
            Ok(Err(_)) | Err(_) if may_fail => {}
            Ok(Err(fault)) => break format!("its lease cannot be kept: {fault}"),
            Err(_) => break "its lease cannot be kept: CloudWatch Logs does not answer".to_owned(),
        }
    }
}

async fn leave(cloud: Arc<Cloud>, lease: Arc<Lease>, console: Console) {
    wait_for_signal().await;
    console.say("interrupted; nothing was changed");
    let released = lease.release(&cloud);
    end_lease(released, Duration::from_secs(4), &lease, console).await;
    process::exit(i32::from(Exit::Interrupted as u8));
}

/// Ends a lease, and says so if that fails.
async fn end_lease(
    ended: impl Future<Output = Result<(), Fault>>,
    lock_wait: Duration,
    lease: &Lease,
    console: Console,
) {
    let why = match timeout(lock_wait, ended).await {
        Ok(Ok(())) => return,
        Ok(Err(fault)) => fault.to_string(),
        Err(_) => "no answer".to_owned(),
    };
    let expiry = span(millis(lease.pace().expiry));
    console.say(format!(
        "the lease could not be given back ({why}); it expires within {expiry}"
    ));
}

fn refusal(session: &Session, other: &LeaseState) -> CommandError {
    let name = &session.stack.name;
    CommandError::new(
        ErrorKind::Refused,
        format!("somebody else is changing the stack {name}; nothing was changed"),
    )
    .detail(words(other))
    .detail(format!(
        "its lease expires in {} unless renewed",
        span(millis(other.left))
    ))
    .hint(message![
        "`--lock-timeout 10m` waits for it; if that run is gone, ",
        Command::new(Verb::Unlock),
        " ends its lease",
    ])
}

/// Who holds a lease, from where and since when.
pub(super) fn words(lease: &LeaseState) -> String {
    let Holder { owner, host, .. } = &lease.holder;
    format!(
        "{owner} on {host} (process {}), since {} ({} ago)",
        lease.holder.pid(),
        lease.since(),
        span(millis(lease.age))
    )
}

/// The name of this machine.
fn host() -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let asked = || {
        let answer = process::Command::new("hostname").output().ok()?;
        String::from_utf8(answer.stdout).ok()
    };
    let name = kernel.or_else(asked).unwrap_or_default();
    match name.trim() {
        "" => "a machine without a name".to_owned(),
        name => name.to_owned(),
    }
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Reads `90s`, `10m` or `1h`.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let wrong = || "write it like `0s`, `90s`, `10m` or `1h`".to_owned();
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[number.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(u64::from(number) * unit))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::time;

    #[test]
    fn times_are_read() {
        for (text, seconds) in [("0s", 0), ("90s", 90), ("10m", 600), ("1h", 3600)] {
            assert_eq!(time(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "10", "m", "-1s", "1d", "1.5h", "１m"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
