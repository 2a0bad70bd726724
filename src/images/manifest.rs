//! Manifests and indexes of images (OCI image-spec; Docker's image manifest v2, schema 2), as far as copying needs them.

use bytes::Bytes;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::registry_error::{Kind, RegistryError};
use crate::image_reference::is_digest;

pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// What a registry may answer when it is asked for an image.
pub(super) const ACCEPTED: [&str; 4] = [
    INDEX,
    MANIFEST,
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// A manifest or index, byte for byte: its digest is of these bytes.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    pub(super) text: Bytes,
    pub(super) digest: String,
    pub(super) media_type: String,
    pub(super) content: ManifestContent,
}

/// What it says.
#[derive(Debug, Clone)]
pub(super) enum ManifestContent {
    /// One image for each platform.
    Index(Vec<Entry>),
    /// One image: its configuration and its layers.
    Image {
        config: Descriptor,
        layers: Vec<Descriptor>,
    },
}

/// A blob.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    pub(super) media_type: String,
    pub(super) digest: String,
    pub(super) size: u64,
}

/// A manifest in an index.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Entry {
    pub(super) digest: String,
    pub(super) platform: Option<Platform>,
}

/// What an image runs on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Platform {
    pub(super) architecture: String,
    pub(super) os: String,
}

impl Platform {
    /// Attestations are listed as images for nothing (BuildKit, "Image attestation storage").
    pub(super) fn is_real(&self) -> bool {
        self.os != "unknown" && self.architecture != "unknown"
    }

    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.os, self.architecture)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    media_type: Option<String>,
    manifests: Option<Vec<Entry>>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
}

impl Raw {
    /// Reads a manifest or index.
    ///
    /// # Errors
    /// It is neither, or names a digest that is none.
    pub(super) fn parse(text: Bytes) -> Result<Self, RegistryError> {
        let wrong = |message: String| RegistryError::new(Kind::Final, message);
        let document: Document = serde_json::from_slice(&text)
            .map_err(|error| wrong(format!("its manifest cannot be read: {error}")))?;
        let (content, usual) = match (document.manifests, document.config, document.layers) {
            (Some(entries), _, _) => (ManifestContent::Index(entries), INDEX),
            (None, Some(config), Some(layers)) => {
                (ManifestContent::Image { config, layers }, MANIFEST)
            }
            _ => {
                return Err(wrong(
                    "its manifest is of a kind that ECS does not run".into(),
                ));
            }
        };
        let named: Vec<&String> = match &content {
            ManifestContent::Index(entries) => entries.iter().map(|entry| &entry.digest).collect(),
            ManifestContent::Image { config, layers } => [config]
                .into_iter()
                .chain(layers)
                .map(|blob| &blob.digest)
                .collect(),
        };
        if let Some(digest) = named.into_iter().find(|digest| !is_digest(digest)) {
            return Err(wrong(format!(
                "its manifest names `{digest}`, which is no SHA-256 digest"
            )));
        }
        Ok(Self {
            digest: digest(&text),
            media_type: document.media_type.unwrap_or_else(|| usual.to_owned()),
            text,
            content,
        })
    }
}

/// The digest of these bytes.
pub(super) fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// A digest as it is written.
pub(super) fn hexadecimal(hash: &[u8]) -> String {
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
