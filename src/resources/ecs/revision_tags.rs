//! Tags on revisions of task definitions: what AWS itself does not remember of a deployment.

/// The tag that the image was chosen by; the revision itself names the digest.
pub(crate) const IMAGE: &str = "ajuda:image-tag";
/// Who had it registered (STS API, `GetCallerIdentity.Arn`).
pub(crate) const BY: &str = "ajuda:by";
/// There on a revision whose tasks did not become healthy when it was to migrate the database: it is never gone
/// back to. ECS calls a deployment that was scaled to nothing successful, so that nothing else tells.
pub(crate) const FAILED: &str = "ajuda:failed";
/// The ARN of the revision that it took the place of.
pub(crate) const FROM: &str = "ajuda:from";
/// On a revision that a rollback has gone to: the number of the one that it left.
pub(crate) const BACK: &str = "ajuda:back";
/// On a revision that a rollback leaves, until that is done: what it goes to, and how.
pub(crate) const ROLLBACK: &str = "ajuda:rollback";
/// The snapshot of the database that was taken before its image ran: the revisions of that image after it have
/// it as well.
pub(crate) const SNAPSHOT: &str = "ajuda:snapshot";
/// How many tasks there are to be once the database is migrated; there while that is not done.
pub(crate) const TASKS: &str = "ajuda:tasks";
