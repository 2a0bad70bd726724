//! Calls that do not end until a test says so, and commands that are heard while they go on: what is to happen
//! meanwhile happens meanwhile, however long a process stands still.

use std::io::{BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::sandbox::Sandbox;

/// Longer than anything takes that a test waits for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks again and again until it is so.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}: it never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Holds every call of an operation before it is carried out, the SDK's next attempts too, until [`release`].
pub fn hold(sandbox: &Sandbox, operation: &str) {
    let rule = json!({ "operation": operation, "action": "hold-before" });
    sandbox.control("POST", "faults", Some(json!({ "rules": [rule] })));
}

/// Whether the rule in force has caught a call.
pub fn is_held(sandbox: &Sandbox) -> bool {
    let rules = sandbox.control("GET", "faults", None);
    rules["rules"][0]["fired"].as_u64().unwrap() > 0
}

/// Waits for the call that is held.
pub fn until_held(sandbox: &Sandbox) {
    until("a call to hold", || is_held(sandbox));
}

/// Lets what is held go, and waits until it was carried out, whether or not somebody still waits for the answer.
pub fn release(sandbox: &Sandbox) {
    let rules = sandbox.control("DELETE", "faults", None)["ended"].clone();
    let of_rules = |request: &Value| {
        let mut rules = rules.as_array().unwrap().iter();
        rules.any(|rule| rule["operation"] == request["operation"])
    };
    until("the end of what was held", || {
        let requests = sandbox.control("GET", "requests", None);
        let mut requests = requests.as_array().unwrap().iter();
        !requests.any(|request| request["status"].is_null() && of_rules(request))
    });
}

/// A command that goes on, heard meanwhile.
pub struct Heard {
    child: Child,
    streams: [Stream; 2],
}

/// What it wrote so far on stdout, or on stderr.
struct Stream {
    said: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Stream {
    fn of(from: impl Read + Send + 'static) -> Self {
        let said = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&said);
        let reader = std::thread::spawn(move || {
            for byte in BufReader::new(from).bytes() {
                kept.lock().unwrap().push(byte.unwrap());
            }
        });
        Self { said, reader }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.said.lock().unwrap()).into_owned()
    }

    fn read_to_end(self) -> Vec<u8> {
        self.reader.join().unwrap();
        std::mem::take(&mut self.said.lock().unwrap())
    }
}

impl Heard {
    /// One whose stdout and stderr are pipes.
    pub fn of(mut child: Child) -> Self {
        let out = Stream::of(child.stdout.take().unwrap());
        let err = Stream::of(child.stderr.take().unwrap());
        Self {
            child,
            streams: [out, err],
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether a text stands in what it wrote so far.
    pub fn has_said(&self, text: &str) -> bool {
        self.streams
            .iter()
            .any(|stream| stream.so_far().contains(text))
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it has written a text.
    pub fn until_said(&mut self, text: &str) {
        until(text, || {
            // Asked in this order, its last words are heard.
            let ended = self.has_ended() && self.streams.iter().all(|one| one.reader.is_finished());
            let said = self.has_said(text);
            let all = self.streams.each_ref().map(Stream::so_far);
            assert!(said || !ended, "it ended without `{text}`: {all:?}");
            said
        });
    }

    /// Waits for its end: what it left.
    pub fn end(mut self) -> Output {
        let status = self.child.wait().unwrap();
        let [stdout, stderr] = self.streams.map(Stream::read_to_end);
        Output {
            status,
            stdout,
            stderr,
        }
    }
}

/// A command that has not begun yet: its process number is known before its first call.
pub struct Waiting(Child);

impl Waiting {
    /// This command, with nothing of the environment but what it was given.
    pub fn of(command: &Command, out: impl Into<Stdio>, err: impl Into<Stdio>) -> Self {
        let mut waiting = Command::new("sh");
        waiting
            .args(["-c", "read -r go; exec \"$0\" \"$@\""])
            .arg(command.get_program())
            .args(command.get_args())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(out)
            .stderr(err);
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                waiting.env(name, value);
            }
        }
        if let Some(dir) = command.get_current_dir() {
            waiting.current_dir(dir);
        }
        Self(waiting.spawn().unwrap())
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Lets it go.
    pub fn go(mut self) -> Child {
        use std::io::Write;
        // Nothing can be asked of it after that line.
        writeln!(self.0.stdin.take().unwrap()).unwrap();
        self.0
    }
}

/// Runs a command that a rule kills at a call of it.
pub fn killed(sandbox: &Sandbox, command: &Command, mut rule: Value) {
    let waiting = Waiting::of(command, Stdio::null(), Stdio::null());
    sandbox.may_kill(waiting.id());
    rule["pid"] = waiting.id().into();
    rule["times"] = 1.into();
    sandbox.control("POST", "faults", Some(json!({ "rules": [rule] })));
    let ended = waiting.go().wait().unwrap();
    sandbox.control("DELETE", "faults", None);
    assert_eq!(ended.code(), None, "{rule}: it was not killed: {ended}");
}
