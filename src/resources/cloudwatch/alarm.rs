//! A CloudWatch alarm on one metric.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::aws::grant::{Permissions, Permitted, anywhere, on};
use crate::aws::{Cloud, Job, Tags, all_tags, deleted, done, tags_taken_out, user_tags};
use crate::engine::{Address, Changes, Fault, Field, Found, Ref, ResolveContext, Resource};
use crate::fields;

use crate::resources::live::Named;
use crate::resources::own_tags::list_named;
use crate::resources::ownership::bears;
use crate::resources::{Cluster, DbInstance, LoadBalancer, Service, TargetGroup, Topic};
use calls::{PUT, described, metric_tags, own_tags, put};

mod calls;

/// A threshold on a metric, and who hears when it is crossed and when that is over.
#[derive(Debug, Clone)]
pub struct Alarm {
    /// Its name, which begins with the stack's: alarms are read by that.
    pub name: String,
    /// What it means, for whoever gets the message.
    pub description: String,
    /// What is measured.
    pub metric: AlarmMetric,
    /// The value to compare with.
    pub threshold: f64,
    /// `GreaterThanThreshold`, `LessThanThreshold` … (CloudWatch API, `PutMetricAlarm.ComparisonOperator`).
    pub comparison: String,
    /// How many periods are looked at; all together a week at most.
    pub periods: u32,
    /// How many of them must be over the threshold.
    pub datapoints: u32,
    /// What a period without data counts as: `notBreaching`, `breaching`, `ignore` or `missing`.
    pub missing: String,
    /// Where it speaks, if anywhere.
    pub topic: Option<Ref<Topic>>,
    /// The file's tags.
    pub tags: Tags,
}

/// A metric, and how its values are summed up.
#[derive(Debug, Clone)]
pub struct AlarmMetric {
    /// Such as `AWS/RDS`.
    pub namespace: String,
    /// Such as `CPUUtilization`.
    pub name: String,
    /// What it is about, by the names of its dimensions.
    pub dimensions: Vec<(String, Dim)>,
    /// `Sum`, `Average`, `Maximum`, `Minimum`, or a percentile such as `p95`.
    pub statistic: String,
    /// Seconds, 10, 30 or a multiple of 60.
    pub period: u32,
}

/// The value of a dimension.
#[derive(Debug, Clone)]
pub enum Dim {
    /// As written.
    Text(String),
    /// `app/<name>/<id>`.
    LoadBalancer(Ref<LoadBalancer>),
    /// `targetgroup/<name>/<id>`.
    TargetGroup(Ref<TargetGroup>),
    /// Its identifier.
    Database(Ref<DbInstance>),
    /// Its name.
    Cluster(Ref<Cluster>),
    /// Its name.
    Service(Ref<Service>),
}

impl Dim {
    fn value(&self, context: &ResolveContext<'_>) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::LoadBalancer(balancer) => context.text(balancer, |live| live.full_name.clone()),
            Self::TargetGroup(group) => context.text(group, |live| live.full_name.clone()),
            Self::Database(instance) => context.text(instance, |live| live.identifier.clone()),
            Self::Cluster(cluster) => context.text(cluster, |live| live.name.clone()),
            Self::Service(service) => context.text(service, |live| live.name.clone()),
        }
    }
}

/// What can be said of an alarm.
#[derive(Debug, Clone, Serialize)]
pub struct AlarmProps {
    name: String,
    description: String,
    namespace: String,
    metric: String,
    dimensions: BTreeMap<String, String>,
    statistic: String,
    period: i32,
    threshold: f64,
    comparison: String,
    periods: i32,
    datapoints: i32,
    missing: String,
    /// Whether it speaks at all.
    enabled: bool,
    /// Who hears that the threshold is crossed.
    alarm_actions: Vec<String>,
    /// Who hears that it is over.
    ok_actions: Vec<String>,
    tags: Tags,
}

/// An alarm as AWS has it.
pub type AlarmLive = Named<AlarmProps>;

impl Resource for Alarm {
    type Cloud = Cloud;
    type Props = AlarmProps;
    type Live = AlarmLive;

    const KIND: &'static str = "alarm";
    const HEADLINE: &'static [Field] = &fields!(AlarmProps, metric, threshold, periods);

    fn desired(&self, context: &ResolveContext<'_>) -> AlarmProps {
        let number = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
        let topic = self.topic.as_ref();
        let actions: Vec<String> = topic
            .map(|topic| context.text(topic, |topic| topic.arn.clone()))
            .into_iter()
            .collect();
        let dimensions = self.metric.dimensions.iter();
        AlarmProps {
            name: context.name::<Self>(&self.name, |live| live.name.clone()),
            description: self.description.clone(),
            namespace: self.metric.namespace.clone(),
            metric: self.metric.name.clone(),
            dimensions: dimensions
                .map(|(name, dim)| (name.clone(), dim.value(context)))
                .collect(),
            statistic: self.metric.statistic.clone(),
            period: number(self.metric.period),
            threshold: self.threshold,
            comparison: self.comparison.clone(),
            periods: number(self.periods),
            datapoints: number(self.datapoints),
            missing: self.missing.clone(),
            enabled: true,
            alarm_actions: actions.clone(),
            ok_actions: actions,
            tags: self.tags.clone(),
        }
    }

    fn props(live: &AlarmLive) -> AlarmProps {
        AlarmProps {
            tags: user_tags(&live.tags),
            ..live.props.clone()
        }
    }

    /// One call for all alarms. Describe answers no tags: those of ours are asked for one by one, side by
    /// side.
    async fn list(
        cloud: &Cloud,
        declared: &[(&Address, &Self)],
    ) -> Result<Vec<Found<AlarmLive>>, Fault> {
        let bears = |one: &Self, name: &str| one.name == name;
        let own = |arn: String| async move { own_tags(cloud, &arn).await };
        list_named(cloud, declared, described(cloud), bears, own).await
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

    /// PutMetricAlarm makes or overwrites: repeating it does no harm.
    async fn create(&self, job: &Job, want: &AlarmProps) -> Result<AlarmLive, Fault> {
        let tags = all_tags(job, &want.tags);
        let request = put(job, want).set_tags(Some(metric_tags(&tags)));
        done(PUT, request.send().await)?;
        Ok(AlarmLive {
            name: want.name.clone(),
            arn: job.place.arn("cloudwatch", &format!("alarm:{}", want.name)),
            props: want.clone(),
            tags,
        })
    }

    async fn update(
        &self,
        job: &Job,
        live: &AlarmLive,
        want: &AlarmProps,
        changes: &Changes,
    ) -> Result<AlarmLive, Fault> {
        let mut fields = changes.fields.iter();
        if fields.any(|change| !Field::TAGS.covers(&change.path)) {
            // The call sets everything; on an alarm that exists it ignores tags.
            done(PUT, put(job, want).send().await)?;
        }
        let tags = all_tags(job, &want.tags);
        if changes.changed(Field::TAGS) {
            let gone = tags_taken_out(job);
            if !gone.is_empty() {
                let request = job.cloudwatch.untag_resource().resource_arn(&live.arn);
                let request = request.set_tag_keys(Some(gone));
                done("cloudwatch:UntagResource", request.send().await)?;
            }
            let request = (job.cloudwatch.tag_resource())
                .resource_arn(&live.arn)
                .set_tags(Some(metric_tags(&tags)));
            done("cloudwatch:TagResource", request.send().await)?;
        }
        Ok(live.brought_to(want, tags))
    }

    async fn delete(job: &Job, live: &AlarmLive) -> Result<(), Fault> {
        let request = job.cloudwatch.delete_alarms().alarm_names(&live.name);
        deleted("cloudwatch:DeleteAlarms", request.send().await)
    }
}

const ALARMS: &[&str] = &["cloudwatch:alarm:{stack}-*", "cloudwatch:alarm:{name}"];

impl Permitted for Alarm {
    const PERMISSIONS: Permissions = Permissions {
        read: &[&[
            anywhere(&["cloudwatch:DescribeAlarms"]),
            on(ALARMS, &["cloudwatch:ListTagsForResource"]),
        ]],
        create: &[&[
            on(ALARMS, &["cloudwatch:PutMetricAlarm"]).tagged(),
            on(ALARMS, &["cloudwatch:TagResource"]),
        ]],
        update: &[&[on(
            ALARMS,
            &[
                "cloudwatch:PutMetricAlarm",
                "cloudwatch:TagResource",
                "cloudwatch:UntagResource",
            ],
        )]],
        delete: &[&[on(ALARMS, &["cloudwatch:DeleteAlarms"])]],
    };
}
