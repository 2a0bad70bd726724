//! What the kinds of RDS share: tags in its own types.

use aws_sdk_rds::types::Tag;

use crate::aws::{
    Cloud, Job, Tags, all_tags, answer_of, done, tag_list, tags_from, tags_taken_out,
};
use crate::engine::{Changes, Fault, Field};

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
    tags_from(tags.iter().map(|tag| (tag.key(), tag.value())))
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
        let request = job.rds.remove_tags_from_resource().resource_name(arn);
        let request = request.set_tag_keys(Some(gone));
        done("rds:RemoveTagsFromResource", request.send().await)?;
    }
    tag_rds(job, arn, tags).await
}

/// Every tag of the job's object, brought to AWS where those of the file have changed.
pub(super) async fn update_rds_tags(
    job: &Job,
    arn: &str,
    of_file: &Tags,
    changes: &Changes,
) -> Result<Tags, Fault> {
    let tags = all_tags(job, of_file);
    if changes.changed(Field::TAGS) {
        retag_rds(job, arn, &tags).await?;
    }
    Ok(tags)
}
