//! A line that is typed and not shown.

use std::io::{self, BufRead, IsTerminal, Write};

use super::{Console, visible};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// A terminal that shows nothing of what is typed, until the value goes.
pub struct Unseen {
    before: Termios,
}

impl Unseen {
    /// Asks, and shows nothing from then on; `None` when nobody can answer.
    pub fn ask(console: &Console, question: &str) -> Option<Self> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        console.repeat_target();
        let before = tcgetattr(io::stdin()).ok()?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO);
        // The end of the line shows that it was taken.
        quiet.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet).ok()?;
        let unseen = Self { before };
        let mut stderr = io::stderr().lock();
        write!(stderr, "{} ", visible(question))
            .and_then(|()| stderr.flush())
            .ok()?;
        Some(unseen)
    }

    /// Reads the line, without its end; `None` when there is none.
    pub fn line() -> Option<String> {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line).ok()?;
        let typed = line.strip_suffix('\n').unwrap_or(&line);
        (read > 0).then(|| typed.to_owned())
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        // A terminal that went away needs nothing.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
