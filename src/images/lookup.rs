//! What a registry says of an image, without copying it.

use bytes::BytesMut;
use futures_util::StreamExt;
use serde::Deserialize;

use super::blob_stream::check;
use super::manifest::{Descriptor, ManifestContent};
use super::registry_error::{Kind, RegistryError};
use super::remote::Remote;

/// The most that an image's configuration is read of.
const CONFIG_LIMIT: u64 = 1024 * 1024;

/// An image in a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The digest that its tag has now.
    pub digest: String,
    /// The processors that it is built for, such as `amd64`, sorted.
    pub architectures: Vec<String>,
}

/// Why nothing is known of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupError {
    /// The registry does not have it, or says so to whoever may not see it.
    Absent,
    /// Why the registry does not tell.
    Unreadable(String),
}

/// Looks for the tag or digest `version` of a repository: one request, two for an image of one processor, and one more
/// where the registry asks for a token.
///
/// # Errors
/// It is not there, or the registry does not tell.
pub async fn find_image(remote: &Remote, version: &str) -> Result<Found, LookupError> {
    let lookup_error = |problem: RegistryError| match problem.kind {
        Kind::Absent => LookupError::Absent,
        _ => LookupError::Unreadable(problem.detail),
    };
    let raw = remote.manifest(version).await.map_err(lookup_error)?;
    let mut architectures = match &raw.content {
        ManifestContent::Index(entries) => {
            let platforms = entries.iter().filter_map(|entry| entry.platform.as_ref());
            let real = platforms.filter(|platform| platform.is_real());
            real.map(|platform| platform.architecture.clone()).collect()
        }
        ManifestContent::Image { config, .. } => {
            vec![built_for(remote, config).await.map_err(lookup_error)?]
        }
    };
    architectures.sort_unstable();
    architectures.dedup();
    Ok(Found {
        digest: raw.digest,
        architectures,
    })
}

/// The processor in an image's configuration (OCI image-spec, `config.md`: `architecture` is required).
async fn built_for(remote: &Remote, config: &Descriptor) -> Result<String, RegistryError> {
    #[derive(Deserialize)]
    struct Config {
        architecture: String,
    }
    let wrong = |detail: String| RegistryError::new(Kind::Final, detail);
    if config.size > CONFIG_LIMIT {
        return Err(wrong(format!(
            "its configuration has {} bytes",
            config.size
        )));
    }
    let mut stream = remote.read(config).await?;
    let mut bytes = BytesMut::new();
    while let Some(part) = stream.next().await {
        bytes.extend_from_slice(&part?);
        if bytes.len() as u64 > config.size {
            return Err(wrong("its configuration is longer than it says".to_owned()));
        }
    }
    let bytes = bytes.freeze();
    check(&bytes, &config.digest)?;
    let read: Result<Config, _> = serde_json::from_slice(&bytes);
    let read = read.map_err(|error| wrong(format!("its configuration cannot be read: {error}")))?;
    Ok(read.architecture)
}
