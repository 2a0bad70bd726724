//! Events as they happen: one line each, JSON lines, or a tree that redraws itself.

use std::collections::BTreeMap;

use indicatif::MultiProgress;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Console;
use super::event_line::line;
use super::json;
use super::live_progress::Tree;
use super::outlook::Following;
use super::plan::order;
use crate::engine::{Address, Event, Expected, Plan, Schedule};
use crate::message::Message;

/// How often at most a plain log says that one resource is still being waited for.
const SILENCE_MS: u64 = 30_000;

/// Where one part of a run stands in it. Times are by this machine's clock.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// When the run began; `None`: with this part.
    pub begun: Option<Instant>,
    /// What was carried out before.
    pub earlier: Schedule,
    /// What comes after.
    pub later: Schedule,
}

impl Part {
    /// The parts of a run that begins now, on a cloud whose clock runs `speed` times faster than AWS's.
    pub fn of_run<const N: usize>(all: [Schedule; N], speed: f64) -> [Self; N] {
        let begun = Instant::now();
        std::array::from_fn(|index| Self::of(&all, index, begun, speed))
    }

    /// One part of a run.
    pub fn of(all: &[Schedule], index: usize, begun: Instant, speed: f64) -> Self {
        let chain = |parts: &[Schedule]| {
            let parts = parts.iter().cloned();
            parts
                .fold(Schedule::default(), Schedule::then)
                .at_speed(speed)
        };
        Self {
            begun: Some(begun),
            earlier: chain(&all[..index]),
            later: chain(&all[index + 1..]),
        }
    }
}

/// Shows the events of one run.
pub struct Progress {
    console: Console,
    tree: Option<Tree>,
    following: Following,
    begun: Instant,
    /// When the run began that this is a part of.
    run_begun: Option<Instant>,
    /// When each resource was last said to be waited for.
    last_reminder: BTreeMap<Address, u64>,
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
            Tree::new(expected, console.place(), console.talk_style())
        });
        Self {
            console,
            tree,
            following: Following::new(schedule),
            begun: Instant::now(),
            run_begun: None,
            last_reminder: BTreeMap::new(),
        }
    }

    /// The same as a part of a longer run: how far that is is told.
    #[must_use]
    pub fn within(self, part: &Part) -> Self {
        Self {
            following: self.following.within(&part.earlier, &part.later),
            run_begun: part.begun,
            ..self
        }
    }

    /// Progress of work that no plan holds: a line for each event.
    pub fn lines(console: Console) -> Self {
        Self {
            console,
            tree: None,
            following: Following::new(Schedule::default()),
            begun: Instant::now(),
            run_begun: None,
            last_reminder: BTreeMap::new(),
        }
    }

    /// Speaks while the progress is shown.
    pub fn status_writer(&self) -> StatusWriter {
        StatusWriter {
            console: self.console,
            lines: self.tree.as_ref().map(Tree::lines),
        }
    }

    /// Shows every event until the sender is gone.
    pub async fn follow(mut self, mut events: mpsc::UnboundedReceiver<Event>) {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(200));
        self.begun = self.run_begun.unwrap_or_else(Instant::now);
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
            self.console
                .event(&json::event(event, self.console.place()));
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
            let last = self.last_reminder.entry(address.clone()).or_insert(0);
            if elapsed_ms.saturating_sub(*last) < SILENCE_MS {
                return;
            }
            *last = *elapsed_ms;
        }
        self.console
            .say(line(event, self.console.place(), self.console.talk_style()));
    }
}

/// Says something above a tree that redraws itself, which would paint over it otherwise.
pub struct StatusWriter {
    console: Console,
    lines: Option<MultiProgress>,
}

impl StatusWriter {
    /// Says something.
    pub fn say(&self, text: impl Into<Message>) {
        let text = text.into().at(self.console.place());
        match &self.lines {
            // A terminal that went away does not stop the work.
            Some(lines) => drop(lines.println(self.console.talk_style().clean(&text))),
            None => self.console.say(text),
        }
    }
}
