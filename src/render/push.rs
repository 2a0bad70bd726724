//! An image on its way: a line for each layer, or bars on a terminal.

use std::collections::BTreeMap;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::sync::mpsc;

use super::{Console, Style, span, visible};
use crate::image_reference::short_version;
use crate::images::{CopyResult, Event};

/// How much of a layer must have moved before a plain log says so again.
const QUARTER: u64 = 4;

/// Shows the events of one push.
pub struct Pushing {
    console: Console,
    bars: Option<MultiProgress>,
    layers: BTreeMap<String, Layer>,
}

struct Layer {
    bytes: u64,
    /// Quarters that were said.
    shown_quarter: u64,
    bar: Option<ProgressBar>,
}

impl Pushing {
    /// Nothing moves yet.
    pub fn new(console: Console) -> Self {
        Self {
            bars: console.is_live().then(MultiProgress::new),
            console,
            layers: BTreeMap::new(),
        }
    }

    /// Shows every event until the sender is gone.
    pub async fn follow(mut self, mut events: mpsc::UnboundedReceiver<Event>) {
        while let Some(event) = events.recv().await {
            self.show(&event);
        }
        if let Some(bars) = &self.bars {
            // A terminal that went away does not matter any more.
            let _ = bars.clear();
        }
    }

    fn show(&mut self, event: &Event) {
        match event {
            Event::Begun { digest, bytes } => {
                let bar = self.bars.as_ref().map(|bars| bars.add(bar(*bytes, digest)));
                let layer = Layer {
                    bytes: *bytes,
                    shown_quarter: 0,
                    bar,
                };
                self.layers.insert(digest.clone(), layer);
            }
            Event::Moved { digest, bytes } => {
                let Some(layer) = self.layers.get_mut(digest) else {
                    return;
                };
                if let Some(bar) = &layer.bar {
                    bar.set_position(*bytes);
                    return;
                }
                let quarter = bytes * QUARTER / layer.bytes.max(1);
                if quarter <= layer.shown_quarter || quarter >= QUARTER {
                    return;
                }
                layer.shown_quarter = quarter;
            }
            Event::Again { digest, .. } => {
                if let Some(layer) = self.layers.get_mut(digest) {
                    layer.shown_quarter = 0;
                    if let Some(bar) = &layer.bar {
                        bar.set_position(0);
                    }
                }
            }
            Event::Arrived { digest, .. } => {
                if let Some(bar) = self.layers.remove(digest).and_then(|layer| layer.bar) {
                    bar.finish_and_clear();
                }
            }
            Event::Building { .. }
            | Event::Output(_)
            | Event::Resolved { .. }
            | Event::There { .. } => {}
        }
        // What bars draw needs no lines beside them.
        if self.bars.is_some() && matches!(event, Event::Begun { .. }) {
            return;
        }
        let total = match event {
            Event::Moved { digest, .. } => self.layers.get(digest).map(|layer| layer.bytes),
            _ => None,
        };
        self.say(&line(event, total, self.console.talk_style()));
    }

    fn say(&self, text: &str) {
        match &self.bars {
            // A terminal that went away does not stop the work.
            Some(bars) => drop(bars.println(self.console.talk_style().clean(text))),
            None => self.console.say(text),
        }
    }
}

fn bar(bytes: u64, digest: &str) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    let template = "copying   {msg} {bar:24} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}";
    // Only an ill-formed template is refused, and this one is not.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(visible(short_version(digest)).into_owned());
    bar
}

/// One event on one line: `copied    sha256:0a1b2c3d4e5f (28.4 MB, 3s)`. `total` is the size of the blob.
pub fn line(event: &Event, total: Option<u64>, style: Style) -> String {
    match event {
        Event::Building { with, what } => format!("{} {what}, with {with}", word("building")),
        Event::Output(text) => style.dim(format!("          {text}")),
        Event::Resolved {
            from,
            digest,
            platforms,
        } => format!(
            "{} {from}\n          {digest} ({})",
            word("found"),
            platforms.join(", ")
        ),
        Event::There { digest, bytes } => {
            format!(
                "{} {} ({})",
                word("there"),
                short_version(digest),
                size(*bytes)
            )
        }
        Event::Begun { digest, bytes } => {
            format!(
                "{} {} ({})",
                word("copying"),
                short_version(digest),
                size(*bytes)
            )
        }
        Event::Moved { digest, bytes } => format!(
            "{} {} ({} of {})",
            word("copying"),
            short_version(digest),
            size(*bytes),
            size(total.unwrap_or(*bytes))
        ),
        Event::Again { digest, because } => format!(
            "{} {}: {because}",
            style.accent(word("retrying")),
            short_version(digest)
        ),
        Event::Arrived {
            digest,
            bytes,
            elapsed_ms,
        } => format!(
            "{} {} ({}, {})",
            style.good(word("copied")),
            short_version(digest),
            size(*bytes),
            span(*elapsed_ms)
        ),
    }
}

/// What was pushed, for people.
pub fn pushed(copied: &CopyResult, style: Style) -> String {
    let row =
        |name: &str, value: &str| format!("{}  {value}\n", style.heading(format!("{name:<10}")));
    let sent = if copied.already {
        "nothing: it was there".to_owned()
    } else {
        let what = if copied.sent == 1 { "blob" } else { "blobs" };
        format!("{} {what}, {}", copied.sent, size(copied.bytes))
    };
    row("image", &copied.image)
        + &row("digest", &copied.digest)
        + &row("platforms", &copied.platforms.join(", "))
        + &row("sent", &sent)
}

/// `980 B`, `12.3 kB`, `175.0 MB`: decimal, as registries count.
fn size(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", tenths(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}

fn word(word: &str) -> String {
    format!("{word:<9}")
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_read_well() {
        let shown_quarter: Vec<String> = [7, 1_234, 175_000_000, 1_590_000_000].map(size).into();
        assert_eq!(shown_quarter, ["7 B", "1.2 kB", "175.0 MB", "1.5 GB"]);
    }
}
