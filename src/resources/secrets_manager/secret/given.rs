//! Whether a variable of the operator's environment has another value than the one that it gave a secret last.
//!
//! Why so little is kept of the value: `docs/decisions/0014-a-variable-that-changed.md`.

use sha2::{Digest, Sha256};

use crate::aws::{Cloud, Tags};

use super::{MADE_TAG, Secret, SecretLive, SecretValue};

/// The tag with what is kept of the value that a variable gave last.
pub(super) const GIVEN_TAG: &str = "ajuda:given";

/// 16 bits of a digest that is keyed by the account, the region and the secret's name, as four digits.
pub(super) fn digest(cloud: &Cloud, name: &str, value: &str) -> String {
    let mut hash = Sha256::new();
    for part in [
        "ajuda:given",
        &cloud.place.account,
        &cloud.place.region,
        name,
    ] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(value.as_bytes());
    let digits = hash.finalize();
    digits
        .iter()
        .take(2)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// What is wanted of the value of a secret that a variable gives.
pub(super) fn wanted(value: &SecretValue) -> Option<String> {
    match value {
        SecretValue::Environment(variable) => Some(format!("as in {variable}")),
        _ => None,
    }
}

/// The same as it is: without the variable there is nothing to compare, and the value stays.
pub(super) fn found(cloud: &Cloud, declared: &Secret, live: &SecretLive) -> Option<String> {
    let wanted = wanted(&declared.value)?;
    let SecretValue::Environment(variable) = &declared.value else {
        return Some(wanted);
    };
    let Ok(value) = cloud.inputs.get(variable) else {
        return Some(wanted);
    };
    // One that was made in another way gets its value anew because of that.
    if live.tags.get(MADE_TAG) != Some(&format!("environment {variable}")) {
        return Some(wanted);
    }
    Some(match live.tags.get(GIVEN_TAG) {
        Some(given) if *given == digest(cloud, &live.name, value) => wanted,
        Some(_) => "another value".to_owned(),
        None => format!("not compared with {variable} yet"),
    })
}

/// The tag for a value that a variable gives now; what was kept of the one before where it gives none.
pub(super) fn tag(cloud: &Cloud, name: &str, value: &SecretValue, before: &Tags) -> Option<String> {
    let SecretValue::Environment(variable) = value else {
        return None;
    };
    match cloud.inputs.get(variable) {
        Ok(value) => Some(digest(cloud, name, value)),
        Err(_) => before.get(GIVEN_TAG).cloned(),
    }
}
