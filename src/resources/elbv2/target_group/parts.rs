//! The parts of a target group that are read and set by calls of their own.

use std::fmt;

use aws_sdk_elasticloadbalancingv2::types as api;
use serde::Serialize;

use crate::aws::{Cloud, Job, Required, Tags, answer_of, done};
use crate::engine::Fault;

use crate::resources::elbv2::target_group::TargetGroupLive;
use crate::resources::elbv2::{full_name, own_elb_tags};
use crate::resources::ownership::is_ours;

const DESCRIBE_TARGET_GROUP_ATTRIBUTES: &str = "elasticloadbalancing:DescribeTargetGroupAttributes";
const MODIFY_TARGET_GROUP: &str = "elasticloadbalancing:ModifyTargetGroup";
const MODIFY_TARGET_GROUP_ATTRIBUTES: &str = "elasticloadbalancing:ModifyTargetGroupAttributes";

const DESCRIBE: &str = "elasticloadbalancing:DescribeTargetGroups";

const DELAY: &str = "deregistration_delay.timeout_seconds";
const LB_COOKIE: &str = "lb_cookie";
const STICKY: &str = "stickiness.enabled";
const STICKY_BY: &str = "stickiness.type";
const STICKY_FOR: &str = "stickiness.lb_cookie.duration_seconds";

/// How a target proves that it is healthy; times in seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(in crate::resources::elbv2) struct Health {
    pub path: String,
    pub codes: String,
    pub interval: u32,
    pub timeout: u32,
    pub healthy: u32,
    pub unhealthy: u32,
}

impl Health {
    pub(super) fn matcher(&self) -> api::Matcher {
        api::Matcher::builder().http_code(&self.codes).build()
    }
}

/// What AWS keeps as attributes.
#[derive(Debug, Clone, Default)]
pub(in crate::resources::elbv2) struct Traits {
    pub deregistration_delay: u32,
    pub stickiness: Stickiness,
}

/// Whether a client's requests go to one target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(in crate::resources::elbv2) enum Stickiness {
    /// They go to any.
    #[default]
    Off,
    /// By the load balancer's own cookie.
    LbCookie {
        /// How long the cookie is good.
        seconds: u32,
    },
    /// By what ajuda asks for nowhere.
    Other {
        /// AWS's word.
        by: String,
    },
}

impl Stickiness {
    /// By the load balancer's own cookie, for so long.
    pub(super) fn of(seconds: Option<u32>) -> Self {
        seconds.map_or(Self::Off, |seconds| Self::LbCookie { seconds })
    }
}

impl fmt::Display for Stickiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::LbCookie { seconds } => write!(f, "{LB_COOKIE} {seconds}"),
            Self::Other { by } => f.write_str(by),
        }
    }
}

/// Groups as `DescribeTargetGroups` answers them: without attributes and tags.
pub(super) async fn described(
    cloud: &Cloud,
    name: Option<&str>,
) -> Result<Vec<TargetGroupLive>, Fault> {
    let request = cloud.elb.describe_target_groups();
    let request = request.set_names(name.map(|name| vec![name.to_owned()]));
    let items = request.into_paginator().items().send();
    let groups = answer_of(DESCRIBE, items.try_collect().await)?;
    // A Lambda target group has neither VPC nor port.
    let groups = groups.iter().filter(|group| group.vpc_id().is_some());
    groups.map(live).collect()
}

/// The group that a create has made whose reply was lost.
pub(super) async fn made_before(job: &Job, name: &str) -> Result<Option<TargetGroupLive>, Fault> {
    let Some(group) = described(job, Some(name)).await?.pop() else {
        return Ok(None);
    };
    let tags = own_elb_tags(job, &[&group.arn]).await?;
    let ours = tags.get(&group.arn).is_some_and(|tags| is_ours(job, tags));
    Ok(ours.then_some(group))
}

/// A group without attributes and tags.
pub(super) fn live(group: &api::TargetGroup) -> Result<TargetGroupLive, Fault> {
    let arn = group
        .target_group_arn()
        .required(DESCRIBE, "TargetGroupArn")?;
    let codes = group.matcher().and_then(api::Matcher::http_code);
    let number = |value: Option<i32>| value.unwrap_or_default().unsigned_abs();
    Ok(TargetGroupLive {
        arn: arn.to_owned(),
        full_name: full_name(arn),
        name: group
            .target_group_name()
            .required(DESCRIBE, "TargetGroupName")?
            .to_owned(),
        vpc: group.vpc_id().required(DESCRIBE, "VpcId")?.to_owned(),
        port: group
            .port()
            .and_then(|port| u16::try_from(port).ok())
            .required(DESCRIBE, "Port")?,
        health: Health {
            path: group.health_check_path().unwrap_or_default().to_owned(),
            codes: codes.unwrap_or_default().to_owned(),
            interval: number(group.health_check_interval_seconds()),
            timeout: number(group.health_check_timeout_seconds()),
            healthy: number(group.healthy_threshold_count()),
            unhealthy: number(group.unhealthy_threshold_count()),
        },
        traits: Traits::default(),
        tags: Tags::new(),
    })
}

/// The attributes of a group.
pub(super) async fn traits(cloud: &Cloud, arn: &str) -> Result<Traits, Fault> {
    let request = (cloud.elb.describe_target_group_attributes()).target_group_arn(arn);
    let answer = answer_of(DESCRIBE_TARGET_GROUP_ATTRIBUTES, request.send().await)?;
    let value = |key: &str| {
        answer
            .attributes()
            .iter()
            .find(|attribute| attribute.key() == Some(key))
            .and_then(|attribute| attribute.value())
            .unwrap_or_default()
    };
    Ok(Traits {
        deregistration_delay: value(DELAY).parse().unwrap_or_default(),
        stickiness: match (value(STICKY), value(STICKY_BY)) {
            ("true", LB_COOKIE) => Stickiness::LbCookie {
                seconds: value(STICKY_FOR).parse().unwrap_or_default(),
            },
            ("true", other) => Stickiness::Other {
                by: other.to_owned(),
            },
            _ => Stickiness::Off,
        },
    })
}

pub(super) async fn set_health(job: &Job, arn: &str, health: &Health) -> Result<(), Fault> {
    let request = (job.elb.modify_target_group())
        .target_group_arn(arn)
        .health_check_path(&health.path)
        .matcher(health.matcher())
        .health_check_interval_seconds(health.interval.cast_signed())
        .health_check_timeout_seconds(health.timeout.cast_signed())
        .healthy_threshold_count(health.healthy.cast_signed())
        .unhealthy_threshold_count(health.unhealthy.cast_signed());
    done(MODIFY_TARGET_GROUP, request.send().await)
}

pub(super) async fn set_traits(
    job: &Job,
    arn: &str,
    deregistration_delay: u32,
    stickiness: &Stickiness,
) -> Result<(), Fault> {
    let attribute = |key: &str, value: &str| {
        api::TargetGroupAttribute::builder()
            .key(key)
            .value(value)
            .build()
    };
    let mut attributes = vec![attribute(DELAY, &deregistration_delay.to_string())];
    match stickiness {
        Stickiness::LbCookie { seconds } => attributes.extend([
            attribute(STICKY, "true"),
            attribute(STICKY_BY, LB_COOKIE),
            attribute(STICKY_FOR, &seconds.to_string()),
        ]),
        // No file asks for another one.
        Stickiness::Off | Stickiness::Other { .. } => attributes.push(attribute(STICKY, "false")),
    }
    let request = (job.elb.modify_target_group_attributes())
        .target_group_arn(arn)
        .set_attributes(Some(attributes));
    done(MODIFY_TARGET_GROUP_ATTRIBUTES, request.send().await)
}
