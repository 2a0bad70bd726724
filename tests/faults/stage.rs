//! A verb on the account that it begins with: run undisturbed once, then disturbed, each time on a
//! copy of that account.

use std::fs::File;
use std::io::Write;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::account::{differences, normal};
use crate::case::{Call, Case, Verb};
use crate::support::sandbox::Sandbox;

/// Longer than any run of a command takes.
const PATIENCE: Duration = Duration::from_secs(180);

/// A verb, where it begins, and where it must end.
pub struct Stage<'a> {
    pub verb: Verb,
    base: &'a Sandbox,
    /// Every mutating call of an undisturbed run.
    pub calls: Vec<Call>,
    /// The account after it.
    pub expected: Value,
}

impl<'a> Stage<'a> {
    /// Runs the verb undisturbed on a copy of `base`.
    ///
    /// # Errors
    /// What the command said, when it does not succeed or leaves something to do.
    pub fn set(verb: Verb, base: &'a Sandbox) -> Result<Self, String> {
        let sandbox = base.fork();
        let desk = Desk::new(&sandbox, verb);
        desk.succeeds(verb.words())?;
        let calls = Call::all(&sandbox.control("GET", "requests", None));
        desk.looks_done(verb)?;
        Ok(Self {
            verb,
            base,
            calls,
            expected: normal(&sandbox.inventory()),
        })
    }

    /// Runs the verb with something going wrong, and then once more if it did not end well. Says
    /// whether it ended well by itself.
    ///
    /// # Errors
    /// What did not survive.
    pub fn run(&self, case: &Case) -> Result<bool, String> {
        let (by_itself, _) = self.run_all(&[case])?;
        Ok(by_itself)
    }

    /// The same with several things going wrong in one run, which none of them may kill. Those that
    /// did not come, because the run ended before, are returned.
    ///
    /// # Errors
    /// What did not survive.
    pub fn run_all<'c>(&self, cases: &[&'c Case]) -> Result<(bool, Vec<&'c Case>), String> {
        let sandbox = self.base.fork();
        let desk = Desk::new(&sandbox, self.verb);
        let waiting = desk.begin(self.verb.words());
        let pid = waiting.child.id();
        sandbox.may_kill(pid);
        let rules: Vec<Value> = cases.iter().map(|case| case.rule(pid)).collect();
        sandbox.control("POST", "faults", Some(json!({ "rules": rules })));
        let ended = waiting.go()?;
        let fired = sandbox.control("DELETE", "faults", None);
        let missed: Vec<&Case> = cases
            .iter()
            .enumerate()
            .filter(|(index, _)| fired["ended"][index]["fired"] != 1)
            .map(|(_, case)| *case)
            .collect();
        if missed.len() == cases.len() {
            return Err(format!(
                "the call did not come again\n{}",
                desk.last_words()
            ));
        }
        let by_itself = ended.success();
        let kills = cases.iter().any(|case| case.kills());
        if kills && ended.code().is_some() {
            return Err(format!("the process was not killed: {ended}"));
        }
        if !by_itself {
            desk.succeeds(self.verb.words())?;
        }
        let last_words = desk.last_words();
        let looks = desk.looks_done(self.verb);
        let lines = differences(&self.expected, &normal(&sandbox.inventory()));
        let lines = lines.join("\n  ");
        match looks {
            Err(why) => Err(format!(
                "{why}\nthe run before ended with:\n{last_words}\nthe account differs by:\n  {lines}"
            )),
            Ok(()) if lines.is_empty() => Ok((by_itself, missed)),
            Ok(()) => Err(format!("the account differs:\n  {lines}")),
        }
    }
}

/// A directory with a stack file, and the binary.
pub struct Desk<'a> {
    sandbox: &'a Sandbox,
    dir: TempDir,
}

/// The binary, not begun yet: its process number is known before its first call.
struct Waiting {
    child: Child,
}

impl<'a> Desk<'a> {
    pub fn new(sandbox: &'a Sandbox, verb: Verb) -> Self {
        Self::with(sandbox, verb.file())
    }

    /// A desk with a file of this text.
    pub fn with(sandbox: &'a Sandbox, text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("deploy.toml"), text).unwrap();
        Self { sandbox, dir }
    }

    /// Runs a command that is killed at a call, which `rule` makes of the number of its process.
    pub fn is_killed(&self, words: &[&str], rule: impl FnOnce(u32) -> Value) -> Result<(), String> {
        let waiting = self.begin(words);
        let pid = waiting.child.id();
        self.sandbox.may_kill(pid);
        let rules = json!({ "rules": [rule(pid)] });
        self.sandbox.control("POST", "faults", Some(rules));
        let ended = waiting.go()?;
        self.sandbox.control("DELETE", "faults", None);
        match ended.code() {
            None => Ok(()),
            Some(_) => Err(format!("it was not killed: {ended}\n{}", self.last_words())),
        }
    }

    fn begin(&self, words: &[&str]) -> Waiting {
        let said = File::create(self.dir.path().join("said")).unwrap();
        let child = Command::new("sh")
            .args(["-c", "read -r go; exec \"$0\" deploy \"$@\" --sandbox"])
            .arg(env!("CARGO_BIN_EXE_ajuda"))
            .args(words)
            .current_dir(self.dir.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("AJUDA_SANDBOX_HOME", self.sandbox.home())
            .stdin(Stdio::piped())
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .spawn()
            .unwrap();
        Waiting { child }
    }

    /// What the last command said.
    fn said(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("said")).unwrap()
    }

    /// The end of that, for whoever reads why it failed.
    fn last_words(&self) -> String {
        const LINES: usize = 40;
        let said = self.said();
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }

    /// Runs a command that must end well.
    pub fn succeeds(&self, words: &[&str]) -> Result<String, String> {
        let ended = self.begin(words).go()?;
        if ended.success() {
            return Ok(self.said());
        }
        let why = self.last_words();
        Err(format!("`{}` ended with {ended}:\n{why}", words.join(" ")))
    }

    /// Nothing is left to do.
    pub fn looks_done(&self, verb: Verb) -> Result<(), String> {
        let (words, word) = verb.look();
        let said = self.succeeds(words)?;
        if said.contains(word) {
            return Ok(());
        }
        Err(format!(
            "`{}` finds something to do:\n{said}",
            words.join(" ")
        ))
    }
}

impl Waiting {
    /// Lets it go and waits for its end.
    fn go(mut self) -> Result<ExitStatus, String> {
        // Nothing can be asked of it after that line.
        let mut input = self.child.stdin.take().unwrap();
        writeln!(input).unwrap();
        drop(input);
        let begun = Instant::now();
        loop {
            if let Some(ended) = self.child.try_wait().unwrap() {
                return Ok(ended);
            }
            if begun.elapsed() > PATIENCE {
                self.child.kill().unwrap();
                self.child.wait().unwrap();
                return Err(format!("did not end within {} s", PATIENCE.as_secs()));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
