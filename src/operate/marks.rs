//! Tags on revisions of task definitions: what AWS itself does not remember of a deployment.

use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// The tag that an image was chosen by; the revision itself names the digest.
pub(crate) use crate::resources::task_definition::IMAGE_TAG as IMAGE;
/// Who had it registered (STS API, `GetCallerIdentity.Arn`).
pub(crate) const BY: &str = "ajuda:by";
/// The ARN of the revision that it took the place of.
pub(crate) const FROM: &str = "ajuda:from";
/// The snapshot of the database that was taken before it ran.
pub(crate) const SNAPSHOT: &str = "ajuda:snapshot";
/// How many tasks there are to be once the database is migrated; there while that is not done.
pub(crate) const TASKS: &str = "ajuda:tasks";

/// Now as `20261123014500`, UTC: for names that no two share.
pub(crate) fn stamp() -> String {
    let now = DateTime::from(SystemTime::now())
        .fmt(Format::DateTime)
        .unwrap_or_default();
    now.chars().filter(char::is_ascii_digit).take(14).collect()
}
