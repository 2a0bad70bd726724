//! The values in a parameter group of RDS: read, set, taken back.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_rds::types as api;

use crate::aws::{Cloud, Job, answer_of, done};
use crate::engine::Fault;

/// How many parameters one call may set (RDS API, `ModifyDBParameterGroup.Parameters`).
const AT_ONCE: usize = 20;

/// The values somebody set, and those of `declared` that are RDS's own: a value that equals the
/// default may be answered as RDS's.
pub(super) async fn values(
    cloud: &Cloud,
    name: &str,
    declared: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Fault> {
    let (set, system) = tokio::try_join!(
        parameters(cloud, name, Some("user")),
        parameters(cloud, name, Some("system")),
    )?;
    let missing =
        |known: &BTreeMap<String, String>| declared.keys().any(|name| !known.contains_key(name));
    let value =
        |parameter: api::Parameter| Some((parameter.parameter_name?, parameter.parameter_value?));
    let spoken_of = |(name, _): &(String, String)| declared.contains_key(name);
    let mut values: BTreeMap<String, String> = system
        .into_iter()
        .filter_map(value)
        .filter(spoken_of)
        .collect();
    values.extend(set.into_iter().filter_map(value));
    if missing(&values) {
        let engine = parameters(cloud, name, Some("engine-default")).await?;
        for (name, value) in engine.into_iter().filter_map(value).filter(spoken_of) {
            values.entry(name).or_insert(value);
        }
    }
    Ok(values)
}

async fn parameters(
    cloud: &Cloud,
    name: &str,
    source: Option<&str>,
) -> Result<Vec<api::Parameter>, Fault> {
    let request = cloud
        .rds
        .describe_db_parameters()
        .db_parameter_group_name(name)
        .set_source(source.map(str::to_owned));
    let items = request.into_paginator().items().send();
    answer_of("rds:DescribeDBParameters", items.try_collect().await)
}

/// Sets what differs from `have` and takes back what is no longer wanted.
pub(super) async fn set(
    job: &Job,
    name: &str,
    want: &BTreeMap<String, String>,
    have: &BTreeMap<String, String>,
) -> Result<(), Fault> {
    let differs = |(name, value): &(&String, &String)| have.get(*name) != Some(*value);
    let put: Vec<(&String, &String)> = want.iter().filter(differs).collect();
    let back: Vec<&String> = have
        .keys()
        .filter(|name| !want.contains_key(*name))
        .collect();
    if put.is_empty() && back.is_empty() {
        return Ok(());
    }
    // Only the group itself tells which parameters need a restart.
    let fixed: BTreeSet<String> = parameters(job, name, None)
        .await?
        .into_iter()
        .filter(|parameter| parameter.apply_type() == Some("static"))
        .filter_map(|parameter| parameter.parameter_name)
        .collect();
    let parameter = |name: &String, value: Option<&String>| {
        let method = if fixed.contains(name) {
            api::ApplyMethod::PendingReboot
        } else {
            api::ApplyMethod::Immediate
        };
        api::Parameter::builder()
            .parameter_name(name)
            .set_parameter_value(value.cloned())
            .apply_method(method)
            .build()
    };
    for some in put.chunks(AT_ONCE) {
        let some = some
            .iter()
            .map(|(name, value)| parameter(name, Some(value)));
        let request = (job.rds.modify_db_parameter_group())
            .db_parameter_group_name(name)
            .set_parameters(Some(some.collect()));
        done("rds:ModifyDBParameterGroup", request.send().await)?;
    }
    for some in back.chunks(AT_ONCE) {
        let some = some.iter().map(|name| parameter(name, None));
        let request = (job.rds.reset_db_parameter_group())
            .db_parameter_group_name(name)
            .reset_all_parameters(false)
            .set_parameters(Some(some.collect()));
        done("rds:ResetDBParameterGroup", request.send().await)?;
    }
    Ok(())
}
