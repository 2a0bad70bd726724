//! The operator's own credentials for a registry: from docker's or podman's configuration, helpers included.

use crate::command_error::CommandError;
use docker_credential::{
    CredentialRetrievalError as Missing, DockerCredential, get_credential, get_podman_credential,
};

/// Docker Hub's name in docker's configuration, which is not its host.
const HUB: &str = "https://index.docker.io/v1/";

/// As whom a registry is asked. It has no `Debug`: nothing may print it.
pub(super) enum Login {
    /// As nobody.
    Anonymous,
    /// With a user and a password or access token.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
}

/// Credentials for `registry`; anonymous where none are configured.
///
/// # Errors
/// Credentials are configured and not available.
pub(super) fn find(registry: &str) -> Result<Login, CommandError> {
    let hub = matches!(registry, "docker.io" | "index.docker.io");
    let server = if hub { HUB } else { registry };
    for helper in [get_credential, get_podman_credential] {
        match helper(server) {
            Ok(DockerCredential::UsernamePassword(user, password)) => {
                return Ok(Login::Password { user, password });
            }
            Ok(DockerCredential::IdentityToken(_)) => {
                return Err(CommandError::error(format!(
                    "the credential for {registry} is an identity token, which cannot be used here"
                ))
                .hint(format!("sign in with a user name and a password or access token: `docker login {registry}`")));
            }
            Err(
                Missing::NoCredentialConfigured
                | Missing::ConfigNotFound
                | Missing::ConfigReadError,
            ) => {}
            // A helper that knows nothing of this registry says so by failing; one that is broken does
            // the same. The registry will say whether it wants to know who is asking.
            Err(Missing::HelperFailure { .. }) => {}
            Err(error) => {
                return Err(CommandError::error(format!(
                    "the credential for {registry} cannot be read: {error}"
                ))
                .hint(format!("sign in again: `docker login {registry}`")));
            }
        }
    }
    Ok(Login::Anonymous)
}
