//! What the kinds of RDS share: tags in its own types.

use aws_sdk_rds::types::Tag;

use crate::aws::{Cloud, Job, Tags, fault, tag_list};
use crate::engine::Fault;

/// The tags of a create call.
pub(crate) fn rds_tags(tags: &Tags) -> Vec<Tag> {
    tag_list(tags, |key, value| {
        Tag::builder().key(key).value(value).build()
    })
}

/// An answer's tags.
pub(crate) fn tags_of_rds(tags: &[Tag]) -> Tags {
    tags.iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())))
        .collect()
}

/// An object's own tags: Describe answers them for instances only.
pub(crate) async fn own_rds_tags(cloud: &Cloud, arn: &str) -> Result<Tags, Fault> {
    let answer = cloud
        .rds
        .list_tags_for_resource()
        .resource_name(arn)
        .send()
        .await
        .map_err(fault("rds:ListTagsForResource"))?;
    Ok(tags_of_rds(answer.tag_list()))
}

/// Puts tags on an object that exists.
pub(crate) async fn tag_rds(job: &Job, arn: &str, tags: &Tags) -> Result<(), Fault> {
    job.rds
        .add_tags_to_resource()
        .resource_name(arn)
        .set_tags(Some(rds_tags(tags)))
        .send()
        .await
        .map_err(fault("rds:AddTagsToResource"))?;
    Ok(())
}

/// Takes tags off an object; those that it does not bear are no fault.
pub(crate) async fn untag_rds(job: &Job, arn: &str, keys: &[&str]) -> Result<(), Fault> {
    job.rds
        .remove_tags_from_resource()
        .resource_name(arn)
        .set_tag_keys(Some(keys.iter().map(|&key| key.to_owned()).collect()))
        .send()
        .await
        .map_err(fault("rds:RemoveTagsFromResource"))?;
    Ok(())
}
