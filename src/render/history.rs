//! What was deployed, for people: a line each, newest first.

use std::fmt::Write;

use super::{Style, span};
use crate::operate::history::{Deployed, History};

/// The deployments of one service.
pub fn history(history: &History, style: Style) -> String {
    let mut text = format!("{}\n", style.head(&history.service));
    if history.deployments.is_empty() {
        text.push_str("nothing was deployed, as far as ECS remembers\n");
    }
    for one in &history.deployments {
        let mark = if one.current { "▸" } else { " " };
        let when = one.started.as_deref().unwrap_or("?").replace('T', " ");
        let outcome = format!("{:<20}", one.outcome);
        let outcome = match one.outcome.as_str() {
            "successful" => style.good(outcome),
            "pending" | "in progress" => style.look(outcome),
            _ => style.bad(outcome),
        };
        let _ = writeln!(
            text,
            "{mark} {:>4}  {:<20}  {outcome}  {}",
            one.revision,
            when.trim_end_matches('Z'),
            what(one)
        );
        if let Some(reason) = one.reason.as_deref().filter(|_| !one.is_good()) {
            let _ = writeln!(text, "        {}", style.dim(reason));
        }
        if let Some(snapshot) = &one.snapshot {
            let _ = writeln!(
                text,
                "        {}",
                style.dim(format!("snapshot before it: {snapshot}"))
            );
        }
    }
    text
}

fn what(one: &Deployed) -> String {
    let digest = one.digest.as_deref().and_then(|digest| digest.get(..19));
    let image = one
        .tag
        .as_deref()
        .or(one.image.as_deref())
        .unwrap_or("no image");
    let mut text = image.to_owned();
    if let Some(digest) = digest {
        text.push_str(&format!("  {digest}"));
    }
    if let Some(took) = one.seconds {
        text.push_str(&format!("  {}", span(took * 1000)));
    }
    if let Some(by) = &one.by {
        text.push_str(&format!("  by {by}"));
    }
    text
}
