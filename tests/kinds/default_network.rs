//! The network that every account has.

use crate::support::sandbox::Sandbox;

/// The subnets of the default VPC, one a zone, in the order of the zones.
pub async fn subnets(sandbox: &Sandbox) -> Vec<String> {
    let cloud = sandbox.cloud("network").await;
    let answer = cloud.ec2.describe_subnets().send().await.unwrap();
    let mut subnets: Vec<(String, String)> = answer
        .subnets()
        .iter()
        .map(|subnet| {
            let zone = subnet.availability_zone().unwrap().to_owned();
            (zone, subnet.subnet_id().unwrap().to_owned())
        })
        .collect();
    subnets.sort();
    subnets.into_iter().map(|(_, id)| id).collect()
}
