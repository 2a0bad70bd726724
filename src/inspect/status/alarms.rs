//! How the alarms are.

use std::collections::BTreeSet;

use aws_sdk_cloudwatch::types as api;

use super::{AlarmSummary, AlarmsSummary};
use crate::aws::timestamp::Timestamp;
use crate::aws::{Cloud, fault};
use crate::engine::Fault;

/// Reads the alarms of the stack, whose names these are. Many stacks may begin with the same word, so
/// what else the request finds is left out.
pub(super) async fn read(
    cloud: &Cloud,
    names: &BTreeSet<String>,
) -> Result<Option<AlarmsSummary>, Fault> {
    if names.is_empty() {
        return Ok(None);
    }
    let mut pages = cloud
        .cloudwatch
        .describe_alarms()
        .alarm_name_prefix(&cloud.place.stack)
        .alarm_types(api::AlarmType::MetricAlarm)
        .into_paginator()
        .send();
    let mut ours = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(fault("cloudwatch:DescribeAlarms"))?;
        let alarms = page.metric_alarms.unwrap_or_default().into_iter();
        ours.extend(
            alarms.filter(|alarm| alarm.alarm_name().is_some_and(|name| names.contains(name))),
        );
    }
    let count = |alarms: usize| u32::try_from(alarms).unwrap_or(u32::MAX);
    let speaks = |alarm: &&api::MetricAlarm| {
        alarm.actions_enabled() != Some(false) && !alarm.alarm_actions().is_empty()
    };
    Ok(Some(AlarmsSummary {
        total: count(ours.len()),
        silent: count(ours.len() - ours.iter().filter(speaks).count()),
        firing: ours.iter().filter(fires).map(alarm).collect(),
    }))
}

fn fires(alarm: &&api::MetricAlarm) -> bool {
    alarm.state_value() == Some(&api::StateValue::Alarm)
}

fn alarm(alarm: &api::MetricAlarm) -> AlarmSummary {
    AlarmSummary {
        name: alarm.alarm_name().unwrap_or_default().to_owned(),
        meaning: alarm.alarm_description().unwrap_or_default().to_owned(),
        reason: alarm.state_reason().unwrap_or_default().to_owned(),
        since: alarm
            .state_transitioned_timestamp()
            .or(alarm.state_updated_timestamp())
            .map(Timestamp::from),
    }
}
