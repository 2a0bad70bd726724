//! A terminal for a command: what is written on it, and how it is left.

use std::process::Command;

use serde_json::{Value, json};

/// Runs `argv` on a new terminal. Each step waits for a text and then types another one.
const DRIVER: &str = r#"
import fcntl, json, os, pty, select, signal, subprocess, sys, termios, time
asked = json.loads(sys.argv[1])
main, side = pty.openpty()
termios.tcsetwinsize(side, (50, 200))
before = termios.tcgetattr(side)
streams = {name: side if name in asked["on"] else subprocess.DEVNULL for name in ("stdin", "stdout", "stderr")}
def begin():
    fcntl.ioctl(side, termios.TIOCSCTTY, 0)
    # As a terminal begins: who runs the tests in the background has these ignored, and no shell can trap them then.
    for name in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(name, signal.SIG_DFL)
child = subprocess.Popen(asked["argv"], start_new_session=True, **streams, preexec_fn=begin)
said, at, steps, until = b"", 0, list(asked["steps"]), time.monotonic() + 240
while time.monotonic() < until:
    # Asked in this order, its last words are read: what it wrote before it ended is there by then.
    ended = child.poll() is not None
    ready = select.select([main], [], [], 0 if ended else 0.1)[0]
    if ready:
        said += os.read(main, 65536)
    elif ended:
        break
    if steps and (found := said.find(steps[0][0].encode(), at)) >= 0:
        wait, keys = steps.pop(0)
        at = found + len(wait.encode())
        if keys == "SIGTERM":
            child.terminate()
        else:
            os.write(main, keys.encode("latin-1"))
if child.poll() is None:
    child.kill()
    said += b"\nNEVER ENDED"
print(json.dumps({"said": said.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode(),
    "code": child.wait(), "same": termios.tcgetattr(side) == before, "left": len(steps)}))
"#;

/// What became of a command on a terminal.
#[derive(Debug)]
pub struct Shown {
    /// What was written on it, line ends as programs write them.
    pub said: String,
    pub code: i64,
    /// Whether the terminal's modes are as they were.
    pub same: bool,
}

/// Runs a command with its environment and directory on a terminal of its own: `on` are the streams
/// that are the terminal, `steps` what is waited for and then typed (`SIGTERM` is sent).
pub fn on_a_terminal(command: &Command, on: &[&str], steps: &[(&str, &str)]) -> Shown {
    let argv: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_str().unwrap().to_owned())
        .collect();
    let asked = json!({ "argv": argv, "on": on, "steps": steps });
    let mut driver = Command::new("python3");
    driver.args(["-c", DRIVER, &asked.to_string()]).env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            driver.env(name, value);
        }
    }
    if let Some(dir) = command.get_current_dir() {
        driver.current_dir(dir);
    }
    let output = driver.env("TERM", "xterm-256color").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{text}"));
    assert_eq!(said["left"], 0, "not all was typed: {said:#}");
    Shown {
        said: said["said"].as_str().unwrap().replace("\r\n", "\n"),
        code: said["code"].as_i64().unwrap(),
        same: said["same"].as_bool().unwrap(),
    }
}

/// Everything in a text that a terminal obeys, but colours, line ends and tabs; and what is not seen.
pub fn unruly(text: &str) -> Vec<String> {
    let mut rest = text;
    let mut found = Vec::new();
    while let Some(at) = rest.find(|c: char| {
        c.is_control() && c != '\n' && c != '\t' || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    }) {
        let from = &rest[at..];
        let color = from.strip_prefix("\u{1b}[").and_then(|code| {
            let end = code.find(|c: char| !c.is_ascii_digit())?;
            code[end..].strip_prefix('m')
        });
        rest = color.unwrap_or_else(|| {
            found.push(from.chars().take(12).collect());
            &from[from.chars().next().unwrap().len_utf8()..]
        });
    }
    found
}

/// A text that takes over a terminal that obeys it: title, clipboard, screen, cursor, the same in C1
/// codes, and a name written from right to left.
pub const HOSTILE: &str = "evil\u{1b}]0;owned\u{7}\u{1b}]52;c;ZXZpbA==\u{7}\u{1b}[2J\u{1b}[1;1H\u{9b}2J\u{9d}0;owned\u{9c}\u{8}\u{202e}txt.exe\u{2066}\u{200b}";
