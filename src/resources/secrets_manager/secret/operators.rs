//! Secrets that an operator keeps beside the stack, as far as the stack has to know them.

use crate::aws::Cloud;
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
