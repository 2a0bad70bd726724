//! Images made for a test: what registries ask of them, and no more.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::registry::Registry;

pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// One image for one architecture.
#[derive(Clone)]
pub struct Image {
    pub architecture: &'static str,
    pub config: Vec<u8>,
    pub layers: Vec<Vec<u8>>,
    pub manifest: Vec<u8>,
}

pub fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{hex}")
}

/// Bytes that do not repeat, the same for the same seed.
pub fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        })
        .collect()
}

impl Image {
    /// Layers of these sizes.
    pub fn new(seed: u64, architecture: &'static str, sizes: &[usize]) -> Self {
        let layers: Vec<Vec<u8>> = (0..)
            .zip(sizes)
            .map(|(index, size)| noise(seed * 100 + index, *size))
            .collect();
        let config =
            json!({ "architecture": architecture, "os": "linux", "seed": seed }).to_string();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": blob(CONFIG, config.as_bytes()),
            "layers": layers.iter().map(|layer| blob(LAYER, layer)).collect::<Vec<_>>(),
        });
        Self {
            architecture,
            config: config.into_bytes(),
            layers,
            manifest: manifest.to_string().into_bytes(),
        }
    }

    pub fn digest(&self) -> String {
        digest(&self.manifest)
    }

    /// Puts it into a registry, by digest or under a tag.
    pub fn put(&self, registry: &Registry, name: &str, version: &str) {
        for blob in self.layers.iter().chain([&self.config]) {
            let begun = registry.ask("POST", &format!("/v2/{name}/blobs/uploads/"), "", b"");
            assert_eq!(begun.status, 202, "{}", begun.head);
            let at = begun.header("location").unwrap();
            let path = at.split_once(&registry.host).map_or(at, |(_, path)| path);
            let join = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{join}digest={}", digest(blob));
            let done = registry.ask("PUT", &path, "application/octet-stream", blob);
            assert_eq!(done.status, 201, "{}", done.head);
        }
        put_manifest(registry, name, version, MANIFEST, &self.manifest);
    }
}

pub fn put_manifest(registry: &Registry, name: &str, version: &str, kind: &str, text: &[u8]) {
    let done = registry.ask(
        "PUT",
        &format!("/v2/{name}/manifests/{version}"),
        kind,
        text,
    );
    assert_eq!(done.status, 201, "{}", String::from_utf8_lossy(&done.body));
}

/// An index of images, put into a registry with them; returns its text.
pub fn put_index(registry: &Registry, name: &str, tag: &str, images: &[&Image]) -> Vec<u8> {
    let entries: Vec<Value> = images
        .iter()
        .map(|image| {
            image.put(registry, name, &image.digest());
            let mut entry = blob(MANIFEST, &image.manifest);
            entry["platform"] = json!({ "architecture": image.architecture, "os": "linux" });
            entry
        })
        .collect();
    let text = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries }).to_string();
    put_manifest(registry, name, tag, INDEX, text.as_bytes());
    text.into_bytes()
}

fn blob(kind: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": kind, "digest": digest(bytes), "size": bytes.len() })
}
