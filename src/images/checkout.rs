//! The sources of an image that nobody publishes, at the commit that its preset is made for.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Events;
use super::build::run;
use crate::command_error::CommandError;
use crate::engine::Cancel;
use crate::message::{commands, message};
use crate::presets::Sources;

/// Puts the sources into an empty directory. Blocks.
///
/// # Errors
/// No git, no network, or another commit than the one asked for.
pub fn checkout(
    sources: &Sources,
    into: &Path,
    events: &Events,
    cancel: &Cancel,
) -> Result<(), CommandError> {
    let directory = into.to_string_lossy();
    let git = |words: &[&str]| -> Vec<String> {
        ["git", "-C", &directory, "-c", "advice.detachedHead=false"]
            .iter()
            .chain(words)
            .map(|&word| word.to_owned())
            .collect()
    };
    let got = run(&git(&["init", "--quiet"]), events, cancel)
        .and_then(|()| {
            let fetch = [
                "fetch",
                "--quiet",
                "--depth",
                "1",
                sources.url,
                sources.commit,
            ];
            run(&git(&fetch), events, cancel)
        })
        .and_then(|()| run(&git(&["checkout", "--quiet", "FETCH_HEAD"]), events, cancel));
    if let Err(mut stop) = got {
        stop.message = format!("cannot get the sources of the image from {}", sources.url);
        let directory = format!("DIRECTORY/{}", sources.context);
        return Err(stop.hint(message![
            format!(
                "git and a way to that address are needed; or get commit {} by hand and name its directory: ",
                sources.commit
            ),
            commands::push_dockerfile(directory, sources.dockerfile),
        ]));
    }
    let head = Command::new("git")
        .args(["-C", &directory, "rev-parse", "HEAD"])
        .stdin(Stdio::null())
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default();
    if head == sources.commit {
        return Ok(());
    }
    Err(CommandError::error(
        "the sources of the image are not those of the commit that was asked for",
    )
    .detail(format!("asked for {}", sources.commit))
    .detail(format!("got {head}")))
}
