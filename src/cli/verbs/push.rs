//! `ajuda deploy push`: an image into the stack's repository.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::sync::mpsc;

use super::update::Update;
use crate::aws::CaBundle;
use crate::cli::apply::wait_for_signal;
use crate::cli::arguments;
use crate::cli::deployment::ChangeOptions;
use crate::cli::lock::time;
use crate::cli::options::Common;
use crate::cli::session::{Session, app, known};
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::Cancel;
use crate::exit::Exit;
use crate::image_reference::{ImageReference, is_tag, names_digest};
use crate::images::{self, Build, CopyRequest, CopyResult, Events, Remote, Source};
use crate::message::{Command, Verb, commands, message};
use crate::presets::{self, Sources};
use crate::render::{self, Console, Pushing, json};
use crate::stack::{Service, Stack};

/// Put an image into the stack's repository: build it, or copy it from another registry
///
/// Builds DIRECTORY with docker, buildx, podman or buildah, whichever is there, for the architecture
/// that the service runs on. With --from nothing is built and no engine is needed. ECR's token is
/// never shown to an engine, a command line or a file.
///
/// With --deploy the service then runs it, as `update --image` does, and the command ends with the
/// verdict: 0 means that the image is healthy, 5 that it is not.
///
/// Examples:
///   ajuda deploy push --tag v2 .
///   ajuda deploy push --tag v2 --deploy .
///   ajuda deploy push --from ghcr.io/open-webui/open-webui:v0.12.4
///   ajuda deploy push --gateway
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Push {
    #[command(flatten)]
    pub(super) common: Common,
    /// The directory to build, with a Dockerfile in it
    #[arg(value_name = "DIRECTORY", default_value = ".")]
    directory: PathBuf,
    /// The Dockerfile, seen from the directory
    #[arg(long, value_name = "FILE", default_value = "Dockerfile")]
    dockerfile: String,
    /// Copy this image from its registry instead of building one
    #[arg(long, value_name = "REF", conflicts_with_all = ["directory", "dockerfile", "builder", "from_sources"])]
    from: Option<String>,
    /// Build the stack's gateway to models from its sources, at the commit that ajuda is made for
    #[arg(long = "gateway", conflicts_with_all = ["directory", "dockerfile"])]
    from_sources: bool,
    /// The tag it gets; without it the file's, or that of --from
    #[arg(long, value_parser = arguments::tag)]
    tag: Option<String>,
    /// The service that runs it; without it the app
    #[arg(long)]
    service: Option<String>,
    /// Copy or build this one architecture; without it the one that the service runs on
    #[arg(long, value_parser = ["amd64", "arm64"])]
    arch: Option<String>,
    /// Copy every architecture of --from
    #[arg(long, requires = "from", conflicts_with = "arch")]
    all_platforms: bool,
    /// The engine that builds
    #[arg(long, value_parser = ["docker", "buildx", "podman", "buildah"])]
    builder: Option<String>,
    /// Run it when it is there, as `update` does: say what will happen, ask, deploy, wait for the rollout
    #[arg(long)]
    deploy: bool,
    /// Do not ask
    #[arg(long, short, requires = "deploy")]
    yes: bool,
    /// Take no snapshot before the database is migrated
    #[arg(long, requires = "deploy")]
    no_snapshot: bool,
    /// How long to wait until the tasks are healthy, such as `20m`, which it is without this
    #[arg(long, value_name = "TIME", value_parser = time, requires = "deploy")]
    timeout: Option<Duration>,
    /// How long to wait while somebody else is changing the stack, such as `10m`; without this not at all
    #[arg(long, value_name = "TIME", value_parser = time, requires = "deploy")]
    lock_timeout: Option<Duration>,
}

impl Push {
    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        let named: Vec<&str> = self.service.as_deref().into_iter().collect();
        let session = Session::open_for(&self.common, console, &named, false).await?;
        let service = self.service(&session.stack)?;
        let tag = self.tag(service)?;
        if self.deploy {
            self.can_deploy(&session, console, service).await?;
        }
        let target = images::target(&session.cloud, &service.image.name).await?;
        let (events, received) = mpsc::unbounded_channel();
        let shown = tokio::spawn(Pushing::new(*console).follow(received));
        let request = CopyRequest {
            tag: &tag,
            only: self.arch.as_deref(),
            all: self.all(&session.stack, service),
            needs: images::architecture(&service.architecture),
            service: &service.name,
        };
        let cancel = Cancel::default();
        let work = async {
            let bundle = session.cloud.ca_bundle.clone();
            let source = self
                .source(service, &request, bundle, &events, &cancel)
                .await?;
            images::copy(&source, &target, request, &events).await
        };
        let ended = tokio::select! {
            ended = work => ended,
            () = wait_for_signal() => Err(interrupted()),
        };
        // What an engine does goes on in a thread of its own until it is told.
        cancel.stop();
        drop(events);
        // Everything was sent; the last lines are still being drawn.
        let _ = shown.await;
        self.report(console, service, &ended?);
        if !self.deploy {
            return Ok(Exit::Done);
        }
        // What was read before is as old as the build.
        session.cloud.memo.forget();
        let terms = ChangeOptions::of(self.yes, self.timeout, self.lock_timeout);
        let update = Update::to(&self.common, &service.name, &tag, self.no_snapshot, terms);
        update.run_in(&session, console).await
    }

    /// Refuses before anything is built or sent what could not be run afterwards.
    ///
    /// # Errors
    /// Nobody is there to say yes, the service is not there, or it is in the middle of something else.
    async fn can_deploy(
        &self,
        session: &Session,
        console: &Console,
        service: &Service,
    ) -> Result<(), CommandError> {
        if !self.yes && !console.can_ask() {
            return Err(CommandError::new(
                ErrorKind::Refused,
                "no terminal to confirm on; nothing was pushed",
            )
            .hint("pass --yes to confirm beforehand, or push without --deploy"));
        }
        session.settled_database(service).await?;
        let state = session.service_state(service).await?;
        match state.unfinished_rollback() {
            Some(unfinished) => Err(unfinished),
            None => Ok(()),
        }
    }

    /// Whether every architecture is copied: what was built is the one, and services that share the image may run
    /// on several.
    fn all(&self, stack: &Stack, service: &Service) -> bool {
        let mut sharing = stack
            .services
            .values()
            .filter(|one| one.image.ours && one.image.name == service.image.name);
        self.all_platforms
            || self.from.is_none()
            || sharing.any(|one| one.architecture != service.architecture)
    }

    /// The service whose image it is.
    fn service<'s>(&self, stack: &'s Stack) -> Result<&'s Service, CommandError> {
        let name = match &self.service {
            Some(name) => name.clone(),
            None if self.from_sources => built_from_sources(stack)?,
            None => app(stack).ok_or_else(which)?,
        };
        let service = known(stack, &name)?;
        if service.image.ours {
            return Ok(service);
        }
        Err(CommandError::error(format!(
            "{name} runs {}, which is pulled from its own registry",
            service.image.name
        ))
        .hint("a short name in the file, such as `image = \"chat\"`, is a repository of the stack"))
    }

    /// The sources that are built instead of the directory.
    fn sources(&self) -> Option<&'static Sources> {
        let (_, sources) = presets::built_from_sources().filter(|_| self.from_sources)?;
        Some(sources)
    }

    /// The tag that the image gets.
    fn tag(&self, service: &Service) -> Result<String, CommandError> {
        let from = self.from.as_deref().and_then(named_tag);
        let tag = self
            .tag
            .clone()
            .or_else(|| service.image.tag.clone().filter(|tag| !names_digest(tag)))
            .or_else(|| Some(self.sources()?.tag().to_owned()))
            .or(from)
            .ok_or_else(|| CommandError::error("no tag given").hint("add one: `--tag v1`"))?;
        if !is_tag(&tag) {
            return Err(CommandError::error(format!("`{tag}` is not a tag"))
                .hint("write it like `--tag v2`"));
        }
        if let Some(written) = service
            .image
            .tag
            .as_ref()
            .filter(|written| **written != tag)
        {
            return Err(CommandError::new(
                ErrorKind::Refused,
                format!(
                    "the file says that {} runs `{written}`, and nothing would run `{tag}`",
                    service.name
                ),
            )
            .hint("change the tag in the file first, or take it out of the file"));
        }
        Ok(tag)
    }

    /// Where the image comes from; a build is done here.
    async fn source(
        &self,
        service: &Service,
        request: &CopyRequest<'_>,
        bundle: Option<CaBundle>,
        events: &Events,
        cancel: &Cancel,
    ) -> Result<Source, CommandError> {
        if let Some(reference) = self.from.clone() {
            // A credential helper may take its time.
            let (from, version) =
                blocking(move || Remote::of_reference(&reference, bundle.as_ref())).await?;
            return Ok(Source::Registry { from, version });
        }
        let mut build = Build {
            context: self.directory.clone(),
            dockerfile: self.dockerfile.clone(),
            architecture: self
                .arch
                .clone()
                .unwrap_or_else(|| request.needs.to_owned()),
            name: service.name.clone(),
            engine: self.builder.clone(),
        };
        let (sources, events, cancel) = (self.sources(), events.clone(), cancel.clone());
        blocking(move || {
            let Some(sources) = sources else {
                return images::build(&build, &events, &cancel);
            };
            let directory = tempfile::tempdir().map_err(|error| {
                CommandError::error(format!("no room for the sources: {error}"))
            })?;
            images::checkout(sources, directory.path(), &events, &cancel)?;
            build.context = directory.path().join(sources.context);
            build.dockerfile = sources.dockerfile.to_owned();
            images::build(&build, &events, &cancel)
        })
        .await
    }

    fn report(&self, console: &Console, service: &Service, copied: &CopyResult) {
        if console.is_json() {
            let pushed = json::pushed(&service.name, copied);
            if self.deploy {
                console.event(&json::pushed_line(&pushed));
            } else {
                console.document(&pushed);
            }
            return;
        }
        console.out(&render::pushed(copied, console.style()));
        if service.image.tag.is_none() && !self.deploy {
            let tag = copied.image.rsplit(':').next().unwrap_or_default();
            let up = Command::new(Verb::Up);
            console.say(message![
                console.talk_style().accent("next:"),
                " ",
                commands::update(&service.name, tag),
                " runs it (",
                up.option("--image", format!("{}={tag}", service.name)),
                ", when it does not run yet)",
            ]);
        }
    }
}

/// What is asked of who names no service.
fn which() -> CommandError {
    CommandError::error("which service is the image for?").hint("name it: `--service NAME`")
}

/// The service whose image is built from sources that its preset names.
fn built_from_sources(stack: &Stack) -> Result<String, CommandError> {
    let (preset, _) = presets::built_from_sources().ok_or_else(which)?;
    let rules = &preset.rules;
    let mut services = stack.services.values();
    let found = services.find(|service| service.preset == Some(rules));
    found.map(|service| service.name.clone()).ok_or_else(|| {
        CommandError::error(format!("no service of the file is the {}", rules.title)).hint(format!(
            "give one `preset = \"{}\"`, or name the service with --service",
            rules.name
        ))
    })
}

/// The tag of a reference, if it has one that says which version it is.
fn named_tag(reference: &str) -> Option<String> {
    let tag = ImageReference::of(reference).tag?;
    (tag != "latest").then(|| tag.to_owned())
}

fn interrupted() -> CommandError {
    CommandError::new(ErrorKind::Interrupted, "interrupted")
        .hint("run it again: what is there already is not sent twice")
}

/// Does something that blocks where blocking is allowed.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CommandError> + Send + 'static,
) -> Result<T, CommandError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(ended) => ended,
        Err(error) => Err(CommandError::error(format!("it broke off: {error}"))),
    }
}
