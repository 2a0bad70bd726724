//! Ctrl-C and SIGTERM: leave in order within five seconds, at once when told twice.
#![cfg(unix)]

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::binary::{Desk, begin, end};
use crate::lease::{SMALL, leases, slow_vpc, until_called};

fn send(signal: &str, to: &Child) {
    let sent = Command::new("kill")
        .args([signal, &to.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_call_that_does_not_end_is_left_in_five_seconds() {
    for signal in ["-INT", "-TERM"] {
        let desk = Desk::with(SMALL);
        slow_vpc(&desk, 30_000);
        let up = begin(&desk, &["up", "--yes"]);
        until_called(&desk, "CreateVpc");
        let begun = Instant::now();
        send(signal, &up);
        let up = end(up);
        let took = begun.elapsed();
        assert_eq!(up.code, 130, "{}", up.err);
        assert!(took < Duration::from_secs(5), "{signal}: {took:?}");
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
    slow_vpc(&desk, 30_000);
    let up = begin(&desk, &["up", "--yes"]);
    until_called(&desk, "CreateVpc");
    send("-INT", &up);
    std::thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    send("-INT", &up);
    let up = end(up);
    let took = begun.elapsed();
    assert_eq!(up.code, 130, "{}", up.err);
    assert!(took < Duration::from_secs(1), "{took:?}");
}
