//! What a preset is: everything particular to a workload, in one value.

use std::collections::BTreeMap;

use super::secrets::SharedSecret;
use crate::message::Message;
use crate::stack::{Output, PresetRules, SecretRef, Service, Stack, Statement, Value};

/// A workload that ajuda knows. One file of this folder says all of it; nothing outside names one.
pub struct Preset {
    /// What reading a file asks of it.
    pub rules: PresetRules,
    /// Where its image comes from.
    pub image: ImageSource,
    /// Whether it is meant where a command names no service.
    pub is_app: bool,
    /// A release of its image, by its digest: its Python and psycopg prepare the database where the stack has no
    /// image of it that is pinned. `None`: its image has neither.
    pub psycopg_image: Option<&'static str>,
    /// `perRequestTimeoutSeconds` of Service Connect with `appProtocol` http: 0 is none, and unset
    /// AWS ends every answer after 15 seconds. `None`: plain TCP, which is never cut.
    pub request_timeout: Option<u32>,
    /// How it keeps vectors in the stack's database, if it does.
    pub vectors: Option<Vectors>,
    /// The environment and the permissions of its container.
    pub settings: fn(&Stack, &Service) -> Settings,
    /// What its container runs.
    pub command: fn(&Stack, &Service) -> Command,
    /// Secrets that it needs in the stack, each after those its value is made of. What two presets need under
    /// one name is made once.
    pub secrets: fn(&Stack) -> Vec<SharedSecret>,
    /// What another value of one of the stack's secrets means to it.
    pub rotation: fn(&str) -> Rotation,
    /// What an operator must know of a service of it whose container or database is taken over by `adopt`.
    pub adopted: fn(&Service) -> Option<Message>,
    /// The oldest of its sources that a stack can use; `None`: any.
    pub oldest: fn(&Stack) -> Option<Oldest>,
}

/// The oldest sources of an image that do what a stack asks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Oldest {
    /// The commit.
    pub commit: &'static str,
    /// When it was made: seconds since 1970. An image that was pushed before is built of older ones.
    pub since: i64,
    /// What an older one does wrong.
    pub why: &'static str,
}

impl Preset {
    /// A preset that needs nothing but a port, from an image that others publish.
    pub(super) const fn new(rules: PresetRules, image: ImageSource) -> Self {
        Self {
            rules,
            image,
            is_app: false,
            psycopg_image: None,
            request_timeout: None,
            vectors: None,
            settings: |_, _| Settings::default(),
            command: |_, service| (Vec::new(), service.command.clone()),
            secrets: |_| Vec::new(),
            rotation: |_| Rotation::default(),
            adopted: |_| None,
            oldest: |_| None,
        }
    }
}

/// The entry point of a container and its command; empty is the image's own.
pub type Command = (Vec<String>, Vec<String>);

/// Where the image of a preset comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageSource {
    /// Its makers publish it.
    Published {
        /// Reference without tag or digest.
        repository: &'static str,
        /// The tag of the release that the preset is made for.
        release: &'static str,
    },
    /// Nobody publishes it: it is built from these sources.
    Sources(Sources),
}

/// Sources that are built as they were at one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sources {
    /// Where git finds them.
    pub url: &'static str,
    /// The commit; git checks every file against it.
    pub commit: &'static str,
    /// The directory that is the context of the build.
    pub context: &'static str,
    /// The Dockerfile in it.
    pub dockerfile: &'static str,
}

impl Sources {
    /// The tag its image gets when nobody names one: the commit, as git shortens it.
    pub fn tag(&self) -> &'static str {
        self.commit.get(..12).unwrap_or(self.commit)
    }
}

/// How a workload keeps vectors in the database: the variables that say so, and what another value means.
#[derive(Debug, Clone, Copy)]
pub struct Vectors {
    /// Their length. The workload does not start where the table has another.
    pub length: &'static str,
    /// Why it does not start, with what to do: from the former length and the new one.
    pub other_length: fn(&str, &str) -> Message,
    /// The model that makes them.
    pub model: &'static str,
    /// What becomes of the vectors that are there: from the former model and the new one.
    pub other_model: fn(&str, &str) -> String,
}

/// What another value of a secret means to a workload, where it differs from what is true of every secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotation {
    /// What is lost for ever, if anything is.
    pub loses: Option<&'static str>,
    /// In which order things follow, and why.
    pub order: Option<&'static str>,
    /// What does not follow, and what has to be done in the app for it.
    pub by_hand: Option<&'static str>,
}

/// The environment and the permissions of a container, under construction.
#[derive(Debug, Default)]
pub struct Settings {
    pub(super) environment: BTreeMap<String, Value>,
    pub(super) secrets: BTreeMap<String, SecretRef>,
    pub(super) statements: Vec<Statement>,
}

impl Settings {
    /// Sets a variable to what is written here.
    pub(super) fn text(&mut self, name: &str, value: impl ToString) {
        self.environment
            .insert(name.to_owned(), Value::Text(value.to_string()));
    }

    /// Sets a variable to something that is known once the stack is up.
    pub(super) fn output(&mut self, name: &str, output: Output) {
        self.environment
            .insert(name.to_owned(), Value::From(output));
    }

    /// Sets a variable from Secrets Manager.
    pub(super) fn secret(&mut self, name: &str, secret: SecretRef) {
        self.secrets.insert(name.to_owned(), secret);
    }

    /// Allows the task to do something. ARNs are templates with `{partition}`, `{region}`, `{account}` and
    /// `{bucket}`.
    pub(super) fn allow<A: AsRef<str>, R: Into<String>>(
        &mut self,
        actions: &[A],
        resources: impl IntoIterator<Item = R>,
    ) {
        self.statements.push(Statement {
            actions: actions
                .iter()
                .map(|action| action.as_ref().to_owned())
                .collect(),
            resources: resources.into_iter().map(Into::into).collect(),
        });
    }
}
