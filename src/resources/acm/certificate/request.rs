//! What a request for a certificate carries.

use aws_sdk_acm::types as api;

use crate::aws::Tags;
use crate::engine::{Class, Fault};

use crate::resources::sdk::built_tags;

/// Tags in ACM's own type.
pub(super) fn acm_tags(tags: &Tags) -> Result<Vec<api::Tag>, Fault> {
    built_tags("acm:RequestCertificate", tags, |key, value| {
        api::Tag::builder().key(key).value(value).build()
    })
}

/// Makes one certificate of a request that is sent again. Random, because ACM remembers a token for
/// an hour, in which a certificate may be deleted and requested anew
/// (`RequestCertificate.IdempotencyToken`: 32 characters); what a run that was killed has requested
/// is found by its tags.
pub(super) fn token() -> Result<String, Fault> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Fault::new("acm:RequestCertificate", Class::Other, error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
