//! New values for secrets that are there, and what can be told of one without its value.

use aws_smithy_types::DateTime;

use crate::aws::{Cloud, Job, Tags, done};
use crate::engine::{Fault, Ownership, ResolveContext};

use super::make::{put, put_as, secret_tags};
use super::read::{describe, described};
use super::secret_string::{SecretString, first, kept};
use super::{ROTATION_TAG, Secret, SecretLive, SecretValue};
use crate::resources::secrets_manager::secret_version::held_value;

impl Secret {
    /// The stack's secret of this declaration, as Secrets Manager has it at this moment: lists may be
    /// minutes late.
    ///
    /// # Errors
    /// The fault of the request.
    pub async fn read(&self, cloud: &Cloud) -> Result<Option<SecretLive>, Fault> {
        let there = describe(cloud, &self.name).await?;
        let ours =
            |there: &SecretLive| matches!(cloud.owner(&there.tags, None), Some(Ownership::Ours(_)));
        Ok(there.filter(ours))
    }

    /// Its present value; `None` where the stack has no such secret, or one without a value.
    ///
    /// # Errors
    /// The fault of a request.
    pub async fn value(&self, cloud: &Cloud) -> Result<Option<SecretString>, Fault> {
        match self.read(cloud).await? {
            Some(live) if !live.version.is_empty() => kept(cloud, &live).await.map(Some),
            _ => Ok(None),
        }
    }

    /// Every secret of the stack, those among them that wait for their deletion: those with one of
    /// `names` and whatever else the list, which may be minutes late, knows of.
    ///
    /// # Errors
    /// The fault of a request.
    pub async fn all(cloud: &Cloud, names: &[&str]) -> Result<Vec<SecretLive>, Fault> {
        let mut all = described(cloud, names).await?;
        all.retain(|live| live.owner(cloud).is_some());
        Ok(all)
    }

    /// A new value of the kind that ajuda makes, where `context` knows what it is made of.
    ///
    /// # Errors
    /// What it is made of cannot be read.
    pub fn renewed<'j>(
        &self,
        job: &'j Job,
        context: &ResolveContext<'_>,
    ) -> impl Future<Output = Result<SecretString, Fault>> + Send + use<'j> {
        let source = self.value.source(context);
        async move { first(job, &source).await }
    }

    /// Whether ajuda makes its value by itself, so that it can make another one.
    pub fn is_made(&self) -> bool {
        match &self.value {
            SecretValue::Generated { .. }
            | SecretValue::DatabaseMaster { .. }
            | SecretValue::DatabaseApp { .. } => true,
            SecretValue::Environment(_)
            | SecretValue::Joined { .. }
            | SecretValue::CacheUrl { .. } => false,
        }
    }
}

impl SecretLive {
    /// Whose secret of the stack it is: its name there.
    pub fn owner(&self, cloud: &Cloud) -> Option<String> {
        match cloud.owner(&self.tags, None) {
            Some(Ownership::Ours(claim)) => Some(claim.address.name().to_owned()),
            _ => None,
        }
    }

    /// Whether its present value is this one.
    ///
    /// # Errors
    /// The fault of the request.
    pub async fn has_value(&self, job: &Job, value: &SecretString) -> Result<bool, Fault> {
        if self.version.is_empty() {
            return Ok(false);
        }
        let held = held_value(job, &self.present()).await?;
        Ok(held == value.reveal())
    }

    /// Gives it a value: a new version, and the former one stays the previous.
    ///
    /// # Errors
    /// The fault of the request.
    pub async fn take(&self, job: &Job, value: &SecretString) -> Result<Self, Fault> {
        let version = put(job, &self.arn, value).await?;
        Ok(self.with_version(version))
    }

    /// Gives it a value of a rotation. Until [`Self::end_rotation`] the tags tell that it is unfinished,
    /// so that no interruption makes a second value.
    ///
    /// # Errors
    /// The fault of a request.
    pub async fn rotate(&self, job: &Job, value: &SecretString) -> Result<Self, Fault> {
        let version = value.version_id()?;
        let tags = Tags::from([(ROTATION_TAG.to_owned(), version.clone())]);
        let request = (job.secrets.tag_resource())
            .secret_id(&self.arn)
            .set_tags(Some(secret_tags(&tags)));
        done("secretsmanager:TagResource", request.send().await)?;
        let version = put_as(job, &self.arn, value, version).await?;
        Ok(Self {
            tags: self.tags.clone().into_iter().chain(tags).collect(),
            ..self.with_version(version)
        })
    }

    /// Whether its present value is one of a rotation that has not ended.
    pub fn is_rotating(&self) -> bool {
        self.tags.get(ROTATION_TAG) == Some(&self.version)
    }

    /// Says that everything follows its present value.
    ///
    /// # Errors
    /// The fault of the request.
    pub async fn end_rotation(&self, job: &Job) -> Result<(), Fault> {
        let request = (job.secrets.untag_resource())
            .secret_id(&self.arn)
            .tag_keys(ROTATION_TAG);
        done("secretsmanager:UntagResource", request.send().await)
    }

    /// The same with another version, to look ahead with.
    #[must_use]
    pub fn with_version(&self, version: String) -> Self {
        Self {
            version,
            ..self.clone()
        }
    }

    /// When its value or anything else of it changed last.
    pub fn changed(&self) -> Option<&DateTime> {
        self.changed.as_ref()
    }

    /// From when on it cannot be restored; only while it is scheduled for deletion.
    pub fn deletion(&self) -> Option<&DateTime> {
        self.deletion.as_ref()
    }

    /// Whether Secrets Manager rotates it by a function of the operator's.
    pub fn rotates(&self) -> bool {
        self.rotates
    }
}
