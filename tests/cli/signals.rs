//! Ctrl-C and SIGTERM: leave in order within five seconds, at once when told twice.
#![cfg(unix)]

use std::process::Command;
use std::time::{Duration, Instant};

use crate::binary::{Desk, Ended, begin};
use crate::lease::{SMALL, leases};
use crate::support::held::{Heard, hold, until_held};

/// Sooner than the SDK gives a call up that does not end.
const SOON: Duration = Duration::from_secs(90);
/// Sooner than a call in flight is left (`GRACE` in src/engine/run_context.rs).
const AT_ONCE: Duration = Duration::from_secs(3);

/// Whether there was a process to send it to.
fn send(signal: &str, to: &Heard) -> bool {
    let sent = Command::new("kill")
        .args([signal, &to.id().to_string()])
        .status();
    sent.unwrap().success()
}

/// An `up` in the middle of a call that never ends.
fn held(desk: &Desk) -> Heard {
    hold(&desk.sandbox, "CreateVpc");
    let up = begin(desk, &["up", "--yes"]);
    until_held(&desk.sandbox);
    Heard::of(up)
}

#[test]
fn a_call_that_does_not_end_is_left() {
    for signal in ["-INT", "-TERM"] {
        let desk = Desk::with(SMALL);
        let up = held(&desk);
        let begun = Instant::now();
        assert!(send(signal, &up));
        let up = Ended::from(up.end());
        let took = begun.elapsed();
        assert_eq!(up.code, 130, "{}", up.err);
        // How soon is asserted in virtual time (`tests/engine/properties.rs`).
        assert!(took < SOON, "{signal}: {took:?}");
        assert!(up.err.contains("` to continue"), "{}", up.err);
        // It has ended, and tells the next run that this one was stopped in the middle.
        assert_eq!(leases(&desk), ["/ajuda/tiny/lease-1"]);
        let unlock = desk.deploy(&["unlock", "--yes"]);
        assert!(unlock.err.contains("that run is gone"), "{}", unlock.err);
    }
}

/// A run that is told once leaves as well, some seconds later: a machine that stood still for as long has shown
/// nothing, and is asked again.
#[test]
fn a_second_signal_leaves_at_once() {
    const TRIES: u32 = 5;
    let shows = || {
        let desk = Desk::with(SMALL);
        let mut up = held(&desk);
        let begun = Instant::now();
        assert!(send("-INT", &up));
        // Two signals that come at once are one.
        up.until_said("press Ctrl-C again");
        send("-INT", &up);
        let up = Ended::from(up.end());
        if begun.elapsed() >= AT_ONCE {
            return false;
        }
        assert_eq!(up.code, 130, "{}", up.err);
        // Nothing is waited for, so that there is no report either.
        assert!(!up.err.contains("` to continue"), "{}", up.err);
        true
    };
    assert!((0..TRIES).any(|_| shows()), "it never left at once");
}
