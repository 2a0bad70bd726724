//! Secrets that an operator keeps beside the stack, as far as the stack has to know them.

use crate::aws::{Cloud, answer_of};
use crate::engine::{Class, Fault};

use super::OWN_KEY;
use super::read::describe;

/// What encrypts a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// `aws/secretsmanager`.
    OfService,
    /// The KMS key of this ARN.
    Key(String),
    /// The KMS key that has this alias, such as `alias/secrets`.
    Alias(String),
    /// The caller may not see.
    Unknown,
}

/// What encrypts the secret of this ARN; `None` when there is no such secret.
///
/// One in another region is not asked for, and one that may not be described, as those of other accounts often
/// are, is [`Encryption::Unknown`].
///
/// # Errors
/// The fault of the request, other than a refused permission.
pub async fn encryption_of(cloud: &Cloud, secret: &str) -> Result<Option<Encryption>, Fault> {
    let parts: Vec<&str> = secret.split(':').collect();
    let [_, partition, _, region, account, ..] = parts.as_slice() else {
        return Ok(Some(Encryption::Unknown));
    };
    if *region != cloud.place.region {
        return Ok(Some(Encryption::Unknown));
    }
    let key = match describe(cloud, secret).await {
        Ok(None) => return Ok(None),
        Ok(Some(live)) => live.kms_key,
        Err(fault) if fault.class == Class::Denied => return Ok(Some(Encryption::Unknown)),
        Err(fault) => return Err(fault),
    };
    // "The key ID or alias ARN of the KMS key" (Secrets Manager API, `DescribeSecret.KmsKeyId`), or its ARN.
    Ok(Some(match key.rsplit_once("alias/") {
        _ if key == OWN_KEY => Encryption::OfService,
        Some((_, alias)) => Encryption::Alias(format!("alias/{alias}")),
        None if key.starts_with("arn:") => Encryption::Key(key),
        None => Encryption::Key(format!("arn:{partition}:kms:{region}:{account}:key/{key}")),
    }))
}

/// `arn:…:secret:name-AbCdEf` of `arn:…:secret:name-AbCdEf:key:stage:version` (ECS API, `Secret.valueFrom`).
pub fn secret_of(reference: &str) -> String {
    reference
        .splitn(8, ':')
        .take(7)
        .collect::<Vec<_>>()
        .join(":")
}

/// What the value of a secret of the operator's says of the key that a task is given of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyIn {
    /// It is there.
    There,
    /// It is a JSON object without it.
    Missing,
    /// It is no JSON object, so no task is given any key of it.
    NoObject,
}

/// Whether the key is there that a reference names, `arn:…:secret:name-AbCdEf:key:stage:version`; `None` where it names
/// none. The value is read, and goes nowhere from here.
///
/// # Errors
/// The fault of the request: who may not read the value is denied.
pub async fn key_of(cloud: &Cloud, reference: &str) -> Result<Option<KeyIn>, Fault> {
    let parts: Vec<&str> = reference.split(':').collect();
    let [_, _, _, _, _, _, _, key, stage, version] = parts.as_slice() else {
        return Ok(None);
    };
    if key.is_empty() {
        return Ok(None);
    }
    let some_text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let request = (cloud.secrets.get_secret_value())
        .secret_id(secret_of(reference))
        .set_version_stage(some_text(stage))
        .set_version_id(some_text(version));
    let answer = answer_of("secretsmanager:GetSecretValue", request.send().await)?;
    Ok(Some(key_in(answer.secret_string(), key)))
}

fn key_in(value: Option<&str>, key: &str) -> KeyIn {
    let read = value.and_then(|value| serde_json::from_str::<serde_json::Value>(value).ok());
    match read.as_ref().and_then(serde_json::Value::as_object) {
        None => KeyIn::NoObject,
        Some(fields) if fields.contains_key(key) => KeyIn::There,
        Some(_) => KeyIn::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyIn, key_in};

    #[test]
    fn a_key_is_one_of_a_json_object() {
        for (value, some_text) in [
            (Some(r#"{"api_key": "x"}"#), KeyIn::There),
            (Some(r#"{"API_KEY": "x"}"#), KeyIn::Missing),
            (Some(r#"["api_key"]"#), KeyIn::NoObject),
            (Some("api_key"), KeyIn::NoObject),
            (None, KeyIn::NoObject),
        ] {
            assert_eq!(key_in(value, "api_key"), some_text, "{value:?}");
        }
    }
}
