//! The bounds between which a service's number of tasks follows the load of its processors.

use serde::Serialize;

use crate::aws::grant::{Grant, Permissions, Permitted, anywhere, linked_role, on};
use crate::aws::{Cloud, Job, Tags, all_tags, done, tags_taken_out, user_tags};
use crate::engine::{
    Address, Changes, Class, Extra, Fault, Field, Found, Ref, ResolveContext, Resource, Ties,
};
use crate::{field, fields};

use crate::resources::own_tags::{Candidate, candidates};
use crate::resources::ownership::{bears, declared_as, is_ours};
use crate::resources::{Cluster, Service};

mod calls;

/// A scalable target of Application Auto Scaling and its one policy.
#[derive(Debug, Clone)]
pub struct ScalableTarget {
    /// The service's cluster.
    pub cluster: Ref<Cluster>,
    /// The cluster's name, to find the target.
    pub cluster_name: String,
    /// The service that is scaled.
    pub service: Ref<Service>,
    /// The service's name, to find the target.
    pub service_name: String,
    /// Never fewer tasks.
    pub min: u32,
    /// Never more tasks.
    pub max: u32,
    /// The average use of the processors that is kept, in percent of what the tasks reserve.
    pub cpu_percent: u32,
    /// The file's tags; Application Auto Scaling refuses empty values.
    pub tags: Tags,
}

/// What can be said of a scalable target.
#[derive(Debug, Clone, Serialize)]
pub struct ScalableTargetProps {
    /// `service/<cluster>/<service>`.
    resource: String,
    pub(crate) min: i32,
    pub(crate) max: i32,
    /// `None` when nothing scales it.
    cpu_percent: Option<f64>,
    /// Whether any scaling is suspended, as during an upgrade.
    suspended: bool,
    tags: Tags,
}

/// A scalable target as AWS has it.
#[derive(Debug, Clone)]
pub struct ScalableTargetLive {
    /// `service/<cluster>/<service>`.
    pub id: String,
    arn: String,
    /// Never fewer tasks.
    pub(crate) min: i32,
    /// Never more tasks.
    pub(crate) max: i32,
    cpu_percent: Option<f64>,
    /// Whether any scaling is suspended.
    pub(crate) suspended: bool,
    /// Names of policies of others; from [`Resource::list`].
    added: Vec<String>,
    tags: Tags,
}

impl Resource for ScalableTarget {
    type Cloud = Cloud;
    type Props = ScalableTargetProps;
    type Live = ScalableTargetLive;

    const KIND: &'static str = "scalable-target";
    const HEADLINE: &'static [Field] = &fields!(ScalableTargetProps, min, max, cpu_percent);
    const CREATE_ONLY: &'static [Field] = &fields!(ScalableTargetProps, resource);

    fn desired(&self, context: &ResolveContext<'_>) -> ScalableTargetProps {
        context.after(&self.cluster);
        ScalableTargetProps {
            resource: context.text(&self.service, |service| {
                format!("service/{}/{}", service.cluster, service.name)
            }),
            min: signed(self.min),
            max: signed(self.max),
            cpu_percent: Some(f64::from(self.cpu_percent)),
            suspended: false,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &ScalableTargetLive) -> ScalableTargetProps {
        ScalableTargetProps {
            resource: live.id.clone(),
            min: live.min,
            max: live.max,
            cpu_percent: live.cpu_percent,
            suspended: live.suspended,
            tags: user_tags(&live.tags),
        }
    }

    fn extras(live: &ScalableTargetLive) -> Vec<Extra> {
        let words = |name: &String| Extra {
            what: format!("scaling policy {name}"),
            open: false,
        };
        live.added.iter().map(words).collect()
    }

    /// Pages of the account's targets (the tagging index knows no service names) and of their policies,
    /// and one request for the tags of each target of ours.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<ScalableTargetLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let (_, targets) = tokio::try_join!(cloud.tagged(), calls::targets(cloud))?;
        let named =
            |target: &ScalableTargetLive| declared_as(declared, |one| one.resource() == target.id);
        let own = |arn: String| async move { calls::own_tags(cloud, &arn).await };
        let near = candidates(cloud, targets, named, |target| &target.arn, own).await?;
        let found = near
            .into_iter()
            .filter_map(|Candidate { live, named, tags }| {
                Some(Found {
                    owner: cloud.owner(&tags, named)?,
                    id: live.id.clone(),
                    live: ScalableTargetLive { tags, ..live },
                })
            });
        Ok(found.collect())
    }

    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &Self::Live,
    ) -> Option<bool> {
        let declared_name = declared.map(|one| one.resource());
        bears(cloud, address, &live.id, declared_name, |place, name| {
            let cluster = place.name("cluster");
            Some(format!("service/{cluster}/{}", place.name(name)))
        })
    }

    /// It is named after the service that it scales.
    fn ties(live: &Self::Live) -> Ties {
        Ties {
            ids: vec![live.id.clone()],
            ..Ties::default()
        }
    }

    async fn create(
        &self,
        job: &Job,
        want: &ScalableTargetProps,
    ) -> Result<ScalableTargetLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let made = job
            .settle(is_young, || calls::register(job, want, Some(&tags)))
            .await;
        let arn = match made {
            Ok(arn) => arn,
            // A target that is there takes no tags: it may be the one of a reply that was lost.
            Err(fault) if fault.class == Class::Invalid => {
                made_before(job, &want.resource).await?.ok_or(fault)?
            }
            Err(fault) => return Err(fault),
        };
        job.settle(is_young, || calls::follow(job, want)).await?;
        Ok(made_as(arn, tags, want))
    }

    async fn update(
        &self,
        job: &Job,
        live: &ScalableTargetLive,
        want: &ScalableTargetProps,
        changes: &Changes,
    ) -> Result<ScalableTargetLive, Fault> {
        // Before scaling is resumed, so that it begins with what is wanted.
        if changes.changed(field!(ScalableTargetProps, cpu_percent)) {
            job.settle(is_young, || calls::follow(job, want)).await?;
        }
        if changes.remove_extras() {
            for name in &live.added {
                calls::forget(job, &live.id, name).await?;
            }
        }
        if changes.any_changed(&fields!(ScalableTargetProps, min, max, suspended)) {
            calls::register(job, want, None).await?;
        }
        let tags = all_tags(job, &want.tags);
        if changes.changed(Field::TAGS) {
            let gone = tags_taken_out(job);
            if !gone.is_empty() {
                let request = job.autoscaling.untag_resource().resource_arn(&live.arn);
                let request = request.set_tag_keys(Some(gone));
                done(
                    "application-autoscaling:UntagResource",
                    request.send().await,
                )?;
            }
            let request = job.autoscaling.tag_resource().resource_arn(&live.arn);
            let request = request.set_tags(Some(tags.clone().into_iter().collect()));
            done("application-autoscaling:TagResource", request.send().await)?;
        }
        Ok(made_as(live.arn.clone(), tags, want))
    }

    /// Its policy, and the alarms of that, go with it (`DeregisterScalableTarget`).
    async fn delete(job: &Job, live: &ScalableTargetLive) -> Result<(), Fault> {
        calls::deregister(job, &live.id).await
    }
}

/// The target of that resource id, its policy and tags not read.
///
/// # Errors
/// The fault of the call.
pub(crate) async fn target(cloud: &Cloud, id: &str) -> Result<Option<ScalableTargetLive>, Fault> {
    calls::describe(cloud, id).await
}

/// Keeps scaling from happening, or lets it happen again; the bounds stay.
///
/// # Errors
/// The fault of the call.
pub(crate) async fn suspend(
    job: &Job,
    live: &ScalableTargetLive,
    suspended: bool,
) -> Result<(), Fault> {
    let want = ScalableTargetProps {
        suspended,
        ..ScalableTarget::props(live)
    };
    calls::register(job, &want, None).await.map(|_| ())
}

impl ScalableTarget {
    /// The least tasks that run.
    pub(crate) const MIN: Field = field!(ScalableTargetProps, min);

    fn resource(&self) -> String {
        format!("service/{}/{}", self.cluster_name, self.service_name)
    }
}

fn made_as(arn: String, tags: Tags, want: &ScalableTargetProps) -> ScalableTargetLive {
    ScalableTargetLive {
        id: want.resource.clone(),
        arn,
        min: want.min,
        max: want.max,
        cpu_percent: want.cpu_percent,
        suspended: want.suspended,
        added: Vec::new(),
        tags,
    }
}

/// The service, the target or the service-linked role was made a moment ago.
fn is_young(fault: &Fault) -> bool {
    match fault.code.as_str() {
        "ValidationException" => {
            fault.message.contains("ECS service doesn't exist")
                || fault.message.contains("Unable to assume IAM role")
        }
        "ObjectNotFoundException" | "FailedResourceAccessException" => true,
        _ => false,
    }
}

/// The ARN of the target that a create whose reply was lost has made.
async fn made_before(job: &Job, resource: &str) -> Result<Option<String>, Fault> {
    let Some(there) = calls::describe(job, resource).await? else {
        return Ok(None);
    };
    let tags = calls::own_tags(job, &there.arn).await?;
    Ok(is_ours(job, &tags).then_some(there.arn))
}

fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

const TARGETS: &[&str] = &["application-autoscaling:scalable-target/*"];
// Target tracking makes alarms by the caller's permission ("Identity-based policy examples for Application Auto Scaling").
const ALARMS: &[&str] = &["cloudwatch:alarm:TargetTracking-*"];
const TRACKING: &[Grant] = &[
    on(
        ALARMS,
        &["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"],
    ),
    anywhere(&["cloudwatch:DescribeAlarms"]),
];

impl Permitted for ScalableTarget {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            anywhere(&[
                "application-autoscaling:DescribeScalableTargets",
                "application-autoscaling:DescribeScalingPolicies",
            ]),
            on(TARGETS, &["application-autoscaling:ListTagsForResource"]),
        ]],
        create: &[
            TRACKING,
            &[
                on(TARGETS, &["application-autoscaling:RegisterScalableTarget"]).tagged(),
                on(TARGETS, &["application-autoscaling:TagResource"]).tagged(),
                on(TARGETS, &["application-autoscaling:PutScalingPolicy"]).owned(),
                linked_role(
                    &["iam:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/*"],
                    "ecs.application-autoscaling.amazonaws.com",
                ),
            ],
        ],
        update: &[
            TRACKING,
            &[on(
                TARGETS,
                &[
                    "application-autoscaling:RegisterScalableTarget",
                    "application-autoscaling:PutScalingPolicy",
                    "application-autoscaling:DeleteScalingPolicy",
                    "application-autoscaling:TagResource",
                    "application-autoscaling:UntagResource",
                ],
            )
            .owned()],
        ],
        // Its policy goes with it ("DeregisterScalableTarget", Application Auto Scaling API), and the policy's alarms.
        delete: &[&[
            on(
                TARGETS,
                &["application-autoscaling:DeregisterScalableTarget"],
            )
            .owned(),
            on(ALARMS, &["cloudwatch:DeleteAlarms"]),
        ]],
    };
}
