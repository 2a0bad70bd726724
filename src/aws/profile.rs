//! The profiles of the shared configuration files ("Shared config and credentials files", AWS SDKs and
//! Tools reference).

use std::borrow::Cow;

use aws_config::SdkConfig;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::os_shim_internal::{Env, Fs};

use crate::engine::{Class, Fault};

/// The configuration files, with the profile selected that `--profile` or `AWS_PROFILE` names.
///
/// # Errors
/// The files cannot be read, or the profile is not in them.
pub(super) async fn read(named: Option<&str>) -> Result<ProfileSet, Fault> {
    let variable = std::env::var("AWS_PROFILE").ok();
    let variable = variable.as_deref().filter(|name| !name.is_empty());
    // Without any file there is a default profile too: an empty one.
    let wanted = named.or(variable.filter(|name| *name != "default"));
    let selected = named.or(variable).unwrap_or("default").to_owned();
    let files = Default::default();
    let all = aws_config::profile::load(
        &Fs::real(),
        &Env::real(),
        &files,
        Some(Cow::Owned(selected)),
    )
    .await
    .map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let message = format!(
            "the AWS configuration files cannot be read: {}",
            cause.unwrap_or_else(|| error.to_string())
        );
        Fault::new("profile", Class::Invalid, message)
            .hint("see ~/.aws/config and ~/.aws/credentials, AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE")
    })?;
    match wanted {
        Some(name) if all.get_profile(name).is_none() => Err(missing(name, named.is_some(), &all)),
        _ => Ok(all),
    }
}

fn missing(name: &str, is_flag: bool, all: &ProfileSet) -> Fault {
    let by = if is_flag { "--profile" } else { "AWS_PROFILE" };
    let mut known: Vec<&str> = all.profiles().collect();
    known.sort_unstable();
    let message = format!("there is no profile `{name}`, which {by} names");
    let fault = Fault::new("profile", Class::Invalid, message);
    if known.is_empty() {
        return fault.hint(
            "the AWS configuration files have no profile at all: see AWS_CONFIG_FILE and \
             AWS_SHARED_CREDENTIALS_FILE, or make one with `aws configure --profile NAME`",
        );
    }
    fault.hint(format!(
        "the AWS configuration files have {}",
        known.join(", ")
    ))
}

/// The same configuration, signed with the credentials of this profile and no others: `--profile` comes
/// before credentials in the environment, as in the AWS CLI ("Configuration settings and precedence").
pub(super) fn sign(config: SdkConfig, name: &str) -> SdkConfig {
    let mut provider = ProviderConfig::without_region()
        .with_region(config.region().cloned())
        .with_use_fips(config.use_fips())
        .with_use_dual_stack(config.use_dual_stack());
    if let Some(client) = config.http_client() {
        provider = provider.with_http_client(client);
    }
    let credentials = ProfileFileCredentialsProvider::builder()
        .configure(&provider)
        .profile_name(name)
        .build();
    config
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}
