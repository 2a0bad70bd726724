//! What the kinds of RDS share: tags in its own types.

use aws_sdk_rds::types::Tag;

use crate::aws::{Cloud, Job, Tags, answer_of, done, fault, tag_list, tags_taken_out};
use crate::engine::Fault;

kinds! {
    db_subnet_group::DbSubnetGroup,
    db_parameter_group::DbParameterGroup,
    db_instance::DbInstance,
}

/// The tags of a create call.
pub(super) fn rds_tags(tags: &Tags) -> Vec<Tag> {
    tag_list(tags, |key, value| {
        Tag::builder().key(key).value(value).build()
    })
}

/// An answer's tags.
pub(super) fn tags_of_rds(tags: &[Tag]) -> Tags {
    tags.iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())))
        .collect()
}

/// An object's own tags: Describe answers them for instances only.
pub(super) async fn own_rds_tags(cloud: &Cloud, arn: &str) -> Result<Tags, Fault> {
    let request = cloud.rds.list_tags_for_resource().resource_name(arn);
    let answer = answer_of("rds:ListTagsForResource", request.send().await)?;
    Ok(tags_of_rds(answer.tag_list()))
}

/// Puts tags on an object that exists.
pub(super) async fn tag_rds(job: &Job, arn: &str, tags: &Tags) -> Result<(), Fault> {
    let request = (job.rds.add_tags_to_resource())
        .resource_name(arn)
        .set_tags(Some(rds_tags(tags)));
    done("rds:AddTagsToResource", request.send().await)
}

/// Brings the tags of the job's object to these, without those that have left the file.
pub(super) async fn retag_rds(job: &Job, arn: &str, tags: &Tags) -> Result<(), Fault> {
    let gone = tags_taken_out(job);
    if !gone.is_empty() {
        let remove = job.rds.remove_tags_from_resource().resource_name(arn);
        let removed = remove.set_tag_keys(Some(gone)).send().await;
        removed.map_err(fault("rds:RemoveTagsFromResource"))?;
    }
    tag_rds(job, arn, tags).await
}
