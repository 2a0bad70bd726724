//! A service as it stands: what the file declares of it, and what AWS runs of it.

use aws_sdk_ecs::types as api;

use super::unfinished_rollback::UnfinishedRollback;
use crate::aws::Cloud;
use crate::command_error::{CommandError, ErrorKind};
use crate::engine::{Address, Estimate, Fault, Graph, Ownership, Resource};
use crate::resources::application_auto_scaling::scalable_target::{self, ScalableTargetLive};
use crate::resources::ecs::deployments::last_rollout;
use crate::resources::ecs::task_definition::{Revision, describe_revision, revision};
use crate::resources::ecs::{self, revision_tags};
use crate::resources::{ScalableTarget, Service, TaskDefinition, physical_names};
use crate::stack;

/// A service as it stands.
pub struct ServiceState {
    /// What the file says of it.
    pub(crate) declared: stack::Service,
    /// The service.
    pub(crate) service: api::Service,
    /// The revision that it is to run.
    pub(crate) revision: Revision,
    /// A newer revision that an interrupted upgrade has registered and not moved to yet.
    pub(crate) begun: Option<Revision>,
    /// A rollback that is unfinished.
    pub(crate) rollback: Option<UnfinishedRollback>,
    /// The bounds of its autoscaling.
    pub(crate) scaling: Option<ScalableTargetLive>,
    /// How long its last rollout took, where ECS tells that.
    pub(crate) rollout: Option<Estimate>,
}

/// The service that the file calls `name`, as ECS has it under the name that `graph` gives it; `None` when
/// it is not there.
///
/// # Errors
/// Refused, when what bears that name is not the stack's; or ECS cannot be asked.
pub async fn find(
    cloud: &Cloud,
    graph: &Graph<Cloud>,
    name: &str,
) -> Result<Option<api::Service>, CommandError> {
    let (cluster, called) = (
        physical_names::cluster(graph),
        physical_names::service(graph, name),
    );
    let there = ecs::one(cloud, &cluster, &called)
        .await
        .map_err(|fault| CommandError::fault(&format!("cannot read {name}"), &fault))?;
    let Some(there) = there.filter(|there| there.status() == Some("ACTIVE")) else {
        return Ok(None);
    };
    match cloud.owner(&ecs::tags_of_ecs(there.tags()), None) {
        Some(Ownership::Ours(_)) => Ok(Some(there)),
        _ => {
            let what = format!("`{called}` does not belong to this stack");
            Err(CommandError::new(ErrorKind::Refused, what))
        }
    }
}

impl ServiceState {
    /// Reads what there is of a service beside what ECS says of it itself: its revisions, and what scales it.
    ///
    /// # Errors
    /// When the revision that it runs is not there, or AWS cannot be asked.
    pub async fn read(
        cloud: &Cloud,
        graph: &Graph<Cloud>,
        declared: &stack::Service,
        service: api::Service,
    ) -> Result<Self, CommandError> {
        let name = declared.name.as_str();
        let cannot = |fault: Fault| CommandError::fault(&format!("cannot read {name}"), &fault);
        let arn = service.task_definition().unwrap_or_default().to_owned();
        let (running, newest, scaling) = tokio::try_join!(
            describe_revision(cloud, &arn),
            describe_revision(cloud, ecs::family(&arn)),
            scaling(cloud, graph, name, &service)
        )
        .map_err(cannot)?;
        let running = running.ok_or_else(|| {
            CommandError::error(format!("the revision that {name} runs is not there"))
        })?;
        let begun = newest.filter(|newest| {
            newest.arn() != arn
                && newest.tags.contains_key(revision_tags::TASKS)
                && newest.tags.get(revision_tags::FROM) == Some(&arn)
        });
        let rollback = UnfinishedRollback::of(cloud, running.arn(), &running.tags)
            .await
            .map_err(cannot)?;
        Ok(Self {
            declared: declared.clone(),
            rollout: last_rollout(&service),
            service,
            revision: running,
            begun,
            rollback,
            scaling,
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

    /// The name of its container.
    pub(crate) fn container(&self) -> &str {
        let container = self.revision.container(self.name());
        container
            .and_then(api::ContainerDefinition::name)
            .unwrap_or_default()
    }

    /// The image that its tasks run.
    pub(crate) fn image(&self) -> &str {
        self.revision.image(self.name())
    }

    /// The image of its container in another definition.
    pub(crate) fn image_in<'d>(&self, definition: &'d api::TaskDefinition) -> &'d str {
        let mut all = definition.container_definitions().iter();
        let container = all.find(|container| container.name() == Some(self.container()));
        container
            .and_then(api::ContainerDefinition::image)
            .unwrap_or_default()
    }

    /// The number of the revision that a finished rollback left for the one that runs.
    pub(crate) fn left_by_rollback(&self) -> Option<i32> {
        let running = &self.revision;
        let left: i32 = running.tags.get(revision_tags::BACK)?.parse().ok()?;
        let back = left > self.number() && self.rollback.is_none();
        let ran_well =
            self.left_behind().is_none() && !running.tags.contains_key(revision_tags::FAILED);
        (back && ran_well).then_some(left)
    }

    /// Whether it runs the revision of this ARN, and no upgrade is left unfinished.
    pub fn runs(&self, revision: &str) -> bool {
        self.revision.arn() == revision && self.left_behind().is_none() && self.rollback.is_none()
    }

    /// Why nothing else can be done to it, while a rollback is unfinished.
    pub fn unfinished_rollback(&self) -> Option<CommandError> {
        let rollback = self.rollback.as_ref()?;
        Some(rollback.refusal(self.name()))
    }

    /// The number of the revision.
    pub fn number(&self) -> i32 {
        revision(self.revision.arn())
    }

    /// How many tasks are wanted, an unfinished upgrade or rollback aside.
    pub(crate) fn count(&self) -> u32 {
        let unfinished = self
            .unfinished()
            .and_then(|of| of.tags.get(revision_tags::TASKS));
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
        let is = |of: &&Revision| of.tags.contains_key(revision_tags::TASKS);
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

/// The scalable target of a service, where the file declares one.
async fn scaling(
    cloud: &Cloud,
    graph: &Graph<Cloud>,
    name: &str,
    service: &api::Service,
) -> Result<Option<ScalableTargetLive>, Fault> {
    if graph
        .get(&Address::new(ScalableTarget::KIND, name))
        .is_none()
    {
        return Ok(None);
    }
    let cluster = ecs::last(service.cluster_arn().unwrap_or_default());
    let called = service.service_name().unwrap_or_default();
    scalable_target::target(cloud, &format!("service/{cluster}/{called}")).await
}
