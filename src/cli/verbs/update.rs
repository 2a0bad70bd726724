//! `ajuda deploy update`: another version of what runs, and the verdict on it.

use std::collections::BTreeMap;

use clap::Args;

use crate::cli::arguments;
use crate::cli::deployment::{ChangeOptions, Messages, change, way_back};
use crate::cli::options::{Common, Which};
use crate::cli::runner::Runner;
use crate::cli::session::Session;
use crate::command_error::{CommandError, ErrorKind};
use crate::exit::Exit;
use crate::images;
use crate::message::{Command, Verb, commands, message};
use crate::render::Console;
use crate::rollout::dependencies::stale_secret;
use crate::rollout::image;
use crate::rollout::scale::check_shareable;
use crate::rollout::update::{UpdateRequest, decide};
use crate::stack::{Service, may_be_secret};

/// Deploy an image, or restart the current one, and wait for the rollout
///
/// Copies what runs with only the named difference, says what will happen, asks, deploys, and
/// follows the deployment until it is judged: 0 means that the image asked for runs and is healthy,
/// 5 that it does not, with the reason. Another version of a service that migrates its database is
/// deployed the way it must be: a snapshot, all tasks stop, one migrates, the others start.
///
/// The image's tag and the number of tasks belong to whoever runs this as long as the file does not
/// say them. The environment belongs to the file: the next `up` takes away what --env has set,
/// unless it is written there, and what the file sets is changed there.
///
/// Run the same command again after an interruption: it goes on from what is there.
///
/// Example: ajuda deploy update --image v2
#[derive(Debug, Args)]
pub struct Update {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    which: Which,
    /// Tag, digest (`sha256:…`) or whole reference of the image
    #[arg(long, value_parser = arguments::image)]
    image: Option<String>,
    /// Set a variable of the container (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    env: Vec<(String, String)>,
    /// How many tasks
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=1000))]
    count: Option<u32>,
    /// Start the tasks anew in any case: they read their secrets when they start
    #[arg(long)]
    restart: bool,
    /// Take no snapshot before the database is migrated
    #[arg(long)]
    no_snapshot: bool,
    /// Do not wait for the rollout
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    terms: ChangeOptions,
}

/// Reads `KEY=VALUE`.
fn pair(text: &str) -> Result<(String, String), String> {
    let wrong = || "write it like `KEY=VALUE`".to_owned();
    let (name, value) = text.split_once('=').ok_or_else(wrong)?;
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(letter) {
        return Err(wrong());
    }
    Ok((name.to_owned(), value.to_owned()))
}

impl Update {
    /// To run an image of the stack's repository as the service called `service`.
    pub(super) fn to(
        common: &Common,
        service: &str,
        image: &str,
        no_snapshot: bool,
        terms: ChangeOptions,
    ) -> Self {
        Self {
            common: common.clone(),
            which: Which::of(service),
            image: Some(image.to_owned()),
            env: Vec::new(),
            count: None,
            restart: false,
            no_snapshot,
            no_wait: false,
            terms,
        }
    }

    pub(super) async fn run(self, console: &Console) -> Result<Exit, CommandError> {
        if self.image.is_none() && self.env.is_empty() && self.count.is_none() && !self.restart {
            return Err(CommandError::error("nothing to update").hint(message![
                Command::new(Verb::Update).option("--image", "TAG"),
                ", or --env, --count, --restart",
            ]));
        }
        let session = Session::open_for(&self.common, console, &self.which.names(), false).await?;
        self.run_in(&session, console).await
    }

    /// The same in a session that is open.
    pub(super) async fn run_in(
        self,
        session: &Session,
        console: &Console,
    ) -> Result<Exit, CommandError> {
        let service = session.service_of(self.which.name())?;
        self.refuse_what_the_file_owns(service)?;
        let act = async |runner: Runner<'_>| self.change(runner, service).await;
        Runner::with_lock(session, console, &self.terms.lock_wait, act).await
    }

    async fn change(&self, runner: Runner<'_>, service: &Service) -> Result<Exit, CommandError> {
        let session = runner.session;
        let state = session.service_state(service).await?;
        if self.restart {
            self.refuse_stale_secrets(session, service).await?;
        }
        self.count.map_or(Ok(()), |count| {
            check_shareable(&session.stack, &state, count)
        })?;
        let request = UpdateRequest {
            environment: self.env.iter().cloned().collect::<BTreeMap<_, _>>(),
            count: self.count,
            restart: self.restart,
            no_snapshot: self.no_snapshot,
        };
        let push = |image: &str| images::command(&session.stack, image);
        let image = async {
            match &self.image {
                Some(asked) => {
                    let found = image::find(&session.cloud, &state, asked, push).await?;
                    Ok(Some(found))
                }
                None => Ok(None),
            }
        };
        let (image, around) = tokio::try_join!(image, session.surroundings(&state))?;
        let wanted = decide(&session.cloud, state, around, image, &request).await?;
        let words = Messages {
            again: self.again(),
            way_back: way_back(service, &wanted),
        };
        let waiting = self.terms.waiting(!self.no_wait);
        change(runner, &wanted, self.terms.yes, waiting, &words).await
    }

    /// A secret that is made of others follows them in `up` alone.
    async fn refuse_stale_secrets(
        &self,
        session: &Session,
        service: &Service,
    ) -> Result<(), CommandError> {
        let stale = stale_secret(&session.cloud, &session.graph, &service.name).await?;
        let Some(stale) = stale else {
            return Ok(());
        };
        let what = format!("{stale} has not followed what it is made of yet");
        Err(CommandError::new(ErrorKind::Refused, what).hint(message![
            commands::up(),
            " renews it and restarts what uses it",
        ]))
    }

    /// A tag, a variable or a number that stands in the file is changed there.
    fn refuse_what_the_file_owns(&self, service: &Service) -> Result<(), CommandError> {
        let name = &service.name;
        let refused = |what: String, key: &[&str]| {
            let path: Vec<&str> = [&["service", name.as_str()], key].concat();
            let place = self.common.line(&path);
            Err(CommandError::new(ErrorKind::Refused, what).hint(message![
                format!("change {}{place}, then ", path.join(".")),
                commands::up(),
            ]))
        };
        let written = service.image.tag.as_deref();
        if let (Some(asked), Some(written)) = (&self.image, written)
            && !asked.ends_with(written)
        {
            let what = format!(
                "the file says that {name} runs `{written}`, so `{asked}` cannot be chosen here"
            );
            return refused(what, &["image"]);
        }
        let owned = service
            .preset
            .map_or(&[][..], |preset| preset.owned_variables);
        for (key, _) in &self.env {
            if service.environment.contains_key(key) {
                let what = format!("the file sets {key} for {name}, so it cannot be set here");
                return refused(what, &["environment", key]);
            }
            if service.secrets.contains_key(key) {
                let what = format!("{key} of {name} is a secret, so it cannot be set here");
                return refused(what, &["secrets", key]);
            }
            if may_be_secret(key) {
                return Err(CommandError::new(
                    ErrorKind::Refused,
                    format!("{key} sounds like a secret, and a variable can be read by many"),
                )
                .hint(format!(
                    "write it under [service.{name}.secrets]{}, such as {key} = {{ env = \"{key}\" }}",
                    self.common.line(&["service", name.as_str(), "secrets"])
                )));
            }
            if owned.contains(&key.as_str()) {
                return Err(CommandError::new(
                    ErrorKind::Refused,
                    format!("{key} follows from the rest of the file, so it cannot be set here"),
                ));
            }
        }
        Ok(())
    }

    /// This command, to be typed again.
    fn again(&self) -> Command {
        let variables = self
            .env
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        Command::new(Verb::Update)
            .options("--service", self.which.name())
            .options("--image", self.image.as_deref())
            .options("--env", variables)
            .options("--count", self.count)
            .flag("--restart", self.restart)
            .flag("--no-snapshot", self.no_snapshot)
    }
}
