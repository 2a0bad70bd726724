//! What the tags of an object say: whether a create has made it already, and whether the data in it
//! may go.

use crate::aws::{DISPOSABLE_TAG, Job, Tags, all_tags};
use crate::engine::{Class, Fault, Owner};

/// Whether the object with these tags is the one of the job: then a create whose reply was lost
/// has made it.
pub(super) fn is_ours(job: &Job, tags: &Tags) -> bool {
    matches!(job.owner(tags, None), Some(Owner::Ours(claim)) if claim.address == *job.address())
}

/// Every tag of an object that holds data: those of [`all_tags`], and whether it is disposable.
pub(super) fn data_tags(job: &Job, of_file: &Tags, disposable: bool) -> Tags {
    let mut tags = all_tags(job, of_file);
    let value = if disposable { "yes" } else { "no" };
    tags.insert(DISPOSABLE_TAG.to_owned(), value.to_owned());
    tags
}

/// Whether an object says that it is disposable.
pub(super) fn is_disposable(tags: &Tags) -> bool {
    tags.get(DISPOSABLE_TAG).is_some_and(|value| value == "yes")
}

/// The fault of a delete that would take data which nobody gave up.
pub(super) fn keeps_data(job: &Job, operation: &str, what: &str) -> Fault {
    Fault::new(operation, Class::Conflict, what).hint(format!(
        "`--delete-data {}` deletes it with what is in it",
        job.address()
    ))
}
