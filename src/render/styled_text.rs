//! Lines in pieces, each with what it means: drawn on a terminal, in a log or in the live view.

use super::Style;

/// How a piece of text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Good,
    Look,
    Bad,
    Head,
    Dim,
}

/// A line in pieces.
pub(super) type Line = Vec<(Tone, String)>;

/// A piece as a terminal shows it.
pub(super) fn paint(tone: Tone, text: &str, style: Style) -> String {
    match tone {
        Tone::Plain => text.to_owned(),
        Tone::Good => style.good(text),
        Tone::Look => style.accent(text),
        Tone::Bad => style.bad(text),
        Tone::Head => style.heading(text),
        Tone::Dim => style.dim(text),
    }
}

/// Rows whose columns begin at the same place.
pub(super) fn aligned(rows: Vec<Line>) -> Vec<Line> {
    let wide = |text: &str| text.chars().count();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|at| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            cells.map(|(_, text)| wide(text)).max().unwrap_or(0)
        })
        .collect();
    rows.into_iter()
        .map(|row| {
            let last = row.len().saturating_sub(1);
            let cells = row.into_iter().zip(&widths).enumerate();
            cells
                .flat_map(|(at, ((tone, text), width))| {
                    let gap = if at == last {
                        0
                    } else {
                        width - wide(&text) + 2
                    };
                    [(tone, text), (Tone::Plain, " ".repeat(gap))]
                })
                .collect()
        })
        .collect()
}
