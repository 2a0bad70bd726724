//! The operator's terminal: data to stdout, talk to stderr, questions to whoever is there.
//!
//! What is written passes [`Style::clean`] here, whoever wrote it and whether a terminal is there or
//! not: a log of a pipeline is read on a terminal one day. Only lines of containers that go into a pipe
//! or a file are passed on as they are.

use std::borrow::Cow;
use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use super::Style;
use super::json::{self, Origin};
use super::question::question;
use super::visible::visible;
use super::wrap::wrap;
use crate::aws::timestamp::Timestamp;
use crate::exit::Exit;
use crate::message::{Message, StackOptions};

#[cfg(unix)]
mod hidden;
mod kept;

#[cfg(unix)]
pub use hidden::HiddenPrompt;

pub use kept::Kept;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// Words for people.
    #[default]
    Human,
    /// One versioned JSON document, or one object a line for events.
    Json,
}

/// Stderr for somebody else's lines, each written as a whole.
#[derive(Debug)]
pub struct Talk {
    style: Style,
}

impl Talk {
    /// Stderr in this style.
    pub fn new(style: Style) -> Self {
        Self { style }
    }
}

impl Write for Talk {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let text = self.style.clean(&text);
        io::stderr().lock().write_all(text.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

/// Where a command's words go.
#[derive(Debug, Clone, Copy)]
pub struct Console {
    /// How results are written.
    pub format: Format,
    out: Style,
    talk: Style,
    live: bool,
    /// Whether a terminal shows what goes to stdout.
    shown: bool,
    /// Whether a terminal shows what goes to stderr.
    heard: bool,
    /// Options of `ajuda` that say which stack commands are about; one for the process.
    place: &'static StackOptions,
    /// The same with what leads the AWS CLI there, once that is known; one for the process.
    reached: &'static OnceLock<StackOptions>,
    /// What else is to be known before a question is answered; one for the process.
    target: &'static OnceLock<String>,
    /// Which stack everything is about, once that is known; one for the process.
    origin: &'static OnceLock<Origin>,
    /// Whether something draws over what is said; one for the process.
    drawn: &'static AtomicBool,
}

impl Console {
    /// The process's own streams. Colour and live progress only on a terminal; `NO_COLOR` is honoured.
    pub fn new(format: Format) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let dumb = is_dumb();
        let color = |terminal: bool| Style {
            color: terminal && wanted && !dumb,
        };
        let talks = io::stderr().is_terminal();
        Self {
            format,
            out: color(io::stdout().is_terminal()),
            talk: color(talks),
            shown: io::stdout().is_terminal(),
            heard: talks,
            live: talks && !dumb && std::env::var_os("CI").is_none(),
            place: Box::leak(Box::default()),
            reached: Box::leak(Box::default()),
            target: Box::leak(Box::default()),
            origin: Box::leak(Box::default()),
            drawn: Box::leak(Box::default()),
        }
    }

    /// The same, whose commands are about the stack that these options name.
    #[must_use]
    pub fn at(self, place: StackOptions) -> Self {
        Self {
            place: Box::leak(Box::new(place)),
            ..self
        }
    }

    /// The options that say which stack commands are about.
    pub fn place(&self) -> &'static StackOptions {
        self.reached.get().unwrap_or(self.place)
    }

    /// Says what leads the AWS CLI to the stack.
    pub fn name_place(&self, region: &str, profile: Option<&str>, endpoint: Option<&str>) {
        // It is one stack for the process.
        let _ = (self.reached).set(self.place.clone().reached(region, profile, endpoint));
    }

    /// The style of what goes to stdout.
    pub fn style(&self) -> Style {
        self.out
    }

    /// The style of what goes to stderr.
    pub fn talk_style(&self) -> Style {
        self.talk
    }

    /// Whether progress may redraw itself.
    pub fn is_live(&self) -> bool {
        self.live && self.format == Format::Human
    }

    /// Whether the terminal has no cursor that moves.
    pub fn is_dumb(&self) -> bool {
        is_dumb()
    }

    /// Whether a terminal shows what goes to stdout.
    pub fn is_shown(&self) -> bool {
        self.shown
    }

    /// Whether results are JSON.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Says of which stack everything is from now on that is written as JSON.
    pub fn name_origin(&self, origin: Origin) {
        // It is one stack for the process.
        let _ = self.origin.set(origin);
    }

    /// Writes a result as a JSON document.
    pub fn document(&self, content: &impl Serialize) {
        self.out(&json::document(content, self.origin.get()));
    }

    /// Writes what happened as a line of JSON; it has an `event`.
    pub fn event(&self, content: &impl Serialize) {
        self.out(&json::line(content, Timestamp::now(), self.origin.get()));
    }

    /// Writes a result.
    pub fn out(&self, text: &str) {
        self.write(&self.out.clean(text));
    }

    /// Writes a result in words, and for a terminal in lines that it does not have to break.
    pub fn show(&self, text: impl Into<Message>) {
        let text = text.into().at(self.place());
        match self.shown {
            true => self.out(&wrap(&text, width())),
            false => self.out(&text),
        }
    }

    /// A line of a container as stdout may have it: as it is, unless a terminal shows it.
    pub fn line<'t>(&self, line: &'t str) -> Cow<'t, str> {
        if self.shown {
            visible(line)
        } else {
            Cow::Borrowed(line)
        }
    }

    /// Writes lines that passed [`Self::line`]; `false` when nobody reads any more.
    pub fn stream(&self, text: &str) -> bool {
        if self.shown {
            self.write(&self.out.clean(text))
        } else {
            self.write(text)
        }
    }

    fn write(&self, text: &str) -> bool {
        let mut stdout = io::stdout().lock();
        let written = stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush());
        match written {
            Ok(()) => true,
            // A pipe that was closed early is how `head` works, not an error.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => false,
            Err(error) => {
                self.say(format!("error: cannot write the result: {error}"));
                std::process::exit(i32::from(Exit::Error as u8));
            }
        }
    }

    /// Says something.
    pub fn say(&self, text: impl Into<Message>) {
        let text = text.into().at(self.place());
        match self.heard {
            true => self.say_drawn(&wrap(&text, width())),
            false => self.say_drawn(&text),
        }
    }

    /// Says what has its lines already, such as a piece of a file with marks below it.
    pub fn say_drawn(&self, text: &str) {
        let text = self.talk.clean(text);
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// From now on something draws over what is said.
    pub fn is_drawn_over(&self) {
        self.drawn.store(true, Ordering::Relaxed);
    }

    /// Says what may come at any time, unless something draws over it: that shows by itself what is
    /// waited for.
    pub fn notice(&self, text: impl Into<Message>) {
        if !self.drawn.load(Ordering::Relaxed) {
            self.say(text);
        }
    }

    /// Says to whom everything goes from now on, and again above every question.
    pub fn name_target(&self, target: String) {
        self.say(&target);
        // It is one place for the process.
        let _ = self.target.set(target);
    }

    /// Says what is to be known before a question is answered.
    pub(super) fn repeat_target(&self) {
        if let Some(target) = self.target.get() {
            self.say(target);
        }
    }

    /// Whether somebody is there who can answer.
    pub fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks for leave to do something to the stack: `what` ends where the stack is named, such as `change
    /// open-webui of`, and `right` is the answer that says yes. `None` when nobody can answer.
    pub fn ask(&self, what: &str, right: &str) -> Option<String> {
        if !self.can_ask() {
            return None;
        }
        // The question itself names the sandbox.
        if self.origin.get().is_none_or(|origin| !origin.sandbox) {
            self.repeat_target();
        }
        {
            // Only while it is asked: whoever leaves at a signal has something to say as well.
            let question = question(what, self.origin.get(), right);
            let question = wrap(&question, width());
            let mut stderr = io::stderr().lock();
            write!(stderr, "{} ", self.talk.clean(&question))
                .and_then(|()| stderr.flush())
                .ok()?;
        }
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).ok()?;
        Some(answer.trim().to_owned())
    }
}

/// How many columns the terminal has. `COLUMNS` comes first, as in other programs.
fn width() -> usize {
    const USUAL: usize = 80;
    let content = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    let own = || {
        ratatui::crossterm::terminal::size()
            .ok()
            .map(|(columns, _)| usize::from(columns))
    };
    content
        .or_else(own)
        .filter(|columns| *columns > 0)
        .unwrap_or(USUAL)
}

fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}
