//! A value that the operator gives.

use crate::aws::Job;
use crate::engine::Fault;
use crate::resources::{Secret, SecretLive, SecretString, SecretValue};

/// The most that a secret takes (Secrets Manager API, `PutSecretValue.SecretString`).
const MOST: usize = 65_536;

/// What came of giving a value.
#[derive(Debug)]
pub enum Set {
    /// It had this value already, as this version.
    Same(String),
    /// It has a new version.
    New(SecretLive),
}

/// Why a secret takes no value from the operator.
#[derive(Debug, PartialEq, Eq)]
pub enum Closed {
    /// It holds more than a password, which ajuda makes.
    Database,
    /// It is made of these.
    MadeOf(Vec<String>),
}

/// Whether the operator may give it a value.
///
/// # Errors
/// Why not.
pub fn is_open(secret: &Secret) -> Result<(), Closed> {
    match &secret.value {
        SecretValue::Generated { .. } | SecretValue::Environment(_) => Ok(()),
        SecretValue::DatabaseMaster { .. } | SecretValue::DatabaseApp { .. } => {
            Err(Closed::Database)
        }
        value @ (SecretValue::Joined { .. } | SecretValue::CacheUrl { .. }) => {
            let parts = value.parts();
            Err(Closed::MadeOf(
                parts.iter().map(|part| part.name().to_owned()).collect(),
            ))
        }
    }
}

/// What is wrong with a value for the secret of that name, without saying what it is.
///
/// # Errors
/// The reason, in words.
pub fn check_value(name: &str, value: &SecretString) -> Result<(), &'static str> {
    if value.is_empty() {
        return Err("the value is empty");
    }
    if value.len() > MOST {
        return Err("the value is longer than 65536 bytes, the most that Secrets Manager takes");
    }
    if value.has_nul() {
        return Err("the value has a NUL in it, which no environment variable can hold");
    }
    // ElastiCache API, `AuthToken`.
    if name == "redis-token" && !value.is_token() {
        return Err("a token of Redis is 16 to 128 letters, digits and !&#$^<>-");
    }
    Ok(())
}

/// Gives `live` a value, unless it is the one that it has.
///
/// # Errors
/// The fault of a request: then it has the value it had, or the new one, and the same call again tells.
pub async fn set(job: &Job, live: &SecretLive, value: &SecretString) -> Result<Set, Fault> {
    if live.has_value(job, value).await? {
        return Ok(Set::Same(live.version.clone()));
    }
    Ok(Set::New(live.take(job, value).await?))
}
