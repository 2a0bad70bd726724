//! Builds an image with the engine that is there, and has it export the image into a file. No engine is
//! told of a registry.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::archive::Archive;
use super::{Event, Events, Source};
use crate::command_error::CommandError;
use crate::engine::Cancel;
use crate::message::Message;

mod engine;

use engine::Engine;

/// How many of a builder's last lines an error repeats.
const LAST: usize = 12;

/// What to build.
#[derive(Debug, Clone)]
pub struct Build {
    /// The directory that is its context.
    pub context: PathBuf,
    /// The Dockerfile, in the context unless it is absolute.
    pub dockerfile: String,
    /// Such as `arm64`.
    pub architecture: String,
    /// What to call it.
    pub name: String,
    /// The one engine to use.
    pub engine: Option<String>,
}

/// Builds the image and exports it. Blocks for as long as the engine takes, or until `cancel` stops it.
///
/// # Errors
/// There is nothing to build, no engine, or the engine fails.
pub fn build(build: &Build, events: &Events, cancel: &Cancel) -> Result<Source, CommandError> {
    let dockerfile = build.context.join(&build.dockerfile);
    if !dockerfile.is_file() {
        return Err(CommandError::error(format!("there is no {}", dockerfile.display())).hint(
            "name the directory that has it, or the file with --dockerfile; to copy an image instead: `--from REF`",
        ));
    }
    let engine = Engine::find(build.engine.as_deref())?;
    let platform = format!("linux/{}", build.architecture);
    let _ = events.send(Event::Building {
        with: engine.name().to_owned(),
        what: format!("{} for {platform}", build.name),
    });
    let room = tempfile::tempdir()
        .map_err(|error| CommandError::error(format!("no room for the image: {error}")))?;
    let file = room.path().join("image.tar");
    // Two pushes at once share the engine's store: each has a name of its own in it.
    let local = local(room.path());
    let built = engine
        .commands(&local, &build.context, &dockerfile, &platform, &file)
        .iter()
        .try_for_each(|command| run(command, events, cancel));
    if let Some([program, words @ ..]) = engine.removal(&local).as_deref() {
        // Layers stay in the engine's cache; a build that failed left no image.
        let _ = Command::new(program)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
    built?;
    let archive = Archive::open(&build.name, &file, room).map_err(|problem| {
        problem.stop(format!("what {} exported cannot be used", engine.name()))
    })?;
    Ok(Source::File(archive))
}

/// What the image is called in the engine's store, after the room that no other push has.
fn local(room: &Path) -> String {
    let own = base(&room.to_string_lossy()).to_ascii_lowercase();
    let own: String = own.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("localhost/ajuda-push:{}-{own}", std::process::id())
}

/// Runs one command of an engine; its words become events. It ends with all that it started when
/// `cancel` says so.
pub(super) fn run(words: &[String], events: &Events, cancel: &Cancel) -> Result<(), CommandError> {
    let [program, arguments @ ..] = words else {
        return Ok(());
    };
    let what = || {
        let verb = arguments.first().map(String::as_str).unwrap_or_default();
        format!("`{} {verb}` failed", base(program))
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = apart(&mut command)
        .spawn()
        .map_err(|error| CommandError::error(what()).detail(error.to_string()))?;
    let last = Arc::new(Mutex::new(VecDeque::new()));
    let out = child.stdout.take().map(|pipe| listen(pipe, events, &last));
    let err = child.stderr.take().map(|pipe| listen(pipe, events, &last));
    let ended = wait(&mut child, cancel);
    for reader in [out, err].into_iter().flatten() {
        // A reader that failed has nothing more to say.
        let _ = reader.join();
    }
    let status = ended.map_err(|error| CommandError::error(what()).detail(error.to_string()))?;
    if status.success() {
        return Ok(());
    }
    let mut stop = CommandError::error(what());
    if let Ok(last) = last.lock() {
        stop.details.extend(last.iter().map(Message::from));
    }
    Err(stop.detail(status.to_string()))
}

/// How often to look whether a child has ended.
const LOOK: Duration = Duration::from_millis(50);
/// How long a child may take to end when it is told to.
const GRACE: Duration = Duration::from_secs(2);

/// Waits for a child, and ends it when the operator wants to stop.
fn wait(child: &mut Child, cancel: &Cancel) -> std::io::Result<ExitStatus> {
    let mut reported: Option<Instant> = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        match reported {
            None if cancel.is_stopped() => {
                end(child);
                reported = Some(Instant::now());
            }
            Some(then) if then.elapsed() > GRACE => child.kill()?,
            _ => {}
        }
        std::thread::sleep(LOOK);
    }
}

/// In a group of its own, which can be ended as a whole.
#[cfg(unix)]
fn apart(command: &mut Command) -> &mut Command {
    use std::os::unix::process::CommandExt;
    command.process_group(0)
}

#[cfg(not(unix))]
fn apart(command: &mut Command) -> &mut Command {
    command
}

/// Tells a child and all that it started to end.
#[cfg(unix)]
fn end(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // One that has ended by itself is fine.
    let _ = kill_process_group(Pid::from_child(child), Signal::TERM);
}

#[cfg(not(unix))]
fn end(child: &mut Child) {
    // One that has ended by itself is fine.
    let _ = child.kill();
}

fn listen(
    pipe: impl Read + Send + 'static,
    events: &Events,
    last: &Arc<Mutex<VecDeque<String>>>,
) -> std::thread::JoinHandle<()> {
    let (events, last) = (events.clone(), Arc::clone(last));
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n') {
            let Ok(line) = line else {
                return;
            };
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            if let Ok(mut last) = last.lock() {
                last.push_back(line.clone());
                if last.len() > LAST {
                    last.pop_front();
                }
            }
            let _ = events.send(Event::Output(line));
        }
    })
}

/// The last part of a path.
pub(super) fn base(program: &str) -> &str {
    Path::new(program)
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or(program)
}
