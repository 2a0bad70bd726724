//! Where an image comes from: another registry, or a file that a builder wrote.

use futures_util::StreamExt;

use bytes::Bytes;

use super::archive::Archive;
use super::blob_stream::{BlobStream, check};
use super::manifest::{Descriptor, Raw};
use super::registry_error::{Kind, RegistryError};
use super::remote::Remote;
use super::retry::retried;
use crate::image_reference::join;

/// The most that a configuration may have: it is held in memory.
const CONFIG_LIMIT: u64 = 16 * 1024 * 1024;

/// Where an image comes from.
pub enum Source {
    /// A repository of any registry, and the tag or digest in it.
    Registry {
        /// The repository.
        from: Remote,
        /// A tag or a digest.
        version: String,
    },
    /// A file that a builder exported.
    File(Archive),
}

impl Source {
    /// What to call it.
    pub fn name(&self) -> String {
        match self {
            Self::Registry { from, version } => join(&from.name(), version),
            Self::File(archive) => archive.name().to_owned(),
        }
    }

    /// The image itself: a manifest or an index.
    pub(super) async fn top(&self) -> Result<Raw, RegistryError> {
        match self {
            Self::Registry { from, version } => retried(|| from.manifest(version)).await,
            Self::File(archive) => archive.top(),
        }
    }

    /// A manifest that an index names.
    pub(super) async fn manifest(&self, digest: &str) -> Result<Raw, RegistryError> {
        match self {
            Self::Registry { from, .. } => retried(|| from.manifest(digest)).await,
            Self::File(archive) => archive.manifest(digest),
        }
    }

    pub(super) async fn read(&self, blob: &Descriptor) -> Result<BlobStream, RegistryError> {
        match self {
            Self::Registry { from, .. } => from.read(blob).await,
            Self::File(archive) => archive.read(blob),
        }
    }

    /// A small blob, whole and checked.
    pub(super) async fn config(&self, blob: &Descriptor) -> Result<Bytes, RegistryError> {
        if blob.size > CONFIG_LIMIT {
            let message = format!("its configuration has {} bytes", blob.size);
            return Err(RegistryError::new(Kind::Final, message));
        }
        retried(|| async {
            let mut parts = self.read(blob).await?;
            let mut all = Vec::new();
            while let Some(part) = parts.next().await {
                let part =
                    part.map_err(|error| RegistryError::new(Kind::Passing, error.to_string()))?;
                all.extend_from_slice(&part);
                if all.len() as u64 > blob.size {
                    let message = format!("its configuration has more than {} bytes", blob.size);
                    return Err(RegistryError::new(Kind::Corrupt, message));
                }
            }
            let all = Bytes::from(all);
            check(&all, &blob.digest)?;
            Ok(all)
        })
        .await
    }
}
