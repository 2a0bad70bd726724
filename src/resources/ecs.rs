//! What the kinds of ECS share: services as ECS describes them, tags, tokens, and why tasks stop.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use aws_sdk_ecs::primitives::DateTime;
use aws_sdk_ecs::types as api;
use sha2::{Digest, Sha256};

use crate::aws::{Cloud, Job, Tags, done, optional, tag_list, tags_from, tags_taken_out};
use crate::engine::Fault;

use crate::resources::sdk::{build_error, try_join_bounded};

pub(crate) mod deployments;
pub(crate) mod image_holds;
mod network_access;
pub(crate) mod registry;
pub(crate) mod revision_tags;
pub(super) mod services;
pub(crate) mod stopped_task;
pub(crate) mod task_failure;
pub(crate) mod tasks;

kinds! {
    cluster::Cluster,
    task_definition::TaskDefinition,
    database_setup::DatabaseSetup,
    service::Service,
}

pub use network_access::NetworkAccess;

/// Services of one cluster, by name.
pub(crate) type Services = BTreeMap<String, api::Service>;

/// The services of these names in a cluster, without those that are gone; ten to a request, which
/// is the most that `DescribeServices` takes. A cluster that is not there has none.
pub(crate) async fn described(
    cloud: &Cloud,
    cluster: &str,
    names: &BTreeSet<String>,
) -> Result<Arc<Services>, Fault> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let question = format!("ecs:DescribeServices {cluster} {}", names.join(" "));
    cloud
        .memo
        .once(question, || async {
            let answers = names.chunks(10).map(|names| fetch(cloud, cluster, names));
            let services = try_join_bounded(answers).await?;
            Ok(services
                .into_iter()
                .flatten()
                .filter_map(|service| Some((service.service_name.clone()?, service)))
                .collect())
        })
        .await
}

/// One service as it is now; `None` when it is gone.
pub(crate) async fn one(
    cloud: &Cloud,
    cluster: &str,
    name: &str,
) -> Result<Option<api::Service>, Fault> {
    Ok(fetch(cloud, cluster, &[name]).await?.pop())
}

/// Whether ECS has a service of a name.
#[derive(Debug)]
pub(crate) enum Presence {
    /// It has, `ACTIVE` or `DRAINING`.
    There(Box<api::Service>),
    /// One that was created then was deleted: ECS goes on describing it as `INACTIVE` for a while (`DeleteService`).
    Deleted(Option<DateTime>),
    /// ECS does not know the name: none was made, or `DescribeServices` lags behind `CreateService`.
    Unknown,
}

/// Looks for one service.
///
/// # Errors
/// The fault of the request.
pub(crate) async fn presence(cloud: &Cloud, cluster: &str, name: &str) -> Result<Presence, Fault> {
    let service = answered(cloud, cluster, &[name]).await?.pop();
    Ok(match service {
        Some(service) if is_inactive(&service) => Presence::Deleted(service.created_at),
        Some(service) => Presence::There(Box::new(service)),
        None => Presence::Unknown,
    })
}

async fn fetch(cloud: &Cloud, cluster: &str, names: &[&str]) -> Result<Vec<api::Service>, Fault> {
    let mut services = answered(cloud, cluster, names).await?;
    services.retain(|service| !is_inactive(service));
    Ok(services)
}

fn is_inactive(service: &api::Service) -> bool {
    service.status() == Some("INACTIVE")
}

async fn answered(
    cloud: &Cloud,
    cluster: &str,
    names: &[&str],
) -> Result<Vec<api::Service>, Fault> {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    let request = (cloud.ecs.describe_services())
        .cluster(cluster)
        .set_services(Some(names))
        .include(api::ServiceField::Tags);
    let answer = optional("ecs:DescribeServices", request.send().await)?;
    Ok(answer
        .and_then(|answer| answer.services)
        .unwrap_or_default())
}

/// The deployment that ECS is bringing about, or has.
pub(crate) fn primary(service: &api::Service) -> Option<&api::Deployment> {
    service
        .deployments()
        .iter()
        .find(|deployment| deployment.status() == Some("PRIMARY"))
}

/// An answer's tags.
pub(crate) fn tags_of_ecs(tags: &[api::Tag]) -> Tags {
    tags_from(tags.iter().map(|tag| (tag.key(), tag.value())))
}

/// Tags of a create call.
pub(crate) fn ecs_tags(tags: &Tags) -> Vec<api::Tag> {
    tag_list(tags, |key, value| {
        api::Tag::builder().key(key).value(value).build()
    })
}

/// Puts tags on an object that exists.
pub(crate) async fn tag_ecs(job: &Job, arn: &str, tags: &Tags) -> Result<(), Fault> {
    let request = job.ecs.tag_resource().resource_arn(arn);
    let request = request.set_tags(Some(ecs_tags(tags)));
    done("ecs:TagResource", request.send().await)
}

/// Brings the tags of the job's object to these, without those that have left the file.
pub(crate) async fn retag_ecs(job: &Job, arn: &str, tags: &Tags) -> Result<(), Fault> {
    let gone = tags_taken_out(job);
    if !gone.is_empty() {
        untag_ecs(job, arn, gone).await?;
    }
    tag_ecs(job, arn, tags).await
}

/// Takes tags off an object.
pub(crate) async fn untag_ecs(job: &Job, arn: &str, keys: Vec<String>) -> Result<(), Fault> {
    let request = job.ecs.untag_resource().resource_arn(arn);
    let request = request.set_tag_keys(Some(keys));
    done("ecs:UntagResource", request.send().await)
}

/// Where tasks get their network interfaces.
pub(crate) fn network(
    operation: &'static str,
    subnets: &[String],
    groups: &[String],
    public_ip: bool,
) -> Result<api::NetworkConfiguration, Fault> {
    let assign = if public_ip {
        api::AssignPublicIp::Enabled
    } else {
        api::AssignPublicIp::Disabled
    };
    let vpc = api::AwsVpcConfiguration::builder()
        .set_subnets(Some(subnets.to_vec()))
        .set_security_groups(Some(groups.to_vec()))
        .assign_public_ip(assign)
        .build()
        .map_err(build_error(operation))?;
    Ok(api::NetworkConfiguration::builder()
        .awsvpc_configuration(vpc)
        .build())
}

/// An idempotency token for one attempt, 32 characters (`CreateService` takes 36, `RunTask` 64):
/// the SDK's own retries repeat it. ECS remembers tokens for a day, so an attempt made after a
/// failed one must not bear the same.
pub(crate) fn token(job: &Job) -> String {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos());
    let of = format!("{} {} {now}", job.place.stack, job.address());
    let digest = Sha256::digest(of);
    digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Whether a service-linked role, a role of ours or a cluster made a moment ago has not reached ECS yet.
pub(crate) fn spreads(fault: &Fault, operation: &str) -> bool {
    const WORDS: &[&str] = &[
        "nable to assume the service linked role",
        // Of a role that moves traffic: "Unable to assume role and validate the listeners configured on
        // your load balancer. Please verify that the ECS service role being passed has the proper permissions."
        "nable to assume role",
        "ECS service role being passed has the proper permissions",
        // Of the same role ("Troubleshooting Amazon ECS blue/green deployments" in the ECS developer guide).
        "missing permissions on ECS Infrastructure Role",
        "unable to assume the role",
    ];
    fault.is(operation, &["ClusterNotFoundException"])
        || fault.is(operation, &["InvalidParameterException", "ClientException"])
            && WORDS.iter().any(|words| fault.message.contains(words))
}

/// The last word of an ARN or path: a task's id, a service's name.
pub(crate) fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The family in the ARN of a task definition's revision.
pub(crate) fn family(arn: &str) -> &str {
    let name = last(arn);
    name.rsplit_once(':').map_or(name, |(family, _)| family)
}
