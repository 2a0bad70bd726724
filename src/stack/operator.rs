//! Variables of the operator's environment that a stack file cannot take a secret's value from.
//!
//! Whoever writes the file is not always whoever runs it: a merge request changes the file, and a
//! pipeline with credentials of its own carries it out. So the credentials that operate the stack, and
//! those of the machine it is operated from, cannot become the value of a service's secret. Here is the
//! list of them, and no other place has one. It is of names that tools and CI systems take their own
//! credentials from; a value that is meant for a service goes under a name of its own.

use super::text::variable_name;
use super::value_error::ValueError;

/// What such a variable holds.
const NAMES: [(&str, &str); 74] = [
    // AWS CLI and SDKs, "Environment variables": all of them, the file's stack is made with these.
    ("AWS_*", "AWS credentials or settings"),
    ("AMAZON_*", "AWS credentials or settings"),
    // Google Cloud SDK and client libraries.
    ("GOOGLE_APPLICATION_CREDENTIALS", "Google Cloud credentials"),
    ("GOOGLE_CREDENTIALS", "Google Cloud credentials"),
    ("GOOGLE_OAUTH_ACCESS_TOKEN", "Google Cloud credentials"),
    ("GOOGLE_GHA_CREDS_PATH", "Google Cloud credentials"),
    ("GCP_SERVICE_ACCOUNT*", "Google Cloud credentials"),
    ("GCLOUD_*", "Google Cloud credentials"),
    ("CLOUDSDK_*", "Google Cloud credentials"),
    // Azure SDK (`EnvironmentCredential`) and the provider of Terraform.
    ("AZURE_CLIENT_*", "Azure credentials"),
    ("AZURE_CREDENTIALS", "Azure credentials"),
    ("AZURE_FEDERATED_*", "Azure credentials"),
    ("AZURE_PASSWORD", "Azure credentials"),
    ("AZURE_STORAGE_*", "Azure credentials"),
    ("AZURE_SUBSCRIPTION_ID", "Azure credentials"),
    ("AZURE_TENANT_ID", "Azure credentials"),
    ("AZURE_USERNAME", "Azure credentials"),
    ("AZURE_DEVOPS_*", "a token of Azure DevOps"),
    ("ARM_*", "Azure credentials"),
    ("SYSTEM_ACCESSTOKEN", "the token of an Azure pipeline"),
    // Other clouds and what they are operated with.
    ("ALIBABA_CLOUD_*", "cloud credentials"),
    ("CLOUDFLARE_*", "cloud credentials"),
    ("DIGITALOCEAN_*", "cloud credentials"),
    ("HCLOUD_TOKEN", "cloud credentials"),
    ("LINODE_*", "cloud credentials"),
    ("OCI_CLI_*", "cloud credentials"),
    ("OS_*", "OpenStack credentials"),
    ("FLY_*", "cloud credentials"),
    ("HEROKU_API_KEY", "cloud credentials"),
    ("VAULT_*", "a token of Vault"),
    ("CONSUL_*", "a token of Consul"),
    ("NOMAD_*", "a token of Nomad"),
    ("TF_*", "a token of Terraform"),
    ("TFE_TOKEN", "a token of Terraform"),
    ("PULUMI_*", "a token of Pulumi"),
    ("KUBECONFIG", "a Kubernetes configuration"),
    ("KUBE_TOKEN", "a Kubernetes token"),
    ("OP_*", "a token of 1Password"),
    // CI systems.
    ("ACTIONS_*", "a token of GitHub Actions"),
    ("GITHUB_TOKEN", "a GitHub token"),
    ("GITHUB_PAT", "a GitHub token"),
    ("GITHUB_ENTERPRISE_TOKEN", "a GitHub token"),
    ("GH_*", "a GitHub token"),
    ("RUNNER_*", "a setting of the CI runner"),
    ("CI_*", "a token or setting of GitLab CI"),
    ("GITLAB_*", "a GitLab token"),
    ("BITBUCKET_*", "a token of Bitbucket"),
    ("BUILDKITE_*", "a token of Buildkite"),
    ("CIRCLE_*", "a token of CircleCI"),
    ("CODEBUILD_*", "a setting of CodeBuild"),
    ("DRONE_*", "a token of Drone"),
    ("JENKINS_*", "a token of Jenkins"),
    ("TRAVIS_*", "a token of Travis CI"),
    // Registries of packages and images.
    ("CARGO_*", "a token of a package registry"),
    ("NODE_AUTH_TOKEN", "a token of a package registry"),
    ("NPM_*", "a token of a package registry"),
    ("PIP_*", "a token of a package registry"),
    ("PYPI_*", "a token of a package registry"),
    ("TWINE_*", "a token of a package registry"),
    ("UV_*", "a token of a package registry"),
    ("DOCKER_*", "credentials of an image registry"),
    // The machine and who is signed in to it.
    ("DBUS_*", "a setting of this machine"),
    ("GPG_*", "a way to the keys of this machine"),
    ("HOME", "a setting of this machine"),
    ("HOSTNAME", "a setting of this machine"),
    ("LD_*", "a setting of this machine"),
    ("LOGNAME", "a setting of this machine"),
    ("PATH", "a setting of this machine"),
    ("PWD", "a setting of this machine"),
    ("SHELL", "a setting of this machine"),
    ("SSH_*", "a way to the keys of this machine"),
    ("SUDO_*", "a setting of this machine"),
    ("USER", "a setting of this machine"),
    ("XDG_*", "a setting of this machine"),
];

/// The name of a variable that a secret's value may come from.
///
/// # Errors
/// It is no name, or the variable is the operator's own.
pub(crate) fn source_variable(text: &str) -> Result<String, ValueError> {
    if text.contains(|c: char| !(c.is_ascii_alphanumeric() || c == '_')) {
        // POSIX, "Environment Variable Definition": a shell sets no other.
        return Err(ValueError::new(
            "is not the name of an environment variable",
            "must be letters, digits and `_`, and begin with no digit",
        ));
    }
    let name = variable_name(text)?;
    let Some(holds) = held(&name) else {
        return Ok(name);
    };
    Err(ValueError::new(
        format!("would make {name} of whoever runs it a secret of the stack"),
        format!("this variable holds {holds}"),
    )
    .hint(format!(
        "give the value a name of its own, such as {{ env = \"APP_{name}\" }}"
    )))
}

/// What a variable of this name holds, when it is the operator's own. Names differ by letters alone on
/// no system that matters, and Windows takes small ones for capitals.
fn held(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_uppercase();
    let is = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    };
    NAMES
        .iter()
        .find(|(pattern, _)| is(pattern))
        .map(|(_, holds)| *holds)
}

#[cfg(test)]
mod tests {
    use super::{NAMES, held};

    #[test]
    fn the_operators_own_credentials_are_known_by_their_names() {
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "AWS_BEARER_TOKEN_BEDROCK",
            "aws_access_key_id",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "AZURE_CLIENT_SECRET",
            "ARM_CLIENT_SECRET",
            "GITHUB_TOKEN",
            "GH_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "ACTIONS_RUNTIME_TOKEN",
            "CI_JOB_TOKEN",
            "CI_JOB_JWT_V2",
            "CI_REGISTRY_PASSWORD",
            "GITLAB_TOKEN",
            "GITLAB_DEPLOY_TOKEN",
            "CARGO_REGISTRY_TOKEN",
            "CARGO_REGISTRIES_INTERNAL_TOKEN",
            "NPM_TOKEN",
            "VAULT_TOKEN",
            "KUBECONFIG",
            "SSH_AUTH_SOCK",
            "HOME",
            "PATH",
        ] {
            assert!(held(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_is_meant_for_a_service_is_not_on_the_list() {
        for name in [
            "GOOGLE_CLIENT_SECRET",
            "GOOGLE_API_KEY",
            "AZURE_OPENAI_API_KEY",
            "AZURE_AI_API_KEY",
            "OPENAI_API_KEY",
            "ANTHROPIC_API_KEY",
            "SEALION_API_KEY",
            "ADMIN_PASSWORD",
            "STRIPE_KEY",
            "DATABASE_PASSWORD",
            "CHAT_GITHUB_TOKEN",
            "APP_AWS_SECRET_ACCESS_KEY",
            "HOMEPAGE_TOKEN",
        ] {
            assert_eq!(held(name), None, "{name}");
        }
    }

    #[test]
    fn each_name_is_on_the_list_once() {
        for (at, (name, _)) in NAMES.iter().enumerate() {
            let others = NAMES.iter().enumerate().filter(|(other, _)| *other != at);
            let covered = others.filter(|(_, (pattern, _))| {
                pattern
                    .strip_suffix('*')
                    .is_some_and(|start| name.starts_with(start))
                    || pattern == name
            });
            assert_eq!(covered.count(), 0, "{name}");
        }
    }
}
