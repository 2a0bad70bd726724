//! References of container images, as files, task definitions and registries write them: `repository:tag`,
//! `registry/repository:tag`, `registry/repository@sha256:…`, or a tag and a digest.
//!
//! What a registry of the public is asked for is parsed by `oci_spec`, which knows what a short name means there.

/// What a digest begins with. Registries take others; ECR has no other (ECR API, `ImageIdentifier`).
const DIGEST: &str = "sha256:";

/// The parts of a reference, as they are written. Nothing about them is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageReference<'r> {
    /// The registry, if it is written, and the repository.
    pub name: &'r str,
    /// What stands behind the last colon.
    pub tag: Option<&'r str>,
    /// What stands behind the `@`: `sha256:…`.
    pub digest: Option<&'r str>,
}

impl<'r> ImageReference<'r> {
    /// Takes a reference apart.
    pub fn of(text: &'r str) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // A colon before a slash is a port's.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        Self { name, tag, digest }
    }

    /// The registry's host, with a port if it is written: what is before the first slash and looks like one, as
    /// Docker decides it (distribution `reference`, `splitDockerDomain`).
    pub fn host(&self) -> Option<&'r str> {
        let (host, _) = self.name.split_once('/')?;
        (host.contains(['.', ':']) || host == "localhost").then_some(host)
    }

    /// The name without the registry.
    pub fn repository(&self) -> &'r str {
        match self.host() {
            Some(host) => &self.name[host.len() + 1..],
            None => self.name,
        }
    }

    /// The digest, else the tag.
    pub fn written_version(&self) -> Option<&'r str> {
        self.digest.or(self.tag)
    }

    /// What a registry is asked for: the digest, else the tag, else `latest`.
    pub fn version(&self) -> &'r str {
        self.written_version().unwrap_or("latest")
    }
}

/// The reference of a repository's name, with its registry, and a tag or digest.
pub fn join(name: &str, version: &str) -> String {
    let sign = if names_digest(version) { '@' } else { ':' };
    format!("{name}{sign}{version}")
}

/// Whether a version is meant as a digest, and not as a tag; it may be misspelt.
pub fn names_digest(version: &str) -> bool {
    version.starts_with(DIGEST)
}

/// A version as people are shown it: of a digest, as much as tells it from others.
pub fn short_version(version: &str) -> &str {
    let shown = DIGEST.len() + 12;
    match version.get(..shown) {
        Some(short) if names_digest(version) => short,
        _ => version,
    }
}

/// Whether this is a digest: `sha256:` and 64 hexadecimal digits, letters in lower case (OCI image spec, "Digests").
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix(DIGEST).is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

/// Whether a registry takes this for a tag: 1 to 128 letters, digits and `._-`, with a letter, a digit or `_` first
/// (OCI distribution spec, "Pulling manifests").
pub fn is_tag(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (1..=128).contains(&text.len()) && text.chars().all(allowed) && !text.starts_with(['.', '-'])
}

/// Whether a repository is named too: a tag has no `/`, `@` or `:`, and a digest only its first colon.
pub fn is_reference(text: &str) -> bool {
    text.contains(['/', '@']) || text.contains(':') && !names_digest(text)
}

/// Whether this is a tag or a digest.
pub fn is_version(text: &str) -> bool {
    is_tag(text) || is_digest(text)
}

#[cfg(test)]
mod tests {
    use super::{ImageReference, is_version, join};

    #[test]
    fn a_reference_has_a_name_and_a_version() {
        for (text, host, repository, tag, digest) in [
            ("chat", None, "chat", None, None),
            ("team/chat:v1", None, "team/chat", Some("v1"), None),
            (
                "r.example/app:v1",
                Some("r.example"),
                "app",
                Some("v1"),
                None,
            ),
            (
                "r.example:5000/app",
                Some("r.example:5000"),
                "app",
                None,
                None,
            ),
            ("localhost/a/b", Some("localhost"), "a/b", None, None),
            (
                "r.example/app@sha256:ab",
                Some("r.example"),
                "app",
                None,
                Some("sha256:ab"),
            ),
            (
                "r.example:5000/app:v1@sha256:ab",
                Some("r.example:5000"),
                "app",
                Some("v1"),
                Some("sha256:ab"),
            ),
        ] {
            let parts = ImageReference::of(text);
            assert_eq!((parts.host(), parts.repository()), (host, repository));
            assert_eq!((parts.tag, parts.digest), (tag, digest), "{text}");
            let version = digest.or(tag).unwrap_or("latest");
            assert_eq!(parts.version(), version, "{text}");
        }
    }

    #[test]
    fn a_digest_is_joined_by_its_own_sign() {
        assert_eq!(join("r/app", "v1"), "r/app:v1");
        assert_eq!(join("r/app", "sha256:ab"), "r/app@sha256:ab");
    }

    #[test]
    fn tags_and_digests_are_told_from_words() {
        assert!(is_version("v1.2_3") && is_version(&format!("sha256:{}", "a".repeat(64))));
        for wrong in ["", ".v", "a b", "sha256:ab", "-x"] {
            assert!(!is_version(wrong), "{wrong}");
        }
    }
}
