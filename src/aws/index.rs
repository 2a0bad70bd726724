//! The tagging API's index: it finds what carries the stack's tag, and does not know what it carries now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_resourcegroupstagging::types::TagFilter;

use crate::aws::grant::{Grant, anywhere};
use crate::engine::{Address, Fault};

use super::{ADDRESS_TAG, Cloud, STACK_TAG, Tags, answer_of};

const OPERATION: &str = "tagging:GetResources";

/// What the index lists of a stack.
///
/// It is minutes behind: for objects that are new, for those that are gone, and for the values of tags. So
/// it gives ARNs and never tags: what an object carries is asked of the service that has it.
#[derive(Debug)]
pub struct Index(BTreeMap<String, Tags>);

impl Index {
    /// Whether it lists the object of this ARN.
    pub fn lists(&self, arn: &str) -> bool {
        self.0.contains_key(arn)
    }

    /// The ARNs that it lists.
    pub fn arns(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What the ARNs that begin with `marker` go on with.
    pub fn after<'i>(&'i self, marker: &'i str) -> impl Iterator<Item = &'i str> {
        self.arns().filter_map(move |arn| arn.strip_prefix(marker))
    }

    /// What the tag `key` said when the index last looked, of each object that had it: of use only to
    /// know where else to look.
    pub fn latest_values<'i>(&'i self, key: &'i str) -> impl Iterator<Item = &'i str> {
        let values = self.0.values().filter_map(move |tags| tags.get(key));
        values.map(String::as_str)
    }

    /// The tags of an object that its own service refuses to tell for now, when the index last looked.
    pub fn last_known(&self, arn: &str) -> Option<&Tags> {
        self.0.get(arn)
    }

    fn kinds(&self) -> BTreeSet<String> {
        let addresses = self.latest_values(ADDRESS_TAG).filter_map(Address::parse);
        addresses.map(|address| address.kind().to_owned()).collect()
    }
}

impl Cloud {
    /// What the index lists of this stack; IAM is not in it. One request per hundred objects, once a run.
    ///
    /// # Errors
    /// The fault of the request.
    pub async fn tagged(&self) -> Result<Arc<Index>, Fault> {
        self.memo
            .once(OPERATION, || async {
                let filter = TagFilter::builder()
                    .key(STACK_TAG)
                    .values(&self.place.stack)
                    .build();
                let request = self.tagging.get_resources().tag_filters(filter);
                let pages = request.into_paginator().send();
                let pages = answer_of(OPERATION, pages.try_collect().await)?;
                let found = pages
                    .iter()
                    .flat_map(|page| page.resource_tag_mapping_list());
                let tagged = found.filter_map(|found| {
                    let tags = found.tags().iter();
                    let tags = tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
                    Some((found.resource_arn()?.to_owned(), tags.collect()))
                });
                Ok(Index(tagged.collect()))
            })
            .await
    }

    /// Whether the address of anything that the index lists is of `kind`: lets a kind that the file does
    /// not use skip its own reads. An object keeps its kind, whatever its address becomes.
    ///
    /// # Errors
    /// The fault of the one request behind it.
    pub async fn has_tagged(&self, kind: &str) -> Result<bool, Fault> {
        Ok(self.tagged().await?.kinds().contains(kind))
    }
}

/// What the index needs: the tagging API's actions begin with `tag`.
pub(crate) const GRANTS: &[Grant] = &[anywhere(&["tag:GetResources"])];
