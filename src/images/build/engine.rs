//! Which engine is there, and how each one builds an image and exports it.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::command_error::CommandError;
use crate::message::Message;

const KNOWN: [&str; 4] = ["docker", "buildx", "podman", "buildah"];

/// An engine that works on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    /// Docker with its own store.
    Docker,
    /// Docker's buildx with a builder that exports by itself: as a plugin.
    DockerBuildx,
    /// buildx as a program of its own.
    Buildx,
    /// Podman.
    Podman,
    /// Buildah.
    Buildah,
}

impl Engine {
    /// The first that works, or the one that was named.
    pub(super) fn find(named: Option<&str>) -> Result<Self, CommandError> {
        if let Some(name) = named
            && !KNOWN.contains(&name)
        {
            return Err(
                CommandError::error(format!("`{name}` is not a builder that ajuda knows"))
                    .hint(format!("it knows {}", KNOWN.join(", "))),
            );
        }
        let asked = |name: &str| named.is_none_or(|named| named == name);
        let mut silent = Vec::new();
        if asked("docker") || asked("buildx") {
            match docker(named == Some("buildx")) {
                Found::Works(engine) if asked("docker") || engine == Self::DockerBuildx => {
                    return Ok(engine);
                }
                Found::Silent(why) => silent.push(why),
                Found::Works(_) | Found::Absent => {}
            }
        }
        for (name, program, engine) in [
            ("buildx", "buildx", Self::Buildx),
            ("podman", "podman", Self::Podman),
            ("buildah", "buildah", Self::Buildah),
        ] {
            if asked(name) && ask(program, &["version"]).is_some_and(|printed| printed.is_ok()) {
                return Ok(engine);
            }
        }
        let mut stop = match named {
            Some(name) => CommandError::error(format!("{name} does not work here")),
            None => CommandError::error("nothing on this machine builds images"),
        };
        stop.details = silent.into_iter().map(Message::from).collect();
        Err(stop.hint(format!(
            "install one of {} (on Debian `apt-get install buildah`), or copy a built image without any: `--from REF`",
            KNOWN.join(", ")
        )))
    }

    /// What to call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::DockerBuildx | Self::Buildx => "buildx",
            Self::Podman => "podman",
            Self::Buildah => "buildah",
        }
    }

    /// The commands that build and export, in their order. `local` is the image in between, in the
    /// engine's own store.
    pub(super) fn commands(
        self,
        local: &str,
        context: &Path,
        dockerfile: &Path,
        platform: &str,
        file: &Path,
    ) -> Vec<Vec<String>> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let (context, dockerfile, file) = (text(context), text(dockerfile), text(file));
        let words =
            |words: &[&str]| -> Vec<String> { words.iter().map(|&word| word.to_owned()).collect() };
        let build = |program: &[&str], last: &[&str]| {
            let options = [
                "build",
                "--platform",
                platform,
                "--file",
                dockerfile.as_str(),
            ];
            words(&[program, &options[..], last, &[context.as_str()]].concat())
        };
        let straight = format!("type=oci,dest={file}");
        let archive = format!("oci-archive:{file}");
        // An attestation is another manifest, which nothing here reads.
        let plain = ["--provenance=false", "--output", straight.as_str()];
        match self {
            Self::Docker => vec![
                build(&["docker"], &["--tag", local]),
                words(&["docker", "save", "--output", &file, local]),
            ],
            Self::DockerBuildx => vec![build(&["docker", "buildx"], &plain)],
            Self::Buildx => vec![build(&["buildx"], &plain)],
            Self::Podman => vec![
                build(&["podman"], &["--tag", local]),
                words(&[
                    "podman",
                    "save",
                    "--format",
                    "oci-archive",
                    "--output",
                    &file,
                    local,
                ]),
            ],
            Self::Buildah => vec![
                build(&["buildah"], &["--tag", local]),
                words(&["buildah", "push", local, &archive]),
            ],
        }
    }

    /// The command that takes the image in between out of the engine's store again.
    pub(super) fn removal(self, local: &str) -> Option<Vec<String>> {
        let words = match self {
            // What stands below it is the cache of the next build.
            Self::Docker => vec!["docker", "rmi", "--no-prune", local],
            Self::Podman => vec!["podman", "rmi", "--no-prune", local],
            Self::Buildah => vec!["buildah", "rmi", local],
            Self::DockerBuildx | Self::Buildx => return None,
        };
        Some(words.into_iter().map(str::to_owned).collect())
    }
}

/// What became of asking for an engine.
enum Found {
    Works(Engine),
    /// It is there, and does not answer.
    Silent(String),
    Absent,
}

/// Docker is a client: without a server it builds nothing. Its default builder cannot export
/// (docs.docker.com, "OCI and Docker exporters"), others can.
fn docker(only_buildx: bool) -> Found {
    let exports = ask("docker", &["buildx", "inspect"])
        .and_then(Result::ok)
        .is_some_and(|printed| {
            printed
                .lines()
                .filter_map(|line| line.strip_prefix("Driver:"))
                .any(|driver| driver.trim() != "docker")
        });
    if exports {
        return Found::Works(Engine::DockerBuildx);
    }
    match ask("docker", &["version", "--format", "{{.Server.Version}}"]) {
        Some(Ok(_)) if only_buildx => {
            Found::Silent("docker's builder cannot export images: `docker buildx create --use` makes one that can".into())
        }
        Some(Ok(_)) => Found::Works(Engine::Docker),
        Some(Err(printed)) => {
            let why = printed.lines().next().unwrap_or("it does not answer").to_owned();
            Found::Silent(format!("docker: {why}"))
        }
        None => Found::Absent,
    }
}

/// Asks a program; `None` when there is none. `Err` is what it said when it failed.
fn ask(program: &str, words: &[&str]) -> Option<Result<String, String>> {
    let output = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let printed = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Some(if output.status.success() {
        Ok(printed(&output.stdout))
    } else {
        Err(printed(&output.stderr))
    })
}
