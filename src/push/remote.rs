//! One repository of one registry, over the OCI distribution protocol.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::manifest::OciDescriptor;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference, RegistryOperation};

use super::blob::BlobStream;
use super::credentials;
use super::manifest::{ACCEPTED, Descriptor, Raw, digest, is_digest};
use super::trouble::{Kind, Trouble};
use crate::aws::is_loopback;
use crate::exit::Stop;

/// How long a source may be silent. A target has no such limit here: it answers once it has all.
const SILENCE: Duration = Duration::from_secs(60);

/// An address where no proxy is, and what is reached without one.
const NO_PROXY: &str = "http://127.0.0.1:9";
const LOOPBACK: &str = "127.0.0.0/8,::1,localhost";

/// A repository to read from or to write to.
pub struct Remote {
    client: Client,
    auth: RegistryAuth,
    registry: String,
    repository: String,
}

impl Remote {
    /// The repository that `reference` is in, read with the operator's own credentials, and the tag
    /// or digest that it names.
    ///
    /// # Errors
    /// No reference, or credentials that cannot be had.
    pub fn of_reference(reference: &str) -> Result<(Self, String), Stop> {
        let named: Reference = reference.parse().map_err(|error| {
            Stop::error(format!("`{reference}` is not an image: {error}"))
                .hint("write it like `ghcr.io/owner/name:v1.2.3`")
        })?;
        let auth = credentials::find(named.registry())?;
        let version = named
            .digest()
            .or(named.tag())
            .unwrap_or("latest")
            .to_owned();
        // The name that Docker Hub's own host answers to.
        let remote = Self::open(
            named.resolve_registry(),
            named.repository(),
            auth,
            Some(SILENCE),
        );
        Ok((remote, version))
    }

    /// A repository with known credentials. `registry` is a host, with a port where it needs one.
    pub(super) fn with_auth(registry: &str, repository: &str, auth: RegistryAuth) -> Self {
        Self::open(registry, repository, auth, None)
    }

    fn open(
        registry: &str,
        repository: &str,
        auth: RegistryAuth,
        silence: Option<Duration>,
    ) -> Self {
        // Only on this machine may a registry be spoken to without TLS.
        let plain = is_loopback(registry).then(|| registry.to_owned());
        // The client minds the environment's proxies unless it is given one; this one is for no host that it meets.
        let (http_proxy, no_proxy) = match &plain {
            Some(_) => (Some(NO_PROXY), Some(LOOPBACK)),
            None => (None, None),
        };
        let config = ClientConfig {
            protocol: ClientProtocol::HttpsExcept(plain.into_iter().collect()),
            use_monolithic_push: true,
            connect_timeout: Some(Duration::from_secs(10)),
            read_timeout: silence,
            http_proxy: http_proxy.map(str::to_owned),
            no_proxy: no_proxy.map(str::to_owned),
            user_agent: concat!("ajuda/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        Self {
            client: Client::new(config),
            auth,
            registry: registry.to_owned(),
            repository: repository.to_owned(),
        }
    }

    /// Registry and repository, as an image's name begins.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// The address of `version`, a tag or a digest, for reading.
    fn at(&self, version: &str) -> Reference {
        let (registry, repository) = (self.registry.clone(), self.repository.clone());
        if is_digest(version) {
            Reference::with_digest(registry, repository, version.to_owned())
        } else {
            Reference::with_tag(registry, repository, version.to_owned())
        }
    }

    async fn ready(&self) {
        self.client
            .store_auth_if_needed(&self.registry, &self.auth)
            .await;
    }

    /// Whether the registry lets this caller write.
    pub(super) async fn admit(&self) -> Result<(), Trouble> {
        self.client
            .auth(&self.at("latest"), &self.auth, RegistryOperation::Push)
            .await?;
        Ok(())
    }

    /// The manifest or index of a tag or digest, checked against the digest.
    pub(super) async fn manifest(&self, version: &str) -> Result<Raw, Trouble> {
        let (text, _) = self
            .client
            .pull_manifest_raw(&self.at(version), &self.auth, &ACCEPTED)
            .await?;
        let raw = Raw::parse(text)?;
        if is_digest(version) && raw.digest != version {
            return Err(not_what_was_asked(version, &raw.digest));
        }
        Ok(raw)
    }

    /// The digest of a tag, if there is one.
    pub(super) async fn digest_of(&self, tag: &str) -> Result<Option<String>, Trouble> {
        let found = self
            .client
            .fetch_manifest_digest(&self.at(tag), &self.auth)
            .await
            .map_err(Trouble::from);
        match found {
            Ok(digest) => Ok(Some(digest)),
            Err(trouble) if trouble.kind == Kind::Absent => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// Whether a blob is here.
    pub(super) async fn has(&self, blob: &Descriptor) -> Result<bool, Trouble> {
        self.ready().await;
        Ok(self
            .client
            .blob_exists(&self.at("latest"), &blob.digest)
            .await?)
    }

    /// A blob's bytes; the stream fails at its end when they are not what the digest says.
    pub(super) async fn read(&self, blob: &Descriptor) -> Result<BlobStream, Trouble> {
        self.ready().await;
        let wanted = OciDescriptor {
            digest: blob.digest.clone(),
            ..OciDescriptor::default()
        };
        let found = self
            .client
            .pull_blob_stream(&self.at("latest"), &wanted)
            .await?;
        Ok(found.stream.boxed())
    }

    /// Puts a blob here in one request, which the registry checks against the digest.
    pub(super) async fn write(&self, blob: &Descriptor, bytes: BlobStream) -> Result<(), Trouble> {
        self.ready().await;
        let bytes = bytes.map(|part| part.map_err(Into::into));
        self.client
            .push_blob_stream(&self.at("latest"), bytes, &blob.digest, Some(blob.size))
            .await?;
        Ok(())
    }

    /// Puts a manifest or index here, under its digest or a tag.
    pub(super) async fn put(&self, raw: &Raw, version: &str) -> Result<(), Trouble> {
        self.ready().await;
        let kind = raw.media_type.parse().map_err(|_| {
            Trouble::new(
                Kind::Final,
                format!("`{}` is no media type", raw.media_type),
            )
        })?;
        // A digest goes where a tag does: the client makes the same address of both, and when a
        // registry (as ECR) names no Location, it looks for the tag.
        let at = Reference::with_tag(
            self.registry.clone(),
            self.repository.clone(),
            version.to_owned(),
        );
        self.client
            .push_manifest_raw(&at, raw.text.clone(), kind)
            .await?;
        Ok(())
    }
}

pub(super) fn not_what_was_asked(wanted: &str, found: &str) -> Trouble {
    Trouble::new(Kind::Wrong, format!("asked for {wanted}, got {found}"))
}

/// The digest of a text that is small enough to hold.
pub(super) fn check(bytes: &Bytes, wanted: &str) -> Result<(), Trouble> {
    let found = digest(bytes);
    if found == wanted {
        Ok(())
    } else {
        Err(not_what_was_asked(wanted, &found))
    }
}
