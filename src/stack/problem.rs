//! What is wrong with a stack file, and where.

use std::fmt;
use std::ops::Range;

/// A byte range of the source, always on character boundaries.
pub type Span = Range<usize>;

/// One thing that is wrong, at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// Where it stands.
    pub span: Span,
    /// What stands there, or what would be right; drawn at the caret.
    pub label: String,
    /// What to type instead, when there is more to say than the label.
    pub hint: Option<String>,
    /// A second place that has to do with it.
    pub also: Option<(Span, String)>,
}

impl Problem {
    /// A problem at a place.
    pub(crate) fn new(span: Span, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            span,
            label: label.into(),
            hint: None,
            also: None,
        }
    }

    /// The same with what to type instead.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn shorten(&mut self) {
        for text in [&mut self.message, &mut self.label]
            .into_iter()
            .chain(&mut self.hint)
        {
            if let Some((cut, _)) = text.char_indices().nth(LONGEST) {
                text.truncate(cut);
                text.push('…');
            }
        }
    }

    /// The same with a second place.
    pub(crate) fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.also = Some((span, label.into()));
        self
    }
}

/// How many problems are shown of a file: more help nobody, and a file of a mebibyte has room for
/// hundreds of thousands.
const MOST: usize = 50;
/// How many characters of a message are shown: it may repeat a key of any length.
const LONGEST: usize = 400;

/// Everything wrong with one file, sorted by position; never empty. Only the first 50 are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    name: String,
    positions: Vec<(usize, usize)>,
    list: Vec<Problem>,
    hidden: Vec<Span>,
    /// How many there are in all.
    count: usize,
}

impl Problems {
    /// Sorts, drops repetitions and puts every span on character boundaries.
    pub(crate) fn new(source: &str, name: &str, mut list: Vec<Problem>, hidden: Vec<Span>) -> Self {
        for problem in &mut list {
            problem.span = clamp(source, &problem.span);
            if let Some((span, _)) = &mut problem.also {
                *span = clamp(source, span);
            }
        }
        list.sort_by(|a, b| {
            (a.span.start, a.span.end, &a.message).cmp(&(b.span.start, b.span.end, &b.message))
        });
        list.dedup();
        let count = list.len();
        list.truncate(MOST);
        for problem in &mut list {
            problem.shorten();
        }
        let positions = list
            .iter()
            .map(|problem| position(source, problem.span.start))
            .collect();
        Self {
            name: name.to_owned(),
            positions,
            list,
            count,
            hidden: hidden.iter().map(|span| clamp(source, span)).collect(),
        }
    }

    /// The problems in the order of the file: the first of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.list.iter()
    }

    /// How many there are, with those that are not kept.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Places that hold a secret's value: whoever shows the source must blank them.
    pub fn hidden(&self) -> &[Span] {
        &self.hidden
    }
}

impl<'a> IntoIterator for &'a Problems {
    type Item = &'a Problem;
    type IntoIter = std::slice::Iter<'a, Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// One line a problem: `deploy.toml:3:8: message: label`.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (problem, (line, column))) in self.list.iter().zip(&self.positions).enumerate()
        {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{}:{line}:{column}: {}", self.name, problem.message)?;
            if !problem.label.is_empty() {
                write!(f, ": {}", problem.label)?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Line and column, both from 1, the column in characters.
fn position(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .map_or(0, |text| text.chars().count())
        + 1;
    (line, column)
}

/// The nearest range inside the source that splits no character.
fn clamp(source: &str, span: &Span) -> Span {
    let mut start = span.start.min(source.len());
    while !source.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, source.len());
    while !source.is_char_boundary(end) {
        end += 1;
    }
    start..end
}
