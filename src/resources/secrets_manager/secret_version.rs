//! Secrets that another resource is made with: named by version, read only while that resource is
//! made or changed, and never shown.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::aws::{Cloud, Required, answer_of};
use crate::engine::{Fault, Ref, ResolveContext};

use crate::resources::Secret;

/// Names a secret and its present version. It holds no value, so that it can stand in a plan and in a tag.
pub(in crate::resources) fn version_of(
    context: &ResolveContext<'_>,
    secret: &Ref<Secret>,
) -> SecretVersion {
    SecretVersion {
        name: context.text(secret, |secret| secret.name.clone()),
        version: context.text(secret, |secret| secret.version.clone()),
    }
}

/// One version of a secret. Empty where it is known of none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SecretVersion {
    /// The secret's name.
    pub name: String,
    /// The version's id; empty for the present one.
    pub version: String,
}

impl SecretVersion {
    /// Reads `<name>@<version>`, as tags have it.
    pub(in crate::resources) fn parse(text: &str) -> Self {
        let (name, version) = text.rsplit_once('@').unwrap_or((text, ""));
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
        }
    }

    /// Whether it names no secret.
    pub(in crate::resources) fn is_none(&self) -> bool {
        self.name.is_empty()
    }
}

impl fmt::Display for SecretVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version } = self;
        // Of a secret that is not there yet both are what stands for it.
        match name == version {
            true => f.write_str(name),
            false => write!(f, "{name}@{version}"),
        }
    }
}

/// A text in a value that is JSON, as those of databases are.
pub fn field(json: &str, key: &str) -> Option<String> {
    let value: Value = serde_json::from_str(json).ok()?;
    value.get(key)?.as_str().map(str::to_owned)
}

/// The value of that version of a secret.
pub(in crate::resources) async fn held_value(
    cloud: &Cloud,
    of: &SecretVersion,
) -> Result<String, Fault> {
    let version = Some(of.version.clone()).filter(|version| !version.is_empty());
    let request = (cloud.secrets.get_secret_value())
        .secret_id(&of.name)
        .set_version_id(version);
    let answer = answer_of("secretsmanager:GetSecretValue", request.send().await)?;
    answer
        .secret_string
        .required("secretsmanager:GetSecretValue", "SecretString")
}
