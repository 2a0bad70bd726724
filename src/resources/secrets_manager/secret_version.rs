//! Secrets that another resource is made with: named by version, read only while that resource is
//! made or changed, and never shown.

use serde_json::Value;

use crate::aws::{Cloud, Required, answer_of};
use crate::engine::{Fault, Ref, ResolveContext};

use crate::resources::Secret;

/// Names a secret and its present version: `<name>@<version>`. It holds no value, so that it can
/// stand in a plan and in a tag.
pub(in crate::resources) fn version_of(seen: &ResolveContext<'_>, secret: &Ref<Secret>) -> String {
    seen.text(secret, |secret| {
        format!("{}@{}", secret.name, secret.version)
    })
}

/// A text in a value that is JSON, as those of databases are.
pub fn field(json: &str, key: &str) -> Option<String> {
    let value: Value = serde_json::from_str(json).ok()?;
    value.get(key)?.as_str().map(str::to_owned)
}

/// The value of a secret under what [`version_of`] gave.
pub(in crate::resources) async fn held_value(
    cloud: &Cloud,
    version: &str,
) -> Result<String, Fault> {
    let (name, version) = version.rsplit_once('@').unwrap_or((version, ""));
    let request = (cloud.secrets.get_secret_value())
        .secret_id(name)
        .set_version_id(Some(version.to_owned()).filter(|version| !version.is_empty()));
    let answer = answer_of("secretsmanager:GetSecretValue", request.send().await)?;
    answer
        .secret_string
        .required("secretsmanager:GetSecretValue", "SecretString")
}
