//! Tags on revisions of task definitions: what AWS itself does not remember of a deployment.

/// The tag that an image was chosen by; the revision itself names the digest.
pub(crate) use crate::resources::ecs::task_definition::IMAGE_TAG as IMAGE;
/// Who had it registered (STS API, `GetCallerIdentity.Arn`).
pub(crate) const BY: &str = "ajuda:by";
/// There on a revision that failed to migrate the database, and is never gone back to.
pub(crate) use crate::resources::ecs::task_definition::FAILED_TAG as FAILED;
/// The ARN of the revision that it took the place of.
pub(crate) use crate::resources::ecs::task_definition::FROM_TAG as FROM;
/// On a revision that a rollback has gone to: the number of the one that it left.
pub(crate) const BACK: &str = "ajuda:back";
/// On a revision that a rollback leaves, until that is done: what it goes to, and how.
pub(crate) const ROLLBACK: &str = "ajuda:rollback";
/// The snapshot of the database that was taken before its image ran.
pub(crate) use crate::resources::ecs::task_definition::SNAPSHOT_TAG as SNAPSHOT;
/// How many tasks there are to be once the database is migrated; there while that is not done.
pub(crate) use crate::resources::ecs::task_definition::UNFINISHED_TAG as TASKS;
