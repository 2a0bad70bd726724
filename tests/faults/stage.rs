//! An act on the account that it begins with: done undisturbed once, then disturbed, each time on a
//! copy of that account.

use std::fs::File;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::account::{differences, normal};
use crate::acts::Act;
use crate::case::{Call, Case};
use crate::support::held::Waiting;
use crate::support::sandbox::Sandbox;

/// Longer than any run of a command takes.
const PATIENCE: Duration = Duration::from_secs(180);

/// An act, every call of it, and where it must end.
pub struct Stage {
    pub act: &'static Act,
    /// Every mutating call of an undisturbed run.
    pub calls: Vec<Call>,
    /// The account after it.
    expected: Value,
}

impl Stage {
    /// Does it undisturbed on a copy of its account.
    ///
    /// # Errors
    /// What the command said, when it does not succeed or leaves something to do.
    pub fn set(act: &'static Act) -> Result<Self, String> {
        let sandbox = act.account.prepared().sandbox.fork();
        let desk = Desk::with(&sandbox, act.text());
        desk.succeeds(act.words)?;
        let calls = Call::all(&sandbox.control("GET", "requests", None));
        desk.looks_done(act)?;
        Ok(Self {
            act,
            calls,
            expected: outcome(&sandbox),
        })
    }

    /// Does it with something going wrong, or several things of which none kills the process: that ends well
    /// then, and what was killed does when it is typed once more. Those that did not come, because what
    /// went wrong before changed the way, are returned.
    ///
    /// # Errors
    /// What did not survive.
    pub fn run<'c>(&self, cases: &[&'c Case]) -> Result<Vec<&'c Case>, String> {
        let act = self.act;
        let sandbox = act.account.prepared().sandbox.fork();
        let desk = Desk::with(&sandbox, act.text());
        let waiting = desk.begin(act.words);
        let pid = waiting.id();
        sandbox.may_kill(pid);
        let rules: Vec<Value> = cases.iter().map(|case| case.rule(pid)).collect();
        sandbox.control("POST", "faults", Some(json!({ "rules": rules })));
        let ended = ended(waiting.go())?;
        let fired = sandbox.control("DELETE", "faults", None);
        let came = |index: usize| fired["ended"][index]["fired"] == 1;
        let numbered = cases.iter().enumerate();
        let missed: Vec<&Case> = numbered
            .filter(|(index, _)| !came(*index))
            .map(|(_, case)| *case)
            .collect();
        let last_words = desk.last_words();
        if missed.len() == cases.len() {
            return Err(format!("the call did not come again\n{last_words}"));
        }
        let kills = cases.iter().any(|case| case.kills());
        match (kills, ended.code()) {
            (true, None) => {
                desk.succeeds(act.words)?;
            }
            (true, Some(_)) => return Err(format!("the process was not killed: {ended}")),
            (false, _) if !ended.success() => {
                return Err(format!("the command ended with {ended}:\n{last_words}"));
            }
            (false, _) => {}
        }
        let last_words = desk.last_words();
        let looks = desk.looks_done(act);
        let lines = differences(&self.expected, &outcome(&sandbox));
        let lines = lines.join("\n  ");
        match looks {
            Err(why) => Err(format!(
                "{why}\nthe run before ended with:\n{last_words}\nthe account differs by:\n  {lines}"
            )),
            Ok(()) if lines.is_empty() => Ok(missed),
            Ok(()) => Err(format!("the account differs:\n  {lines}\n{last_words}")),
        }
    }
}

/// The account, without what a run leaves behind that was cut short: tasks that have stopped. What Service
/// Connect registers anew with each deployment is called by its name.
fn outcome(sandbox: &Sandbox) -> Value {
    let mut all = sandbox.inventory();
    if let Some(tasks) = all["ecs"]["tasks"].as_object_mut() {
        tasks.retain(|_, task| task["lastStatus"] != "STOPPED");
    }
    let connected = all["servicediscovery"]["services"].clone();
    let mut text = all.to_string();
    for (id, service) in connected.as_object().into_iter().flatten() {
        text = text.replace(id, service["Name"].as_str().unwrap_or_default());
    }
    normal(&serde_json::from_str(&text).unwrap())
}

/// A directory with a stack file, and the binary.
pub struct Desk<'a> {
    sandbox: &'a Sandbox,
    dir: TempDir,
}

impl<'a> Desk<'a> {
    /// A desk with a file of this text.
    pub fn with(sandbox: &'a Sandbox, text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("deploy.toml"), text).unwrap();
        Self { sandbox, dir }
    }

    fn begin(&self, words: &[&str]) -> Waiting {
        let said = File::create(self.dir.path().join("said")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ajuda"));
        command
            .arg("deploy")
            .args(words)
            .arg("--sandbox")
            .current_dir(self.dir.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("AJUDA_SANDBOX_HOME", self.sandbox.home());
        Waiting::of(&command, said.try_clone().unwrap(), said)
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
        let ended = ended(self.begin(words).go())?;
        if ended.success() {
            return Ok(self.said());
        }
        let why = self.last_words();
        Err(format!("`{}` ended with {ended}:\n{why}", words.join(" ")))
    }

    /// Nothing is left to do of an act, where that can be asked.
    fn looks_done(&self, act: &Act) -> Result<(), String> {
        let Some((words, word)) = act.look else {
            return Ok(());
        };
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

/// Waits for its end.
fn ended(mut child: Child) -> Result<ExitStatus, String> {
    let begun = Instant::now();
    loop {
        if let Some(ended) = child.try_wait().unwrap() {
            return Ok(ended);
        }
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return Err(format!("did not end within {} s", PATIENCE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
