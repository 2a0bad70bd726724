//! What the tags of an instance tell of a restore, and whose it is.

use crate::aws::{ADDRESS_TAG, Job, REGION_TAG, STACK_TAG, Tags, all_tags, done};
use crate::engine::Fault;

use super::props::DbInstanceLive;
use super::restore_source::RestoreSource;
use crate::resources::rds::tag_rds;

/// On an instance that is restored to take another one's place: what that one will be called then.
/// It stays until the stack runs again.
pub(super) const RESTORE_TAG: &str = "ajuda:restore";
/// On a restored instance that a service went back with: the ARN of the revision that it went back to.
/// It stays until the service moves on, so that the same command again knows that it is done.
pub(super) const BACK_TAG: &str = "ajuda:back-to";
/// On a restored instance: what it was restored from.
pub(super) const FROM_TAG: &str = "ajuda:restored-from";
/// What makes an instance the stack's.
pub(super) const OWNERSHIP: [&str; 3] = [STACK_TAG, REGION_TAG, ADDRESS_TAG];

impl DbInstanceLive {
    /// The name that the instance whose place this one takes will have; `None` when it takes none.
    pub fn displaces(&self) -> Option<&str> {
        self.tags.get(RESTORE_TAG).map(String::as_str)
    }

    /// The ARN of the revision that a service goes back to with it; `None` when none does.
    pub fn back_to(&self) -> Option<&str> {
        self.tags.get(BACK_TAG).map(String::as_str)
    }

    /// What it was restored from; `None` when it was not.
    pub fn restored_from(&self) -> Option<RestoreSource> {
        RestoreSource::parse(self.tags.get(FROM_TAG)?)
    }
}

/// Takes an instance out of the stack: it stays, and nobody's `up` or `destroy` touches it again.
///
/// # Errors
/// The fault of the request.
pub async fn untag_owned(job: &Job, live: &DbInstanceLive) -> Result<(), Fault> {
    let held = OWNERSHIP.iter().filter(|tag| live.tags.contains_key(**tag));
    let held: Vec<String> = held.map(|tag| (*tag).to_owned()).collect();
    if held.is_empty() {
        return Ok(());
    }
    untag(job, &live.arn, held).await
}

/// Makes an instance the stack's.
///
/// # Errors
/// The fault of the request.
pub async fn tag_owned(job: &Job, live: &DbInstanceLive) -> Result<(), Fault> {
    tag_rds(job, &live.arn, &all_tags(job, &live.props.tags)).await
}

/// Notes that a service goes back to a revision with it: an interrupted run would not know it again
/// once the service has moved.
///
/// # Errors
/// The fault of the request.
pub async fn tag_rollback_target(
    job: &Job,
    live: &DbInstanceLive,
    revision: &str,
) -> Result<(), Fault> {
    let tag = Tags::from([(BACK_TAG.to_owned(), revision.to_owned())]);
    tag_rds(job, &live.arn, &tag).await
}

/// Forgets that an instance was about to take another one's place.
///
/// # Errors
/// The fault of the request.
pub async fn settle(job: &Job, live: &DbInstanceLive) -> Result<(), Fault> {
    untag(job, &live.arn, vec![RESTORE_TAG.to_owned()]).await
}

/// Forgets that, and which revision went back with it.
///
/// # Errors
/// The fault of the request.
pub async fn forget(job: &Job, live: &DbInstanceLive) -> Result<(), Fault> {
    let tags = [RESTORE_TAG, BACK_TAG].map(str::to_owned);
    untag(job, &live.arn, tags.to_vec()).await
}

pub(super) async fn untag(job: &Job, arn: &str, tags: Vec<String>) -> Result<(), Fault> {
    let request = (job.rds.remove_tags_from_resource())
        .resource_name(arn)
        .set_tag_keys(Some(tags));
    done("rds:RemoveTagsFromResource", request.send().await)
}
