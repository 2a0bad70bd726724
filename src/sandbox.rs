//! AWS without an account: moto, extended, in a Python environment of its own.
//!
//! Everything it needs lies in one directory, this user's alone, that can be deleted at any time. Whom the
//! sandbox obeys: `docs/decisions/0011-whom-the-sandbox-obeys.md`.

use std::fs::{self, File, OpenOptions};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::command_error::CommandError;
use anyhow::Context;

mod control;
mod home;
mod python;
mod sources;
mod state;

pub use control::Control;
pub use state::Running;

/// Every package it needs, pinned by hash.
const REQUIREMENTS: &str = include_str!("../sandbox/requirements.txt");

/// Where a sandbox keeps its files, and how it is started.
#[derive(Debug, Clone)]
pub struct Sandbox {
    home: PathBuf,
}

/// A sandbox that can be started.
#[derive(Debug)]
pub struct Prepared {
    home: PathBuf,
    python: PathBuf,
    launcher: PathBuf,
}

impl Prepared {
    /// What starts it, but for its options: isolated from where it is started, and without credentials.
    pub fn command(&self) -> Command {
        let mut command = python::isolated(&self.python, &self.home);
        command.arg(&self.launcher);
        command
    }
}

impl Sandbox {
    /// The sandbox of this user: under `AJUDA_SANDBOX_HOME`, else the cache directory.
    ///
    /// # Errors
    /// When no home directory is known.
    pub fn of_user() -> Result<Self, CommandError> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let home = set("AJUDA_SANDBOX_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(set("XDG_CACHE_HOME")?).join("ajuda/sandbox")))
            .or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache/ajuda/sandbox")))
            .ok_or_else(|| {
                CommandError::error("no place for the sandbox's files")
                    .hint("set AJUDA_SANDBOX_HOME to a directory it may use")
            })?;
        Ok(Self::at(home))
    }

    /// A sandbox that keeps its files in `home`.
    pub fn at(home: impl Into<PathBuf>) -> Self {
        let home = home.into();
        // It works in another directory than this one.
        let home = std::path::absolute(&home).unwrap_or(home);
        Self { home }
    }

    fn state_file(&self) -> PathBuf {
        self.home.join("state.json")
    }

    /// Where its own words go.
    pub fn log_file(&self) -> PathBuf {
        self.home.join("sandbox.log")
    }

    /// The one that runs and answers, if any: the state file is this user's alone, and the process at its
    /// port has proved to be the one that wrote it.
    pub fn running(&self) -> Option<Running> {
        let running = state::read(&self.state_file())?;
        running.control().get("status").ok()?;
        Some(running)
    }

    /// Stops the one that runs and waits until its port is free and its state file gone: whoever starts
    /// another right after must not find this one.
    ///
    /// # Errors
    /// It does not take the word, or does not end within ten seconds.
    pub fn stop(&self, running: &Running) -> std::io::Result<()> {
        running.control().post("stop", &serde_json::json!({}))?;
        let begun = Instant::now();
        while running.control().is_open() {
            if begun.elapsed() > Duration::from_secs(10) {
                return Err(std::io::Error::other("its port is still open"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Prepares Python and the sources. The first time it installs packages, which `says` is told.
    ///
    /// # Errors
    /// No Python, no packages, or a directory that is another user's.
    pub fn prepare(&self, says: &mut dyn FnMut(&str)) -> Result<Prepared, CommandError> {
        let home = &self.home;
        let usable = "set AJUDA_SANDBOX_HOME to a directory it may use";
        let others = home::claim(home)
            .with_context(|| format!("cannot use {}", home.display()))
            .map_err(|error| CommandError::from(error).hint(usable))?;
        if others {
            let home = home.display();
            says(&format!(
                "others could write to {home}: the sandbox's files in it are made anew"
            ));
        }
        // Two that start at once prepare one after the other.
        let lock = || {
            let lock = File::create(home.join("lock"))?;
            lock.lock().map(|()| lock)
        };
        let held = lock()
            .with_context(|| format!("cannot use {}", home.display()))
            .map_err(|error| CommandError::from(error).hint(usable))?;
        let python = python::environment(home, REQUIREMENTS, says)?;
        let launcher = sources::unpack(home)
            .with_context(|| format!("cannot write to {}", home.display()))
            .map_err(|error| CommandError::from(error).hint(usable))?;
        drop(held);
        Ok(Prepared {
            home: home.clone(),
            python,
            launcher,
        })
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
    ) -> Result<Running, CommandError> {
        let prepared = self.prepare(says)?;
        let state = self.state_file();
        let _ = fs::remove_file(&state);
        let log = self.open_log()?;
        let errors = log.try_clone().context("cannot share the sandbox's log")?;
        let mut command = prepared.command();
        command
            .args(["--port", &port.to_string(), "--clock", clock, "--state"])
            .arg(&state)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors);
        detach(&mut command);
        let child = command
            .spawn()
            .map_err(|error| CommandError::error(format!("cannot start python: {error}")))?;
        self.await_answer(child)
    }

    fn open_log(&self) -> anyhow::Result<File> {
        let path = self.log_file();
        let mut open = OpenOptions::new();
        open.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
        open.open(&path)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    fn await_answer(&self, mut child: Child) -> Result<Running, CommandError> {
        const PATIENCE: Duration = Duration::from_secs(60);
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(running) = self.running() {
                return Ok(running);
            }
            if let Ok(Some(_)) = child.try_wait() {
                let log = fs::read_to_string(self.log_file()).unwrap_or_default();
                let last = log.lines().last().unwrap_or("it said nothing").to_owned();
                return Err(CommandError::error("the sandbox did not start")
                    .detail(last)
                    .hint(format!("full log: {}", self.log_file().display())));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = child.kill();
        Err(
            CommandError::error("the sandbox did not answer within a minute")
                .hint(format!("its words are in {}", self.log_file().display())),
        )
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
