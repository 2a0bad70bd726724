//! Whether a deleted service is gone with all that it held of the network.

use aws_sdk_ec2::types::NetworkInterface;
use aws_sdk_ecs::types as api;

use crate::aws::{Job, answer_of};
use crate::engine::{Fault, Gone};

use super::ServiceLive;
use crate::resources::ec2::any_of;
use crate::resources::ecs::tasks::{Of, arns, tasks};
use crate::resources::ecs::{family, one};

/// A service is `DRAINING` until its tasks stop, and a task's network interface stays for a while
/// after that; until it goes, AWS refuses to delete its subnet and its security groups.
pub(super) async fn gone(job: &Job, live: &ServiceLive) -> Result<Gone, Fault> {
    if let Some(service) = one(job, &live.cluster, &live.name).await? {
        let left = service.running_count() + service.pending_count();
        return Ok(Gone::NotYet(format!("draining, {left} tasks left")));
    }
    let of = Of::Family(family(&live.observed.task));
    let arns = arns(job, &live.cluster, of, api::DesiredStatus::Stopped).await?;
    let group = format!("service:{}", live.name);
    let mut own = tasks(job, &live.cluster, &arns).await?;
    own.retain(|task| task.group() == Some(group.as_str()));
    let stopping = own
        .iter()
        .filter(|task| task.last_status() != Some("STOPPED"))
        .count();
    if stopping > 0 {
        return Ok(Gone::NotYet(format!("{stopping} tasks stopping")));
    }
    Ok(match interfaces(job, &own).await?.first() {
        None => Gone::Yes,
        Some(left) => Gone::NotYet(format!(
            "network interface {} of a stopped task is still in {}",
            left.network_interface_id().unwrap_or("?"),
            left.subnet_id().unwrap_or("its subnet"),
        )),
    })
}

/// The network interfaces of tasks that are still there; a filter asks for none that is gone.
async fn interfaces(job: &Job, tasks: &[api::Task]) -> Result<Vec<NetworkInterface>, Fault> {
    let ids: Vec<String> = tasks
        .iter()
        .flat_map(|task| task.attachments())
        .flat_map(|attachment| attachment.details())
        .filter(|detail| detail.name() == Some("networkInterfaceId"))
        .filter_map(|detail| detail.value().map(str::to_owned))
        .collect();
    let mut left = Vec::new();
    // A filter takes 200 values (EC2 API, `DescribeNetworkInterfaces`).
    for ids in ids.chunks(200) {
        let request = job.ec2.describe_network_interfaces();
        let request = request.filters(any_of("network-interface-id", ids.to_vec()));
        let answer = answer_of("ec2:DescribeNetworkInterfaces", request.send().await)?;
        left.extend(answer.network_interfaces.unwrap_or_default());
    }
    Ok(left)
}
