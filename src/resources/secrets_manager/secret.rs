//! A secret in Secrets Manager. No value of one is ever in a declaration, a plan, an event or a log.

use aws_smithy_types::DateTime;
use serde::Serialize;

use crate::aws::{Cloud, Job, Tags, deleted, done, may_destroy, tags_taken_out, user_tags};
use crate::engine::{
    Action, Address, Changes, Fault, Found, Item, Ownership, Pace, PropsWith, ResolveContext,
    Resource, Ties, diff,
};
use crate::{field, fields};

use crate::resources::ownership::{bears, is_disposable};
use crate::resources::secrets_manager::secret_version::SecretVersion;

mod change;
mod given;
mod make;
mod operators;
mod permissions;
mod read;
mod secret_string;
mod value;

use given::GIVEN_TAG;
use make::{Made, create_secret, is_tombstone, note_recovery, put, restore, secret_tags, tags_of};
pub use operators::{Encryption, KeyIn, encryption_of, key_of, secret_of};
use read::described;
pub use secret_string::SecretString;
use secret_string::{first, kept, next};
use value::Source;
pub use value::{Part, SecretValue};

/// The tag that says how the value was made.
const MADE_TAG: &str = "ajuda:made";
/// The tag with a hash of what the value was made of.
const INPUTS_TAG: &str = "ajuda:inputs";
/// The tag that says how long a deleted secret can be restored; 0 is not at all.
const RECOVERY_TAG: &str = "ajuda:recovery-days";
/// The tag that names the version that a rotation has made, until everything follows it.
const ROTATION_TAG: &str = "ajuda:rotation";
/// The key that encrypts secrets which name none (Secrets Manager API, `CreateSecret.KmsKeyId`).
const OWN_KEY: &str = "aws/secretsmanager";

/// A secret, and how its value is made.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Its name, 1-512 of `A-Za-z0-9/_+=.@-`, not ending in a hyphen and six characters.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// How its value is made.
    pub value: SecretValue,
    /// Days in which a deleted secret can be restored, 7-30; `None` deletes at once, for disposable
    /// stacks only.
    pub recovery_days: Option<u32>,
    /// KMS key ARN; `None` is `aws/secretsmanager`.
    pub kms_key: Option<String>,
    /// `destroy` takes it at once.
    pub disposable: bool,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a secret.
#[derive(Debug, Serialize)]
pub struct SecretProps {
    name: String,
    description: String,
    kms_key: String,
    /// How its value is made.
    made: String,
    /// A hash of what its value is made of.
    inputs: String,
    /// Where a variable gives the value: whether it is that of the variable, never the value.
    value: Option<String>,
    recovery_days: u32,
    disposable: bool,
    tags: Tags,
}

/// A secret as AWS has it, without its value.
#[derive(Debug, Clone)]
pub struct SecretLive {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The version id of its present value; empty when it has none.
    pub version: String,
    /// Whether ajuda put in its present value or the one before.
    ours: bool,
    description: String,
    kms_key: String,
    /// Whether it is scheduled for deletion.
    deleted: bool,
    /// When it can no longer be restored; only while it is scheduled for deletion.
    deletion: Option<DateTime>,
    /// When its value or anything else of it changed last.
    changed: Option<DateTime>,
    /// Whether Secrets Manager rotates it by a function.
    rotates: bool,
    /// Whether its value is that of the variable which gives it ([`given`]).
    given: Option<String>,
    tags: Tags,
}

impl Resource for Secret {
    type Cloud = Cloud;
    /// Beside them what the value is made of.
    type Props = PropsWith<SecretProps, Source>;
    type Live = SecretLive;

    const KIND: &'static str = "secret";
    const DATA: bool = true;
    const PACE: Pace = Pace::of(1, 180, 1);

    fn desired(&self, context: &ResolveContext<'_>) -> Self::Props {
        let source = self.value.source(context);
        let props = SecretProps {
            name: context.name::<Self>(&self.name, |live| live.name.clone()),
            description: self.description.clone(),
            kms_key: self.kms_key.clone().unwrap_or_else(|| OWN_KEY.to_owned()),
            made: source.made(),
            inputs: source.inputs(),
            value: given::wanted(&self.value),
            recovery_days: self.recovery_days.unwrap_or(0),
            disposable: self.disposable,
            tags: self.tags.clone(),
        };
        PropsWith::wanted(props, source)
    }

    fn props(live: &SecretLive) -> Self::Props {
        let tag = |key: &str| live.tags.get(key).cloned().unwrap_or_default();
        PropsWith::observed(SecretProps {
            name: live.name.clone(),
            description: live.description.clone(),
            kms_key: live.kms_key.clone(),
            // A secret without a value was not made, whatever its tags say; and one on its way out has
            // to be called back.
            made: if live.version.is_empty() || live.deleted {
                String::new()
            } else {
                tag(MADE_TAG)
            },
            inputs: tag(INPUTS_TAG),
            value: live.given.clone(),
            recovery_days: live.recovery_days(),
            disposable: is_disposable(&live.tags),
            tags: user_tags(&live.tags),
        })
    }

    /// A new value is a new version, and others name the version.
    fn pending(&self, live: &SecretLive, changes: &Changes, unknown: &str) -> Option<SecretLive> {
        // What is generated is made once: only how it is said to be made changes.
        let kept = matches!(self.value, SecretValue::Generated { .. }) && !live.version.is_empty();
        (changes.any_changed(&fields!(SecretProps, made, inputs, value)) && !kept).then(|| {
            SecretLive {
                version: unknown.to_owned(),
                ..live.clone()
            }
        })
    }

    fn has_version_of(&self, other: &Address, path: &str) -> bool {
        field!(SecretProps, inputs).covers(path) && self.value.parts().contains(&other)
    }

    /// What is declared is asked for by name, one call each: `ListSecrets` may be five minutes late.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<SecretLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let names: Vec<&str> = declared.iter().map(|(_, it)| it.name.as_str()).collect();
        let mut found = Vec::new();
        for mut live in described(cloud, &names).await? {
            let file = declared.iter().find(|(_, it)| it.name == live.name);
            let named = file.map(|(address, _)| *address);
            live.given = file.and_then(|(_, it)| given::found(cloud, it, &live));
            match cloud.owner(&live.tags, named) {
                // Ours on its way out, with a value of ours: `create` calls it back, or waits until the name
                // of one that was deleted at once is free.
                Some(Ownership::Ours(_)) if live.deleted && live.ours => {}
                Some(owner) => found.push(Found {
                    owner,
                    id: live.name.clone(),
                    live,
                }),
                None => {}
            }
        }
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
            Some(format!("{}/{name}", place.stack))
        })
    }

    /// Whoever came first has the name, and with it the value: one that ajuda did not put in, nor the
    /// one before it, counts only where a role or a store of the stack was made with the secret.
    fn ties(live: &SecretLive) -> Ties {
        Ties {
            within: vec![live.arn.clone()],
            strict: !live.ours,
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &Self::Props) -> Result<SecretLive, Fault> {
        let tags = self.tags_of(job, want, &Tags::new());
        let value = first(job, want.extra()?).await?;
        // A name that was deleted at once is free after a minute at most (facts, `CreateSecret` after a
        // forced delete), which is within the patience of a job.
        let settles = |fault: &Fault| is_tombstone(fault);
        let made = job
            .settle(settles, || create_secret(job, want, &value, &tags))
            .await?;
        let there = match made {
            Made::New(live) => {
                return Ok(SecretLive {
                    given: want.value.clone(),
                    ..live
                });
            }
            Made::There(live) => live,
        };
        let mut live = there;
        // What was called back keeps its value, unless the operator gives one.
        if let Source::Environment(variable) = want.extra()?
            && job.inputs.get(variable).is_ok()
        {
            live.version = put(job, &live.arn, &value).await?;
        }
        live.given = given::found(job, self, &live);
        let plain = |props: &Self::Props| serde_json::to_value(props).unwrap_or_default();
        let changes = diff(
            &plain(want),
            &plain(&Self::props(&live)),
            Self::effect,
            Self::sensitive,
        );
        self.update(job, &live, want, &changes).await
    }

    async fn update(
        &self,
        job: &Job,
        live: &SecretLive,
        want: &Self::Props,
        changes: &Changes,
    ) -> Result<SecretLive, Fault> {
        let mut version = live.version.clone();
        if live.deleted {
            restore(job, &live.arn).await?;
        }
        if job.adopts() && !version.is_empty() {
            // From now on its value is known to be the stack's.
            version = put(job, &live.arn, &kept(job, live).await?).await?;
        }
        let renews = changes.any_changed(&fields!(SecretProps, made, inputs))
            || (changes.changed(field!(SecretProps, value))
                && !live
                    .has_value(job, &first(job, want.extra()?).await?)
                    .await?);
        if renews && let Some(value) = next(job, want.extra()?, live).await? {
            // A run that was cut short may have put it already, and a second version of the same would
            // push the one before out of reach.
            let follows = matches!(
                want.extra()?,
                Source::Joined { .. } | Source::CacheUrl { .. }
            );
            if !(follows && live.has_value(job, &value).await?) {
                version = put(job, &live.arn, &value).await?;
            }
        }
        if changes.any_changed(&fields!(SecretProps, description, kms_key)) {
            // An empty key is the service's own (`UpdateSecret.KmsKeyId`).
            let key = changes
                .changed(field!(SecretProps, kms_key))
                .then(|| self.kms_key.clone().unwrap_or_default());
            let request = (job.secrets.update_secret())
                .secret_id(&live.arn)
                .description(&want.description)
                .set_kms_key_id(key);
            done("secretsmanager:UpdateSecret", request.send().await)?;
        }
        let tags = self.tags_of(job, want, &live.tags);
        // Last, because the tags say that the value is what they tell.
        if changes.any_changed(&fields!(
            SecretProps,
            made,
            inputs,
            value,
            recovery_days,
            disposable,
            tags
        )) {
            let gone = tags_taken_out(job);
            if !gone.is_empty() {
                let request = job.secrets.untag_resource().secret_id(&live.arn);
                let request = request.set_tag_keys(Some(gone));
                done("secretsmanager:UntagResource", request.send().await)?;
            }
            let request = (job.secrets.tag_resource())
                .secret_id(&live.arn)
                .set_tags(Some(secret_tags(&tags)));
            done("secretsmanager:TagResource", request.send().await)?;
        }
        Ok(SecretLive {
            version,
            description: want.description.clone(),
            kms_key: want.kms_key.clone(),
            deleted: false,
            given: want.value.clone(),
            tags,
            ..live.clone()
        })
    }

    async fn delete(job: &Job, live: &SecretLive) -> Result<(), Fault> {
        let file = job.declared::<Self>();
        let days = file.map_or(Some(30), |file| file.recovery_days);
        let disposable = file.is_some_and(|file| file.disposable);
        let days = if days.is_none() && may_destroy(job, disposable) {
            0
        } else {
            // What nobody gave up can be restored as long as AWS allows.
            days.unwrap_or(30).clamp(7, 30)
        };
        note_recovery(job, live, days).await?;
        let request = job.secrets.delete_secret().secret_id(&live.arn);
        let request = match days {
            0 => request.force_delete_without_recovery(true),
            days => request.recovery_window_in_days(i64::from(days)),
        };
        deleted("secretsmanager:DeleteSecret", request.send().await)
    }
}

impl Secret {
    /// Whether a plan gives it a value that is made from the file or from the operator's environment.
    pub(crate) fn is_given_value(item: &Item) -> bool {
        match item.action {
            Action::Create => true,
            Action::Update | Action::Replace { .. } => {
                item.changes.any_changed(&fields!(SecretProps, made, value))
            }
            Action::Keep | Action::Delete | Action::Later { .. } | Action::Adopt => false,
        }
    }

    /// Every tag of it, of which `before` are those that it has.
    fn tags_of(&self, job: &Job, want: &SecretProps, before: &Tags) -> Tags {
        let mut tags = tags_of(job, want);
        let given = given::tag(job, &want.name, &self.value, before);
        tags.extend(given.map(|given| (GIVEN_TAG.to_owned(), given)));
        tags
    }

    /// Whether it was deleted and can still be had back, with its value.
    ///
    /// # Errors
    /// The fault of the request.
    pub async fn waits_for_deletion(&self, cloud: &Cloud) -> Result<bool, Fault> {
        let there = read::describe(cloud, &self.name).await?;
        Ok(there.is_some_and(|there| there.deleted && there.ours && !there.is_forced()))
    }
}

impl SecretLive {
    /// Its present version.
    fn present(&self) -> SecretVersion {
        SecretVersion {
            name: self.name.clone(),
            version: self.version.clone(),
        }
    }

    fn recovery_days(&self) -> u32 {
        let declared_name = self.tags.get(RECOVERY_TAG);
        declared_name
            .and_then(|days| days.parse().ok())
            .unwrap_or(30)
    }

    /// Whether it was deleted at once and only its description is left, for up to a minute. AWS
    /// describes it with `DeletedDate` like one that can be restored; the tag tells them apart,
    /// because every deletion by ajuda sees to it that the tag is true.
    fn is_forced(&self) -> bool {
        self.deleted && self.recovery_days() == 0
    }
}
