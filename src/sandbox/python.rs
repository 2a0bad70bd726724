//! A Python environment of the sandbox's own, made once for each list of packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest, Sha256};

use super::short;
use crate::exit::Stop;

/// The interpreter of an environment under `home` that has all of `requirements`.
///
/// # Errors
/// No Python 3.10 or newer, no `venv`, or packages that cannot be installed.
pub(super) fn environment(
    home: &Path,
    requirements: &str,
    says: &mut dyn FnMut(&str),
) -> Result<PathBuf, Stop> {
    let hash = short(&Sha256::digest(requirements));
    let directory = home.join(format!("python-{hash}"));
    let python = directory.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    let ready = directory.join("ready");
    if ready.exists() {
        return Ok(python);
    }
    let system = interpreter()?;
    says("preparing the sandbox, once: a Python environment with moto (about a minute)");
    // What an interrupted preparation left would confuse pip.
    let _ = fs::remove_dir_all(&directory);
    let made = run(Command::new(system).args(["-m", "venv"]).arg(&directory))?;
    if !made.status.success() {
        return Err(Stop::error("python cannot make a virtual environment")
            .detail(last_words(&made))
            .hint("install its `venv` module: on Debian and Ubuntu, `apt install python3-venv`"));
    }
    let list = directory.join("requirements.txt");
    fs::write(&list, requirements)
        .map_err(|error| Stop::error(format!("cannot write {}: {error}", list.display())))?;
    let installed = run(Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args([
            "--no-input",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "-r",
        ])
        .arg(&list))?;
    if !installed.status.success() {
        return Err(Stop::error("the sandbox's Python packages cannot be installed")
            .detail(last_words(&installed))
            .hint("is this machine online? behind a proxy, set what pip needs (PIP_INDEX_URL, HTTPS_PROXY)"));
    }
    fs::write(&ready, "")
        .map_err(|error| Stop::error(format!("cannot write {}: {error}", ready.display())))?;
    Ok(python)
}

/// A Python that is new enough.
fn interpreter() -> Result<String, Stop> {
    let chosen = std::env::var("AJUDA_SANDBOX_PYTHON").ok();
    let names = chosen.map_or_else(
        || vec!["python3".to_owned(), "python".to_owned()],
        |one| vec![one],
    );
    let mut old = None;
    for name in names {
        let check = "import sys; print('%d.%d' % sys.version_info[:2]); sys.exit(sys.version_info < (3, 10))";
        let Ok(answer) = Command::new(&name).args(["-c", check]).output() else {
            continue;
        };
        if answer.status.success() {
            return Ok(name);
        }
        let version = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        // What prints no version is no Python at all.
        old = Some(version).filter(|version| !version.is_empty());
    }
    let said = match old {
        Some(version) => format!("the sandbox needs Python 3.10 or newer; this is {version}"),
        None => "the sandbox needs Python 3.10 or newer, and there is no `python3` here".to_owned(),
    };
    Err(Stop::error(said).hint("install it, or name one: AJUDA_SANDBOX_PYTHON=/usr/bin/python3.12"))
}

fn run(command: &mut Command) -> Result<Output, Stop> {
    command
        .output()
        .map_err(|error| Stop::error(format!("cannot run python: {error}")))
}

fn last_words(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().rfind(|line| !line.trim().is_empty());
    line.unwrap_or("it said nothing").trim().to_owned()
}
