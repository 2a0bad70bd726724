//! Values: one exists here only, from where it is made or read until it is sent.

use crate::aws::{Cloud, Job, Required, answer_of};
use crate::engine::{Class, Fault};
use crate::presets::database_url::{database_app_secret, database_master_secret, redis_url};
use crate::presets::secrets::ALPHANUMERIC;

use super::SecretLive;
use super::value::{Piece, Source};
use crate::resources::secrets_manager::secret_version::{field, held_value};

/// How the ids of versions begin that ajuda puts in. The caller chooses a version's id (Secrets Manager
/// API, `CreateSecret.ClientRequestToken`), and nobody does so by writing tags.
const OURS: &str = "ajuda-";
/// Characters of a database password.
const PASSWORD: u32 = 32;

/// A value. It has no `Debug` and no `Display`.
pub struct SecretString(String);

impl SecretString {
    /// This value.
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// Bytes of it.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether no environment variable can hold it.
    pub fn has_nul(&self) -> bool {
        self.0.contains('\0')
    }

    /// Whether ElastiCache takes it for a token (ElastiCache API, `AuthToken`).
    pub fn is_token(&self) -> bool {
        let taken = |c: char| c.is_ascii_alphanumeric() || "!&#$^<>-".contains(c);
        (16..=128).contains(&self.0.len()) && self.0.chars().all(taken)
    }

    /// An id for the version that this value becomes: another one each time.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub(super) fn version_id(&self) -> Result<String, Fault> {
        Ok(format!("{OURS}{}", generate(32)?.reveal()))
    }

    /// For the request that carries it, and for whoever asks to see it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Whether ajuda put in the version of this id.
pub(super) fn is_made_here(version: &str) -> bool {
    version.starts_with(OURS)
}

/// The present value of a secret.
///
/// # Errors
/// The fault of the request.
pub(super) async fn kept(cloud: &Cloud, live: &SecretLive) -> Result<SecretString, Fault> {
    let value = held_value(cloud, &live.present()).await?;
    Ok(SecretString(value))
}

/// The value of a secret that is made for the first time.
///
/// # Errors
/// A variable that is not set, a part that cannot be read.
pub(super) async fn first(job: &Job, source: &Source) -> Result<SecretString, Fault> {
    match source {
        Source::Generated { length } => generate(*length),
        Source::DatabaseMaster { username } => {
            let password = generate(PASSWORD)?;
            Ok(SecretString(database_master_secret(
                username,
                password.reveal(),
            )))
        }
        Source::DatabaseApp { .. } => role(source, &generate(PASSWORD)?),
        Source::Environment(variable) => Ok(SecretString(job.inputs.get(variable)?.to_owned())),
        Source::Joined { parts, separator } => {
            let mut values = Vec::with_capacity(parts.len());
            for part in parts {
                values.push(match part {
                    Piece::Ours(version) => held_value(job, version).await?,
                    Piece::Theirs(arn) => theirs(job, arn).await?,
                });
            }
            Ok(SecretString(values.join(separator)))
        }
        Source::CacheUrl { token, host, port } => {
            let token = held_value(job, token).await?;
            Ok(SecretString(redis_url(
                &token,
                host,
                port.required("secret", "port")?,
            )))
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
) -> Result<Option<SecretString>, Fault> {
    if live.version.is_empty() {
        return first(job, source).await.map(Some);
    }
    match source {
        Source::Generated { .. } => Ok(None),
        // Only the password is kept.
        Source::DatabaseMaster { username } => Ok(match password(job, live).await? {
            Some(kept) => Some(SecretString(database_master_secret(
                username,
                kept.reveal(),
            ))),
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

fn role(source: &Source, password: &SecretString) -> Result<SecretString, Fault> {
    let Source::DatabaseApp {
        username,
        host,
        port,
        name,
    } = source
    else {
        return Err(Fault::incomplete("secret", "database"));
    };
    let secret = database_app_secret(
        username,
        password.reveal(),
        host,
        port.required("secret", "port")?,
        name,
    );
    Ok(SecretString(secret))
}

/// The `password` in the present value, if it is such JSON.
async fn password(job: &Job, live: &SecretLive) -> Result<Option<SecretString>, Fault> {
    let text = held_value(job, &live.present()).await?;
    Ok(field(&text, "password").map(SecretString))
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
    let request = (job.secrets.get_secret_value())
        .secret_id(&id)
        .set_version_stage(rest(8))
        .set_version_id(rest(9));
    let answer = answer_of(OPERATION, request.send().await)?;
    let text = answer.secret_string.required(OPERATION, "SecretString")?;
    match rest(7) {
        None => Ok(text),
        Some(key) => field(&text, &key).ok_or_else(|| {
            let what = format!("the secret `{id}` has no key `{key}`");
            Fault::new(OPERATION, Class::Invalid, what)
        }),
    }
}

/// Characters of [`ALPHANUMERIC`], all with the same chance.
fn generate(length: u32) -> Result<SecretString, Fault> {
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
    Ok(SecretString(value))
}
