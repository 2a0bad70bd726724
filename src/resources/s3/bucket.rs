//! An S3 bucket that is private, encrypted and reached over TLS only.

use serde_json::Value;

use crate::aws::grant::{Grant, Permissions, Permitted, anywhere, on};
use crate::aws::{
    Cloud, Job, Tags, absent_is_done, answer_of, may_destroy, tags_taken_out, user_tags,
};
use crate::engine::{
    Address, Changes, Extra, Fault, Field, Found, Ownership, Pace, Ready, Ref, Replacement,
    ResolveContext, Resource,
};
use crate::fields;

use crate::resources::iam::policy::Statements;
use crate::resources::ownership::{bears, data_tags, is_disposable, keeps_data};
use crate::resources::sdk::try_join_bounded;

mod answers;
mod contents;
mod extras;
mod lifecycle;
mod policy;
mod props;
mod read;
mod write;

use contents::empty;
pub use props::{BucketLive, BucketProps};
use props::{NameOwner, arn, wanted};
use read::{own_tags, read};
use write::{configure, create, tag};

/// A bucket: all public access blocked, no ACLs, old versions and unfinished uploads cleaned away.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Its name, the only one of all AWS (S3 User Guide, "General purpose bucket naming rules").
    pub name: String,
    /// Keep old versions of objects.
    pub versioning: bool,
    /// Days until an old version goes.
    pub noncurrent_days: u32,
    /// Days until an unfinished upload goes.
    pub abort_upload_days: u32,
    /// Days until an object goes; `None` is never.
    pub expire_days: Option<u32>,
    /// KMS key ARN; `None` is AES-256 by S3.
    pub kms_key: Option<String>,
    /// Statements of the bucket policy beside the one that demands TLS, each with a `Sid`.
    pub policy: Vec<Value>,
    /// Where S3 writes the log of requests to it; `None` is nowhere.
    pub access_log: Option<AccessLog>,
    /// `destroy` takes the objects too.
    pub disposable: bool,
    /// The file's tags.
    pub tags: Tags,
}

/// Where the server access log of a bucket goes.
#[derive(Debug, Clone)]
pub struct AccessLog {
    /// Another bucket, of the same region and account: its policy lets `logging.s3.amazonaws.com` write,
    /// and S3 itself encrypts it.
    pub bucket: Ref<Bucket>,
    /// What the names of its objects begin with.
    pub prefix: String,
}

impl Resource for Bucket {
    type Cloud = Cloud;
    type Props = BucketProps;
    type Live = BucketLive;

    const KIND: &'static str = "bucket";
    const HEADLINE: &'static [Field] = &fields!(
        BucketProps,
        name,
        versioning,
        public_access_blocked,
        encryption
    );
    const CREATE_ONLY: &'static [Field] = &fields!(BucketProps, name);
    const DATA: bool = true;
    // The name can be taken once only.
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;
    const PACE: Pace = Pace::of(2, 240, 1);

    fn desired(&self, context: &ResolveContext<'_>) -> BucketProps {
        wanted(self, context)
    }

    fn props(live: &BucketLive) -> BucketProps {
        BucketProps {
            disposable: is_disposable(&live.tags),
            tags: user_tags(&live.tags),
            ..live.props.clone()
        }
    }

    fn extras(live: &BucketLive) -> Vec<Extra> {
        live.added.iter().map(extras::extra).collect()
    }

    /// S3 has no batched reads: eight calls for each bucket, side by side.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<BucketLive>>, Fault> {
        let marker = format!("arn:{}:s3:::", cloud.place.partition);
        let whose = |name: String, named| async move {
            let whose = own_tags(cloud, &name).await?;
            Ok((name, named, whose))
        };
        let named = try_join_bounded(
            declared
                .iter()
                .map(|(address, bucket)| whose(bucket.name.clone(), Some(*address))),
        );
        let (tagged, mut all) = tokio::try_join!(cloud.tagged(), named)?;
        let others = tagged
            .after(&marker)
            .filter(|name| declared.iter().all(|(_, bucket)| bucket.name != *name));
        all.extend(try_join_bounded(others.map(|name| whose(name.to_owned(), None))).await?);
        let mut found = Vec::new();
        let mut near = Vec::new();
        for (name, named, whose) in all {
            match (whose, named) {
                (NameOwner::Accounts(tags), named) => near.push((name, named, tags)),
                // Only its name is known, which is all that a conflict tells.
                (NameOwner::Others, Some(address)) => found.push(Found {
                    owner: Ownership::Foreign {
                        named: address.clone(),
                        of: None,
                    },
                    live: BucketLive::unread(cloud, &name),
                    id: name,
                }),
                (NameOwner::Nobodys | NameOwner::Others, _) => {}
            }
        }
        let read = try_join_bounded(near.into_iter().map(|(name, named, tags)| async move {
            let Some(owner) = cloud.owner(&tags, named) else {
                return Ok(None);
            };
            let Some(mut live) = read(cloud, &name, tags).await? else {
                return Ok(None);
            };
            let of = |(address, _): &&(&Address, &Self)| *address == owner.address();
            if let Some((_, declared)) = declared.iter().find(of) {
                live.added = extras::apart(&mut live.props.policy, &declared.policy);
            }
            let id = name;
            Ok(Some(Found { owner, id, live }))
        }))
        .await?;
        found.extend(read.into_iter().flatten());
        Ok(found)
    }

    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &Self::Live,
    ) -> Option<bool> {
        let declared_name = declared.map(|one| one.name.clone());
        bears(cloud, address, &live.name, declared_name, |place, name| {
            let (account, region) = (&place.account, &place.region);
            let ours = ["uploads", "access-logs"].contains(&name);
            ours.then(|| format!("{}-{name}-{account}-{region}", place.stack))
        })
    }

    async fn create(&self, job: &Job, want: &BucketProps) -> Result<BucketLive, Fault> {
        let tags = data_tags(job, &want.tags, want.disposable);
        create(job, &want.name, &tags).await?;
        configure(job, want, None).await?;
        Ok(BucketLive {
            name: want.name.clone(),
            arn: arn(job, &want.name),
            props: want.clone(),
            added: Statements::new(),
            tags,
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &BucketLive,
        want: &BucketProps,
        changes: &Changes,
    ) -> Result<BucketLive, Fault> {
        // The call replaces the whole policy, the statements of others too.
        let mut with_added = want.clone();
        if !changes.remove_extras() {
            with_added.policy.extend(live.added.clone());
        }
        configure(job, &with_added, Some(changes)).await?;
        let tags = data_tags(job, &want.tags, want.disposable);
        if changes.any_changed(&fields!(BucketProps, tags, disposable)) {
            // The call replaces all tags, those of others too.
            let gone = tags_taken_out(job);
            let mut all = live.tags.clone();
            all.retain(|key, _| !gone.contains(key));
            all.extend(tags.clone());
            tag(job, &live.name, &all).await?;
        }
        Ok(BucketLive {
            props: want.clone(),
            tags,
            ..live.clone()
        })
    }

    async fn ready(job: &Job, live: &BucketLive) -> Result<Ready<BucketLive>, Fault> {
        lifecycle::steady(job, live).await
    }

    async fn delete(job: &Job, live: &BucketLive) -> Result<(), Fault> {
        // Whoever still writes can put something in after it was emptied.
        const TRIES: u32 = 5;
        let disposable = job.declared().is_some_and(|file: &Self| file.disposable);
        for _ in 0..TRIES {
            let request = job.s3.delete_bucket().bucket(&live.name);
            match answer_of("s3:DeleteBucket", request.send().await) {
                Ok(_) => return Ok(()),
                Err(fault) if fault.code == "BucketNotEmpty" && may_destroy(job, disposable) => {
                    empty(job, &live.name).await?;
                }
                Err(fault) if fault.code == "BucketNotEmpty" => break,
                Err(fault) => return absent_is_done(fault),
            }
        }
        let what = format!("the bucket `{}` holds objects", live.name);
        Err(keeps_data(job, "s3:DeleteBucket", &what))
    }
}

const BUCKETS: &[&str] = &["s3:{stack}-*-{account}-{region}", "s3:{name}"];
const OBJECTS: &[&str] = &["s3:{stack}-*-{account}-{region}/*", "s3:{name}/*"];
// The names of IAM are older than those of the API: `s3:PutEncryptionConfiguration` and so on ("Required permissions for
// Amazon S3 API operations" in the S3 user guide). A bucket's tags decide nothing unless its ABAC is turned on.
const WRITE: Grant = on(
    BUCKETS,
    &[
        "s3:PutBucketLogging",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketPolicy",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketTagging",
        "s3:PutBucketVersioning",
        "s3:PutEncryptionConfiguration",
        "s3:PutLifecycleConfiguration",
    ],
);

impl Permitted for Bucket {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            anywhere(&["s3:ListAllMyBuckets"]),
            on(
                BUCKETS,
                &[
                    "s3:GetBucketLogging",
                    "s3:GetBucketOwnershipControls",
                    "s3:GetBucketPolicy",
                    "s3:GetBucketPublicAccessBlock",
                    "s3:GetBucketTagging",
                    "s3:GetBucketVersioning",
                    "s3:GetEncryptionConfiguration",
                    "s3:GetLifecycleConfiguration",
                ],
            ),
        ]],
        create: &[&[on(BUCKETS, &["s3:CreateBucket"]), WRITE]],
        update: &[&[WRITE]],
        delete: &[&[
            on(BUCKETS, &["s3:DeleteBucket", "s3:ListBucketVersions"]),
            // `DeleteObjects` asks for one for objects and one for their old versions.
            on(OBJECTS, &["s3:DeleteObject", "s3:DeleteObjectVersion"]),
        ]],
    };
}
