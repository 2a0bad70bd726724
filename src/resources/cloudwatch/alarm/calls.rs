//! CloudWatch's calls about metric alarms.

use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder;
use aws_sdk_cloudwatch::types as api;

use crate::aws::{Cloud, Job, Required, Tags, answer_of, tag_list, tags_from};
use crate::engine::Fault;

use super::{AlarmLive, AlarmProps};
use crate::resources::sdk::sorted;

const DESCRIBE: &str = "cloudwatch:DescribeAlarms";

pub(super) const PUT: &str = "cloudwatch:PutMetricAlarm";

/// The call that makes or overwrites an alarm.
pub(super) fn put(job: &Job, want: &AlarmProps) -> PutMetricAlarmFluentBuilder {
    let percentile = want.statistic.starts_with('p');
    let statistic = Some(&want.statistic);
    let dimensions = want.dimensions.iter();
    job.cloudwatch
        .put_metric_alarm()
        .alarm_name(&want.name)
        .alarm_description(&want.description)
        .namespace(&want.namespace)
        .metric_name(&want.metric)
        .set_dimensions(Some(
            dimensions
                .map(|(name, value)| api::Dimension::builder().name(name).value(value).build())
                .collect(),
        ))
        .set_statistic(
            statistic
                .filter(|_| !percentile)
                .map(|name| api::Statistic::from(name.as_str())),
        )
        .set_extended_statistic(statistic.filter(|_| percentile).cloned())
        .period(want.period)
        .threshold(want.threshold)
        .comparison_operator(api::ComparisonOperator::from(want.comparison.as_str()))
        .evaluation_periods(want.periods)
        .datapoints_to_alarm(want.datapoints)
        .treat_missing_data(&want.missing)
        .actions_enabled(want.enabled)
        .set_alarm_actions(Some(want.alarm_actions.clone()))
        .set_ok_actions(Some(want.ok_actions.clone()))
}

/// The alarms whose names begin with the stack's, tags not read yet.
pub(super) async fn described(cloud: &Cloud) -> Result<Vec<AlarmLive>, Fault> {
    let request = (cloud.cloudwatch.describe_alarms())
        .alarm_name_prefix(&cloud.place.stack)
        .alarm_types(api::AlarmType::MetricAlarm);
    let pages = request.into_paginator().send();
    let pages = answer_of(DESCRIBE, pages.try_collect().await)?;
    let alarms = pages.into_iter().filter_map(|page| page.metric_alarms);
    alarms.flatten().map(live).collect()
}

fn live(alarm: api::MetricAlarm) -> Result<AlarmLive, Fault> {
    let name = alarm.alarm_name.clone().required(DESCRIBE, "AlarmName")?;
    let periods = alarm.evaluation_periods.unwrap_or_default();
    let statistic = alarm.statistic().map(api::Statistic::as_str);
    Ok(AlarmLive {
        arn: alarm.alarm_arn.clone().required(DESCRIBE, "AlarmArn")?,
        props: AlarmProps {
            name: name.clone(),
            description: alarm.alarm_description.clone().unwrap_or_default(),
            namespace: alarm.namespace.clone().unwrap_or_default(),
            metric: alarm.metric_name.clone().unwrap_or_default(),
            dimensions: alarm
                .dimensions()
                .iter()
                .filter_map(|one| Some((one.name()?.to_owned(), one.value()?.to_owned())))
                .collect(),
            statistic: statistic
                .or(alarm.extended_statistic())
                .unwrap_or_default()
                .to_owned(),
            period: alarm.period.unwrap_or_default(),
            threshold: alarm.threshold.unwrap_or_default(),
            comparison: alarm
                .comparison_operator()
                .map(|operator| operator.as_str().to_owned())
                .unwrap_or_default(),
            periods,
            // All of them, where none is said (PutMetricAlarm, DatapointsToAlarm).
            datapoints: alarm.datapoints_to_alarm.unwrap_or(periods),
            missing: alarm.treat_missing_data().unwrap_or("missing").to_owned(),
            enabled: alarm.actions_enabled.unwrap_or(true),
            alarm_actions: sorted(alarm.alarm_actions().iter().cloned()),
            ok_actions: sorted(alarm.ok_actions().iter().cloned()),
            tags: Tags::new(),
        },
        tags: Tags::new(),
        name,
    })
}

/// An alarm's own tags.
pub(super) async fn own_tags(cloud: &Cloud, arn: &str) -> Result<Tags, Fault> {
    let request = cloud.cloudwatch.list_tags_for_resource().resource_arn(arn);
    let answer = answer_of("cloudwatch:ListTagsForResource", request.send().await)?;
    let tags = answer.tags().iter();
    Ok(tags_from(tags.map(|tag| (tag.key(), tag.value()))))
}

/// Tags in CloudWatch's own type.
pub(super) fn metric_tags(tags: &Tags) -> Vec<api::Tag> {
    tag_list(tags, |key, value| {
        api::Tag::builder().key(key).value(value).build()
    })
}
