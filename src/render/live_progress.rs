//! Progress on a terminal: a line for each step, redrawn, with what is running in it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::event_line::{doing, line};
use super::{Style, span};
use crate::engine::{Address, Class, Event, Expected};
use crate::message::StackOptions;

/// One step.
struct Branch {
    bar: ProgressBar,
    name: &'static str,
    total: u64,
    done: u64,
    failed: bool,
}

/// One resource that is being worked on.
struct Leaf {
    step: &'static str,
    begun: Instant,
    expected_ms: u64,
    doing: String,
}

/// The live view of a run.
pub(super) struct Tree {
    all: MultiProgress,
    /// Which stack the commands in notes are about.
    place: &'static StackOptions,
    style: Style,
    branches: BTreeMap<&'static str, Branch>,
    steps: BTreeMap<Address, &'static str>,
    /// What is still to be done to each: a service may be changed more often than the plan says.
    left: BTreeMap<Address, u64>,
    leaves: BTreeMap<Address, Leaf>,
    /// How far all of it is.
    far: ProgressBar,
}

impl Tree {
    /// The view of work that is expected, in the order in which its steps are shown.
    pub(super) fn new(expected: &[Expected], place: &'static StackOptions, style: Style) -> Self {
        let all = MultiProgress::new();
        let mut branches: BTreeMap<&'static str, Branch> = BTreeMap::new();
        let (mut steps, mut left) = (BTreeMap::new(), BTreeMap::new());
        for item in expected {
            steps.insert(item.address.clone(), item.step);
            let branch = branches.entry(item.step).or_insert_with(|| Branch {
                bar: all.add(bar()),
                name: item.step,
                total: 0,
                done: 0,
                failed: false,
            });
            branch.total += item.many;
            *left.entry(item.address.clone()).or_insert(0) += item.many;
        }
        let far = all.add(bar());
        let mut tree = Self {
            far,
            all,
            place,
            style,
            branches,
            steps,
            left,
            leaves: BTreeMap::new(),
        };
        tree.tick();
        tree
    }

    pub(super) fn show(&mut self, event: &Event) {
        let address = event.address();
        let Some(&step) = self.steps.get(address) else {
            // What is said of something else, such as the stack's name of an instance, is not lost.
            if is_told(event) {
                self.print(event);
            }
            return;
        };
        match event {
            Event::Started {
                verb, expected_ms, ..
            } => {
                let leaf = Leaf {
                    step,
                    begun: Instant::now(),
                    expected_ms: *expected_ms,
                    doing: doing(*verb).to_owned(),
                };
                self.leaves.insert(address.clone(), leaf);
            }
            Event::Waiting { doing, .. } => {
                if let Some(leaf) = self.leaves.get_mut(address) {
                    leaf.doing.clone_from(doing);
                }
            }
            Event::Note { .. } | Event::Retrying { .. } => self.print(event),
            Event::Done { .. } => {
                self.leaves.remove(address);
                let left = self.left.get_mut(address).filter(|left| **left > 0);
                if let (Some(left), Some(branch)) = (left, self.branches.get_mut(step)) {
                    *left -= 1;
                    branch.done += 1;
                }
            }
            Event::Failed { fault, .. } => {
                self.leaves.remove(address);
                if let Some(branch) = self.branches.get_mut(step) {
                    branch.failed |= fault.class != Class::Interrupted;
                }
                self.print(event);
            }
            Event::Skipped { .. } => self.print(event),
        }
        self.tick();
    }

    /// The lines, to print above them.
    pub(super) fn lines(&self) -> MultiProgress {
        self.all.clone()
    }

    /// Says how far all of it is, below the steps.
    pub(super) fn far(&self, text: Option<String>) {
        let text = self.style.dim(self.style.clean(&text.unwrap_or_default()));
        self.far.set_message(text);
    }

    fn print(&self, event: &Event) {
        // A terminal that went away does not stop the work.
        let _ = self
            .all
            .println(self.style.clean(&line(event, self.place, self.style)));
    }

    /// Redraws every line with the clocks as they are now.
    pub(super) fn tick(&mut self) {
        for branch in self.branches.values() {
            let text = self.style.clean(&self.describe(branch)).into_owned();
            branch.bar.set_message(text);
        }
    }

    fn describe(&self, branch: &Branch) -> String {
        let mut running: Vec<(&Address, &Leaf)> = self
            .leaves
            .iter()
            .filter(|(_, leaf)| leaf.step == branch.name)
            .collect();
        // A line is cut at the terminal's edge, so what takes longest comes first.
        running.sort_by_key(|(_, leaf)| Reverse(leaf.expected_ms));
        let running: Vec<String> = running
            .into_iter()
            .map(|(address, leaf)| {
                let elapsed = millis(leaf.begun.elapsed());
                if leaf.expected_ms.max(elapsed) > 3000 {
                    let (elapsed, expected) = (span(elapsed), span(leaf.expected_ms));
                    format!("{address} {elapsed} of about {expected}: {}", leaf.doing)
                } else {
                    address.to_string()
                }
            })
            .collect();
        let mark = if branch.failed {
            self.style.bad("✗")
        } else if branch.done == branch.total && running.is_empty() {
            self.style.good("✓")
        } else if running.is_empty() {
            " ".to_owned()
        } else {
            self.style.accent("•")
        };
        let count = format!("{}/{}", branch.done, branch.total);
        format!(
            "{mark} {:<14} {count:>7}  {}",
            branch.name,
            running.join(", ")
        )
    }

    pub(super) fn end(mut self) {
        self.tick();
        for branch in self.branches.values() {
            branch.bar.abandon();
        }
        // The report says how it ended.
        self.far.finish_and_clear();
    }
}

/// A line of its own.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    // Only an ill-formed template is refused, and this one is not.
    if let Ok(template) = ProgressStyle::with_template("{wide_msg}") {
        bar.set_style(template);
    }
    bar
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Whether it is told in a line of its own, above those that are redrawn.
fn is_told(event: &Event) -> bool {
    matches!(
        event,
        Event::Note { .. } | Event::Retrying { .. } | Event::Failed { .. } | Event::Skipped { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Verb;

    #[test]
    fn a_note_on_what_nobody_expected_is_told() {
        let address = Address::parse("db-instance/main").unwrap();
        let note = Event::Note {
            address: address.clone(),
            text: "goes on".into(),
        };
        let begins = Event::Started {
            address,
            verb: Verb::Update,
            expected_ms: 1,
        };
        assert_eq!((is_told(&note), is_told(&begins)), (true, false));
    }

    #[test]
    fn what_is_changed_twice_is_counted_once() {
        let address = Address::parse("service/web").unwrap();
        let expected = Expected {
            address: address.clone(),
            step: "app",
            many: 1,
        };
        let mut tree = Tree::new(&[expected], Box::leak(Box::default()), Style::PLAIN);
        for _ in 0..3 {
            tree.show(&Event::Done {
                address: address.clone(),
                verb: Verb::Update,
                elapsed_ms: 1,
            });
        }
        let line = tree.describe(&tree.branches["app"]);
        assert!(line.starts_with('✓') && line.contains(" 1/1 "), "{line}");
    }
}
