//! What a repository of this account and region holds of images, for the kinds that run them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ecr::types as api;
use aws_smithy_types::DateTime;

use crate::aws::{Cloud, optional};
use crate::engine::Fault;
use crate::image_reference::{ImageReference, join, names_digest};

/// How the tags begin that keep an image which a revision names (`held`).
pub(crate) const HELD: &str = "in-use.";

/// The images of one repository.
#[derive(Debug, Clone, Default)]
pub(crate) struct Images(Vec<api::ImageDetail>);

impl Images {
    /// Whether the tag or digest of `image` is among them.
    pub(crate) fn contains(&self, image: &str) -> bool {
        self.digest(image).is_some()
    }

    /// The digest of the tag or digest of `image`.
    pub(crate) fn digest(&self, image: &str) -> Option<&str> {
        self.of(ImageReference::of(image).version())?.image_digest()
    }

    /// How many critical and high findings the last scan of a tag or digest has (ECR API,
    /// `imageScanFindingsSummary.findingSeverityCounts`); none where it was not scanned.
    pub(crate) fn holes(&self, version: &str) -> (i32, i32) {
        let held = self.of(version);
        let summary = held.and_then(|held| held.image_scan_findings_summary());
        let counts = summary.and_then(|summary| summary.finding_severity_counts());
        let of = |severity| counts.and_then(|counts| counts.get(&severity)).copied();
        let (critical, high) = (api::FindingSeverity::Critical, api::FindingSeverity::High);
        (of(critical).unwrap_or(0), of(high).unwrap_or(0))
    }

    /// When the image of a tag or digest was pushed.
    pub(crate) fn pushed(&self, version: &str) -> Option<DateTime> {
        self.of(version)?.image_pushed_at().copied()
    }

    fn of(&self, version: &str) -> Option<&api::ImageDetail> {
        self.0.iter().find(|held| {
            held.image_digest() == Some(version)
                || held.image_tags().iter().any(|tag| tag == version)
        })
    }

    /// The tag of the image that was pushed last.
    pub(crate) fn newest(&self) -> Option<&str> {
        let pushed =
            |image: &&api::ImageDetail| image.image_pushed_at().map_or(0, |time| time.secs());
        // Tags that hold what runs are no names of releases.
        let named =
            |image: &api::ImageDetail| image.image_tags().iter().any(|tag| !tag.starts_with(HELD));
        let newest = self
            .0
            .iter()
            .filter(|image| named(image))
            .max_by_key(pushed)?;
        let tags = newest.image_tags().iter().map(String::as_str);
        let tags = tags.filter(|tag| !tag.starts_with(HELD));
        // A tag that moves says nothing of what runs.
        let fixed = tags.clone().filter(|tag| *tag != "latest").max();
        fixed.or_else(|| tags.clone().next())
    }
}

/// A tag or digest as ECR is asked for it.
pub(crate) fn image_id(version: &str) -> api::ImageIdentifier {
    let id = api::ImageIdentifier::builder();
    if names_digest(version) {
        id.image_digest(version).build()
    } else {
        id.image_tag(version).build()
    }
}

/// The repository of this account and region that `image` is in.
pub(crate) fn own_repository<'i>(cloud: &Cloud, image: &'i str) -> Option<&'i str> {
    let name = ImageReference::of(image).name;
    let host = format!("{}.dkr.ecr.{}.", cloud.place.account, cloud.place.region);
    let (_, repository) = name.strip_prefix(&host)?.split_once('/')?;
    Some(repository)
}

/// What a repository holds now; nothing when it is not there.
pub(crate) async fn images(cloud: &Cloud, repository: &str) -> Result<Images, Fault> {
    let request = (cloud.ecr.describe_images())
        .repository_name(repository)
        .max_results(1000);
    let items = request.into_paginator().items().send();
    let held = optional("ecr:DescribeImages", items.try_collect().await)?;
    Ok(Images(held.unwrap_or_default()))
}

/// What several repositories held when it was first asked in this run, one request each.
pub(crate) async fn remembered(
    cloud: &Cloud,
    repositories: &BTreeSet<String>,
) -> Result<BTreeMap<String, Arc<Images>>, Fault> {
    let answers = repositories.iter().map(|repository| async move {
        let held = cloud
            .memo
            .once(format!("ecr:DescribeImages {repository}"), || {
                images(cloud, repository)
            })
            .await?;
        Ok((repository.clone(), held))
    });
    Ok(super::try_join_bounded(answers)
        .await?
        .into_iter()
        .collect())
}

/// Whether a task can pull `image`, as far as this account can tell: an image elsewhere counts as there.
pub(crate) async fn is_present(cloud: &Cloud, image: &str) -> Result<bool, Fault> {
    match own_repository(cloud, image) {
        Some(repository) => Ok(images(cloud, repository).await?.contains(image)),
        None => Ok(true),
    }
}

/// `image` by its digest, where its repository is ours and has it: a tag is whatever was pushed last.
pub(crate) async fn by_digest(cloud: &Cloud, image: &str) -> Result<String, Fault> {
    let Some(repository) = own_repository(cloud, image) else {
        return Ok(image.to_owned());
    };
    let held = images(cloud, repository).await?;
    let digest = held.digest(image);
    Ok(digest.map_or_else(
        || image.to_owned(),
        |digest| join(ImageReference::of(image).name, digest),
    ))
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecr::types::{FindingSeverity, ImageDetail, ImageScanFindingsSummary};
    use aws_smithy_types::DateTime;

    use super::Images;

    fn image(digest: &str, pushed: i64, tags: &[&str]) -> ImageDetail {
        ImageDetail::builder()
            .image_digest(digest)
            .image_pushed_at(DateTime::from_secs(pushed))
            .set_image_tags(Some(tags.iter().map(|&tag| tag.to_owned()).collect()))
            .build()
    }

    #[test]
    fn the_holes_of_an_image_are_those_of_its_last_scan() {
        let summary = ImageScanFindingsSummary::builder()
            .finding_severity_counts(FindingSeverity::Critical, 2)
            .finding_severity_counts(FindingSeverity::High, 5)
            .finding_severity_counts(FindingSeverity::Low, 40)
            .build();
        let scanned = ImageDetail::builder()
            .image_digest("sha256:a")
            .image_tags("v1");
        let scanned = scanned.image_scan_findings_summary(summary).build();
        let images = Images(vec![scanned, image("sha256:b", 2, &["v2"])]);
        assert_eq!(images.holes("v1"), (2, 5));
        assert_eq!(images.holes("sha256:a"), (2, 5));
        assert_eq!((images.holes("v2"), images.holes("v3")), ((0, 0), (0, 0)));
        assert_eq!(images.pushed("v2"), Some(DateTime::from_secs(2)));
    }

    #[test]
    fn the_newest_image_is_the_one_pushed_last_that_has_a_tag() {
        let images = Images(vec![
            image("sha256:a", 1, &["v1"]),
            image("sha256:b", 2, &["latest", "v2"]),
            image("sha256:c", 3, &[]),
            image("sha256:d", 4, &["in-use.shop-web.v0"]),
        ]);
        assert_eq!(images.newest(), Some("v2"));
        assert!(images.contains("r/app:v1") && images.contains("r/app@sha256:c"));
        assert!(!images.contains("r/app:v3"));
        assert_eq!(images.digest("r/app:v1"), Some("sha256:a"));
        assert_eq!(Images::default().newest(), None);
    }
}
