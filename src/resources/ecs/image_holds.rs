//! Images that a service may still run are held in their repository by a tag of ours, which the lifecycle policy spares.
//!
//! A policy counts, and cannot know what runs. "An image that matches the tagging requirements of a rule can't be
//! expired by a rule with a lower priority" (ECR user guide, "Lifecycle policies"): the rule for these tags comes first.

use std::collections::BTreeSet;

use aws_sdk_ecr::types as api;

use crate::aws::{Job, Required, answer_of, deleted, done};
use crate::engine::Fault;
use crate::image_reference::ImageReference;

use super::registry::{HELD, image_id, own_repository};

const GET: &str = "ecr:BatchGetImage";

/// The longest tag (ECR API, `ImageIdentifier.imageTag`: 300, and 128 in the OCI distribution specification).
const LONGEST: usize = 128;

/// The tag that holds `image` for the revisions of `family`.
fn tag(family: &str, image: &str) -> String {
    let version = ImageReference::of(image).version();
    let version = match version.strip_prefix("sha256:") {
        Some(digest) => digest.get(..12).unwrap_or(digest),
        None => version,
    };
    let tag = format!("{HELD}{family}.{version}");
    tag.chars().take(LONGEST).collect()
}

/// Holds an image of this account's for a family that is about to run it. What cannot be held is told, and is no
/// reason not to deploy.
pub(crate) async fn hold_image(job: &Job, family: &str, image: &str) {
    let Some(repository) = own_repository(job, image) else {
        return;
    };
    if let Err(fault) = put(job, repository, image, &tag(family, image)).await {
        job.note(format!(
            "the repository's lifecycle policy may remove {image} while it runs, because it got no tag that holds it: \
             {fault}"
        ));
    }
}

async fn put(job: &Job, repository: &str, image: &str, tag: &str) -> Result<(), Fault> {
    let version = ImageReference::of(image).version();
    let request = (job.ecr.batch_get_image())
        .repository_name(repository)
        .image_ids(image_id(version))
        .image_ids(api::ImageIdentifier::builder().image_tag(tag).build())
        .set_accepted_media_types(Some(MANIFESTS.map(str::to_owned).to_vec()));
    let answer = answer_of(GET, request.send().await)?;
    let images = answer.images.unwrap_or_default();
    let digest = |image: &api::Image| image.image_id()?.image_digest().map(str::to_owned);
    let mut digests = images.iter().map(digest);
    let first = digests.next().flatten();
    // Both names are of one image: registering it again writes nothing.
    if images.len() > 1 && first.is_some() && digests.all(|one| one == first) {
        return Ok(());
    }
    let holds = |image: &&api::Image| image.image_id().and_then(|id| id.image_tag()) == Some(tag);
    let wanted = images.iter().find(|image| !holds(image));
    let found = wanted.or(images.first()).cloned();
    let found = found.required(GET, "images")?;
    let request = (job.ecr.put_image())
        .repository_name(repository)
        .set_image_manifest_media_type(found.image_manifest_media_type)
        .image_manifest(found.image_manifest.required(GET, "imageManifest")?)
        .image_tag(tag);
    match done("ecr:PutImage", request.send().await) {
        // It has this tag already.
        Err(fault) if fault.code == "ImageAlreadyExistsException" => Ok(()),
        put => put,
    }
}

/// Lets the images go that only revisions named which are gone now: the lifecycle policy counts them again.
pub(crate) async fn release(job: &Job, family: &str, gone: &[String], kept: &[String]) {
    let kept: BTreeSet<String> = kept.iter().map(|image| tag(family, image)).collect();
    let going: BTreeSet<(&str, String)> = gone
        .iter()
        .filter_map(|image| Some((own_repository(job, image)?, tag(family, image))))
        .filter(|(_, tag)| !kept.contains(tag))
        .collect();
    for (repository, tag) in going {
        let id = api::ImageIdentifier::builder().image_tag(&tag).build();
        // By its tag, an image that has others loses this one only (ECR API, `BatchDeleteImage`).
        let request = job.ecr.batch_delete_image().repository_name(repository);
        let request = request.image_ids(id);
        if let Err(fault) = deleted("ecr:BatchDeleteImage", request.send().await) {
            job.note(format!("the tag {tag} is left in the repository: {fault}"));
        }
    }
}

/// What a registry may answer for a tag (ECR API, `BatchGetImage.acceptedMediaTypes`).
pub(crate) const MANIFESTS: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

#[cfg(test)]
mod tests {
    use super::tag;

    #[test]
    fn the_tag_says_for_whom_it_holds_which_image() {
        let digest = format!("r.example/app@sha256:{}", "ab".repeat(32));
        assert_eq!(tag("shop-web", &digest), "in-use.shop-web.abababababab");
        assert_eq!(tag("shop-web", "r.example/app:v1"), "in-use.shop-web.v1");
        assert_eq!(
            tag("shop-web", &format!("r/app:{}", "v".repeat(128))).len(),
            128
        );
    }
}
