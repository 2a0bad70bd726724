//! Why a text is not what a key asks for, before it is known where the text stands.

use super::problem::{Problem, Span};
use super::suggest::{list, nearest};

/// A refusal: `` `database.version` `` + predicate, a label, perhaps a hint.
#[derive(Debug, Clone)]
pub(crate) struct ValueError {
    predicate: String,
    label: String,
    hint: Option<String>,
}

impl ValueError {
    /// `predicate` continues the key's name: `is not a region`.
    pub fn new(predicate: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            predicate: predicate.into(),
            label: label.into(),
            hint: None,
        }
    }

    /// The same with what to type instead.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The refusal in a line, for a value that stands in no file.
    pub fn line(&self) -> String {
        let right = self.hint.as_ref().unwrap_or(&self.label);
        format!("{}; {right}", self.predicate)
    }

    /// The refusal as a problem at its place.
    pub fn at(self, path: &str, span: Span) -> Problem {
        let problem = Problem::new(span, format!("`{path}` {}", self.predicate), self.label);
        match self.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    }
}

/// One of a few words.
pub(crate) fn word<T: Copy>(text: &str, words: &[(&'static str, T)]) -> Result<T, ValueError> {
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*value);
    }
    let names = || words.iter().map(|(word, _)| *word);
    let label = match nearest(text, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("must be {}", list(names())),
    };
    Err(ValueError::new("is not a known word", label))
}
