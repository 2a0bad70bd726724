//! A Python environment of the sandbox's own, made once for each list of packages, and how Python is
//! run: on nothing that lies in the current directory, and without what the operator's environment holds.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest, Sha256};

use super::short;
use crate::command_error::CommandError;

/// What every Python is told of the operator's environment, beside `PATH` and the locale.
const KEPT: [&str; 12] = [
    "HOME",
    "LANG",
    "TMPDIR",
    "TZ",
    // Windows.
    "APPDATA",
    "LOCALAPPDATA",
    "PATHEXT",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERPROFILE",
];
/// What pip is told as well, beside its own `PIP_…`: the way to its packages, and whom to trust there.
const KEPT_FOR_PIP: [&str; 15] = [
    "ALL_PROXY",
    "CURL_CA_BUNDLE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NETRC",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// Python in isolated mode (`-I`: no current directory, no `PYTHON…` variable, no packages of the user), in
/// a directory of ours, with a short list of variables. None of AWS's is among them, and no proxy.
pub(super) fn isolated(program: impl AsRef<OsStr>, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("-I").current_dir(home).env_clear();
    command.envs(kept(|name| {
        name.starts_with("LC_")
            || KEPT
                .iter()
                .any(|kept| *kept == name || (cfg!(windows) && kept.eq_ignore_ascii_case(name)))
    }));
    if let Some(path) = std::env::var_os("PATH") {
        // A relative entry is the current directory by another name.
        let absolute = std::env::split_paths(&path).filter(|entry| entry.is_absolute());
        command.env("PATH", std::env::join_paths(absolute).unwrap_or_default());
    }
    command
}

fn kept(keeps: impl Fn(&str) -> bool) -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(move |(name, _)| name.to_str().is_some_and(&keeps))
}

/// `AWS_CA_BUNDLE` in pip's own words, unless pip is told otherwise. Relative to where the operator is.
fn certificates() -> Option<(&'static str, PathBuf)> {
    let pip_variables = ["PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"];
    if pip_variables
        .iter()
        .any(|name| std::env::var_os(name).is_some())
    {
        return None;
    }
    let bundle = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty())?;
    Some(("PIP_CERT", std::path::absolute(bundle).ok()?))
}

/// The interpreter of an environment under `home` that has all of `requirements`.
///
/// # Errors
/// No Python 3.10 or newer, no `venv`, or packages that cannot be installed.
pub(super) fn environment(
    home: &Path,
    requirements: &str,
    says: &mut dyn FnMut(&str),
) -> Result<PathBuf, CommandError> {
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
    let system = interpreter(home)?;
    says("preparing the sandbox, once: a Python environment with moto (about a minute)");
    // What an interrupted preparation left would confuse pip.
    let _ = fs::remove_dir_all(&directory);
    let made = run(isolated(system, home).args(["-m", "venv"]).arg(&directory))?;
    if !made.status.success() {
        return Err(
            CommandError::error("python cannot make a virtual environment")
                .detail(last_words(&made))
                .hint(
                    "install its `venv` module: on Debian and Ubuntu, `apt install python3-venv`",
                ),
        );
    }
    let list = directory.join("requirements.txt");
    fs::write(&list, requirements).map_err(|error| {
        CommandError::error(format!("cannot write {}: {error}", list.display()))
    })?;
    let installed = run(isolated(&python, home)
        .envs(kept(|name| {
            name.starts_with("PIP_") || KEPT_FOR_PIP.contains(&name)
        }))
        .envs(certificates())
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
        return Err(CommandError::error("the sandbox's Python packages cannot be installed")
            .detail(last_words(&installed))
            .hint("is this machine online? behind a proxy, set what pip needs (PIP_INDEX_URL, HTTPS_PROXY)"));
    }
    fs::write(&ready, "").map_err(|error| {
        CommandError::error(format!("cannot write {}: {error}", ready.display()))
    })?;
    Ok(python)
}

/// A Python that is new enough.
fn interpreter(home: &Path) -> Result<PathBuf, CommandError> {
    let chosen = std::env::var_os("AJUDA_SANDBOX_PYTHON");
    let names = chosen.map_or_else(
        || vec![PathBuf::from("python3"), PathBuf::from("python")],
        |one| vec![named(one)],
    );
    let mut old = None;
    for name in names {
        let check = "import sys; print('%d.%d' % sys.version_info[:2]); sys.exit(sys.version_info < (3, 10))";
        let Ok(answer) = isolated(&name, home).args(["-c", check]).output() else {
            continue;
        };
        if answer.status.success() {
            return Ok(name);
        }
        let version = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        // What prints no version is no Python at all.
        old = Some(version).filter(|version| !version.is_empty());
    }
    let message = match old {
        Some(version) => format!("the sandbox needs Python 3.10 or newer; this is {version}"),
        None => "the sandbox needs Python 3.10 or newer, and there is no `python3` here".to_owned(),
    };
    Err(CommandError::error(message)
        .hint("install it, or name one: AJUDA_SANDBOX_PYTHON=/usr/bin/python3.12"))
}

/// The Python that the operator names: a path is meant from where they are, a bare name is looked for.
fn named(one: OsString) -> PathBuf {
    let path = PathBuf::from(one);
    if path.components().count() > 1 {
        return std::path::absolute(&path).unwrap_or(path);
    }
    path
}

fn run(command: &mut Command) -> Result<Output, CommandError> {
    command
        .output()
        .map_err(|error| CommandError::error(format!("cannot run python: {error}")))
}

fn last_words(output: &Output) -> String {
    let message = String::from_utf8_lossy(&output.stderr);
    let line = message.lines().rfind(|line| !line.trim().is_empty());
    line.unwrap_or("it said nothing").trim().to_owned()
}
