//! Events as they happen: one line each, JSON lines, or a tree that redraws itself.

use std::collections::BTreeMap;

use indicatif::MultiProgress;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::live_progress::Tree;
use super::outlook::Following;
use super::plan::order;
use super::{Console, Style, span};
use crate::engine::{Address, Class, Event, Expected, Fault, Plan, Schedule, Verb};

/// How often at most a plain log says that one resource is still being waited for.
const SILENCE_MS: u64 = 30_000;

/// Shows the events of one run.
pub struct Progress {
    console: Console,
    tree: Option<Tree>,
    following: Following,
    begun: Instant,
    /// When each resource was last said to be waited for.
    said: BTreeMap<Address, u64>,
}

impl Progress {
    /// Progress of `plan` on a cloud whose clock runs `speed` times faster than AWS's.
    pub fn new(console: Console, plan: &Plan, speed: f64) -> Self {
        let order = order(plan);
        let mut expected = plan.expected();
        expected.sort_by_key(|one| order.iter().position(|step| *step == one.step));
        Self::of(console, &expected, plan.schedule.clone().at_speed(speed))
    }

    /// Progress of work that is expected, in the order in which its steps are shown, and how long it takes by this
    /// machine's clock.
    pub fn of(console: Console, expected: &[Expected], schedule: Schedule) -> Self {
        let tree = console.is_live().then(|| {
            console.is_drawn_over();
            Tree::new(expected, console.talk_style())
        });
        Self {
            console,
            tree,
            following: Following::new(schedule),
            begun: Instant::now(),
            said: BTreeMap::new(),
        }
    }

    /// Progress of work that no plan holds: a line for each event.
    pub fn lines(console: Console) -> Self {
        Self {
            console,
            tree: None,
            following: Following::new(Schedule::default()),
            begun: Instant::now(),
            said: BTreeMap::new(),
        }
    }

    /// Speaks while the progress is shown.
    pub fn voice(&self) -> StatusWriter {
        StatusWriter {
            console: self.console,
            lines: self.tree.as_ref().map(Tree::lines),
        }
    }

    /// Shows every event until the sender is gone.
    pub async fn follow(mut self, mut events: mpsc::UnboundedReceiver<Event>) {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(200));
        self.begun = Instant::now();
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.show(&event),
                    None => break,
                },
                _ = tick.tick(), if !self.console.is_json() => self.tick(),
            }
        }
        if let Some(tree) = self.tree {
            tree.end();
        }
    }

    fn tick(&mut self) {
        let now = self.begun.elapsed();
        if let Some(tree) = &mut self.tree {
            tree.far(self.following.text(now));
            tree.tick();
        } else if let Some(line) = self.following.line(now) {
            self.console.say(&line);
        }
    }

    fn show(&mut self, event: &Event) {
        if self.console.is_json() {
            self.console.event(event);
            return;
        }
        self.following.note(event, self.begun.elapsed());
        if let Some(tree) = &mut self.tree {
            tree.show(event);
            return;
        }
        if let Event::Waiting {
            address,
            elapsed_ms,
            ..
        } = event
        {
            let last = self.said.entry(address.clone()).or_insert(0);
            if elapsed_ms.saturating_sub(*last) < SILENCE_MS {
                return;
            }
            *last = *elapsed_ms;
        }
        self.console.say(&line(event, self.console.talk_style()));
    }
}

/// Says something above a tree that redraws itself, which would paint over it otherwise.
pub struct StatusWriter {
    console: Console,
    lines: Option<MultiProgress>,
}

impl StatusWriter {
    /// Says something.
    pub fn say(&self, text: &str) {
        match &self.lines {
            // A terminal that went away does not stop the work.
            Some(lines) => drop(lines.println(self.console.talk_style().clean(text))),
            None => self.console.say(text),
        }
    }
}

/// One event on one line: `created   db-instance/main (11m 42s)`.
pub fn line(event: &Event, style: Style) -> String {
    match event {
        Event::Started { address, verb, .. } => format!("{} {address}", word(doing(*verb))),
        Event::Note { address, text } => format!("{} {address}: {text}", word("note")),
        Event::Waiting {
            address,
            elapsed_ms,
            expected_ms,
            doing,
        } => format!(
            "{} {address} ({} of about {}): {doing}",
            word("waiting"),
            span(*elapsed_ms),
            span(*expected_ms)
        ),
        Event::Retrying {
            address,
            because,
            attempt,
        } => format!(
            "{} {address} (try {}): {because}",
            word("retrying"),
            attempt + 1
        ),
        Event::Done {
            address,
            verb,
            elapsed_ms,
        } => format!(
            "{} {address} ({})",
            style.good(word(done(*verb))),
            span(*elapsed_ms)
        ),
        Event::Failed {
            address,
            fault,
            elapsed_ms,
            ..
        } if fault.class == Class::Interrupted => format!(
            "{} {address} ({})",
            style.look(word("stopped")),
            span(*elapsed_ms)
        ),
        Event::Failed {
            address,
            fault,
            elapsed_ms,
            ..
        } => format!(
            "{} {address} ({}): {}",
            style.bad(word("failed")),
            span(*elapsed_ms),
            // The rest, such as the end of a log, is told at the end of the run.
            words(address, fault).lines().next().unwrap_or_default()
        ),
        Event::Skipped {
            address, because, ..
        } => match because {
            Some(cause) => format!(
                "{} {address}: it needs {cause}",
                style.look(word("skipped"))
            ),
            None => format!("{} {address}", style.look(word("not begun"))),
        },
    }
}

/// What a fault says, without repeating which resource it is of.
pub(super) fn words(address: &Address, fault: &Fault) -> String {
    let said = fault.to_string();
    match said.strip_prefix(&format!("{address}: ")) {
        Some(rest) => rest.to_owned(),
        None => said,
    }
}

fn word(word: &str) -> String {
    format!("{word:<9}")
}

pub(super) fn doing(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "creating",
        Verb::Update => "changing",
        Verb::Delete => "deleting",
        Verb::Adopt => "adopting",
    }
}

pub(super) fn done(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "created",
        Verb::Update => "changed",
        Verb::Delete => "deleted",
        Verb::Adopt => "adopted",
    }
}
