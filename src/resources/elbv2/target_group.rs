//! A target group: where an Application Load Balancer finds the tasks of a service, by IP address.

use aws_sdk_elasticloadbalancingv2::types as api;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Required, STACK_TAG, Tags, all_tags, answer_of, deleted, user_tags};
use crate::engine::{
    Address, Changes, Fault, Field, Found, Link, ResolveContext, Resource, as_one, is_unknown,
};
use crate::{field, fields};

use self::parts::{
    Health, Stickiness, Traits, described, live as answered, made_before, set_health, set_traits,
    traits,
};
use crate::resources::Vpc;
use crate::resources::elbv2::{elb_tags, own_elb_tags, update_elb_tags};
use crate::resources::ownership::{bears, declared_as};
use crate::resources::sdk::try_join_bounded;

mod parts;

const CREATE: &str = "elasticloadbalancing:CreateTargetGroup";

/// Tasks behind a load balancer, reached by HTTP at their own addresses.
#[derive(Debug, Clone)]
pub struct TargetGroup {
    /// The beginning of its name, 26 characters at most. AWS's name for it ends in a mark of what
    /// cannot be changed, so that a replacement can stand beside the old one
    /// (`CreateTargetGroup.Name`: 32 characters, unique in account and region).
    pub name: String,
    /// Where the targets are.
    pub vpc: Link<Vpc>,
    /// The port they listen on.
    pub port: u16,
    /// Whether it is the second group of a service whose traffic moves between two.
    pub alternate: bool,
    /// What the health check asks for.
    pub health_path: String,
    /// The answers that are healthy: `200`, `200,204` or `200-299`.
    pub health_codes: String,
    /// Seconds between health checks, 5-300.
    pub interval: u32,
    /// Checks in a row until a target counts as healthy, 2-10.
    pub healthy: u32,
    /// Checks in a row until it counts as unhealthy, 2-10.
    pub unhealthy: u32,
    /// Seconds until a check without an answer has failed, 2-120.
    pub timeout: u32,
    /// Seconds that a leaving target may finish its requests, 0-3600.
    pub deregistration_delay: u32,
    /// Seconds that the load balancer's cookie sends a browser to the same target; `None` is off.
    pub stickiness_seconds: Option<u32>,
    /// The file's tags.
    pub tags: Tags,
}

/// What can be said of a target group.
#[derive(Debug, Serialize)]
pub struct TargetGroupProps {
    name: String,
    vpc: String,
    port: u16,
    health: Health,
    deregistration_delay: u32,
    #[serde(serialize_with = "as_one")]
    stickiness: Stickiness,
    tags: Tags,
}

/// A target group as AWS has it.
#[derive(Debug, Clone)]
pub struct TargetGroupLive {
    /// Its ARN.
    pub arn: String,
    /// `targetgroup/<name>/<id>`, as CloudWatch's dimensions name it.
    pub full_name: String,
    pub(super) name: String,
    pub(super) vpc: String,
    pub(super) port: u16,
    pub(super) health: Health,
    pub(super) traits: Traits,
    pub(super) tags: Tags,
}

impl Resource for TargetGroup {
    type Cloud = Cloud;
    type Props = TargetGroupProps;
    type Live = TargetGroupLive;

    const KIND: &'static str = "target-group";
    const HEADLINE: &'static [Field] = &fields!(TargetGroupProps, port, health.path);
    const CREATE_ONLY: &'static [Field] = &fields!(TargetGroupProps, name, vpc, port);

    fn desired(&self, context: &ResolveContext<'_>) -> TargetGroupProps {
        let vpc = self.vpc.id(context, |vpc| vpc.id.clone());
        let own = context.live::<Self>();
        let fit = own.filter(|live| live.vpc == vpc && live.port == self.port);
        TargetGroupProps {
            name: fit.map_or_else(|| self.marked(&vpc), |live| live.name.clone()),
            vpc,
            port: self.port,
            health: Health {
                path: self.health_path.clone(),
                codes: self.health_codes.clone(),
                interval: self.interval,
                timeout: self.timeout,
                healthy: self.healthy,
                unhealthy: self.unhealthy,
            },
            deregistration_delay: self.deregistration_delay,
            stickiness: Stickiness::of(self.stickiness_seconds),
            tags: self.tags.clone(),
        }
    }

    fn props(live: &TargetGroupLive) -> TargetGroupProps {
        TargetGroupProps {
            name: live.name.clone(),
            vpc: live.vpc.clone(),
            port: live.port,
            health: live.health.clone(),
            deregistration_delay: live.traits.deregistration_delay,
            stickiness: live.traits.stickiness.clone(),
            tags: user_tags(&live.tags),
        }
    }

    /// AWS has no batched read of attributes: one call a group of ours.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<TargetGroupLive>>, Fault> {
        if declared.is_empty() && !cloud.has_tagged(Self::KIND).await? {
            return Ok(Vec::new());
        }
        let (tagged, mut groups) = tokio::try_join!(cloud.tagged(), described(cloud, None))?;
        groups.retain(|group| {
            tagged.lists(&group.arn) || declared.iter().any(|(_, one)| one.names(group))
        });
        let arns: Vec<&str> = groups.iter().map(|group| group.arn.as_str()).collect();
        let (mut tags, traits) = tokio::try_join!(
            own_elb_tags(cloud, &arns),
            try_join_bounded(arns.iter().map(|arn| traits(cloud, arn))),
        )?;
        let mut found = Vec::new();
        for (group, traits) in groups.into_iter().zip(traits) {
            let tags = tags.remove(&group.arn).unwrap_or_default();
            let named = declared_as(declared, |one| {
                one.names(&group) && one.shares_vpc(&group, &tags)
            });
            if let Some(owner) = cloud.owner(&tags, named) {
                found.push(Found {
                    owner,
                    id: group.name.clone(),
                    live: TargetGroupLive {
                        traits,
                        tags,
                        ..group
                    },
                });
            }
        }
        Ok(found)
    }

    /// Its name ends in a mark of what cannot be changed.
    fn named(
        cloud: &Cloud,
        address: &Address,
        declared: Option<&Self>,
        live: &TargetGroupLive,
    ) -> Option<bool> {
        let name = live.name.rsplit_once('-').map_or("", |(name, _)| name);
        let declared_name = declared.map(|one| one.name.clone());
        bears(cloud, address, name, declared_name, |place, name| {
            Some(place.name(name.strip_suffix("-alternate").unwrap_or(name)))
        })
    }

    async fn create(&self, job: &Job, want: &TargetGroupProps) -> Result<TargetGroupLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let request = (job.elb.create_target_group())
            .name(&want.name)
            .vpc_id(&want.vpc)
            .port(i32::from(want.port))
            .protocol(api::ProtocolEnum::Http)
            .target_type(api::TargetTypeEnum::Ip)
            .health_check_enabled(true)
            .health_check_protocol(api::ProtocolEnum::Http)
            .health_check_path(&want.health.path)
            .matcher(want.health.matcher())
            .health_check_interval_seconds(want.health.interval.cast_signed())
            .health_check_timeout_seconds(want.health.timeout.cast_signed())
            .healthy_threshold_count(want.health.healthy.cast_signed())
            .unhealthy_threshold_count(want.health.unhealthy.cast_signed())
            .set_tags(Some(elb_tags(&tags)));
        let group = match answer_of(CREATE, request.send().await) {
            Ok(made) => answered(
                made.target_groups()
                    .first()
                    .required(CREATE, "TargetGroups")?,
            )?,
            Err(fault) if fault.code == "DuplicateTargetGroupName" => {
                made_before(job, &want.name).await?.ok_or(fault)?
            }
            Err(fault) => return Err(fault),
        };
        if group.health != want.health {
            set_health(job, &group.arn, &want.health).await?;
        }
        set_traits(job, &group.arn, want.deregistration_delay, &want.stickiness).await?;
        Ok(now(group, want, tags))
    }

    async fn update(
        &self,
        job: &Job,
        live: &TargetGroupLive,
        want: &TargetGroupProps,
        changes: &Changes,
    ) -> Result<TargetGroupLive, Fault> {
        if changes.changed(field!(TargetGroupProps, health)) {
            set_health(job, &live.arn, &want.health).await?;
        }
        if changes.any_changed(&fields!(TargetGroupProps, deregistration_delay, stickiness)) {
            set_traits(job, &live.arn, want.deregistration_delay, &want.stickiness).await?;
        }
        let tags = update_elb_tags(job, &live.arn, &want.tags, changes).await?;
        Ok(now(live.clone(), want, tags))
    }

    async fn delete(job: &Job, live: &TargetGroupLive) -> Result<(), Fault> {
        const DELETE: &str = "elasticloadbalancing:DeleteTargetGroup";
        let request = job.elb.delete_target_group().target_group_arn(&live.arn);
        // A listener that was deleted a moment ago counts for a while longer.
        let in_use = |fault: &Fault| fault.is(DELETE, &["ResourceInUse"]);
        let send = || async { deleted(DELETE, request.clone().send().await) };
        job.settle(in_use, send).await
    }
}

impl TargetGroup {
    /// Whether a group bears the name that this one would have where that group is.
    fn names(&self, group: &TargetGroupLive) -> bool {
        group.port == self.port && group.name == self.marked(&group.vpc)
    }

    /// A name that differs wherever a group could not be changed into the other.
    fn marked(&self, vpc: &str) -> String {
        let (name, port) = (&self.name, self.port);
        if is_unknown(&Value::from(vpc)) {
            return format!("{name}-{vpc}");
        }
        let which = if self.alternate { " alternate" } else { "" };
        let digest = Sha256::digest(format!("{vpc} {port} HTTP ip{which}"));
        format!(
            "{name}-{:02x}{:02x}{:x}",
            digest[0],
            digest[1],
            digest[2] >> 4
        )
    }

    /// Names are marked with the VPC, so only a group in the same one is in the way. Nothing but
    /// this stack puts a group into a VPC of its own.
    fn shares_vpc(&self, group: &TargetGroupLive, tags: &Tags) -> bool {
        match &self.vpc {
            Link::Id(vpc) => *vpc == group.vpc,
            Link::To(_) => !tags.contains_key(STACK_TAG),
        }
    }
}

/// A group after everything that is wanted of it was set.
fn now(group: TargetGroupLive, want: &TargetGroupProps, tags: Tags) -> TargetGroupLive {
    TargetGroupLive {
        health: want.health.clone(),
        traits: Traits {
            deregistration_delay: want.deregistration_delay,
            stickiness: want.stickiness.clone(),
        },
        tags,
        ..group
    }
}

const GROUPS: &[&str] = &[
    "elasticloadbalancing:targetgroup/{stack}-*",
    "elasticloadbalancing:targetgroup/{name}/*",
];

impl Permitted for TargetGroup {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[anywhere(&[
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetGroupAttributes",
            "elasticloadbalancing:DescribeTags",
        ])]],
        create: &[&[
            on(GROUPS, &["elasticloadbalancing:CreateTargetGroup"]).tagged(),
            on(GROUPS, &["elasticloadbalancing:AddTags"]),
            on(
                GROUPS,
                &["elasticloadbalancing:ModifyTargetGroupAttributes"],
            )
            .owned(),
        ]],
        update: &[&[
            on(
                GROUPS,
                &[
                    "elasticloadbalancing:AddTags",
                    "elasticloadbalancing:RemoveTags",
                ],
            ),
            on(
                GROUPS,
                &[
                    "elasticloadbalancing:ModifyTargetGroup",
                    "elasticloadbalancing:ModifyTargetGroupAttributes",
                ],
            )
            .owned(),
        ]],
        delete: &[&[on(GROUPS, &["elasticloadbalancing:DeleteTargetGroup"]).owned()]],
    };
}
