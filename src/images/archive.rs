//! An image in a file: an OCI layout in a tar, or what older `docker save` writes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};

use super::blob_stream::{BlobStream, check};
use super::manifest::{Descriptor, MANIFEST, ManifestContent, Raw};
use super::registry_error::{Kind, RegistryError};
use crate::image_reference::is_digest;

mod compress;

/// The most that a text in an archive may have.
const TEXT_LIMIT: u64 = 16 * 1024 * 1024;
/// How much of a blob is read at once.
const PART: usize = 256 * 1024;

/// An image in a file.
pub struct Archive {
    name: String,
    /// Ends with the archive.
    _room: tempfile::TempDir,
    blobs: BTreeMap<String, Place>,
    top: Raw,
}

/// Where some bytes are.
#[derive(Debug, Clone)]
struct Place {
    file: PathBuf,
    offset: u64,
    size: u64,
}

impl Place {
    fn open(&self) -> std::io::Result<std::io::Take<File>> {
        let mut file = File::open(&self.file)?;
        file.seek(SeekFrom::Start(self.offset))?;
        Ok(file.take(self.size))
    }

    fn text(&self) -> Result<Bytes, RegistryError> {
        if self.size > TEXT_LIMIT {
            let message = format!("a text in the archive has {} bytes", self.size);
            return Err(RegistryError::new(Kind::Final, message));
        }
        let mut text = Vec::new();
        self.open()?.read_to_end(&mut text)?;
        Ok(text.into())
    }
}

/// What a tar has, by name.
type Contents = BTreeMap<String, Place>;

impl Archive {
    /// The image in `file`, called `name`; plain layers are compressed on the way. `room` holds the file
    /// and goes with the archive. Blocks.
    pub(super) fn open(
        name: &str,
        file: &Path,
        room: tempfile::TempDir,
    ) -> Result<Self, RegistryError> {
        let contents = list(file)?;
        let (top, mut blobs) = if contents.contains_key("index.json") {
            layout(&contents)?
        } else if contents.contains_key("manifest.json") {
            saved(&contents)?
        } else {
            return Err(invalid("there is no image in the archive"));
        };
        let top = compress::compress(top, &mut blobs, room.path())?;
        Ok(Self {
            name: name.to_owned(),
            _room: room,
            blobs,
            top,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn top(&self) -> Result<Raw, RegistryError> {
        Ok(self.top.clone())
    }

    pub(super) fn manifest(&self, digest: &str) -> Result<Raw, RegistryError> {
        read_manifest(&self.blobs, digest)
    }

    pub(super) fn read(&self, blob: &Descriptor) -> Result<BlobStream, RegistryError> {
        let place = self
            .blobs
            .get(&blob.digest)
            .ok_or_else(|| missing(&blob.digest))?;
        let file = place.open()?;
        let parts = futures_util::stream::try_unfold(file, |mut file| async move {
            let read = tokio::task::spawn_blocking(move || {
                let mut part = Vec::with_capacity(PART);
                let limit = u64::try_from(PART).unwrap_or(u64::MAX);
                Read::by_ref(&mut file).take(limit).read_to_end(&mut part)?;
                Ok::<_, std::io::Error>((part, file))
            });
            let (part, file) = read.await.map_err(std::io::Error::other)??;
            Ok((!part.is_empty()).then(|| (Bytes::from(part), file)))
        });
        Ok(parts.boxed())
    }
}

fn list(file: &Path) -> Result<Contents, RegistryError> {
    let mut tar = tar::Archive::new(File::open(file)?);
    let mut contents = Contents::new();
    let mut links = Vec::new();
    for entry in tar.entries_with_seek()? {
        let entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        let name = name.strip_prefix("./").unwrap_or(&name).to_owned();
        if let Some(to) = entry.link_name()? {
            links.push((name, to.to_string_lossy().into_owned()));
            continue;
        }
        let place = Place {
            file: file.to_owned(),
            offset: entry.raw_file_position(),
            size: entry.size(),
        };
        contents.insert(name, place);
    }
    // Older `docker save` writes a layer that two images share once, and a link for the other.
    for (name, to) in links {
        let target = to.trim_start_matches("../");
        if let Some(place) = contents.get(target).cloned() {
            contents.insert(name, place);
        }
    }
    Ok(contents)
}

/// An OCI layout (image-spec, image-layout.md).
fn layout(contents: &Contents) -> Result<(Raw, Contents), RegistryError> {
    #[derive(Deserialize)]
    struct Index {
        manifests: Vec<Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        digest: String,
    }
    let blobs: Contents = contents
        .iter()
        .filter_map(|(name, place)| {
            let hex = name.strip_prefix("blobs/sha256/")?;
            Some((format!("sha256:{hex}"), place.clone()))
        })
        .collect();
    let text = contents.get("index.json").map(Place::text).transpose()?;
    let index: Index = serde_json::from_slice(&text.unwrap_or_default())
        .map_err(|error| invalid(format!("index.json cannot be read: {error}")))?;
    let mut named: Vec<String> = index.manifests.into_iter().map(|one| one.digest).collect();
    named.dedup();
    let [one] = named.as_slice() else {
        return Err(invalid(format!(
            "the archive has {} images, not one",
            named.len()
        )));
    };
    let top = read_manifest(&blobs, one)?;
    let ManifestContent::Index(entries) = &top.content else {
        return Ok((top, blobs));
    };
    // An engine that pulled one platform of many still keeps the index that names them all.
    let here: Vec<_> = entries
        .iter()
        .filter(|entry| blobs.contains_key(&entry.digest))
        .collect();
    if here.len() == entries.len() {
        return Ok((top, blobs));
    }
    let real: Vec<_> = here
        .into_iter()
        .filter(|entry| {
            entry
                .platform
                .as_ref()
                .is_none_or(|platform| platform.is_real())
        })
        .collect();
    match real.as_slice() {
        [one] => Ok((read_manifest(&blobs, &one.digest)?, blobs)),
        _ => Err(invalid("the archive lacks images that its index names")),
    }
}

/// What `docker save` wrote before it wrote layouts: a manifest is made of it.
fn saved(contents: &Contents) -> Result<(Raw, Contents), RegistryError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Saved {
        config: String,
        layers: Vec<String>,
    }
    let text = contents.get("manifest.json").map(Place::text).transpose()?;
    let saved: Vec<Saved> = serde_json::from_slice(&text.unwrap_or_default())
        .map_err(|error| invalid(format!("manifest.json cannot be read: {error}")))?;
    let [saved] = saved.as_slice() else {
        return Err(invalid(format!(
            "the archive has {} images, not one",
            saved.len()
        )));
    };
    let mut blobs = Contents::new();
    let mut add = |name: &str, kind: &str| -> Result<Value, RegistryError> {
        let place = contents.get(name).ok_or_else(|| missing(name))?;
        let digest = compress::digest_of(place)?;
        blobs.insert(digest.clone(), place.clone());
        Ok(json!({ "mediaType": kind, "digest": digest, "size": place.size }))
    };
    let config = add(&saved.config, "application/vnd.oci.image.config.v1+json")?;
    let layers = saved
        .layers
        .iter()
        .map(|name| add(name, compress::PLAIN))
        .collect::<Result<Vec<_>, _>>()?;
    let made = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config,
        "layers": layers,
    });
    Ok((Raw::parse(made.to_string().into())?, blobs))
}

fn read_manifest(blobs: &Contents, digest: &str) -> Result<Raw, RegistryError> {
    if !is_digest(digest) {
        return Err(invalid(format!("`{digest}` is no SHA-256 digest")));
    }
    let place = blobs.get(digest).ok_or_else(|| missing(digest))?;
    let raw = Raw::parse(place.text()?)?;
    check(&raw.text, digest)?;
    Ok(raw)
}

fn missing(name: &str) -> RegistryError {
    invalid(format!("{name} is not in the archive"))
}

fn invalid(message: impl Into<String>) -> RegistryError {
    RegistryError::new(Kind::Final, message)
}
