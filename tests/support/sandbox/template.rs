//! Sandboxes that have loaded everything and hold nothing: each test gets a copy of one. To load moto and what it
//! needs for a first call takes longer than most tests.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

use ajuda::sandbox::Running;

use super::{PREPARED, Sandbox, said};

/// What the sandbox does for tests and the binary does not carry.
const HARNESS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sandbox/harness");
/// The process that a template ends with (`sandbox/harness/ajuda_harness/__init__.py`), however it ends.
const PARENT: &str = "AJUDA_HARNESS_PARENT";

/// By clock and lag; empty until the first test asks. The lock is held while a copy is made, so that no other
/// request is under way in the template then.
type Templates = HashMap<(String, String), Arc<Mutex<Option<Running>>>>;
static TEMPLATES: LazyLock<Mutex<Templates>> = LazyLock::new(Mutex::default);

/// A fresh sandbox with this clock and this lag.
pub fn fork(clock: &str, lag: &str) -> Sandbox {
    let key = (clock.to_owned(), lag.to_owned());
    let slot = TEMPLATES.lock().unwrap().entry(key).or_default().clone();
    let mut template = slot.lock().unwrap();
    Sandbox::copy_of(template.get_or_insert_with(|| start(clock, lag)))
}

fn start(clock: &str, lag: &str) -> Running {
    let prepared = ajuda::sandbox::Sandbox::at(PREPARED).prepare(&mut |_| {});
    let prepared = prepared.unwrap_or_else(|stop| panic!("{stop:?}"));
    let home = tempfile::tempdir().unwrap();
    let mut child = prepared
        .command()
        .args(["--harness", HARNESS, "--port", "0"])
        .args(["--clock", clock, "--lag", lag])
        .arg("--state")
        .arg(home.path().join("state.json"))
        .env(PARENT, std::process::id().to_string())
        .stdout(Stdio::null())
        .spawn()
        .expect("python runs");
    let begun = Instant::now();
    let running = loop {
        if let Some(running) = ajuda::sandbox::Sandbox::at(home.path()).running() {
            break running;
        }
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "the sandbox ended: {ended:?}");
        assert!(
            begun.elapsed() < Duration::from_secs(120),
            "the sandbox did not start"
        );
        std::thread::sleep(Duration::from_millis(50));
    };
    said(running.control(), "POST", "warm", None);
    running
}
