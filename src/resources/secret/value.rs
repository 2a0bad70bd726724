//! How the value of a secret is made. A value exists here only, from where it is made or read until
//! it is sent.

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::aws::{Job, fault};
use crate::engine::{Class, Fault, Ref, Seen, is_unknown};
use crate::presets::database_url::{database_app_secret, database_master_secret, redis_url};
use crate::presets::secrets::ALPHANUMERIC;

use super::super::held_secret::{held_value, version_of};
use super::super::{Cache, DbInstance};
use super::{Secret, SecretLive};

/// Characters of a database password.
const PASSWORD: u32 = 32;

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
pub(super) enum Source {
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
        port: String,
        name: String,
    },
    CacheUrl {
        token: String,
        host: String,
        port: String,
    },
}

/// [`Part`] with its version looked up.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    Ours(String),
    Theirs(String),
}

/// A value. It has no `Debug` and no `Display`.
pub(super) struct Hidden(String);

impl Hidden {
    /// For the request that carries it.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl SecretValue {
    pub(super) fn source(&self, seen: &Seen<'_>) -> Source {
        match self {
            Self::Generated { length } => Source::Generated { length: *length },
            Self::Environment(variable) => Source::Environment(variable.clone()),
            Self::Joined { parts, separator } => Source::Joined {
                parts: parts
                    .iter()
                    .map(|part| match part {
                        Part::Secret(secret) => Piece::Ours(version_of(seen, secret)),
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
                host: seen.text(database, |live| live.host.clone()),
                port: seen.text(database, |live| live.port.to_string()),
                name: name.clone(),
            },
            Self::CacheUrl { token, cache } => Source::CacheUrl {
                token: version_of(seen, token),
                host: seen.text(cache, |live| live.endpoint.clone()),
                port: seen.text(cache, |live| live.port.to_string()),
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
        let all: Vec<&str> = match self {
            Self::Generated { .. } | Self::Environment(_) | Self::DatabaseMaster { .. } => {
                return String::new();
            }
            Self::Joined { parts, separator } => parts
                .iter()
                .map(|(Piece::Ours(text) | Piece::Theirs(text))| text.as_str())
                .chain([separator.as_str()])
                .collect(),
            Self::DatabaseApp {
                username,
                host,
                port,
                name,
            } => vec![username, host, port, name],
            Self::CacheUrl { token, host, port } => vec![token, host, port],
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

/// The value of a secret that is made for the first time.
///
/// # Errors
/// A variable that is not set, a part that cannot be read.
pub(super) async fn first(job: &Job, source: &Source) -> Result<Hidden, Fault> {
    match source {
        Source::Generated { length } => generate(*length),
        Source::DatabaseMaster { username } => {
            let password = generate(PASSWORD)?;
            Ok(Hidden(database_master_secret(username, password.reveal())))
        }
        Source::DatabaseApp { .. } => role(source, &generate(PASSWORD)?),
        Source::Environment(variable) => Ok(Hidden(job.inputs.get(variable)?.to_owned())),
        Source::Joined { parts, separator } => {
            let mut values = Vec::with_capacity(parts.len());
            for part in parts {
                values.push(match part {
                    Piece::Ours(version) => held_value(job, version).await?,
                    Piece::Theirs(arn) => theirs(job, arn).await?,
                });
            }
            Ok(Hidden(values.join(separator)))
        }
        Source::CacheUrl { token, host, port } => {
            let token = held_value(job, token).await?;
            Ok(Hidden(redis_url(&token, host, number(port)?)))
        }
    }
}

/// The value that takes the place of the one that is there; `None` keeps that one.
///
/// # Errors
/// As [`first`].
pub(super) async fn next(
    job: &Job,
    source: &Source,
    live: &SecretLive,
) -> Result<Option<Hidden>, Fault> {
    if live.version.is_empty() {
        return first(job, source).await.map(Some);
    }
    match source {
        Source::Generated { .. } => Ok(None),
        // Only the password is kept.
        Source::DatabaseMaster { username } => Ok(match password(job, live).await? {
            Some(kept) => Some(Hidden(database_master_secret(username, kept.reveal()))),
            None => Some(first(job, source).await?),
        }),
        Source::DatabaseApp { .. } => match password(job, live).await? {
            Some(kept) => role(source, &kept).map(Some),
            None => first(job, source).await.map(Some),
        },
        Source::Environment(_) | Source::Joined { .. } | Source::CacheUrl { .. } => {
            first(job, source).await.map(Some)
        }
    }
}

fn role(source: &Source, password: &Hidden) -> Result<Hidden, Fault> {
    let Source::DatabaseApp {
        username,
        host,
        port,
        name,
    } = source
    else {
        return Err(Fault::incomplete("secret", "database"));
    };
    let secret = database_app_secret(username, password.reveal(), host, number(port)?, name);
    Ok(Hidden(secret))
}

fn number(port: &str) -> Result<u16, Fault> {
    port.parse()
        .map_err(|_| Fault::incomplete("secret", "port"))
}

/// The `password` in the present value, if it is such JSON.
async fn password(job: &Job, live: &SecretLive) -> Result<Option<Hidden>, Fault> {
    let text = held_value(job, &format!("{}@{}", live.name, live.version)).await?;
    Ok(field(&text, "password").map(Hidden))
}

fn field(json: &str, key: &str) -> Option<String> {
    let value: Value = serde_json::from_str(json).ok()?;
    value.get(key)?.as_str().map(str::to_owned)
}

/// `arn:…:secret:name` with or without `:key:stage:version` (ECS API, `Secret.valueFrom`).
async fn theirs(job: &Job, arn: &str) -> Result<String, Fault> {
    const OPERATION: &str = "secretsmanager:GetSecretValue";
    let parts: Vec<&str> = arn.split(':').collect();
    let id = parts
        .get(..7)
        .map_or_else(|| arn.to_owned(), |id| id.join(":"));
    let rest = |index: usize| {
        let part = parts.get(index).filter(|part| !part.is_empty());
        part.map(|part| (*part).to_owned())
    };
    let answer = job
        .secrets
        .get_secret_value()
        .secret_id(&id)
        .set_version_stage(rest(8))
        .set_version_id(rest(9))
        .send()
        .await
        .map_err(fault(OPERATION))?;
    let text = answer
        .secret_string
        .ok_or_else(|| Fault::incomplete(OPERATION, "SecretString"))?;
    match rest(7) {
        None => Ok(text),
        Some(key) => field(&text, &key).ok_or_else(|| {
            let what = format!("the secret `{id}` has no key `{key}`");
            Fault::new(OPERATION, Class::Invalid, what)
        }),
    }
}

/// Characters of [`ALPHANUMERIC`], all with the same chance.
fn generate(length: u32) -> Result<Hidden, Fault> {
    let alphabet = ALPHANUMERIC.as_bytes();
    // A byte beyond the last whole alphabet would favour its beginning.
    let fair = 256 - 256 % alphabet.len();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let mut value = String::with_capacity(length);
    while value.len() < length {
        let mut random = [0; 64];
        getrandom::fill(&mut random).map_err(|_| {
            Fault::new("secret", Class::Other, "this machine gives no random bytes")
        })?;
        let drawn = random.iter().map(|byte| usize::from(*byte));
        for byte in drawn.filter(|byte| *byte < fair) {
            if value.len() < length {
                value.push(char::from(alphabet[byte % alphabet.len()]));
            }
        }
    }
    Ok(Hidden(value))
}
