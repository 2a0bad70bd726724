//! The state file: where the sandbox answers, and the token that makes it obey. Only its user can read it.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use super::Control;

/// How much faster than AWS a clock can run: times are divided by it, and have to stay times.
const SLOWEST: f64 = 0.001;
const FASTEST: f64 = 1_000_000.0;

/// A state file is shorter.
const MOST: u64 = 1 << 16;

/// What a running sandbox says of itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Running {
    /// Where it answers: always `http://127.0.0.1:PORT`.
    pub url: String,
    /// Its process.
    pub pid: u32,
    /// `fast`, `real`, `instant`, or how many times faster than AWS its clock runs.
    pub clock: String,
    control: Control,
}

/// The file as it is written.
#[derive(Deserialize)]
struct Written {
    url: String,
    pid: u32,
    clock: String,
    token: String,
}

impl TryFrom<Written> for Running {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let control = Control::new(&written.url, written.pid, written.token)
            .ok_or("no sandbox of this machine")?;
        Ok(Self {
            url: written.url,
            pid: written.pid,
            clock: written.clock,
            control,
        })
    }
}

impl Running {
    /// How many times faster than AWS its clock runs.
    pub fn clock_speed(&self) -> f64 {
        match self.clock.as_str() {
            "fast" => 240.0,
            "instant" => 1000.0,
            "real" => 1.0,
            factor => factor
                .parse()
                .ok()
                .filter(|factor: &f64| *factor > 0.0)
                .map_or(1.0, |factor| factor.clamp(SLOWEST, FASTEST)),
        }
    }

    /// Its control interface.
    pub fn control(&self) -> &Control {
        &self.control
    }
}

/// What a state file says, if it is one that nobody else can have written or read.
pub(super) fn read(path: &Path) -> Option<Running> {
    let file = File::open(path).ok()?;
    // Of the open file, so that it cannot be another one by now.
    let about = file.metadata().ok()?;
    if !about.is_file() || !is_private(&about) {
        return None;
    }
    let mut text = String::new();
    file.take(MOST).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(unix)]
fn is_private(about: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    about.uid() == rustix::process::geteuid().as_raw() && about.mode() & 0o077 == 0
}

/// Elsewhere a user's cache directory is the user's alone.
#[cfg(not(unix))]
fn is_private(_: &Metadata) -> bool {
    true
}
