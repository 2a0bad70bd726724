//! Whose an object is, by its tags and by its name, and what the tags of one that holds data say.

use crate::aws::{Cloud, DISPOSABLE_TAG, Job, Place, Tags, all_tags};
use crate::engine::{Address, Class, Fault, Ownership};

/// Whether the object with these tags is the one of the job: then a create whose reply was lost
/// has made it.
pub(super) fn is_ours(job: &Job, tags: &Tags) -> bool {
    matches!(job.owner(tags, None), Some(Ownership::Ours(claim)) if claim.address == *job.address())
}

/// The address of the declared resource that an object `is`, by its name: it is that one, or in its way.
pub(super) fn declared_as<'d, R>(
    declared: &[(&'d Address, &R)],
    is: impl Fn(&R) -> bool,
) -> Option<&'d Address> {
    let named = declared.iter().find(|(_, one)| is(one));
    named.map(|(address, _)| *address)
}

/// Whether an object called `live` has the name that the file `declared_name`, or the one that ajuda gives `at`
/// its address, or gave at one that the file has renamed to it. `at` answers `None` for addresses that
/// ajuda never gives: an address in a tag may be made up.
#[expect(
    clippy::unnecessary_wraps,
    reason = "it is the answer of a kind whose objects have names"
)]
pub(super) fn bears(
    cloud: &Cloud,
    address: &Address,
    live: &str,
    declared_name: Option<String>,
    at: impl Fn(&Place, &str) -> Option<String>,
) -> Option<bool> {
    let mut given = cloud
        .addresses(address)
        .filter_map(|one| at(&cloud.place, one.name()));
    Some(
        declared_name.is_some_and(|declared_name| declared_name == live)
            || given.any(|name| name == live),
    )
}

/// Every tag of an object that holds data: those of [`all_tags`], and whether it is disposable.
pub(super) fn data_tags(job: &Job, of_file: &Tags, disposable: bool) -> Tags {
    let mut tags = all_tags(job, of_file);
    let value = if disposable { "yes" } else { "no" };
    tags.insert(DISPOSABLE_TAG.to_owned(), value.to_owned());
    tags
}

/// Whether an object says that it is disposable: to be compared with the file, and decides nothing.
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
