//! Engines export layers as plain tar; registries and the tasks that pull from them are served better
//! with gzip.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Contents, Place};
use crate::images::manifest::{ManifestContent, Raw, hexadecimal};
use crate::images::registry_error::RegistryError;

/// The media type of a layer that is a plain tar.
pub(super) const PLAIN: &str = "application/vnd.oci.image.layer.v1.tar";
/// Docker's word for the same.
const PLAIN_DOCKER: &str = "application/vnd.docker.image.rootfs.diff.tar";

/// The same image with its plain layers compressed into `room`. What is compressed already, and an
/// index, stay as they are. The same layers give the same digests, whenever it is done.
pub(super) fn compress(top: Raw, blobs: &mut Contents, room: &Path) -> Result<Raw, RegistryError> {
    let ManifestContent::Image { layers, .. } = &top.content else {
        return Ok(top);
    };
    let plain = |kind: &str| kind == PLAIN || kind == PLAIN_DOCKER;
    if !layers.iter().any(|layer| plain(&layer.media_type)) {
        return Ok(top);
    }
    let mut document: Value = serde_json::from_slice(&top.text).unwrap_or_default();
    for (index, layer) in layers.iter().enumerate() {
        if !plain(&layer.media_type) {
            continue;
        }
        let place = blobs
            .get(&layer.digest)
            .ok_or_else(|| super::missing(&layer.digest))?;
        let (digest, packed) = pack(place, &room.join(format!("layer-{index}.gz")))?;
        let gzip = if layer.media_type == PLAIN {
            format!("{PLAIN}+gzip")
        } else {
            format!("{PLAIN_DOCKER}.gzip")
        };
        let entry = &mut document["layers"][index];
        entry["mediaType"] = gzip.into();
        entry["digest"] = digest.clone().into();
        entry["size"] = packed.size.into();
        blobs.insert(digest, packed);
    }
    Raw::parse(document.to_string().into())
}

/// Compresses what is at `place` into a file of its own.
fn pack(place: &Place, into: &Path) -> Result<(String, Place), RegistryError> {
    let out = Hashing {
        file: File::create(into)?,
        hash: Sha256::new(),
        size: 0,
    };
    // No time and no name in its head: the same bytes whenever it is made.
    let mut gzip = GzBuilder::new().mtime(0).write(out, Compression::fast());
    std::io::copy(&mut place.open()?, &mut gzip)?;
    let out = gzip.finish()?;
    let packed = Place {
        file: into.to_owned(),
        offset: 0,
        size: out.size,
    };
    Ok((hexadecimal(&out.hash.finalize()), packed))
}

/// The digest of what is at `place`.
pub(super) fn digest_of(place: &Place) -> Result<String, RegistryError> {
    let mut hash = Sha256::new();
    let mut from = place.open()?;
    let mut part = vec![0; 256 * 1024];
    loop {
        let read = from.read(&mut part)?;
        if read == 0 {
            return Ok(hexadecimal(&hash.finalize()));
        }
        hash.update(&part[..read]);
    }
}

/// A file that knows the digest of what was written to it.
struct Hashing {
    file: File,
    hash: Sha256,
    size: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}
