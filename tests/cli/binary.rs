//! Runs the binary in a sandbox of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::support::sandbox::Sandbox;
use crate::support::{hints, schema};

/// What a command left.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A directory with a stack file, and a sandbox.
pub struct Desk {
    pub sandbox: Sandbox,
    dir: tempfile::TempDir,
}

impl Desk {
    /// A desk with a file of this text.
    pub fn with(text: &str) -> Self {
        Self::at("instant", text)
    }

    /// The same with clocks that run that fast.
    pub fn at(clock: &str, text: &str) -> Self {
        Self::of(Sandbox::start(clock), text)
    }

    /// A desk with a file of this text, in this sandbox.
    pub fn of(sandbox: Sandbox, text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let desk = Self { sandbox, dir };
        desk.write(text);
        desk
    }

    /// A desk with a copy of a file of the repository.
    pub fn copy(file: &str) -> Self {
        Self::with(&std::fs::read_to_string(repository(file)).unwrap())
    }

    pub fn write(&self, text: &str) {
        std::fs::write(self.dir.path().join("deploy.toml"), text).unwrap();
    }

    pub fn text(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("deploy.toml")).unwrap()
    }

    /// `ajuda deploy <words>` in the sandbox, with a value for every variable that the file names.
    pub fn deploy(&self, words: &[&str]) -> Ended {
        self.sandbox.actions();
        let ended = self.deploy_beside_others(words);
        self.sandbox.asked_nothing_undeclared(&words.join(" "));
        ended
    }

    /// The same while the test itself calls AWS: the record has both.
    pub fn deploy_beside_others(&self, words: &[&str]) -> Ended {
        let mut command = self.command();
        command.arg("deploy").args(words).arg("--sandbox");
        for variable in variables(&self.text()) {
            command.env(variable, "a-value-for-tests");
        }
        run(&mut command)
    }

    /// The binary, with nothing of the machine's own AWS configuration.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ajuda"));
        command
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("AJUDA_SANDBOX_HOME", self.sandbox.home())
            .stdin(Stdio::null());
        command
    }
}

/// Runs it. What it writes as JSON is checked against its schema, whatever is tested.
pub fn run(command: &mut Command) -> Ended {
    let ended = Ended::from(command.output().unwrap());
    let words: Vec<_> = command.get_args().collect();
    if words.windows(2).any(|two| two == ["--output", "json"]) {
        schema::check(&ended.out);
    }
    // Whatever is tested: what an operator is told to type can be typed, and leads to the same place.
    let here = words.iter().any(|word| *word == "--sandbox");
    for said in [&ended.err, &ended.out] {
        for command in hints::commands(said) {
            hints::check(&command);
            // Of words that could not be read nobody knows which place they name.
            if here && !said.contains("here that is `") {
                hints::check_sandbox(&command);
            }
        }
    }
    ended
}

/// A path in the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The environment variables that a stack file takes secrets from.
fn variables(text: &str) -> Vec<String> {
    text.split("env = \"")
        .skip(1)
        .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
        .chain(["GOOGLE_CLIENT_SECRET".to_owned()])
        .collect()
}

/// `ajuda deploy <words> --sandbox`, going on.
pub fn begin(desk: &Desk, words: &[&str]) -> Child {
    let mut command = desk.command();
    command.arg("deploy").args(words).arg("--sandbox");
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What it left.
pub fn end(child: Child) -> Ended {
    child.wait_with_output().unwrap().into()
}
