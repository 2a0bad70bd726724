//! An ECR repository.

use std::collections::BTreeMap;

use aws_sdk_ecr::types as api;
use serde::Serialize;
use serde_json::{Value, json};

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{
    Cloud, Job, Required, Tags, answer_of, deleted, done, may_destroy, tags_taken_out, user_tags,
};
use crate::engine::{Address, Changes, Fault, Field, Found, Replacement, ResolveContext, Resource};
use crate::{field, fields};

use crate::resources::ecs::registry::HELD;
use crate::resources::ownership::{
    bears, data_tags, declared_as, is_disposable, is_ours, keeps_data,
};
use crate::resources::sdk::try_join_bounded;

mod calls;

use calls::{aes, described, ecr_tags, encryption, keep, lifecycle, live, one, own_tags, scanning};

/// A private repository of images.
#[derive(Debug, Clone)]
pub struct Repository {
    /// Its name; lower case, 2-256 characters (ECR API, `CreateRepository.repositoryName`).
    pub name: String,
    /// Scan each image as it is pushed.
    pub scan_on_push: bool,
    /// A tag, once pushed, cannot be moved.
    pub immutable_tags: bool,
    /// How many images with a tag are kept; the oldest go. What has none, and no index refers to, goes by age.
    pub keep_images: u32,
    /// KMS key ARN; `None` is AES-256. Cannot be changed (`CreateRepository.encryptionConfiguration`).
    pub kms_key: Option<String>,
    /// `destroy` takes the images too.
    pub disposable: bool,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a repository.
#[derive(Debug, Serialize)]
pub struct RepositoryProps {
    name: String,
    scan_on_push: bool,
    tag_mutability: String,
    /// `AES256`, or the ARN of a KMS key.
    encryption: String,
    /// The rules of the lifecycle policy, by priority.
    lifecycle: BTreeMap<String, Value>,
    disposable: bool,
    tags: Tags,
}

/// A repository as AWS has it.
#[derive(Debug, Clone)]
pub struct RepositoryLive {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// What images are pulled from: `<account>.dkr.ecr.<region>.amazonaws.com/<name>`.
    pub uri: String,
    scan_on_push: bool,
    tag_mutability: String,
    encryption: String,
    lifecycle: BTreeMap<String, Value>,
    tags: Tags,
}

/// More than a repository has room for.
const HELD_IMAGES: u32 = 100_000;

/// Days after which an image without a tag may go: one that lost its tag may still run.
const UNTAGGED_DAYS: u32 = 30;

/// The rules of the lifecycle policy, by priority. A rule over images of any status would count each image that
/// an index refers to beside the index (ECR user guide, "Lifecycle policies", and `aws-behaviour`), and those of
/// an index that is kept do not go by age.
fn rules(keep_images: u32) -> BTreeMap<String, Value> {
    let rule = |priority: u32, description: &str, selection: Value| {
        let rule = json!({
            "rulePriority": priority,
            "description": description,
            "selection": selection,
            "action": { "type": "expire" },
        });
        (priority.to_string(), rule)
    };
    BTreeMap::from([
        // What matches a rule is no lower one's: this one only takes them out of the count.
        rule(
            1,
            "keep what a service may run",
            json!({
                "tagStatus": "tagged",
                "tagPatternList": [format!("{HELD}*")],
                "countType": "imageCountMoreThan",
                "countNumber": HELD_IMAGES,
            }),
        ),
        rule(
            2,
            "keep the newest images that have a tag",
            json!({
                "tagStatus": "tagged",
                "tagPatternList": ["*"],
                "countType": "imageCountMoreThan",
                "countNumber": keep_images,
            }),
        ),
        rule(
            3,
            "images without a tag go by age",
            json!({
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": UNTAGGED_DAYS,
            }),
        ),
    ])
}

impl Resource for Repository {
    type Cloud = Cloud;
    type Props = RepositoryProps;
    type Live = RepositoryLive;

    const KIND: &'static str = "repository";
    const HEADLINE: &'static [Field] =
        &fields!(RepositoryProps, name, tag_mutability, scan_on_push);
    const CREATE_ONLY: &'static [Field] = &fields!(RepositoryProps, name, encryption);
    const DATA: bool = true;
    // The name can be taken once only.
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;

    fn desired(&self, _: &ResolveContext<'_>) -> RepositoryProps {
        let mutability = if self.immutable_tags {
            api::ImageTagMutability::Immutable
        } else {
            api::ImageTagMutability::Mutable
        };
        RepositoryProps {
            name: self.name.clone(),
            scan_on_push: self.scan_on_push,
            tag_mutability: mutability.as_str().to_owned(),
            encryption: self.kms_key.clone().unwrap_or_else(aes),
            lifecycle: rules(self.keep_images),
            disposable: self.disposable,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &RepositoryLive) -> RepositoryProps {
        RepositoryProps {
            name: live.name.clone(),
            scan_on_push: live.scan_on_push,
            tag_mutability: live.tag_mutability.clone(),
            encryption: live.encryption.clone(),
            lifecycle: live.lifecycle.clone(),
            disposable: is_disposable(&live.tags),
            tags: user_tags(&live.tags),
        }
    }

    /// ECR has no batched read of lifecycle policies and tags: two calls for each repository of ours, side by side.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<RepositoryLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let (tagged, all) = tokio::try_join!(cloud.tagged(), described(cloud))?;
        let mut near = Vec::new();
        for repository in all {
            let named = declared_as(declared, |declared| declared.name == repository.name);
            if named.is_some() || tagged.lists(&repository.arn) {
                near.push((repository, named));
            }
        }
        let found = try_join_bounded(near.into_iter().map(|(repository, named)| async move {
            let (lifecycle, tags) = tokio::try_join!(
                lifecycle(cloud, &repository.name),
                own_tags(cloud, &repository.arn),
            )?;
            let Some(owner) = cloud.owner(&tags, named) else {
                return Ok(None);
            };
            Ok(Some(Found {
                owner,
                id: repository.name.clone(),
                live: RepositoryLive {
                    lifecycle,
                    tags,
                    ..repository
                },
            }))
        }))
        .await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The address is the name, and whoever writes tags chooses the address: of one that has left the
    /// file, the name proves nothing.
    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &Self::Live,
    ) -> Option<bool> {
        let declared_name = declared.map(|one| one.name.clone());
        bears(cloud, address, &live.name, declared_name, |_, _| None)
    }

    async fn create(&self, job: &Job, want: &RepositoryProps) -> Result<RepositoryLive, Fault> {
        let tags = data_tags(job, &want.tags, want.disposable);
        let request = (job.ecr.create_repository())
            .repository_name(&want.name)
            .image_tag_mutability(want.tag_mutability.as_str().into())
            .image_scanning_configuration(scanning(want))
            .encryption_configuration(encryption(self.kms_key.as_deref())?)
            .set_tags(Some(ecr_tags(&tags)?));
        let created = answer_of("ecr:CreateRepository", request.send().await);
        let made = match created {
            Ok(answer) => answer.repository,
            // A reply that was lost: the tags say whether the repository is the one made then.
            Err(fault) if fault.code == "RepositoryAlreadyExistsException" => {
                let there = one(job, &want.name).await?;
                let ours = match there.as_ref().and_then(api::Repository::repository_arn) {
                    Some(arn) => is_ours(job, &own_tags(job, arn).await?),
                    None => false,
                };
                if !ours {
                    return Err(fault);
                }
                there
            }
            Err(fault) => return Err(fault),
        };
        let made = made.required("ecr:CreateRepository", "repository")?;
        keep(job, want).await?;
        Ok(RepositoryLive {
            lifecycle: want.lifecycle.clone(),
            tags,
            ..live(made)?
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &RepositoryLive,
        want: &RepositoryProps,
        changes: &Changes,
    ) -> Result<RepositoryLive, Fault> {
        if changes.changed(field!(RepositoryProps, scan_on_push)) {
            let request = (job.ecr.put_image_scanning_configuration())
                .repository_name(&live.name)
                .image_scanning_configuration(scanning(want));
            done("ecr:PutImageScanningConfiguration", request.send().await)?;
        }
        if changes.changed(field!(RepositoryProps, tag_mutability)) {
            let request = (job.ecr.put_image_tag_mutability())
                .repository_name(&live.name)
                .image_tag_mutability(want.tag_mutability.as_str().into());
            done("ecr:PutImageTagMutability", request.send().await)?;
        }
        if changes.changed(field!(RepositoryProps, lifecycle)) {
            keep(job, want).await?;
        }
        let tags = data_tags(job, &want.tags, want.disposable);
        if changes.any_changed(&fields!(RepositoryProps, tags, disposable)) {
            let gone = tags_taken_out(job);
            if !gone.is_empty() {
                let request = job.ecr.untag_resource().resource_arn(&live.arn);
                let request = request.set_tag_keys(Some(gone));
                done("ecr:UntagResource", request.send().await)?;
            }
            let request = (job.ecr.tag_resource())
                .resource_arn(&live.arn)
                .set_tags(Some(ecr_tags(&tags)?));
            done("ecr:TagResource", request.send().await)?;
        }
        Ok(RepositoryLive {
            scan_on_push: want.scan_on_push,
            tag_mutability: want.tag_mutability.clone(),
            lifecycle: want.lifecycle.clone(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &RepositoryLive) -> Result<(), Fault> {
        let disposable = job.declared().is_some_and(|file: &Self| file.disposable);
        let request = (job.ecr.delete_repository())
            .repository_name(&live.name)
            .force(may_destroy(job, disposable));
        deleted("ecr:DeleteRepository", request.send().await).map_err(|fault| {
            match fault.code.as_str() {
                "RepositoryNotEmptyException" => keeps_data(
                    job,
                    "ecr:DeleteRepository",
                    &format!("the repository `{}` holds images", live.name),
                ),
                _ => fault,
            }
        })
    }
}

const REPOSITORIES: &[&str] = &[
    "ecr:repository/{stack}",
    "ecr:repository/{stack}-*",
    "ecr:repository/{name}",
];

impl Permitted for Repository {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            anywhere(&["ecr:DescribeRepositories"]),
            on(
                REPOSITORIES,
                &["ecr:GetLifecyclePolicy", "ecr:ListTagsForResource"],
            ),
        ]],
        create: &[&[
            on(REPOSITORIES, &["ecr:CreateRepository"]).tagged(),
            on(REPOSITORIES, &["ecr:TagResource", "ecr:PutLifecyclePolicy"]),
            on(&["{key}"], &["kms:CreateGrant", "kms:DescribeKey"]).via("ecr"),
        ]],
        update: &[&[
            on(REPOSITORIES, &["ecr:TagResource", "ecr:UntagResource"]),
            on(
                REPOSITORIES,
                &[
                    "ecr:PutImageScanningConfiguration",
                    "ecr:PutImageTagMutability",
                    "ecr:PutLifecyclePolicy",
                ],
            )
            .owned(),
        ]],
        delete: &[&[on(REPOSITORIES, &["ecr:DeleteRepository"]).owned()]],
    };
}
