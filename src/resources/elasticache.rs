//! What the kinds of ElastiCache share: tags in its own types. Describe answers none.

use aws_sdk_elasticache::types::Tag;

use crate::aws::{
    Cloud, Job, Tags, all_tags, answer_of, done, tag_list, tags_from, tags_taken_out,
};
use crate::engine::{Changes, Fault, Field};

kinds! {
    cache_subnet_group::CacheSubnetGroup,
    cache::Cache,
}

/// The tags of a create call.
pub(super) fn cache_tags(tags: &Tags) -> Vec<Tag> {
    tag_list(tags, |key, value| {
        Tag::builder().key(key).value(value).build()
    })
}

/// An object's own tags.
pub(super) async fn own_cache_tags(cloud: &Cloud, arn: &str) -> Result<Tags, Fault> {
    let request = (cloud.elasticache.list_tags_for_resource()).resource_name(arn);
    let answer = answer_of("elasticache:ListTagsForResource", request.send().await)?;
    let tags = answer.tag_list().iter();
    Ok(tags_from(tags.map(|tag| (tag.key(), tag.value()))))
}

/// Puts tags on an object that exists.
pub(super) async fn tag_cache(job: &Job, arn: &str, tags: &Tags) -> Result<(), Fault> {
    let request = (job.elasticache.add_tags_to_resource())
        .resource_name(arn)
        .set_tags(Some(cache_tags(tags)));
    done("elasticache:AddTagsToResource", request.send().await)
}

/// Brings the tags of the job's object to these, without those that have left the file.
pub(super) async fn retag_cache(job: &Job, arn: &str, tags: &Tags) -> Result<(), Fault> {
    let gone = tags_taken_out(job);
    if !gone.is_empty() {
        let request = job
            .elasticache
            .remove_tags_from_resource()
            .resource_name(arn);
        let request = request.set_tag_keys(Some(gone));
        done("elasticache:RemoveTagsFromResource", request.send().await)?;
    }
    tag_cache(job, arn, tags).await
}

/// Every tag of the job's object, brought to AWS where those of the file have changed.
pub(super) async fn update_cache_tags(
    job: &Job,
    arn: &str,
    of_file: &Tags,
    changes: &Changes,
) -> Result<Tags, Fault> {
    let tags = all_tags(job, of_file);
    if changes.changed(Field::TAGS) {
        retag_cache(job, arn, &tags).await?;
    }
    Ok(tags)
}
