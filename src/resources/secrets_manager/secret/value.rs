//! How the value of a secret is made, as it is declared, and the same with what it refers to looked up.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::engine::{Address, Ref, ResolveContext, is_unknown};
use crate::presets::database_url::APP_SECRET_FORM;

use super::Secret;
use crate::resources::secrets_manager::secret_version::{SecretVersion, version_of};
use crate::resources::{Cache, DbInstance};

/// How the value of a secret is made. What is generated is made once and kept.
#[derive(Debug, Clone)]
pub enum SecretValue {
    /// Letters and digits.
    Generated {
        /// How many.
        length: u32,
    },
    /// A variable of the operator's environment at the `up` that makes the secret.
    Environment(String),
    /// The values of other secrets.
    Joined {
        /// Which, in this order.
        parts: Vec<Part>,
        /// Between two of them.
        separator: String,
    },
    /// JSON with `username` and a generated `password`.
    DatabaseMaster {
        /// The master user.
        username: String,
    },
    /// JSON with `username`, a generated `password`, `host`, `port`, `dbname` and `url`.
    DatabaseApp {
        /// The application's role.
        username: String,
        /// Where it connects.
        database: Ref<DbInstance>,
        /// Database name.
        name: String,
    },
    /// A `rediss://` URL with the token in it.
    CacheUrl {
        /// The token.
        token: Ref<Secret>,
        /// Where it connects.
        cache: Ref<Cache>,
    },
}

/// A part of a joined value.
#[derive(Debug, Clone)]
pub enum Part {
    /// A secret of the stack.
    Secret(Ref<Secret>),
    /// A secret that was there before, by its ARN, with or without `:key:stage:version`.
    Arn(String),
}

/// [`SecretValue`] with what it refers to looked up.
#[derive(Debug, Clone)]
pub enum Source {
    Generated {
        length: u32,
    },
    Environment(String),
    Joined {
        parts: Vec<Piece>,
        separator: String,
    },
    DatabaseMaster {
        username: String,
    },
    DatabaseApp {
        username: String,
        host: String,
        /// `None` while it is not known yet.
        port: Option<u16>,
        name: String,
    },
    CacheUrl {
        token: SecretVersion,
        host: String,
        /// `None` while it is not known yet.
        port: Option<u16>,
    },
}

/// [`Part`] with its version looked up.
#[derive(Debug, Clone)]
pub enum Piece {
    Ours(SecretVersion),
    Theirs(String),
}

impl SecretValue {
    /// The secrets that it is made of.
    pub(crate) fn parts(&self) -> Vec<&Address> {
        match self {
            Self::Joined { parts, .. } => {
                let secrets = parts.iter().filter_map(|part| match part {
                    Part::Secret(secret) => Some(secret.address()),
                    Part::Arn(_) => None,
                });
                secrets.collect()
            }
            Self::CacheUrl { token, .. } => vec![token.address()],
            Self::Generated { .. }
            | Self::Environment(_)
            | Self::DatabaseMaster { .. }
            | Self::DatabaseApp { .. } => Vec::new(),
        }
    }

    pub(super) fn source(&self, context: &ResolveContext<'_>) -> Source {
        match self {
            Self::Generated { length } => Source::Generated { length: *length },
            Self::Environment(variable) => Source::Environment(variable.clone()),
            Self::Joined { parts, separator } => Source::Joined {
                parts: parts
                    .iter()
                    .map(|part| match part {
                        Part::Secret(secret) => Piece::Ours(version_of(context, secret)),
                        Part::Arn(arn) => Piece::Theirs(arn.clone()),
                    })
                    .collect(),
                separator: separator.clone(),
            },
            Self::DatabaseMaster { username } => Source::DatabaseMaster {
                username: username.clone(),
            },
            Self::DatabaseApp {
                username,
                database,
                name,
            } => Source::DatabaseApp {
                username: username.clone(),
                host: context.text(database, |live| live.host.clone()),
                port: context.known(database, |live| live.port),
                name: name.clone(),
            },
            Self::CacheUrl { token, cache } => Source::CacheUrl {
                token: version_of(context, token),
                host: context.text(cache, |live| live.endpoint.clone()),
                port: context.known(cache, |live| live.port),
            },
        }
    }
}

impl Source {
    /// How the value is made, in characters that a tag may have.
    pub(super) fn made(&self) -> String {
        match self {
            Self::Generated { .. } => "generated".to_owned(),
            Self::Environment(variable) => format!("environment {variable}"),
            Self::Joined { .. } => "joined".to_owned(),
            Self::DatabaseMaster { username } => format!("database master {username}"),
            Self::DatabaseApp { username, .. } => format!("database role {username}"),
            Self::CacheUrl { .. } => "cache url".to_owned(),
        }
    }

    /// A hash of what the value is made of; the text itself while a part of it is not known yet.
    pub(super) fn inputs(&self) -> String {
        let number = |port: &Option<u16>| port.map(|port| port.to_string()).unwrap_or_default();
        let all: Vec<String> = match self {
            Self::Generated { .. } | Self::Environment(_) | Self::DatabaseMaster { .. } => {
                return String::new();
            }
            Self::Joined { parts, separator } => parts
                .iter()
                .map(|part| match part {
                    Piece::Ours(version) => version.to_string(),
                    Piece::Theirs(arn) => arn.clone(),
                })
                .chain([separator.clone()])
                .collect(),
            Self::DatabaseApp {
                username,
                host,
                port,
                name,
            } => vec![
                username.clone(),
                host.clone(),
                number(port),
                name.clone(),
                APP_SECRET_FORM.to_owned(),
            ],
            Self::CacheUrl { token, host, port } => {
                vec![token.to_string(), host.clone(), number(port)]
            }
        };
        let text = all.join("\n");
        if is_unknown(&Value::String(text.clone())) {
            return text;
        }
        let hash = Sha256::digest(text.as_bytes());
        hash.iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}
