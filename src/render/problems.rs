//! What is wrong with a stack file, drawn at its place in the source.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::stack::{Problem, Problems};

/// Each problem with file, line, column, source line and caret; the values of secrets are blanked.
///
/// `source` must be the text that was parsed, `name` what to call it.
pub fn problems(source: &str, name: &str, problems: &Problems, color: bool) -> String {
    let source = blank(source, problems);
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let drawn: Vec<String> = problems
        .iter()
        .map(|problem| renderer.render(&[draw(&source, name, problem)]))
        .collect();
    drawn.join("\n\n")
}

fn draw<'a>(source: &'a str, name: &'a str, problem: &'a Problem) -> Group<'a> {
    let mut snippet = Snippet::source(source).path(name).annotation(
        AnnotationKind::Primary
            .span(problem.span.clone())
            .label(problem.label.as_str()),
    );
    if let Some((span, label)) = &problem.also {
        snippet = snippet.annotation(
            AnnotationKind::Context
                .span(span.clone())
                .label(label.as_str()),
        );
    }
    let group = Level::ERROR
        .primary_title(problem.message.as_str())
        .element(snippet);
    match &problem.hint {
        Some(hint) => group.element(Level::HELP.message(hint.as_str())),
        None => group,
    }
}

/// The source with `*` in place of every byte of a secret's value, so that no position moves.
fn blank(source: &str, problems: &Problems) -> String {
    let mut blanked = source.as_bytes().to_vec();
    for span in problems.hidden() {
        let text = blanked.get_mut(span.clone()).unwrap_or_default();
        for byte in text {
            if !matches!(byte, b'\n' | b'\r' | b'"' | b'\'') {
                *byte = b'*';
            }
        }
    }
    // Spans end between characters, so whole characters were replaced.
    String::from_utf8_lossy(&blanked).into_owned()
}
