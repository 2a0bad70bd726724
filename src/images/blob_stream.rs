//! The bytes of a blob, and whether they are those that were asked for.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;

use super::manifest::digest;
use super::registry_error::{Kind, RegistryError};

/// The bytes of a blob.
pub(super) type BlobStream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

pub(super) fn not_what_was_asked(wanted: &str, found: &str) -> RegistryError {
    RegistryError::new(Kind::Corrupt, format!("asked for {wanted}, got {found}"))
}

/// The digest of a text that is small enough to hold.
pub(super) fn check(bytes: &Bytes, wanted: &str) -> Result<(), RegistryError> {
    let found = digest(bytes);
    if found == wanted {
        Ok(())
    } else {
        Err(not_what_was_asked(wanted, &found))
    }
}
