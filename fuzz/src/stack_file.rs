//! A stack file: any text ends in problems that can be drawn, or in a stack that can be planned.

use ajuda::aws::Place;
use ajuda::engine::{Observed, plan};
use ajuda::message::StackOptions;
use ajuda::presets::{parse, warnings};
use ajuda::render::problems::problems;
use ajuda::render::{Detail, Style, json};
use ajuda::resources::KINDS;
use ajuda::stack::{Problems, Stack};
use ajuda::steps::{Choice, declare};

/// Reads the input as a stack file.
pub fn run(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else {
        return;
    };
    match parse(source, "deploy.toml") {
        Ok(stack) => carry_on(&stack),
        Err(found) => draw(source, &found),
    }
}

/// Everything up to the first plan of a stack of which nothing exists.
fn carry_on(stack: &Stack) {
    let graph = declare(stack, &place(&stack.name), &Choice::default()).graph;
    let plan = plan(&graph, KINDS, &Observed::default());
    assert_eq!(plan.items.len(), graph.iter().count());
    let here = StackOptions::default();
    assert!(!ajuda::render::plan(&plan, Detail::Full, &here, Style::PLAIN).is_empty());
    let document = json::plan(&plan, warnings(stack), &[], &here);
    assert!(!json::document(&document, None).is_empty());
}

fn draw(source: &str, found: &Problems) {
    assert!(found.count() > 0);
    assert!(!found.to_string().is_empty());
    let starts: Vec<usize> = found.iter().map(|problem| problem.span.start).collect();
    assert!(starts.is_sorted());
    for problem in found {
        assert!(source.get(problem.span.clone()).is_some());
    }
    for color in [false, true] {
        assert!(!problems(source, "deploy.toml", found, color).is_empty());
    }
}

/// A made-up account.
pub(crate) fn place(stack: &str) -> Place {
    Place {
        stack: stack.to_owned(),
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        account: "123456789012".to_owned(),
        zones: ["a", "b", "c"]
            .map(|zone| format!("us-east-1{zone}"))
            .into(),
    }
}
