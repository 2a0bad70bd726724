//! Policies.

use serde::Serialize;
use serde_json::Value;

use crate::permissions::trust::Trust;
use crate::permissions::{Policy, Verb};

/// What IAM must allow for verbs.
#[derive(Debug, Serialize)]
pub struct PermissionsDocument<'a> {
    permissions: Vec<OfVerb<'a>>,
}

#[derive(Debug, Serialize)]
struct OfVerb<'a> {
    verb: &'static str,
    policies: &'a [Policy],
}

/// The document of `permissions`.
pub fn permissions(all: &[(Verb, Vec<Policy>)]) -> PermissionsDocument<'_> {
    PermissionsDocument {
        permissions: all
            .iter()
            .map(|(verb, policies)| OfVerb {
                verb: verb.name(),
                policies,
            })
            .collect(),
    }
}

/// The trust of a CI system's role.
#[derive(Debug, Serialize)]
pub struct TrustDocument<'a> {
    trust: &'a Value,
    provider: String,
    audience: String,
}

/// The document of `permissions --trust`.
pub fn trust<'a>(trust: &Trust, document: &'a Value) -> TrustDocument<'a> {
    TrustDocument {
        trust: document,
        provider: format!("https://{}", trust.host()),
        audience: trust.audience(),
    }
}
