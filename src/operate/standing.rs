//! A service as it stands: what the file declares of it, and what AWS runs of it.

use std::collections::BTreeMap;

use aws_sdk_ecs::types as api;

use super::marks;
use super::rollback::Unfinished;
use crate::aws::Cloud;
use crate::engine::{Address, AnyLive, Fault, Resource};
use crate::exit::Stop;
use crate::resources::application_auto_scaling::scalable_target::{self, ScalableTargetLive};
use crate::resources::ecs;
use crate::resources::ecs::task_definition::{Revision, revision, said};
use crate::resources::{DbInstance, ScalableTarget, SecretLive, Service, TaskDefinition};
use crate::stack::{self, Stack};

/// A service as it stands.
pub struct Standing {
    /// What the file says of it.
    pub(crate) declared: stack::Service,
    /// The service.
    pub(crate) service: api::Service,
    /// The revision that it is to run.
    pub(crate) revision: Revision,
    /// A newer revision that an interrupted upgrade has registered and not moved to yet.
    pub(crate) begun: Option<Revision>,
    /// A rollback that was begun and has not ended.
    pub(crate) rollback: Option<Unfinished>,
    /// The bounds of its autoscaling.
    pub(crate) scaling: Option<ScalableTargetLive>,
    /// The identifier of the stack's database.
    pub(crate) database: Option<String>,
    /// The version of each of the stack's secrets, by the secret's name in the file.
    pub(crate) secrets: BTreeMap<String, String>,
}

/// What was found under an address: its name may be another than the declared one.
fn live<'f, R: Resource>(found: &'f BTreeMap<Address, AnyLive>, name: &str) -> Option<&'f R::Live> {
    found.get(&Address::new(R::KIND, name))?.downcast_ref()
}

/// The versions of the stack's secrets that have a value.
fn versions(found: &BTreeMap<Address, AnyLive>) -> BTreeMap<String, String> {
    let secrets = found.iter().filter_map(|(address, live)| {
        let secret: &SecretLive = live.downcast_ref()?;
        Some((address.name().to_owned(), secret.version.clone()))
    });
    secrets.filter(|(_, version)| !version.is_empty()).collect()
}

impl Standing {
    /// Reads the service that the file calls `name`, among what was found of the stack.
    ///
    /// # Errors
    /// When AWS does not have it, or cannot be asked.
    pub async fn read(
        cloud: &Cloud,
        stack: &Stack,
        found: &BTreeMap<Address, AnyLive>,
        name: &str,
    ) -> Result<Self, Stop> {
        let cannot = |fault: Fault| Stop::fault(&format!("cannot read {name}"), &fault);
        let Some(known) = stack.services.get(name) else {
            return Err(Stop::error(format!("the file has no service `{name}`")));
        };
        let there = match live::<Service>(found, name) {
            Some(live) => ecs::one(cloud, &live.cluster, &live.name)
                .await
                .map_err(cannot)?,
            None => None,
        };
        let Some(service) = there.filter(|there| there.status() == Some("ACTIVE")) else {
            return Err(Stop::error(format!(
                "the service {name} is not there, in {}",
                cloud.place
            )));
        };
        let arn = service.task_definition().unwrap_or_default().to_owned();
        let (running, newest) =
            tokio::try_join!(said(cloud, &arn), said(cloud, ecs::family(&arn))).map_err(cannot)?;
        let running = running
            .ok_or_else(|| Stop::error(format!("the revision that {name} runs is not there")))?;
        let begun = newest.filter(|newest| {
            newest.arn() != arn
                && newest.tags.contains_key(marks::TASKS)
                && newest.tags.get(marks::FROM) == Some(&arn)
        });
        let rollback = Unfinished::of(cloud, &running).await.map_err(cannot)?;
        let scaling = match live::<ScalableTarget>(found, name) {
            Some(target) => scalable_target::target(cloud, &target.id)
                .await
                .map_err(cannot)?,
            None => None,
        };
        let database = live::<DbInstance>(found, "main");
        Ok(Self {
            declared: known.clone(),
            service,
            revision: running,
            begun,
            rollback,
            scaling,
            database: database.map(|database| database.identifier.clone()),
            secrets: versions(found),
        })
    }

    /// Its name in the file.
    pub fn name(&self) -> &str {
        &self.declared.name
    }

    /// The address of the service.
    pub(crate) fn address(&self) -> Address {
        Address::new(Service::KIND, self.name())
    }

    /// The address of its task definition.
    pub(crate) fn task_address(&self) -> Address {
        Address::new(TaskDefinition::KIND, self.name())
    }

    /// The address of its scalable target.
    pub(crate) fn scaling_address(&self) -> Address {
        Address::new(ScalableTarget::KIND, self.name())
    }

    /// The image that its tasks run.
    pub(crate) fn image(&self) -> &str {
        image_of(&self.revision, self.name())
    }

    /// Whether it runs the revision of this ARN, and no upgrade is left unfinished.
    pub fn runs(&self, revision: &str) -> bool {
        self.revision.arn() == revision && self.left_behind().is_none() && self.rollback.is_none()
    }

    /// Why nothing else can be done to it, while a rollback is unfinished.
    pub fn unfinished_rollback(&self) -> Option<Stop> {
        let rollback = self.rollback.as_ref()?;
        Some(rollback.refusal(self.name()))
    }

    /// The number of the revision.
    pub fn number(&self) -> i32 {
        revision(self.revision.arn())
    }

    /// How many tasks are wanted, an unfinished upgrade or rollback aside.
    pub(crate) fn count(&self) -> u32 {
        let unfinished = self.unfinished().and_then(|of| of.tags.get(marks::TASKS));
        let now = u32::try_from(self.service.desired_count()).unwrap_or(0);
        let back = self.rollback.as_ref().map(|rollback| rollback.count);
        unfinished
            .and_then(|count| count.parse().ok())
            .or(back)
            .unwrap_or(now)
    }

    /// How many tasks there are to begin with.
    pub(crate) fn initial(&self) -> u32 {
        let scaled = self.declared.autoscaling.as_ref();
        scaled.map_or(self.declared.count.unwrap_or(1), |scaling| scaling.min)
    }

    /// The revision whose upgrade was begun and did not come to its end.
    pub(crate) fn unfinished(&self) -> Option<&Revision> {
        let is = |of: &&Revision| of.tags.contains_key(marks::TASKS);
        let begun = (self.begun.as_ref()).filter(|_| self.service.desired_count() == 0);
        Some(&self.revision).filter(is).or(begun)
    }

    /// The same, or one that was begun and not moved to: what a way back leaves behind.
    pub(crate) fn left_behind(&self) -> Option<&Revision> {
        self.unfinished().or(self.begun.as_ref())
    }

    /// Whether a deployment is going on.
    pub(crate) fn is_moving(&self) -> bool {
        ecs::primary(&self.service).is_some_and(|deployment| {
            deployment.rollout_state() == Some(&api::DeploymentRolloutState::InProgress)
        })
    }

    /// Whether two versions of it must never run against one database.
    pub(crate) fn migrates(&self) -> bool {
        self.declared.stops_first().is_some()
    }
}

/// The image that the container called `name` of a revision runs.
pub(crate) fn image_of<'r>(revision: &'r Revision, name: &str) -> &'r str {
    let container = revision.container(name);
    container
        .and_then(api::ContainerDefinition::image)
        .unwrap_or_default()
}

/// An image as people call it: the tag it was chosen by and the digest, as far as they are known.
pub(crate) fn spoken_image(revision: &Revision, name: &str) -> String {
    let image = image_of(revision, name);
    match revision.tags.get(marks::IMAGE) {
        Some(tag) if image.contains('@') => format!("{image} ({tag})"),
        _ => image.to_owned(),
    }
}
