//! The sources of the Bedrock Access Gateway, at the commit that the preset is made for: nobody publishes
//! an image of it.

use std::path::Path;
use std::process::{Command, Stdio};

use super::Events;
use super::build::run;
use crate::engine::Cancel;
use crate::exit::Stop;

/// Sources that are built as they were at one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pinned {
    /// Where git finds them.
    pub url: &'static str,
    /// The commit; git checks every file against it.
    pub commit: &'static str,
    /// The directory that is the context of the build.
    pub context: &'static str,
    /// The Dockerfile in it.
    pub dockerfile: &'static str,
}

/// The gateway: the first commit that knows Titan G1 embeddings.
pub const GATEWAY: Pinned = Pinned {
    url: "https://github.com/aws-samples/bedrock-access-gateway",
    commit: "95794585db942cf7ce9660f71edefe63ce6c9910",
    context: "src",
    dockerfile: "Dockerfile_ecs",
};

impl Pinned {
    /// The tag its image gets when nobody names one: the commit, as git shortens it.
    pub fn tag(&self) -> &'static str {
        self.commit.get(..12).unwrap_or(self.commit)
    }
}

/// Puts the sources into an empty directory. Blocks.
///
/// # Errors
/// No git, no network, or another commit than the one asked for.
pub fn checkout(
    pinned: &Pinned,
    into: &Path,
    events: &Events,
    cancel: &Cancel,
) -> Result<(), Stop> {
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
                pinned.url,
                pinned.commit,
            ];
            run(&git(&fetch), events, cancel)
        })
        .and_then(|()| run(&git(&["checkout", "--quiet", "FETCH_HEAD"]), events, cancel));
    if let Err(mut stop) = got {
        stop.message = format!("cannot get the sources of the gateway from {}", pinned.url);
        return Err(stop.hint(format!(
            "git and a way to that address are needed; or get commit {} by hand and name its directory: \
             `ajuda deploy push DIRECTORY/{} --dockerfile {}`",
            pinned.commit, pinned.context, pinned.dockerfile
        )));
    }
    let head = Command::new("git")
        .args(["-C", &directory, "rev-parse", "HEAD"])
        .stdin(Stdio::null())
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default();
    if head == pinned.commit {
        return Ok(());
    }
    Err(
        Stop::error("the sources of the gateway are not those of the commit that was asked for")
            .detail(format!("asked for {}", pinned.commit))
            .detail(format!("got {head}")),
    )
}
