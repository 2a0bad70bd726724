//! AWS without an account: moto, extended, in a Python environment of its own.
//!
//! Everything it needs lies in one directory that can be deleted at any time.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::exit::Stop;

mod control;
mod python;

pub use control::Control;

/// The Python sources of the sandbox, by file name.
const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sandbox_sources.rs"));
/// Every package it needs, pinned by hash.
const REQUIREMENTS: &str = include_str!("sandbox/requirements.txt");

/// How much faster than AWS a clock can run: times are divided by it, and have to stay times.
const SLOWEST: f64 = 0.001;
const FASTEST: f64 = 1_000_000.0;

/// What a running sandbox says of itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Running {
    /// Where it answers.
    pub url: String,
    /// Its process.
    pub pid: u32,
    /// `fast`, `real`, `instant`, or how many times faster than AWS its clock runs.
    pub clock: String,
}

impl Running {
    /// How many times faster than AWS its clock runs.
    pub fn haste(&self) -> f64 {
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
    pub fn control(&self) -> Control {
        Control::new(&self.url)
    }
}

/// Where a sandbox keeps its files, and how it is started.
#[derive(Debug, Clone)]
pub struct Sandbox {
    home: PathBuf,
}

impl Sandbox {
    /// The sandbox of this user: under `AJUDA_SANDBOX_HOME`, else the cache directory.
    ///
    /// # Errors
    /// When no home directory is known.
    pub fn of_user() -> Result<Self, Stop> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let home = set("AJUDA_SANDBOX_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(set("XDG_CACHE_HOME")?).join("ajuda/sandbox")))
            .or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache/ajuda/sandbox")))
            .ok_or_else(|| {
                Stop::error("no place for the sandbox's files")
                    .hint("set AJUDA_SANDBOX_HOME to a directory it may use")
            })?;
        Ok(Self { home })
    }

    /// A sandbox that keeps its files in `home`.
    pub fn at(home: impl Into<PathBuf>) -> Self {
        Self { home: home.into() }
    }

    fn state_file(&self) -> PathBuf {
        self.home.join("state.json")
    }

    /// Where its own words go.
    pub fn log_file(&self) -> PathBuf {
        self.home.join("sandbox.log")
    }

    /// The one that runs and answers, if any.
    pub fn running(&self) -> Option<Running> {
        let said = fs::read(self.state_file()).ok()?;
        let running: Running = serde_json::from_slice(&said).ok()?;
        running.control().get("status").ok()?;
        Some(running)
    }

    /// Stops the one that runs and waits until it answers no more: whoever starts another right after
    /// must not find this one.
    ///
    /// # Errors
    /// It does not take the word, or does not end within ten seconds.
    pub fn stop(&self, running: &Running) -> std::io::Result<()> {
        running.control().post("stop", &serde_json::json!({}))?;
        let begun = Instant::now();
        while running.control().get("status").is_ok() {
            if begun.elapsed() > Duration::from_secs(10) {
                return Err(std::io::Error::other("it still answers"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Prepares Python and the sources: returns the interpreter and the directory to import from.
    /// The first time it installs packages, which `says` is told.
    ///
    /// # Errors
    /// No Python, or no packages.
    pub fn prepare(&self, says: &mut dyn FnMut(&str)) -> Result<(PathBuf, PathBuf), Stop> {
        let home = &self.home;
        let usable = "set AJUDA_SANDBOX_HOME to a directory it may use";
        // Two that start at once prepare one after the other.
        let lock = || {
            fs::create_dir_all(home)?;
            let lock = File::create(home.join("lock"))?;
            lock.lock().map(|()| lock)
        };
        let held = lock()
            .with_context(|| format!("cannot use {}", home.display()))
            .map_err(|error| Stop::from(error).hint(usable))?;
        let python = python::environment(home, REQUIREMENTS, says)?;
        let sources = self
            .unpack()
            .with_context(|| format!("cannot write to {}", home.display()))
            .map_err(|error| Stop::from(error).hint(usable))?;
        drop(held);
        Ok((python, sources))
    }

    /// Writes the sources into a directory named by their hash.
    fn unpack(&self) -> std::io::Result<PathBuf> {
        let mut hash = Sha256::new();
        for (name, text) in SOURCES {
            hash.update(name);
            hash.update(text);
        }
        let directory = self
            .home
            .join(format!("source-{}", short(&hash.finalize())));
        if directory.join("ready").exists() {
            return Ok(directory);
        }
        let package = directory.join("ajuda_sandbox");
        fs::create_dir_all(&package)?;
        for (name, text) in SOURCES {
            fs::write(package.join(name), text)?;
        }
        fs::write(directory.join("ready"), "")?;
        Ok(directory)
    }

    /// Starts one in the background and waits until it answers.
    ///
    /// # Errors
    /// Whatever keeps it from starting, in a plain sentence.
    pub fn start(
        &self,
        port: u16,
        clock: &str,
        says: &mut dyn FnMut(&str),
    ) -> Result<Running, Stop> {
        let (python, sources) = self.prepare(says)?;
        let state = self.state_file();
        let _ = fs::remove_file(&state);
        let log_file = self.log_file();
        let log = File::create(&log_file)
            .with_context(|| format!("cannot write {}", log_file.display()))?;
        let errors = log.try_clone().context("cannot share the sandbox's log")?;
        let mut command = Command::new(python);
        command
            .args([
                "-m",
                "ajuda_sandbox",
                "--port",
                &port.to_string(),
                "--clock",
                clock,
                "--state",
            ])
            .arg(&state)
            .env("PYTHONPATH", sources)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors);
        detach(&mut command);
        let child = command
            .spawn()
            .map_err(|error| Stop::error(format!("cannot start python: {error}")))?;
        self.await_answer(child)
    }

    fn await_answer(&self, mut child: Child) -> Result<Running, Stop> {
        const PATIENCE: Duration = Duration::from_secs(60);
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(running) = self.running() {
                return Ok(running);
            }
            if let Ok(Some(_)) = child.try_wait() {
                let log = fs::read_to_string(self.log_file()).unwrap_or_default();
                let last = log.lines().last().unwrap_or("it said nothing").to_owned();
                return Err(Stop::error("the sandbox did not start")
                    .detail(last)
                    .hint(format!(
                        "all of its words are in {}",
                        self.log_file().display()
                    )));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = child.kill();
        Err(Stop::error("the sandbox did not answer within a minute")
            .hint(format!("its words are in {}", self.log_file().display())))
    }
}

/// A process group of its own, so that Ctrl-C at `ajuda` does not end the sandbox.
#[cfg(unix)]
fn detach(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn detach(_: &mut Command) {}

/// Twelve hexadecimal digits of a hash.
fn short(hash: &[u8]) -> String {
    hash.iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
