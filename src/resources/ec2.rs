//! What the kinds of EC2 share: tags and filters in its own types.

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};

use crate::aws::{Job, Tags, fault, tag_list};
use crate::engine::Fault;

/// A filter of a Describe call.
pub(super) fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// The tags of a create call.
pub(super) fn specify(kind: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder()
        .resource_type(kind)
        .set_tags(Some(ec2_tags(tags)))
        .build()
}

/// An answer's tags.
pub(super) fn tags_of(tags: &[Tag]) -> Tags {
    tags.iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())))
        .collect()
}

/// Puts tags on an object that exists.
pub(super) async fn tag_ec2(job: &Job, id: &str, tags: &Tags) -> Result<(), Fault> {
    job.ec2
        .create_tags()
        .resources(id)
        .set_tags(Some(ec2_tags(tags)))
        .send()
        .await
        .map_err(fault("ec2:CreateTags"))?;
    Ok(())
}

fn ec2_tags(tags: &Tags) -> Vec<Tag> {
    tag_list(tags, |key, value| {
        Tag::builder().key(key).value(value).build()
    })
}
