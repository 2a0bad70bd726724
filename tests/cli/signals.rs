//! Ctrl-C and SIGTERM: leave in order within five seconds, at once when told twice.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::binary::{Desk, begin, end};
use crate::lease::{SMALL, leases, slow_vpc, until_called};

/// How long the call is held that a signal meets.
const HELD: Duration = Duration::from_secs(30);

fn send(signal: &str, to: &Child) {
    let sent = Command::new("kill")
        .args([signal, &to.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_call_that_does_not_end_is_left() {
    for signal in ["-INT", "-TERM"] {
        let desk = Desk::with(SMALL);
        slow_vpc(&desk, HELD);
        let up = begin(&desk, &["up", "--yes"]);
        until_called(&desk, "CreateVpc");
        let begun = Instant::now();
        send(signal, &up);
        let up = end(up);
        let took = begun.elapsed();
        assert_eq!(up.code, 130, "{}", up.err);
        // Sooner than the answer; how soon is asserted in virtual time (`tests/engine/properties.rs`).
        assert!(took < HELD, "{signal}: {took:?}");
        assert!(up.err.contains("` to continue"), "{}", up.err);
        // It has ended, and tells the next run that this one was stopped in the middle.
        assert_eq!(leases(&desk), ["/ajuda/tiny/lease-1"]);
        let unlock = desk.deploy(&["unlock", "--yes"]);
        assert!(unlock.err.contains("that run is gone"), "{}", unlock.err);
    }
}

#[test]
fn a_second_signal_leaves_at_once() {
    let desk = Desk::with(SMALL);
    slow_vpc(&desk, HELD);
    let mut up = begin(&desk, &["up", "--yes"]);
    until_called(&desk, "CreateVpc");
    send("-INT", &up);
    // Two signals that come at once are one.
    let mut told = BufReader::new(up.stderr.as_mut().unwrap()).lines();
    told.find(|line| line.as_ref().unwrap().contains("press Ctrl-C again"))
        .unwrap()
        .unwrap();
    send("-INT", &up);
    let up = end(up);
    assert_eq!(up.code, 130, "{}", up.err);
    // Nothing is waited for, so that there is no report either.
    assert!(!up.err.contains("` to continue"), "{}", up.err);
}
