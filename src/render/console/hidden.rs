//! A line that is typed and not shown.

use std::io::{self, BufRead, IsTerminal, Write};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::{Console, Kept, visible};

/// A terminal that shows nothing of what is typed, until the value goes.
pub struct HiddenPrompt {
    _before: Kept,
}

impl HiddenPrompt {
    /// Asks, and shows nothing from then on; `None` when nobody can answer.
    pub fn ask(console: &Console, question: &str) -> Option<Self> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return None;
        }
        console.repeat_target();
        let before = Kept::now();
        let mut quiet = tcgetattr(io::stdin()).ok()?;
        quiet.local_modes.remove(LocalModes::ECHO);
        // The end of the line shows that it was taken.
        quiet.local_modes.insert(LocalModes::ECHONL);
        tcsetattr(io::stdin(), OptionalActions::Flush, &quiet).ok()?;
        let unseen = Self { _before: before };
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
