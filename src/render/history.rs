//! What was deployed, for people: a line each, newest first.

use std::fmt::Write;

use super::{Style, span};
use crate::image_reference::short_version;
use crate::inspect::status::StoppedTask;
use crate::rollout::history::{Deployed, History};

/// The deployments of one service.
pub fn history(history: &History, style: Style) -> String {
    let mut text = format!("{}\n", style.heading(&history.service));
    if history.deployments.is_empty() {
        text.push_str("nothing was deployed, as far as ECS remembers\n");
    }
    let wide = |of: fn(&Deployed) -> usize| history.deployments.iter().map(of).max().unwrap_or(0);
    let (number, outcome) = (
        wide(|one| one.revision.to_string().len()),
        wide(|one| one.outcome.len()),
    );
    for one in &history.deployments {
        let mark = if one.current { "▸" } else { " " };
        let when = one.started.as_deref().unwrap_or("?").replace('T', " ");
        let ended = format!("{:<outcome$}", one.outcome);
        let ended = match one.outcome.as_str() {
            "successful" => style.good(ended),
            "pending" | "in progress" => style.accent(ended),
            _ => style.bad(ended),
        };
        let _ = writeln!(
            text,
            "{mark} {:>number$}  {:<19}  {ended}  {}",
            one.revision,
            when.trim_end_matches('Z'),
            what(one)
        );
        let mut below = Vec::new();
        below.extend(one.reason.clone().filter(|_| !one.is_good()));
        below.extend(one.crashed.as_ref().map(crash));
        let snapshot = one.snapshot.as_ref();
        below.extend(snapshot.map(|name| format!("snapshot before it: {name}")));
        for line in below {
            let _ = writeln!(text, "      {}", style.dim(line));
        }
    }
    text
}

/// How a task ended that nobody had told to.
fn crash(stopped: &StoppedTask) -> String {
    let container = stopped.container.as_deref().unwrap_or("its container");
    let how = match stopped.exit_code {
        Some(code) => format!("{container} exited with code {code}"),
        None => format!("{container} did not run"),
    };
    let why = stopped.container_reason.as_ref().unwrap_or(&stopped.reason);
    format!("task {}: {how}: {why}", stopped.id)
}

fn what(one: &Deployed) -> String {
    let digest = one.digest.as_deref().map(short_version);
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
