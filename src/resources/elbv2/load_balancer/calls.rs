//! The calls on load balancers: making one, and what AWS keeps as attributes.

use aws_sdk_elasticloadbalancingv2::operation::describe_load_balancers::builders::DescribeLoadBalancersFluentBuilder;
use aws_sdk_elasticloadbalancingv2::types as api;

use crate::aws::{Cloud, Job, Required, Tags, answer_of, done, optional};
use crate::engine::{Fault, Field};
use crate::field;

use crate::resources::access_log::AccessLogTarget;
use crate::resources::elbv2::load_balancer::{LoadBalancerLive, LoadBalancerProps};
use crate::resources::elbv2::{elb_tags, full_name, own_elb_tags};
use crate::resources::ownership::is_ours;
use crate::resources::sdk::sorted;

const DESCRIBE_LOAD_BALANCER_ATTRIBUTES: &str =
    "elasticloadbalancing:DescribeLoadBalancerAttributes";

const IDLE: &str = "idle_timeout.timeout_seconds";
const PROTECTED: &str = "deletion_protection.enabled";
const DROP: &str = "routing.http.drop_invalid_header_fields.enabled";
const LOGS: &str = "access_logs.s3.enabled";
const LOGS_BUCKET: &str = "access_logs.s3.bucket";
const LOGS_PREFIX: &str = "access_logs.s3.prefix";

const CREATE: &str = "elasticloadbalancing:CreateLoadBalancer";
const DESCRIBE: &str = "elasticloadbalancing:DescribeLoadBalancers";
const MODIFY: &str = "elasticloadbalancing:ModifyLoadBalancerAttributes";

/// Attributes as they are answered.
pub(super) struct Attributes(Vec<api::LoadBalancerAttribute>);

impl Attributes {
    fn value(&self, key: &str) -> &str {
        self.0
            .iter()
            .find(|attribute| attribute.key() == Some(key))
            .and_then(|attribute| attribute.value())
            .unwrap_or_default()
    }

    /// Puts what they say into `props`.
    pub(super) fn write_into(&self, props: &mut LoadBalancerProps) {
        props.idle_timeout = self.value(IDLE).parse().unwrap_or_default();
        props.deletion_protection = self.value(PROTECTED) == "true";
        props.drop_invalid_headers = self.value(DROP) == "true";
        props.access_logs = if self.value(LOGS) == "true" {
            AccessLogTarget::to(self.value(LOGS_BUCKET), self.value(LOGS_PREFIX))
        } else {
            AccessLogTarget::default()
        };
    }
}

/// The attributes of a balancer.
pub(super) async fn attributes(cloud: &Cloud, arn: &str) -> Result<Attributes, Fault> {
    let request = (cloud.elb.describe_load_balancer_attributes()).load_balancer_arn(arn);
    let answer = answer_of(DESCRIBE_LOAD_BALANCER_ATTRIBUTES, request.send().await)?;
    Ok(Attributes(answer.attributes.unwrap_or_default()))
}

/// Sets those attributes whose field `touched` names.
pub(super) async fn set_attributes(
    job: &Job,
    arn: &str,
    want: &LoadBalancerProps,
    touched: impl Fn(Field) -> bool,
) -> Result<(), Fault> {
    let mut set: Vec<(&str, String)> = Vec::new();
    if touched(field!(LoadBalancerProps, idle_timeout)) {
        set.push((IDLE, want.idle_timeout.to_string()));
    }
    if touched(field!(LoadBalancerProps, deletion_protection)) {
        set.push((PROTECTED, want.deletion_protection.to_string()));
    }
    if touched(field!(LoadBalancerProps, drop_invalid_headers)) {
        set.push((DROP, want.drop_invalid_headers.to_string()));
    }
    if touched(field!(LoadBalancerProps, access_logs)) {
        match want.access_logs.place() {
            Some(to) => set.extend([
                (LOGS, "true".to_owned()),
                (LOGS_BUCKET, to.bucket.clone()),
                (LOGS_PREFIX, to.prefix.clone()),
            ]),
            None => set.push((LOGS, "false".to_owned())),
        }
    }
    if set.is_empty() {
        return Ok(());
    }
    let attributes: Vec<api::LoadBalancerAttribute> = set
        .into_iter()
        .map(|(key, value)| {
            api::LoadBalancerAttribute::builder()
                .key(key)
                .value(value)
                .build()
        })
        .collect();
    // A bucket's policy takes a moment to hold (S3 User Guide, "bucket configurations have an
    // eventual consistency model").
    job.settle(
        |fault| {
            fault.is(MODIFY, &["InvalidConfigurationRequest"])
                && fault.message.contains("Access Denied for bucket")
        },
        || async {
            let request = (job.elb.modify_load_balancer_attributes())
                .load_balancer_arn(arn)
                .set_attributes(Some(attributes.clone()));
            done(MODIFY, request.send().await)
        },
    )
    .await
}

/// The one balancer that `ask` asks for; `None` when there is none.
pub(super) async fn described(
    cloud: &Cloud,
    ask: impl FnOnce(DescribeLoadBalancersFluentBuilder) -> DescribeLoadBalancersFluentBuilder,
) -> Result<Option<api::LoadBalancer>, Fault> {
    let request = ask(cloud.elb.describe_load_balancers());
    let answer = optional(DESCRIBE, request.send().await)?;
    Ok(answer.and_then(|answer| answer.load_balancers?.into_iter().next()))
}

/// Makes one. A second request with the same settings is answered with the first's balancer.
pub(super) async fn create_balancer(
    job: &Job,
    want: &LoadBalancerProps,
    tags: &Tags,
) -> Result<LoadBalancerLive, Fault> {
    let request = (job.elb.create_load_balancer())
        .name(&want.name)
        .r#type(api::LoadBalancerTypeEnum::Application)
        .scheme(api::LoadBalancerSchemeEnum::InternetFacing)
        .set_subnets(Some(want.subnets.clone()))
        .set_security_groups(Some(want.groups.clone()))
        .set_tags(Some(elb_tags(tags)));
    let made = answer_of(CREATE, request.send().await);
    let fault = match made {
        Ok(made) => {
            let made = made.load_balancers.unwrap_or_default();
            let one = made.first().required(CREATE, "LoadBalancers")?;
            return answered(one);
        }
        Err(fault) => fault,
    };
    if fault.code == "DuplicateLoadBalancerName"
        && let Some(there) = described(job, |request| request.names(&want.name)).await?
    {
        let there = answered(&there)?;
        let tags = own_elb_tags(job, &[&there.arn]).await?;
        if tags.get(&there.arn).is_some_and(|tags| is_ours(job, tags)) {
            return Ok(there);
        }
    }
    Err(fault)
}

/// A balancer without its attributes and tags.
pub(super) fn answered(one: &api::LoadBalancer) -> Result<LoadBalancerLive, Fault> {
    let has = |value: Option<&str>, field| {
        value
            .map(str::to_owned)
            .ok_or_else(|| Fault::incomplete(DESCRIBE, field))
    };
    let arn = has(one.load_balancer_arn(), "LoadBalancerArn")?;
    let subnets = one.availability_zones().iter();
    let subnets = sorted(subnets.filter_map(|zone| zone.subnet_id().map(str::to_owned)));
    let mut groups = one.security_groups().to_vec();
    groups.sort();
    Ok(LoadBalancerLive {
        dns_name: has(one.dns_name(), "DNSName")?,
        hosted_zone_id: has(one.canonical_hosted_zone_id(), "CanonicalHostedZoneId")?,
        full_name: full_name(&arn),
        arn,
        props: LoadBalancerProps {
            name: has(one.load_balancer_name(), "LoadBalancerName")?,
            subnets,
            groups,
            idle_timeout: 0,
            deletion_protection: false,
            drop_invalid_headers: false,
            access_logs: AccessLogTarget::default(),
            disposable: false,
            tags: Tags::new(),
        },
        added: Vec::new(),
        tags: Tags::new(),
    })
}
