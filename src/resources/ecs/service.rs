//! An ECS service on Fargate: tasks that are kept running, behind a load balancer and Service Connect.

use std::time::Duration;

use aws_sdk_ecs::types::DesiredStatus;

use crate::aws::{Cloud, Job, Tags, all_tags, deleted, tags_taken_out};
use crate::engine::{
    Address, Changes, Fault, Field, Found, Gone, Link, Pace, Piece, Ready, Ref, Replacement,
    ResolveContext, Resource, Ties,
};
use crate::message::Message;
use crate::{field, fields};

use crate::resources::ecs::{tag_ecs, tasks, untag_ecs};
use crate::resources::ownership::bears;
use crate::resources::{
    Cluster, DatabaseSetup, Listener, ListenerRule, Namespace, NetworkAccess, Role, SecurityGroup,
    Subnet, TargetGroup, TaskDefinition,
};

mod deletion_wait;
mod deployment_wait;
mod desired;
mod events;
mod list;
mod permissions;
mod props;
mod request;
mod rollout_state;
mod stop;
mod takes;

pub(crate) use deployment_wait::{DeploymentTarget, deployment, reached};
pub(crate) use events::without_service_name;
pub use props::ServiceProps;
pub(crate) use props::{moving_minutes, target_groups};
pub(crate) use request::{ServiceUpdate, update_service};
pub(crate) use rollout_state::After;
pub(crate) use stop::stop_all;
pub use takes::Checks;

/// Tasks of one definition, kept running.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name in the cluster.
    pub name: String,
    /// Its cluster.
    pub cluster: Ref<Cluster>,
    /// The cluster's name, to find the service.
    pub cluster_name: String,
    /// What its tasks run.
    pub task: Ref<TaskDefinition>,
    /// How many tasks; none while their image is not in the registry.
    pub count: Count,
    /// Where its tasks are.
    pub subnets: Vec<Link<Subnet>>,
    /// The security groups of its tasks.
    pub groups: Vec<Ref<SecurityGroup>>,
    /// Whether its tasks have a public address: without NAT they reach nothing otherwise.
    pub public_ip: bool,
    /// What lets its tasks connect.
    pub network: NetworkAccess,
    /// Where the load balancer finds it.
    pub target: Option<Target>,
    /// Order only: ECS refuses a target group that no listener uses.
    pub listeners: Vec<Ref<Listener>>,
    /// Order only, like `listeners`.
    pub rules: Vec<Ref<ListenerRule>>,
    /// Order only: its database must have been prepared.
    pub after_setup: Option<Ref<DatabaseSetup>>,
    /// The services whose Service Connect names its tasks may use. They come first, and its tasks are
    /// replaced when one is made anew: a task resolves only the names that were there when it started
    /// ("Service Connect concepts" in the ECS developer guide).
    pub after_services: Vec<Ref<Service>>,
    /// Its Service Connect namespace.
    pub namespace: Ref<Namespace>,
    /// The name that Service Connect gives it; `None`: it only uses those of others.
    pub expose: Option<Expose>,
    /// Seconds in which failing checks of the load balancer do not count after a task starts.
    pub health_grace: Option<u32>,
    /// How a new revision takes over.
    pub strategy: Strategy,
    /// Percent of the wanted tasks that stay healthy during a rolling deployment.
    pub minimum_percent: u32,
    /// Percent of the wanted tasks that may run during a rolling deployment; not more than 100 stops the old before it starts the new.
    pub maximum_percent: u32,
    /// Whether its first task starts alone, because it creates the tables that all of them use: the
    /// others start once it is healthy. Several that start on an empty database stop one another.
    pub first_alone: bool,
    /// What the file says of its health checks and its end, for how long a rollout takes.
    pub checks: Checks,
    /// ECS Exec.
    pub exec: bool,
    /// The file's tags.
    pub tags: Tags,
}

/// How many tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// This many.
    Fixed(u32),
    /// What an autoscaler made of it.
    Scaled {
        /// To begin with.
        initial: u32,
    },
}

/// How a new revision takes over (ECS API, `DeploymentConfiguration.strategy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// Task by task.
    Rolling,
    /// All new tasks start beside the old ones, then the traffic moves.
    Shifting {
        /// How it moves.
        shift: Shift,
        /// `bakeTimeInMinutes`, 0-1440: how long the old tasks stay after that.
        bake_minutes: u32,
    },
}

/// How traffic moves from the old tasks to the new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// `BLUE_GREEN`: at once.
    AllAtOnce,
    /// `LINEAR`: so many percent (3-100) every so many minutes (0-1440).
    Linear {
        /// `stepPercent`.
        percent: u32,
        /// `stepBakeTimeInMinutes`.
        step_minutes: u32,
    },
    /// `CANARY`: so many percent (1-100), and the rest so many minutes (0-1440) later.
    Canary {
        /// `canaryPercent`.
        percent: u32,
        /// `canaryBakeTimeInMinutes`.
        step_minutes: u32,
    },
}

/// What ECS moves the traffic of the load balancer with (ECS API, `AdvancedConfiguration`).
#[derive(Debug, Clone)]
pub struct Traffic {
    /// The second target group.
    pub alternate: Ref<TargetGroup>,
    /// The rule whose weights it changes.
    pub rule: Ref<ListenerRule>,
    /// The role that it does so with.
    pub role: Ref<Role>,
}

/// Where the load balancer finds a service.
#[derive(Debug, Clone)]
pub struct Target {
    /// The target group that its tasks register in.
    pub group: Ref<TargetGroup>,
    /// What ECS moves the traffic with, where it moves.
    pub traffic: Option<Traffic>,
    /// The container that answers.
    pub container: String,
    /// Its port.
    pub port: u16,
}

/// The name that Service Connect gives a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expose {
    /// The port mapping of the task definition, by name.
    pub port_name: String,
    /// The DNS name that clients use.
    pub alias: String,
    /// The port that clients use.
    pub port: u16,
    /// `perRequestTimeoutSeconds`, 0 for none; only with `appProtocol` http (15 s unless set). A
    /// connection that is silent for [`IDLE_SECONDS`] is closed all the same.
    pub request_timeout: Option<u32>,
}

/// `idleTimeoutSeconds` where the time of a request is set: what plain TCP has. AWS's own five minutes
/// for HTTP would end an answer that takes longer to begin (ECS API, `TimeoutConfiguration`).
pub const IDLE_SECONDS: u32 = 3600;

/// A service as AWS has it.
#[derive(Debug, Clone)]
pub struct ServiceLive {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its cluster's name.
    pub cluster: String,
    /// Tasks that are wanted now.
    pub desired: u32,
    /// Tasks that run now.
    pub running: u32,
    /// What ECS says of its current deployment, unless that is completed.
    rollout: Option<String>,
    /// When it was made, RFC 3339.
    created: String,
    /// When its current deployment was, RFC 3339.
    deployed: String,
    /// How many tasks are to run once its first one is healthy, where that starts alone.
    rest: Option<u32>,
    /// What a read must show to be newer than this.
    after: After,
    /// What ECS says of it.
    observed: ServiceProps,
    /// What this run has asked of it, until it is that.
    asked: Option<ServiceProps>,
}

impl Service {
    /// How many tasks run.
    pub(crate) const COUNT: Field = field!(ServiceProps, count);

    /// Whether a change of the field at `path` begins a deployment: by "UpdateService" in the ECS API, these do not.
    pub(crate) fn deploys(path: &str) -> bool {
        const QUIET: [Field; 7] = fields!(
            ServiceProps,
            tags,
            minimum_percent,
            maximum_percent,
            circuit_breaker,
            strategy,
            health_grace,
            zone_rebalancing,
        );
        !QUIET.iter().any(|field| field.covers(path))
    }
}

impl ServiceLive {
    /// What it is to be: what this run has asked of it, if it has, and otherwise what it is.
    fn wanted(&self) -> &ServiceProps {
        self.asked.as_ref().unwrap_or(&self.observed)
    }
}

impl Resource for Service {
    type Cloud = Cloud;
    type Props = ServiceProps;
    type Live = ServiceLive;

    const KIND: &'static str = "service";
    const HEADLINE: &'static [Field] =
        &fields!(ServiceProps, count, public_ip, strategy.kind, health_grace);
    const CREATE_ONLY: &'static [Field] = &fields!(ServiceProps, cluster, status, launch_type);
    const FOLLOWS: &'static [Field] = &fields!(ServiceProps, task);
    // Its name, its Service Connect name and its target group belong to one service at a time.
    const REPLACEMENT: Replacement = Replacement::DeleteFirst;
    const PACE: Pace = Pace::of(150, 20 * 60, 5);

    fn desired(&self, context: &ResolveContext<'_>) -> ServiceProps {
        desired::desired(self, context)
    }

    fn props(live: &ServiceLive) -> ServiceProps {
        live.observed.clone()
    }

    fn takes(piece: &Piece<'_, Self>) -> Duration {
        takes::takes(piece)
    }

    /// Traffic that moves in steps takes the time that the file says, beside the usual.
    fn pace(live: &ServiceLive) -> Pace {
        let moving = Duration::from_secs(60).saturating_mul(live.wanted().strategy.minutes());
        Pace {
            limit: Self::PACE.limit + moving,
            ..Self::PACE
        }
    }

    /// Every revision has an ARN of its own (ECS API, `RegisterTaskDefinition`).
    fn notes(live: &ServiceLive) -> Vec<Message> {
        live.rollout.iter().map(Message::from).collect()
    }

    /// One request for ten services, the same that task definitions ask for.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<ServiceLive>>, Fault> {
        list::list(cloud, declared).await
    }

    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &Self::Live,
    ) -> Option<bool> {
        let declared_name = declared.map(|one| one.name.clone());
        bears(cloud, address, &live.name, declared_name, |place, name| {
            Some(place.name(name))
        })
    }

    /// It is one of the stack's cluster, and shows whose the revision is that it runs.
    fn ties(live: &Self::Live) -> Ties {
        Ties {
            within: vec![live.cluster.clone()],
            vouches: vec![
                live.observed.task.clone(),
                format!("service/{}/{}", live.cluster, live.name),
            ],
            ..Ties::default()
        }
    }

    async fn create(&self, job: &Job, want: &ServiceProps) -> Result<ServiceLive, Fault> {
        request::create(job, want, self.first_alone).await
    }

    async fn update(
        &self,
        job: &Job,
        live: &ServiceLive,
        want: &ServiceProps,
        changes: &Changes,
    ) -> Result<ServiceLive, Fault> {
        let after = request::update(job, live, want, changes, self.first_alone).await?;
        if changes.changed(Field::TAGS) {
            let gone = tags_taken_out(job);
            if !gone.is_empty() {
                untag_ecs(job, &live.arn, gone.clone()).await?;
                untag_tasks(job, live, &gone).await?;
            }
            // Last, because they note which tags the file has set.
            tag_ecs(job, &live.arn, &all_tags(job, &want.tags)).await?;
        }
        Ok(after)
    }

    async fn delete(job: &Job, live: &ServiceLive) -> Result<(), Fault> {
        // What else ECS is doing with it ends by itself (the provider's `ecs/service.go` repeats both).
        const BUSY: [&str; 2] = ["deployments are active", "has a dependent object"];
        const DELETE: &str = "ecs:DeleteService";
        let request = (job.ecs.delete_service())
            .cluster(&live.cluster)
            .service(&live.name)
            .force(true);
        let busy = |fault: &Fault| BUSY.iter().any(|words| fault.message.contains(words));
        let send = || async { deleted(DELETE, request.clone().send().await) };
        match job.settle(busy, send).await {
            // It is being deleted already.
            Err(fault) if fault.code == "ServiceNotActiveException" => Ok(()),
            gone => gone,
        }
    }

    async fn ready(job: &Job, live: &ServiceLive) -> Result<Ready<ServiceLive>, Fault> {
        deployment_wait::ready(job, live).await
    }

    async fn gone(job: &Job, live: &ServiceLive) -> Result<Gone, Fault> {
        deletion_wait::gone(job, live).await
    }
}
/// Takes off its running tasks what has left the file: ECS copies the tags of a service when it makes a task,
/// and never again.
async fn untag_tasks(job: &Job, live: &ServiceLive, gone: &[String]) -> Result<(), Fault> {
    let of = tasks::Of::Service(&live.name);
    let running = tasks::arns(job, &live.cluster, of, DesiredStatus::Running).await?;
    for task in running {
        match untag_ecs(job, &task, gone.to_vec()).await {
            // It has stopped meanwhile.
            Err(fault) if fault.is_absent() || fault.code == "InvalidParameterException" => {}
            untagged => untagged?,
        }
    }
    Ok(())
}
