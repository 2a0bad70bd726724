//! How deep requests follow one another: while they are counted, the sandbox lets go together what was sent together,
//! and says with each request in which round trip it went.

use std::collections::BTreeSet;
use std::fs::read_link;

use serde_json::{Value, json};

use super::sandbox::Sandbox;

/// Counts while `act` runs a process that calls AWS.
pub fn counted<T>(sandbox: &Sandbox, act: impl FnOnce() -> T) -> T {
    set(sandbox, &json!({ "quiet_ms": 250 }));
    let done = act();
    set(sandbox, &json!({ "quiet_ms": 0 }));
    done
}

/// Counts while `act` calls AWS from this thread: the other tests of this process have others.
pub async fn counted_here<T>(sandbox: &Sandbox, act: impl Future<Output = T>) -> T {
    let thread = read_link("/proc/thread-self").ok();
    set(sandbox, &json!({ "quiet_ms": 100, "thread": thread }));
    let done = act.await;
    set(sandbox, &json!({ "quiet_ms": 0 }));
    done
}

fn set(sandbox: &Sandbox, how: &Value) {
    sandbox.control("POST", "round-trips", Some(how.clone()));
}

/// In how many round trips these requests went, whatever else went between them.
pub fn depth<'r>(requests: impl IntoIterator<Item = &'r Value>) -> usize {
    let trips = requests.into_iter().map(|one| one["round_trip"].as_u64());
    let trips: BTreeSet<u64> = trips.map(|trip| trip.expect("it was counted")).collect();
    trips.len()
}
