//! One repository of one registry, over the OCI distribution protocol ("Open Container Initiative
//! Distribution Specification").

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use oci_spec::distribution::Reference;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, Method, Response, StatusCode};

use super::blob_stream::{BlobStream, not_what_was_asked};
use super::credentials::{self, Login};
use super::manifest::{ACCEPTED, Descriptor, Raw};
use super::registry_error::{Kind, RegistryError};
use super::wire::{Scope, Wire, read_body};
use crate::aws::CaBundle;
use crate::command_error::CommandError;
use crate::image_reference::is_digest;

/// How long a source may be silent. A target has no such limit here: it answers once it has all.
const SILENCE: Duration = Duration::from_secs(60);
/// The most that a manifest may have: what registries take at least ("Pushing Manifests": 4 MiB).
const MANIFEST_LIMIT: usize = 4 * 1024 * 1024;

/// A repository to read from or to write to.
pub struct Remote {
    wire: Wire,
    registry: String,
}

impl Remote {
    /// The repository that `reference` is in, read with the operator's own credentials, and the tag
    /// or digest that it names.
    ///
    /// # Errors
    /// No reference, or credentials that are not available.
    pub fn of_reference(
        reference: &str,
        bundle: Option<&CaBundle>,
    ) -> Result<(Self, String), CommandError> {
        let wrong = |why: String| {
            CommandError::error(format!("`{reference}` is not an image: {why}"))
                .hint("write it like `ghcr.io/owner/name:v1.2.3`")
        };
        let named: Reference = reference
            .parse()
            .map_err(|error| wrong(format!("{error}")))?;
        let login = credentials::find(named.registry())?;
        let version = named
            .digest()
            .or(named.tag())
            .unwrap_or("latest")
            .to_owned();
        // The name that Docker Hub's own host answers to.
        let registry = named.resolve_registry().to_owned();
        let wire = Wire::new(&registry, named.repository(), login, Some(SILENCE), bundle)
            .map_err(|problem| wrong(problem.detail))?;
        Ok((Self { wire, registry }, version))
    }

    /// A repository with known credentials. `registry` is a host, with a port where it needs one.
    ///
    /// # Errors
    /// It is no host.
    pub(super) fn with_login(
        registry: &str,
        repository: &str,
        login: Login,
        bundle: Option<&CaBundle>,
    ) -> Result<Self, RegistryError> {
        Ok(Self {
            wire: Wire::new(registry, repository, login, None, bundle)?,
            registry: registry.to_owned(),
        })
    }

    /// Registry and repository, as an image's name begins.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.wire.repository)
    }

    /// Whether the registry lets this caller write.
    pub(super) async fn check_write_access(&self) -> Result<(), RegistryError> {
        self.wire.authorization(Scope::Push).await.map(drop)
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        good: &[StatusCode],
    ) -> Result<Response, RegistryError> {
        let url = self.wire.url(path)?;
        let request = self.wire.request(Scope::Pull, method, url).await?;
        let request = request.header(ACCEPT, ACCEPTED.join(", "));
        self.wire.send(request, good).await
    }

    /// The manifest or index of a tag or digest, checked against the digest.
    pub(super) async fn manifest(&self, version: &str) -> Result<Raw, RegistryError> {
        let path = format!("manifests/{version}");
        let answer = self.ask(Method::GET, &path, &[StatusCode::OK]).await?;
        let announced = told_digest(&answer);
        let raw = Raw::parse(read_body(answer, MANIFEST_LIMIT).await?)?;
        let wanted = is_digest(version).then(|| version.to_owned()).or(announced);
        match wanted {
            Some(wanted) if wanted != raw.digest => Err(not_what_was_asked(&wanted, &raw.digest)),
            _ => Ok(raw),
        }
    }

    /// The digest of a tag, if there is one.
    pub(super) async fn digest_of(&self, tag: &str) -> Result<Option<String>, RegistryError> {
        let path = format!("manifests/{tag}");
        match self.ask(Method::HEAD, &path, &[StatusCode::OK]).await {
            Ok(answer) => match told_digest(&answer) {
                Some(digest) => Ok(Some(digest)),
                None => self.manifest(tag).await.map(|raw| Some(raw.digest)),
            },
            Err(problem) if problem.kind == Kind::Absent => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// Whether a blob is here.
    pub(super) async fn has(&self, blob: &Descriptor) -> Result<bool, RegistryError> {
        let good = [StatusCode::OK, StatusCode::NOT_FOUND];
        let path = format!("blobs/{}", blob.digest);
        let answer = self.ask(Method::HEAD, &path, &good).await?;
        Ok(answer.status() == StatusCode::OK)
    }

    /// A blob's bytes, as they come: whoever reads them counts and checks them.
    pub(super) async fn read(&self, blob: &Descriptor) -> Result<BlobStream, RegistryError> {
        let path = format!("blobs/{}", blob.digest);
        let answer = self.ask(Method::GET, &path, &[StatusCode::OK]).await?;
        let bytes = answer.bytes_stream();
        Ok(bytes
            .map_err(|error| std::io::Error::other(error.without_url()))
            .boxed())
    }

    /// Puts a blob here in one request, which the registry checks against the digest.
    pub(super) async fn write(
        &self,
        blob: &Descriptor,
        bytes: BlobStream,
    ) -> Result<(), RegistryError> {
        let begin = self.wire.url("blobs/uploads/")?;
        let request = self.wire.request(Scope::Push, Method::POST, begin).await?;
        // Some registries want the length of nothing, too.
        let request = request.header(CONTENT_LENGTH, 0);
        let begun = self.wire.send(request, &[StatusCode::ACCEPTED]).await?;
        let mut to = self.wire.location(&begun)?;
        to.query_pairs_mut().append_pair("digest", &blob.digest);
        let request = self.wire.request(Scope::Push, Method::PUT, to).await?;
        let request = request
            .header(CONTENT_LENGTH, blob.size)
            .header(CONTENT_TYPE, "application/octet-stream")
            .body(Body::wrap_stream(bytes));
        self.wire
            .send(request, &[StatusCode::CREATED])
            .await
            .map(drop)
    }

    /// Puts a manifest or index here, under its digest or a tag.
    pub(super) async fn put(&self, raw: &Raw, version: &str) -> Result<(), RegistryError> {
        let to = self.wire.url(&format!("manifests/{version}"))?;
        let request = self.wire.request(Scope::Push, Method::PUT, to).await?;
        let request = request
            .header(CONTENT_TYPE, raw.media_type.as_str())
            .body(raw.text.clone());
        self.wire
            .send(request, &[StatusCode::CREATED])
            .await
            .map(drop)
    }
}

/// The digest that an answer names in its head, if it is one.
fn told_digest(answer: &Response) -> Option<String> {
    let announced = answer
        .headers()
        .get("docker-content-digest")?
        .to_str()
        .ok()?;
    is_digest(announced).then(|| announced.to_owned())
}
