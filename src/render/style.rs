//! Colour, where somebody sees it.

use std::borrow::Cow;
use std::fmt::Display;

use super::visible::{painted, visible};

/// Whether to colour. Text reads the same without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour.
    pub color: bool,
}

impl Style {
    /// No colour.
    pub const PLAIN: Self = Self { color: false };

    /// A whole text as a stream may have it: the codes of this style stay, whatever else steers a
    /// terminal or is not seen is spelled out.
    pub fn clean(self, text: &str) -> Cow<'_, str> {
        if self.color {
            painted(text)
        } else {
            visible(text)
        }
    }

    fn paint(self, code: &str, text: impl Display) -> String {
        if self.color {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_string()
        }
    }

    /// Something made, or good.
    pub fn good(self, text: impl Display) -> String {
        self.paint("32", text)
    }

    /// Something changed, or that needs a look.
    pub fn accent(self, text: impl Display) -> String {
        self.paint("33", text)
    }

    /// Something removed, or bad.
    pub fn bad(self, text: impl Display) -> String {
        self.paint("31", text)
    }

    /// A heading.
    pub fn heading(self, text: impl Display) -> String {
        self.paint("1", text)
    }

    /// The one at `index` of many things of a kind: neighbours have different colours, none of which
    /// means good or bad.
    pub fn of_many(self, index: usize, text: impl Display) -> String {
        const CODES: [&str; 6] = ["36", "35", "34", "96", "95", "94"];
        self.paint(CODES[index % CODES.len()], text)
    }

    /// An aside.
    pub fn dim(self, text: impl Display) -> String {
        self.paint("2", text)
    }
}
